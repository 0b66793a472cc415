/*
 * command_actions.c - the question what can be done to a run: every command that is no
 * question itself, from the table, with what its words may be and what is set now.
 */
#include "base/json.h"
#include "session/freezing.h"
#include "trainer/actors.h"
#include "session/session.h"

static const char *const arg_names[] = {
	[ARG_NONE] = "none", [ARG_TASK] = "task", [ARG_NUMBER] = "number",
	[ARG_SHARE] = "share", [ARG_ONOFF] = "on_off", [ARG_SAMPLING] = "sampling",
	[ARG_WEIGHTING] = "weighting", [ARG_PARAM] = "parameter", [ARG_NAME] = "name",
	[ARG_TEXT] = "text", [ARG_GROUPS] = "groups", [ARG_PLACE] = "place",
	[ARG_COUNT] = "count", [ARG_WORD] = "word", [ARG_COMMAND] = "command",
	[ARG_DO] = "do", [ARG_GUARD] = "guard", [ARG_MODE] = "mode",
};
_Static_assert(sizeof arg_names / sizeof *arg_names == ARG_KINDS, "a name for every kind");

/* --- words --- */

static void put_methods(struct json_out *j, enum method_role role)
{
	const struct method *m;

	json_open(j, "one_of", '[');
	for (int i = 0; (m = method_at(role, i)); i++)
		json_put_str(j, NULL, m->name);
	json_close(j, ']');
}

static void put_tasks(struct json_out *j, const struct session *s)
{
	json_open(j, "one_of", '[');
	for (int i = 0; i < s->n_tasks; i++)
		json_put_str(j, NULL, s->plan->tasks[i].name);
	json_close(j, ']');
}

/* min and max: what the command takes; low and high: what it takes without a '!'. */
static void put_number(struct json_out *j, const struct command_row *row, bool is_share)
{
	json_put_num(j, "min", row->min);
	json_put_num(j, "max", row->max);
	if (row->high > 0) {
		json_put_num(j, "low", row->low);
		json_put_num(j, "high", row->high);
	}
	if (is_share)
		json_put_str(j, "or", "auto");
}

static void put_arg(struct json_out *j, const struct session *s,
		    const struct command_row *row, enum arg_kind kind)
{
	json_open(j, NULL, '{');
	json_put_str(j, "kind", arg_names[kind]);
	switch (kind) {
	case ARG_TASK: put_tasks(j, s); break;
	case ARG_NUMBER: put_number(j, row, false); break;
	case ARG_SHARE: put_number(j, row, true); break;
	case ARG_SAMPLING: put_methods(j, METHOD_SAMPLING); break;
	case ARG_WEIGHTING: put_methods(j, METHOD_WEIGHTING); break;
	case ARG_GUARD:
		json_open(j, "one_of", '[');
		for (int i = 0; guard_at(i); i++)
			json_put_str(j, NULL, guard_at(i)->name);
		json_close(j, ']');
		break;
	case ARG_MODE:
		json_open(j, "one_of", '[');
		for (int i = 0; i < GUARD_MODES; i++)
			json_put_str(j, NULL, guard_mode_name((enum guard_mode)i));
		json_close(j, ']');
		break;
	case ARG_ONOFF:
		json_open(j, "one_of", '[');
		json_put_str(j, NULL, "on");
		json_put_str(j, NULL, "off");
		json_close(j, ']');
		break;
	default: break;
	}
	json_close(j, '}');
}

static void put_args(struct json_out *j, const struct session *s,
		     const struct command_row *row)
{
	json_open(j, "args", '[');
	for (int i = 0; i < COMMAND_KINDS && row->arg[i] != ARG_NONE; i++)
		put_arg(j, s, row, row->arg[i]);
	json_close(j, ']');
}

/* --- what is set --- */

/* A number where it is one, so that a program can count with it. */
static void put_now(struct json_out *j, const struct session *s,
		    const struct command_row *row, int task, const char *key)
{
	char text[COMMAND_NOW];
	double x;

	row->now(s, task, text);
	if (parse_double(text, &x))
		json_put_num(j, key, x);
	else
		json_put_str(j, key, text);
}

static void put_values(struct json_out *j, const struct session *s,
		       const struct command_row *row)
{
	if (!row->now) {
		json_put_null(j, "now");
	} else if (row->arg[0] != ARG_TASK) {
		put_now(j, s, row, -1, "now");
	} else {
		json_open(j, "now", '{');
		for (int i = 0; i < s->n_tasks; i++)
			put_now(j, s, row, i, s->plan->tasks[i].name);
		json_close(j, '}');
	}
}

/* --- the list --- */

static bool has_number(const struct command_row *row)
{
	for (int i = 0; i < COMMAND_KINDS; i++)
		if (row->arg[i] == ARG_NUMBER || row->arg[i] == ARG_SHARE)
			return true;
	return false;
}

/* For whom: may it, and within what. */
static void put_limits(struct json_out *j, const struct plan *p,
		       const struct plan_actor *limits, const struct command_row *row)
{
	bool may = !p->has_actors || (limits && actors_may_give(limits, row));
	double low, high;

	json_put_bool(j, "allowed", may);
	if (!may || !limits || !has_number(row))
		return;
	actors_range(limits, row, &low, &high);
	json_open(j, "allowed_range", '[');
	json_put_num(j, NULL, low);
	json_put_num(j, NULL, high);
	json_close(j, ']');
}

static void put_action(struct json_out *j, const struct session *s,
		       const struct command_row *row, const char *actor)
{
	unsigned f = row->flags;

	json_open(j, NULL, '{');
	json_put_str(j, "command", row->name);
	json_put_str(j, "usage", row->usage);
	json_put_str(j, "help", row->help);
	json_put_str(j, "does", f & CMD_CHANGES ? "changes" : f & CMD_NOTES ? "notes" : "runs");
	put_args(j, s, row);
	put_values(j, s, row);
	if (actor)
		put_limits(j, s->plan, plan_actor_find(s->plan, actor), row);
	json_close(j, '}');
}

static enum status answer_actions(struct session *s, const struct command *c,
				  struct buf *answer, struct err *err)
{
	const char *actor = c->n_args ? c->arg[0] : NULL;
	const struct plan_actor *limits = actor ? plan_actor_find(s->plan, actor) : NULL;
	struct json_out j;

	(void)err;
	json_out_init(&j, answer, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "step", s->step);
	if (actor)
		json_put_str(&j, "actor", actor);
	if (limits) {
		json_put_int(&j, "every", limits->every);
		json_put_int(&j, "most", limits->most);
	}
	json_open(&j, "actions", '[');
	for (int i = 0; i < command_count; i++)
		if (!(command_table[i]->flags & CMD_ASKS))
			put_action(&j, s, command_table[i], actor);
	json_close(&j, ']');
	json_close(&j, '}');
	return ST_OK;
}

const struct command_row command_actions = {
	.name = "actions", .arg = { ARG_NAME }, .usage = "actions [ACTOR]",
	.example = "actions tuner",
	.help = "what can be done: every command, its ranges, what is set now",
	.more = "As JSON, for programs that steer: all commands but questions. With ACTOR "
		"also what the plan allows the actor of that name.",
	.flags = CMD_ASKS, .ask = answer_actions,
};
