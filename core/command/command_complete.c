/*
 * command_complete.c - completion by position, from the rows that parsing reads.
 */
#include "command/command_own.h"
#include "guard/guard.h"

#include <string.h>

#include "mix/mix.h"

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

	while (command_is_space(line[at]))
		at++;
	for (; line[at + n] && !command_is_space(line[at + n]) && n < 63; n++)
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
		method = method_find(command_role(kind), name);
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
	case ARG_PLACE:
		offer(c, "best");
		break;
	case ARG_DO:
		offer(c, "do");
		break;
	case ARG_COMMAND:
		for (int i = 0; i < command_count; i++)
			offer(c, command_table[i]->name);
		break;
	case ARG_ONOFF:
		offer(c, "on");
		offer(c, "off");
		break;
	case ARG_SAMPLING:
	case ARG_WEIGHTING:
		offer_methods(c, command_role(kind));
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
		while (i < point && command_is_space(line[i]))
			i++;
		start = end = i;
		while (end < point && !command_is_space(line[end]))
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
	kind = command_kind_at(row, words - 1);
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
