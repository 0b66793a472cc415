/*
 * coming.c - the list of what is to come, made from the journal.
 */
#include "command/coming.h"

#include <string.h>

#include "base/mem.h"

void coming_clear(struct coming *c)
{
	xfree(c->item);
	*c = (struct coming){ 0 };
}

static int find(const struct coming *c, const char *name)
{
	for (int i = 0; i < c->n; i++)
		if (str_eq(c->item[i].name, name))
			return i;
	return -1;
}

const struct coming_item *coming_find(const struct coming *c, const char *name)
{
	int i = find(c, name);

	return i >= 0 ? &c->item[i] : NULL;
}

void coming_name(const struct coming *c, enum coming_kind kind, char out[COMING_NAME])
{
	str_format(out, COMING_NAME, "%s-%d", kind == COMING_AT ? "at" : "when",
		   c->given + 1);
}

static void take_off(struct coming *c, int i)
{
	if (i < 0)
		return;
	c->n--;
	memmove(c->item + i, c->item + i + 1, (size_t)(c->n - i) * sizeof *c->item);
}

static struct coming_item *add(struct coming *c, enum coming_kind kind,
			       const struct journal_entry *e)
{
	struct coming_item *i;

	ARRAY_GROW(c->item, c->n, c->cap);
	i = &c->item[c->n++];
	*i = (struct coming_item){ .kind = kind, .seq = e->seq, .since = e->step };
	str_copy(i->line, sizeof i->line, e->command);
	if (kind != COMING_RAMP) {
		c->given++;
		str_format(i->name, sizeof i->name, "%s", e->after);
	}
	return i;
}

static void take_ramp(struct coming *c, const struct journal_entry *e,
		      const struct command *cmd)
{
	char name[COMING_NAME];
	struct coming_item *i;
	double steps = 0;

	str_format(name, sizeof name, "ramp-%s", cmd->arg[0]);
	take_off(c, find(c, name));
	i = add(c, COMING_RAMP, e);
	str_copy(i->name, sizeof i->name, name);
	str_copy(i->task, sizeof i->task, cmd->arg[0]);
	command_number(cmd, 4, &steps);
	i->step = e->step + (int64_t)steps;
}

bool coming_is_over(const struct coming_item *i, int64_t step)
{
	return i->kind == COMING_RAMP && i->step < step;
}

static void let_go(struct coming *c, int64_t step)
{
	for (int i = c->n - 1; i >= 0; i--)
		if (coming_is_over(&c->item[i], step))
			take_off(c, i);
}

static void take(struct coming *c, const struct journal_entry *e, const struct command *cmd)
{
	const char *name = cmd->row->name;
	char ramp[COMING_NAME];
	struct coming_item *i;
	double step = 0;

	if (str_eq(name, "at")) {
		i = add(c, COMING_AT, e);
		command_number(cmd, 0, &step);
		i->step = (int64_t)step;
		str_copy(i->command, sizeof i->command, cmd->arg[1]);
	} else if (str_eq(name, "when")) {
		i = add(c, COMING_WHEN, e);
		coming_read_when(cmd, i, NULL);
	} else if (str_eq(name, "ramp")) {
		take_ramp(c, e, cmd);
	} else if (str_eq(name, "cancel")) {
		take_off(c, find(c, cmd->arg[0]));
	} else if (str_eq(name, "weight")) {
		str_format(ramp, sizeof ramp, "ramp-%s", cmd->arg[0]);
		take_off(c, find(c, ramp));
	}
}

void coming_take(struct coming *c, const struct journal_entry *e)
{
	struct command *cmd = xmalloc(sizeof *cmd);

	let_go(c, e->step);
	if (!command_parse_entry(e->command, cmd, NULL))
		take(c, e, cmd);
	xfree(cmd);
}

/* --- when --- */

static const char *const ops[] = { [OP_BELOW] = "<", [OP_AT_MOST] = "<=",
				   [OP_ABOVE] = ">", [OP_AT_LEAST] = ">=" };

enum status coming_read_when(const struct command *c, struct coming_item *out,
			     struct err *err)
{
	const char *dot = strrchr(c->arg[0], '.'), *rest = c->arg[3];
	int op = 0;

	if (!dot || dot == c->arg[0] || (size_t)(dot - c->arg[0]) >= sizeof out->task ||
	    !str_copy(out->metric, sizeof out->metric, dot + 1) || !dot[1])
		return err_set(err, ST_INVALID, "'%.60s' is no TASK.METRIC: %s", c->arg[0],
			       c->row->usage);
	str_format(out->task, sizeof out->task, "%.*s", (int)(dot - c->arg[0]), c->arg[0]);
	while (op < (int)(sizeof ops / sizeof *ops) && !str_eq(c->arg[1], ops[op]))
		op++;
	if (op == (int)(sizeof ops / sizeof *ops))
		return err_set(err, ST_INVALID, "'%.20s' is none of < <= > >=: %s", c->arg[1],
			       c->row->usage);
	out->op = (enum coming_op)op;
	command_number(c, 2, &out->value);
	str_copy(out->command, sizeof out->command, rest);
	return ST_OK;
}

bool coming_holds(const struct coming_item *i, double x)
{
	switch (i->op) {
	case OP_BELOW:    return x < i->value;
	case OP_AT_MOST:  return x <= i->value;
	case OP_ABOVE:    return x > i->value;
	case OP_AT_LEAST: return x >= i->value;
	}
	return false;
}
