/*
 * baseline.c - what costs nothing, as the kind of a task has it; of texts the first
 * three or the longest three sentences (turns, in a dialogue).
 */
#include <string.h>

#include "base/mem.h"
#include "run/ask_kind.h"
#include "run/lead.h"
#include "text/sentence.h"

enum { PARTS_MAX = 2048, NAME_WORDS = 3 };

/* --- parts of a text --- */

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Does a turn begin at s? Up to three words of two letters or more, each
 * beginning with a capital, then a colon and a space.
 */
static bool is_turn(const char *s, const char *end)
{
	for (int words = 1; words <= NAME_WORDS; words++) {
		if (s + 1 >= end || !is_upper(*s) || !is_word(s[1]))
			return false;
		while (s < end && is_word(*s))
			s++;
		if (s + 1 < end && s[0] == ':' && (s[1] == ' ' || s[1] == '\n'))
			return true;
		if (s >= end || *s != ' ')
			return false;
		s++;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Adds [from, to) without its outer blanks; empty ones are left out. */
static int add_part(struct text_part *out, int n, int cap, const char *from,
		    const char *to)
{
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	if (from == to || n == cap)
		return n;
	out[n] = (struct text_part){ from, (size_t)(to - from) };
	return n + 1;
}

/* The end of the name at the start of a turn that was found. */
static const char *after_name(const char *s)
{
	while (*s != ':')
		s++;
	return s + 1;
}

static int split_turns(const char *text, const char *end, struct text_part *out,
		       int cap)
{
	const char *from = text;
	int n = 0, turns = 0;

	for (const char *s = text; s < end; s++) {
		bool is_start = s == text || !is_word(s[-1]);

		if (!is_start || !is_turn(s, end))
			continue;
		turns++;
		n = add_part(out, n, cap, from, s);
		from = s;
		s = after_name(s);
	}
	n = add_part(out, n, cap, from, end);
	return turns > 1 ? n : 0;
}

static int split_sentences(const char *text, const char *end, struct text_part *out,
			   int cap)
{
	struct sentences it;
	size_t from, to;
	int n = 0;

	sentences_init(&it, text, (size_t)(end - text));
	while (sentences_next(&it, &from, &to))
		n = add_part(out, n, cap, text + from, text + to);
	return n;
}

int text_turns(const char *text, size_t len, struct text_part *out, int cap)
{
	return split_turns(text, text + len, out, cap);
}

int text_parts(const char *text, size_t len, struct text_part *out, int cap)
{
	int n = split_turns(text, text + len, out, cap);

	return n ? n : split_sentences(text, text + len, out, cap);
}

static void join_part(struct buf *out, const struct text_part *p)
{
	if (out->len)
		buf_addc(out, ' ');
	buf_add(out, p->s, p->len);
}

void baseline_lead(const char *text, size_t len, struct buf *out)
{
	struct text_part *part = xcalloc(PARTS_MAX, sizeof *part);
	int n = text_parts(text, len, part, PARTS_MAX);

	for (int i = 0; i < n && i < 3; i++)
		join_part(out, &part[i]);
	xfree(part);
}

/* Words of a part: how long it is. */
static int count_words(const struct text_part *p)
{
	int n = 0;

	for (size_t i = 0; i < p->len; i++)
		n += !is_blank(p->s[i]) && (i == 0 || is_blank(p->s[i - 1]));
	return n;
}

void baseline_longest(const char *text, size_t len, struct buf *out)
{
	struct text_part *part = xcalloc(PARTS_MAX, sizeof *part);
	int *words = xcalloc(PARTS_MAX, sizeof *words);
	int n = text_parts(text, len, part, PARTS_MAX);

	for (int i = 0; i < n; i++)
		words[i] = count_words(&part[i]);
	for (int i = 0; i < n; i++) {
		int before = 0; /* parts that come before this one by length */

		for (int k = 0; k < n; k++)
			before += words[k] > words[i] || (words[k] == words[i] && k < i);
		if (before < 3)
			join_part(out, &part[i]);
	}
	xfree(words);
	xfree(part);
}

/* --- baselines of tasks --- */

static void name_metrics(const struct plan_task *p, struct eval_row *out)
{
	out->n_metrics = p->n_metrics;
	for (int k = 0; k < p->n_metrics; k++)
		str_copy(out->metric[k].name, sizeof out->metric[k].name,
			 metric_table[p->metrics[k]].name);
}

enum status evaluate_baseline(struct session *s, int task, const struct dataset *data,
			      int max_examples, struct eval_row *out, struct err *err)
{
	const struct dataset *dev = data ? data : s->task[task].dev;
	const struct plan_task *p = &s->plan->tasks[task];
	uint64_t n;

	if (!dev || !dataset_size(dev))
		return err_set(err, ST_NOT_FOUND, "task '%s' has no dev rows", p->name);
	n = dataset_size(dev);
	if (max_examples > 0 && n > (uint64_t)max_examples)
		n = (uint64_t)max_examples;
	*out = (struct eval_row){ .timeline = s->timeline, .step = -1, .task = task,
				  .n_examples = (int)n };
	name_metrics(p, out);
	ask_kind(p->kind)->baseline(s, task, dev, out);
	return ST_OK;
}
