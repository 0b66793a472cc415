/*
 * guarding.c - views for guards, and who is told what.
 */
#include "session/guarding.h"

#include <math.h> /* NAN */
#include <string.h>

static void look_at_tasks(const struct session *s, struct guard_task *task)
{
	bool any_solo = false;

	for (int i = 0; i < s->n_tasks; i++)
		any_solo |= s->mix.ch[i].solo;
	for (int i = 0; i < s->n_tasks; i++) {
		const struct plan_task *p = &s->plan->tasks[i];
		const struct metric_info *m = &metric_table[p->metrics[0]];
		const struct mix_channel *ch = &s->mix.ch[i];

		task[i] = (struct guard_task){ .name = p->name, .metric = m->name,
					       .is_inverse = m->lower_is_better,
					       .is_correlation =
						    m->unit == METRIC_CORRELATION,
					       .is_active = !ch->muted &&
						    (ch->solo || !any_solo) };
	}
}

/* As the session is now; what is seen is put in by the caller. */
static struct guard_view view_of(const struct session *s)
{
	struct guard_view v = { .n = s->n_tasks, .step = s->step, .lr = s->mix.lr,
				.plan_lr = s->plan->lr, .dropout = s->mix.dropout,
				.skips = s->skips, .seconds = NAN };

	for (int i = 0; i < s->n_tasks; i++)
		v.tokens += s->task[i].cursor.tokens;
	return v;
}

/* One guard is told what the view has; `change` is NULL but for a change. */
static void tell(const struct session *s, int i, struct guard_view v,
		 const struct guard_change *change, struct guard *g)
{
	const struct guard_row *row = guard_at(i);
	struct guard_task task[GUARD_TASKS_MAX];

	look_at_tasks(s, task);
	v.task = task;
	v.param = g->param;
	if (change && row->change)
		row->change(&v, change, g->memory);
	if (v.loss && row->step)
		row->step(&v, g->memory);
	/* who does not look at evaluations has seen none, in a replay that makes none, too */
	if (v.dev && row->dev && g->seen < v.step) {
		g->seen = v.step;
		row->dev(&v, g->memory);
	}
}

static void tell_all(struct session *s, const struct guard_view *v,
		     const struct guard_change *change)
{
	for (int i = 0; i < GUARDS; i++)
		if (s->mix.guard[i].mode != GUARD_OFF)
			tell(s, i, *v, change, &s->mix.guard[i]);
}

void guarding_step(struct session *s, const struct step_row *r)
{
	struct guard_view v = view_of(s);
	double loss[GUARD_TASKS_MAX];

	for (int i = 0; i < s->n_tasks; i++)
		loss[i] = NAN;
	for (int k = 0; k < r->n; k++)
		loss[r->task[k].task] = (double)r->task[k].loss;
	v.loss = loss;
	tell_all(s, &v, NULL);
}

void guarding_dev(struct session *s, const struct guard_dev *dev)
{
	struct guard_view v = view_of(s);

	v.dev = dev;
	tell_all(s, &v, NULL);
}

void guarding_change(struct session *s, const char *name, int task, const char *before)
{
	struct guard_change c = { .name = name, .task = task, .before = before };
	struct guard_view v = view_of(s);

	tell_all(s, &v, &c);
}

bool guarding_wants_dev(const struct session *s)
{
	for (int i = 0; i < GUARDS; i++)
		if (s->mix.guard[i].mode == GUARD_ACT && guard_at(i)->dev &&
		    s->mix.guard[i].seen < s->step)
			return true;
	return false;
}

int64_t guarding_dev_step(const struct session *s)
{
	int64_t step = s->mix.dev_step;

	for (int i = 0; i < GUARDS; i++)
		if (s->mix.guard[i].mode == GUARD_ACT && guard_at(i)->dev &&
		    s->mix.guard[i].seen > step)
			step = s->mix.guard[i].seen;
	return step;
}

bool guarding_says(const struct session *s, int i, int task, double seconds,
		   struct guard_said *out)
{
	const struct guard_row *row = guard_at(i);
	const struct guard *g = &s->mix.guard[i];
	struct guard_task tasks[GUARD_TASKS_MAX];
	struct guard_view v = view_of(s);

	*out = (struct guard_said){ .sign = row->sign, .helps = row->helps };
	if (g->mode == GUARD_OFF)
		return false;
	look_at_tasks(s, tasks);
	v.task = tasks;
	v.param = g->param;
	v.seconds = seconds;
	return row->say(&v, g->memory, task, out);
}

void guarding_forget(struct session *s, int i)
{
	struct guard *g = &s->mix.guard[i];

	memset(g->memory, 0, sizeof g->memory);
	g->seen = g->since;
}

void guarding_recall(struct session *s, const struct guard_view *at,
		     const struct guard_change *change)
{
	for (int i = 0; i < GUARDS; i++) {
		struct guard *g = &s->mix.guard[i];
		bool is_before = change || at->dev ? at->step < g->since :
						    at->step <= g->since;

		if (g->mode == GUARD_WARN && !is_before)
			tell(s, i, *at, change, g);
	}
}
