/*
 * command.c - a line becomes a command: cut into words, checked against its
 * row, normalised. Completion, which reads the same rows, is command_complete.c's.
 */
#include "command/command_own.h"

#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "guard/guard.h"
#include "mix/mix.h"
#include "store/store.h"
#include "text/utf8.h"

static enum status parse(const char *line, struct command *out, bool is_entry,
			 struct err *err);

/* --- parsing --- */

static enum status check_bytes(const char *line, struct err *err)
{
	size_t len = strlen(line);

	if (len >= COMMAND_TEXT)
		return err_set(err, ST_INVALID, "command too long: %zu bytes, at most %d",
			       len, COMMAND_TEXT - 1);
	if (!utf8_valid(line, len))
		return err_set(err, ST_INVALID, "command is not valid UTF-8");
	for (const char *p = line; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return err_set(err, ST_INVALID, "control character 0x%02x in the "
				       "command, at byte %zu", (unsigned)*p,
				       (size_t)(p - line));
	return ST_OK;
}

enum arg_kind command_kind_at(const struct command_row *row, int i)
{
	int last = 0;

	for (int k = 0; k < COMMAND_KINDS && row->arg[k] != ARG_NONE; k++)
		last = k;
	if (i > last && row->arg[last] == ARG_PARAM)
		return ARG_PARAM; /* as many as there are */
	return i < COMMAND_KINDS ? row->arg[i] : ARG_NONE;
}

static bool is_optional(enum arg_kind k)
{
	return k == ARG_NONE || k == ARG_PARAM || k == ARG_NAME || k == ARG_PLACE ||
	       k == ARG_COUNT;
}

/* "0.3", "30%" or "auto" (-1). */
static bool read_share(const char *s, double *x)
{
	char text[64];
	size_t n = strlen(s);

	if (str_eq(s, "auto")) {
		*x = -1;
		return true;
	}
	if (!n || n >= sizeof text || s[n - 1] != '%')
		return parse_double(s, x);
	memcpy(text, s, n - 1);
	text[n - 1] = '\0';
	if (!parse_double(text, x))
		return false;
	*x /= 100;
	return true;
}

bool command_number(const struct command *c, int i, double *x)
{
	if (command_kind_at(c->row, i) == ARG_SHARE)
		return read_share(c->arg[i], x);
	return parse_double(c->arg[i], x);
}

bool command_is_beyond(const struct command_row *row, double x)
{
	return row->high > 0 && x != 0 && (x < row->low || x > row->high);
}

/* "20!" becomes "20", and that it was forced. */
static bool take_force(char *word)
{
	size_t n = strlen(word);

	if (n < 2 || word[n - 1] != '!')
		return false;
	word[n - 1] = '\0';
	return true;
}

static enum status check_force(struct command *c, int i, bool has_mark, double x,
			       struct err *err)
{
	const struct command_row *row = c->row;

	c->is_forced = (has_mark || c->is_entry) && command_is_beyond(row, x);
	if (c->is_forced || !command_is_beyond(row, x))
		return ST_OK;
	return err_set(err, ST_INVALID, "%s %s is beyond its usual range, %g to %g: "
		       "'%s!' if that is meant", row->name, c->arg[i], row->low,
		       row->high, c->arg[i]);
}

static enum status check_range(struct command *c, int i, struct err *err)
{
	const struct command_row *row = c->row;
	bool is_share = command_kind_at(row, i) == ARG_SHARE;
	bool has_mark = take_force(c->words + (c->arg[i] - c->words));
	double x;

	if (!command_number(c, i, &x))
		return err_set(err, ST_INVALID, "'%s' is no number%s: %s", c->arg[i],
			       is_share ? " and not 'auto'" : "", row->usage);
	if (is_share && x == -1 && str_eq(c->arg[i], "auto"))
		return ST_OK;
	if (!(x >= row->min && x <= row->max))
		return err_set(err, ST_INVALID, "%s %s is out of range: %g to %g",
			       row->name, c->arg[i], row->min, row->max);
	return check_force(c, i, has_mark, x, err);
}

static enum status check_name(const char *s, struct err *err)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-_.");

	if (s[n] || s[0] == '.' || strlen(s) > 48)
		return err_set(err, ST_INVALID, "'%.60s' is no name: letters, digits, '-', "
			       "'_', '.', at most 48", s);
	return ST_OK;
}

/* "100", "best", "100!" */
static enum status check_place(struct command *c, int i, struct err *err)
{
	int64_t step;

	c->is_forced = take_force(c->words + (c->arg[i] - c->words)) || c->is_entry;
	if (str_eq(c->arg[i], "best") || (parse_i64(c->arg[i], &step) && step >= 0))
		return ST_OK;
	return err_set(err, ST_INVALID, "'%.40s' is neither a step nor 'best': %s",
		       c->arg[i], c->row->usage);
}

static enum status check_count(const struct command *c, int i, struct err *err)
{
	int64_t n;

	if (parse_i64(c->arg[i], &n) && (double)n >= c->row->min &&
	    (double)n <= c->row->max)
		return ST_OK;
	return err_set(err, ST_INVALID, "'%.40s' is no whole number from %g to %g: %s",
		       c->arg[i], c->row->min, c->row->max, c->row->usage);
}

/* A command that is given now and done later is a sound one now; it holds no other. */
static enum status check_inner(const struct command *c, int i, struct err *err)
{
	struct command *inner = xmalloc(sizeof *inner);
	enum status st = parse(c->arg[i], inner, c->is_entry, err);

	if (!st && inner->row->flags & CMD_LATER)
		st = err_set(err, ST_INVALID, "'%s' cannot be done later", inner->row->name);
	if (!st && inner->row->flags & CMD_ASKS)
		st = err_set(err, ST_INVALID, "'%s' asks: nobody would read the answer",
			     inner->row->name);
	if (!st && inner->row->arg[0] == ARG_PLACE && inner->n_args && !inner->is_forced)
		st = err_set(err, ST_INVALID, "'%s' leaves steps behind: '%s!' if that is "
			     "meant", inner->text, inner->text);
	xfree(inner);
	return st;
}

/* A method's words are checked by setting them on a desk of one channel. */
static enum status check_method(const struct command *c, struct err *err)
{
	struct mix m;

	mix_init(&m, 1);
	return mix_set(&m, command_role(command_kind_at(c->row, 0)), c->arg[0], &c->arg[1],
		       c->n_args - 1, err);
}

/* A guard, its mode and parameters, likewise. */
static enum status check_guard(const struct command *c, struct err *err)
{
	int i = guard_find(c->arg[0]);
	struct guard g;
	struct buf b;

	if (i >= 0)
		return guard_set(guard_at(i), &c->arg[1], c->n_args - 1, 0, &g, err);
	buf_init(&b);
	for (i = 0; guard_at(i); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", guard_at(i)->name);
	err_set(err, ST_NOT_FOUND, "no guard '%.40s'; there are %s", c->arg[0], buf_str(&b));
	buf_release(&b);
	return ST_NOT_FOUND;
}

static enum status check_arg(struct command *c, int i, struct err *err)
{
	const char *s = c->arg[i];

	switch (command_kind_at(c->row, i)) {
	case ARG_NUMBER:
	case ARG_SHARE:
		return check_range(c, i, err);
	case ARG_ONOFF:
		if (!str_eq(s, "on") && !str_eq(s, "off"))
			return err_set(err, ST_INVALID, "'%s' is neither 'on' nor 'off': %s",
				       s, c->row->usage);
		return ST_OK;
	case ARG_SAMPLING:
	case ARG_WEIGHTING:
		return check_method(c, err);
	case ARG_GUARD:
		return check_guard(c, err);
	case ARG_NAME:
		return check_name(s, err);
	case ARG_PLACE:
		return check_place(c, i, err);
	case ARG_COUNT:
		return check_count(c, i, err);
	case ARG_COMMAND:
	case ARG_DO:
		return check_inner(c, i, err);
	case ARG_NONE:
		return err_set(err, ST_INVALID, "too many words, from '%.60s' on: %s", s,
			       c->row->usage);
	case ARG_TASK:
	case ARG_PARAM:
	case ARG_TEXT:
	case ARG_GROUPS:
	case ARG_WORD:
	case ARG_MODE:
		break;
	}
	return ST_OK;
}

/* The next word of *at, ended in place; NULL when there is none. */
static char *next_word(char **at)
{
	char *p = *at, *word;

	while (command_is_space(*p))
		p++;
	if (!*p)
		return NULL;
	word = p;
	while (*p && !command_is_space(*p))
		p++;
	if (*p)
		*p++ = '\0';
	*at = p;
	return word;
}

static void trim_end(char *s)
{
	size_t n = strlen(s);

	while (n && command_is_space(s[n - 1]))
		s[--n] = '\0';
}

/* Blanks between words become one each. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (!command_is_space(*s))
			*to++ = *s;
		else if (!command_is_space(s[1]))
			*to++ = ' ';
	*to = '\0';
}

/* The last word, and all those before it. */
static void cut_groups(struct command *c, char *at)
{
	char *last = at + strlen(at);

	while (last > at && !command_is_space(last[-1]))
		last--;
	if (last > at)
		c->arg[c->n_args++] = at;
	if (*last)
		c->arg[c->n_args++] = last;
	if (last > at)
		last[-1] = '\0';
	trim_end(at);
	squeeze(at);
}

static enum status cut_args(struct command *c, char *at, struct err *err)
{
	while (command_is_space(*at))
		at++;
	if (c->row->arg[0] == ARG_GROUPS) {
		cut_groups(c, at);
		return ST_OK;
	}
	for (char *w;;) {
		enum arg_kind kind = command_kind_at(c->row, c->n_args);

		while (command_is_space(*at))
			at++;
		if (*at && kind == ARG_DO) {
			w = next_word(&at);
			if (!str_eq(w, "do"))
				return err_set(err, ST_INVALID, "'%.40s' where 'do' should "
					       "be: %s", w, c->row->usage);
			while (command_is_space(*at))
				at++;
			kind = ARG_COMMAND;
		}
		if (*at && (kind == ARG_TEXT || kind == ARG_COMMAND)) {
			c->arg[c->n_args++] = at; /* the rest of the line as it is */
			return ST_OK;
		}
		w = next_word(&at);
		if (!w)
			break;
		if (c->n_args == COMMAND_ARGS)
			return err_set(err, ST_INVALID, "too many words: %s",
				       c->row->usage);
		c->arg[c->n_args++] = w;
	}
	return ST_OK;
}

static enum status check_args(struct command *c, struct err *err)
{
	enum status st = ST_OK;

	if (!is_optional(command_kind_at(c->row, c->n_args)))
		return err_set(err, ST_INVALID, "too few words: %s", c->row->usage);
	for (int i = 0; i < c->n_args && !st; i++)
		st = check_arg(c, i, err);
	return st;
}

static void normalise(struct command *c)
{
	size_t n = 0;

	str_copy(c->text, sizeof c->text, c->row->name);
	for (int i = 0; i < c->n_args; i++) {
		n = strlen(c->text);
		str_format(c->text + n, sizeof c->text - n, " %s%s",
			   command_kind_at(c->row, i) == ARG_DO ? "do " : "", c->arg[i]);
	}
	n = strlen(c->text);
	if (c->is_forced && n + 1 < sizeof c->text)
		memcpy(c->text + n, "!", 2); /* such rows have their number last */
}

static enum status refuse_name(const char *name, struct err *err)
{
	struct suggestion s = { 0 };

	for (int i = 0; i < command_count; i++)
		suggest(&s, name, command_table[i]->name);
	if (s.word)
		return err_set(err, ST_INVALID, "no command '%.60s': did you mean '%s'?",
			       name, s.word);
	return err_set(err, ST_INVALID, "no command '%.60s': Tab at ':', or 'tutti actions "
		       "RUN', lists them", name);
}

static enum status parse(const char *line, struct command *out, bool is_entry,
			 struct err *err)
{
	enum status st = check_bytes(line, err);
	char *at, *name;

	if (st)
		return st;
	out->n_args = 0;
	out->is_forced = false;
	out->is_entry = is_entry;
	out->row = NULL;
	str_copy(out->words, sizeof out->words, line);
	trim_end(out->words);
	at = out->words;
	name = next_word(&at);
	if (!name)
		return err_set(err, ST_INVALID, "empty command");
	out->row = command_find(name);
	if (!out->row)
		return refuse_name(name, err);
	st = cut_args(out, at, err);
	if (!st)
		st = check_args(out, err);
	if (st)
		return st;
	normalise(out);
	if ((out->row->flags & CMD_JOURNALED) &&
	    strlen(out->text) >= JOURNAL_TEXT)
		return err_set(err, ST_INVALID, "too long for the journal: %zu bytes, at "
			       "most %d", strlen(out->text), JOURNAL_TEXT - 1);
	return ST_OK;
}

enum status command_parse(const char *line, struct command *out, struct err *err)
{
	return parse(line, out, false, err);
}

enum status command_parse_entry(const char *line, struct command *out, struct err *err)
{
	return parse(line, out, true, err);
}
