/*
 * command.c - a line becomes a command: cut into words, checked against its
 * row, normalised; and completion, which reads the same rows.
 */
#include "command/command.h"

#include <string.h>

#include "guard/guard.h"
#include "mix/mix.h"
#include "store/store.h"
#include "text/utf8.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

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

static enum arg_kind kind_at(const struct command_row *row, int i)
{
	int last = 0;

	for (int k = 0; k < 4 && row->arg[k] != ARG_NONE; k++)
		last = k;
	if (i > last && row->arg[last] == ARG_PARAM)
		return ARG_PARAM; /* as many as there are */
	return i < 4 ? row->arg[i] : ARG_NONE;
}

static bool is_optional(enum arg_kind k)
{
	return k == ARG_NONE || k == ARG_PARAM || k == ARG_NAME;
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
	if (kind_at(c->row, i) == ARG_SHARE)
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
	bool is_share = kind_at(row, i) == ARG_SHARE;
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

static enum method_role role_of(enum arg_kind kind)
{
	return kind == ARG_SAMPLING ? METHOD_SAMPLING : METHOD_WEIGHTING;
}

/* A method's words are checked by setting them on a desk of one channel. */
static enum status check_method(const struct command *c, struct err *err)
{
	struct mix m;

	mix_init(&m, 1);
	return mix_set(&m, role_of(kind_at(c->row, 0)), c->arg[0], &c->arg[1],
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

	switch (kind_at(c->row, i)) {
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
	case ARG_NONE:
		return err_set(err, ST_INVALID, "too many words, from '%.60s' on: %s", s,
			       c->row->usage);
	case ARG_TASK:
	case ARG_PARAM:
	case ARG_TEXT:
	case ARG_GROUPS:
	case ARG_MODE:
		break;
	}
	return ST_OK;
}

/* The next word of *at, ended in place; NULL when there is none. */
static char *next_word(char **at)
{
	char *p = *at, *word;

	while (is_space(*p))
		p++;
	if (!*p)
		return NULL;
	word = p;
	while (*p && !is_space(*p))
		p++;
	if (*p)
		*p++ = '\0';
	*at = p;
	return word;
}

static void trim_end(char *s)
{
	size_t n = strlen(s);

	while (n && is_space(s[n - 1]))
		s[--n] = '\0';
}

/* Blanks between words become one each. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (!is_space(*s))
			*to++ = *s;
		else if (!is_space(s[1]))
			*to++ = ' ';
	*to = '\0';
}

/* The last word, and all those before it. */
static void cut_groups(struct command *c, char *at)
{
	char *last = at + strlen(at);

	while (last > at && !is_space(last[-1]))
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
	while (is_space(*at))
		at++;
	if (c->row->arg[0] == ARG_TEXT) {
		if (*at)
			c->arg[c->n_args++] = at; /* the rest of the line as it is */
		return ST_OK;
	}
	if (c->row->arg[0] == ARG_GROUPS) {
		cut_groups(c, at);
		return ST_OK;
	}
	for (char *w; (w = next_word(&at)) != NULL;) {
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

	if (!is_optional(kind_at(c->row, c->n_args)))
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
		c->text[n] = ' ';
		str_copy(c->text + n + 1, sizeof c->text - n - 1, c->arg[i]);
	}
	n = strlen(c->text);
	if (c->is_forced && n + 1 < sizeof c->text)
		memcpy(c->text + n, "!", 2); /* such rows have their number last */
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
		return err_set(err, ST_INVALID, "no command '%.60s'", name);
	st = cut_args(out, at, err);
	if (!st)
		st = check_args(out, err);
	if (st)
		return st;
	normalise(out);
	if ((out->row->flags & (CMD_CHANGES | CMD_NOTES)) &&
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

/* --- completion --- */

struct completion {
	const char *word;
	size_t len;
	void (*emit)(void *arg, const char *word);
	void *arg;
};

static void offer(const struct completion *c, const char *candidate)
{
	if (!strncmp(candidate, c->word, c->len))
		c->emit(c->arg, candidate);
}

static void word_at(const char *line, int at, char name[64])
{
	int n = 0;

	while (is_space(line[at]))
		at++;
	for (; line[at + n] && !is_space(line[at + n]) && n < 63; n++)
		name[n] = line[at + n];
	name[n] = '\0';
}

static void offer_param(const struct completion *c, const char *name)
{
	char text[80];

	str_format(text, sizeof text, "%s=", name);
	offer(c, text);
}

/* Of the method or guard that the first argument, at byte `at`, names. */
static void offer_params(const struct completion *c, enum arg_kind kind, const char *line,
			 int at)
{
	const struct method *method = NULL;
	const struct guard_row *guard = NULL;
	char name[64];

	word_at(line, at, name);
	if (kind == ARG_GUARD)
		guard = guard_at(guard_find(name));
	else
		method = method_find(role_of(kind), name);
	for (int i = 0; method && i < MIX_PARAMS && method->param[i].name; i++)
		offer_param(c, method->param[i].name);
	for (int i = 0; guard && i < GUARD_PARAMS && guard->param[i].name; i++)
		offer_param(c, guard->param[i].name);
}

static void offer_methods(const struct completion *c, enum method_role role)
{
	const struct method *row;

	for (int i = 0; (row = method_at(role, i)); i++)
		offer(c, row->name);
}

static void offer_kind(const struct completion *c, enum arg_kind kind,
		       const char *const *tasks)
{
	switch (kind) {
	case ARG_TASK:
		for (int i = 0; tasks && tasks[i]; i++)
			offer(c, tasks[i]);
		break;
	case ARG_SHARE:
		offer(c, "auto");
		break;
	case ARG_ONOFF:
		offer(c, "on");
		offer(c, "off");
		break;
	case ARG_SAMPLING:
	case ARG_WEIGHTING:
		offer_methods(c, role_of(kind));
		break;
	case ARG_GUARD:
		for (int i = 0; guard_at(i); i++)
			offer(c, guard_at(i)->name);
		break;
	case ARG_MODE:
		for (int i = 0; i < GUARD_MODES; i++)
			offer(c, guard_mode_name((enum guard_mode)i));
		break;
	case ARG_GROUPS:
		for (int i = 0; freeze_word(i); i++)
			offer(c, freeze_word(i));
		offer_kind(c, ARG_TASK, tasks);
		break;
	default:
		break;
	}
}

int command_complete(const char *line, int point, const char *const *tasks,
		     void (*emit)(void *arg, const char *word), void *arg)
{
	const struct command_row *row = NULL;
	struct completion c = { .emit = emit, .arg = arg };
	int start = 0, end = 0, words = 0, args = 0;
	enum arg_kind kind;

	/* whole words before the one that ends at `point` */
	for (int i = 0;; i = end) {
		while (i < point && is_space(line[i]))
			i++;
		start = end = i;
		while (end < point && !is_space(line[end]))
			end++;
		if (end >= point)
			break;
		if (words++ == 0) {
			row = command_of(line);
			args = end;
		}
	}
	c.word = line + start;
	c.len = (size_t)(point - start);
	if (words == 0) {
		for (int i = 0; i < command_count; i++)
			offer(&c, command_table[i]->name);
		return start;
	}
	if (!row)
		return start;
	kind = kind_at(row, words - 1);
	if (row->arg[0] == ARG_GROUPS && words > 1) { /* one more of them, or the end */
		offer_kind(&c, ARG_GROUPS, tasks);
		kind = row->arg[1];
	}
	if (kind == ARG_PARAM)
		offer_params(&c, row->arg[0], line, args);
	else if (kind == ARG_TEXT && words == 1 && row->flags & CMD_ASKS)
		offer_kind(&c, ARG_TASK, tasks);
	else
		offer_kind(&c, kind, tasks);
	return start;
}
