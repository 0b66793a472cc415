/*
 * usage.c - a usage line taken apart, and what is said of command lines that do not
 * follow it.
 */
#include "usage.h"

#include <string.h>

#include "base/str.h"
#include "base/suggest.h"

const struct subcommand *subcommand_find(const char *name)
{
	for (int i = 1; i < subcommand_count; i++)
		if (str_eq(subcommand_table[i].name, name))
			return &subcommand_table[i];
	return NULL;
}

void usage_called(const struct subcommand *c, char *out, size_t cap)
{
	str_format(out, cap, "tutti%s%s", *c->name ? " " : "", c->name);
}

/* Behind "tutti NAME"; "PLAN | RUN" stands for one word. */
static const char *behind_name(const struct subcommand *c)
{
	return c->usage + strlen("tutti") + (*c->name ? 1 + strlen(c->name) : 0);
}

bool usage_argument(const struct subcommand *c, int i, char *out, size_t cap)
{
	const char *p = behind_name(c);
	bool is_value = false, is_joined = false;

	*out = '\0';
	for (int at = -1; *p; ) {
		size_t n = strcspn(p += strspn(p, " "), " ");
		char word[80];

		str_format(word, sizeof word, "%.*s", (int)n, p);
		p += n;
		if (str_eq(word, "|") || is_joined) {
			is_joined = !is_joined;
		} else if (str_starts(word, "--")) {
			is_value = true;
			continue;
		} else if (!is_value) {
			at++;
		}
		if (!is_value && at == i)
			str_format(out + strlen(out), cap - strlen(out), "%s", word);
		is_value = false;
	}
	return *out;
}

/* --- what is wrong with a command line --- */

/* "'train' takes one PLAN", "'score' takes METRIC[,METRIC] REFERENCES PREDICTIONS" */
static void put_taken(struct buf *b, const struct subcommand *c)
{
	char word[80];

	buf_addf(b, "'%s' takes", *c->name ? c->name : "tutti");
	if (!c->max_args)
		buf_adds(b, " no words");
	else if (c->max_args == 1)
		buf_adds(b, " one");
	for (int i = 0; usage_argument(c, i, word, sizeof word); i++)
		buf_addf(b, " %s", word);
}

enum status usage_too_many(const struct subcommand *c, const char *word,
			   struct err *err)
{
	struct buf b;

	buf_init(&b);
	put_taken(&b, c);
	err_set(err, ST_INVALID, "%s: '%.60s' is one word too many", buf_str(&b), word);
	buf_release(&b);
	return ST_INVALID;
}

enum status usage_too_few(const struct subcommand *c, int n, struct err *err)
{
	char word[80];
	struct buf b;

	buf_init(&b);
	put_taken(&b, c);
	buf_addc(&b, ':');
	for (int i = n; i < c->min_args; i++) {
		usage_argument(c, i, word, sizeof word);
		buf_addf(&b, "%s %.*s", i > n ? "," : "", (int)strcspn(word, ".["),
			 word);
	}
	err_set(err, ST_INVALID, "%s %s missing", buf_str(&b),
		c->min_args - n > 1 ? "are" : "is");
	buf_release(&b);
	return ST_INVALID;
}

enum status usage_no_option(const struct subcommand *c, const char *word,
			    struct err *err)
{
	char called[40], name[40];
	size_t dashes = strspn(word, "-");
	struct suggestion s = { 0 };

	str_format(name, sizeof name, "%.*s", (int)strcspn(word + dashes, "="),
		   word + dashes);
	for (int i = 0; i < option_count && dashes == 2; i++)
		if (c->uses & option_table[i].bit)
			suggest(&s, name, option_table[i].name);
	usage_called(c, called, sizeof called);
	return err_set(err, ST_INVALID, "no option '%.*s%s' in '%s'%s%s%s", (int)dashes,
		       word, name, called, s.word ? ": did you mean '--" : "",
		       s.word ? s.word : "", s.word ? "'?" : "");
}
