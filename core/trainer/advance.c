/*
 * advance.c - the order of things in a run.
 */
#include "trainer/advance.h"

#include <math.h> /* NAN */

#include "ask/evaluate.h"
#include "base/mem.h"
#include "session/guarding.h"
#include "trainer/change.h"

bool advance_is_due(int64_t step, int64_t every)
{
	return every > 0 && step % every == 0;
}

static enum status one_step(const struct advance *a, struct err *err)
{
	const struct plan *p = a->s->plan;
	struct step_report report;
	enum status st = session_step(a->s, &report, err);

	if (!st) {
		guarding_step(a->s, &report.row);
		st = a->stepped(a->arg, &report, err);
	}
	if (!st && advance_is_due(a->s->step, p->eval_every.steps))
		st = a->evaluate(a->arg, err);
	if (!st && advance_is_due(a->s->step, p->checkpoint_every.steps))
		st = a->save(a->arg, err);
	return st;
}

enum status advance_run(const struct advance *a, struct err *err)
{
	for (;;) {
		bool is_over = false;
		enum status st = a->entries(a->arg, err);

		if (!st)
			st = a->between(a->arg, &is_over, err);
		if (st || is_over)
			return st;
		st = one_step(a, err);
		if (st && st != ST_BUSY)
			return st;
	}
}

/* --- the journal --- */

static enum status apply(struct session *s, const struct journal_entry *e,
			 struct command *c, struct err *err)
{
	enum status st;

	if (e->step < s->step)
		return err_set(err, ST_CORRUPT, "journal entry %lld of step %lld comes "
			       "after step %lld", (long long)e->seq, (long long)e->step,
			       (long long)s->step);
	st = command_parse_entry(e->command, c, err);
	if (!st && c->row->flags & CMD_JUMPS) /* store_path: this is where it went to */
		s->timeline = e->timeline;
	else if (!st)
		st = change_make(c, s, err);
	return st ? err_wrap(err, st, "journal entry %lld cannot be applied",
			     (long long)e->seq) : ST_OK;
}

enum status advance_entries(struct session *s, const struct journal_entry *e, int n,
			    int *next, struct err *err)
{
	struct command *c;
	enum status st = ST_OK;

	if (*next >= n || e[*next].step > s->step)
		return ST_OK;
	c = xmalloc(sizeof *c);
	while (!st && *next < n && e[*next].step <= s->step) {
		st = apply(s, &e[*next], c, err);
		*next += !st;
	}
	xfree(c);
	return st;
}

/* --- dev metrics for methods and guards --- */

bool advance_wants_dev(const struct session *s)
{
	return advance_is_due(s->step, s->plan->eval_every.steps) &&
	       (mix_wants_dev(&s->mix) || guarding_wants_dev(s));
}

struct guard_dev advance_seen(const struct session *s, const struct eval_row *r)
{
	enum metric_id m = s->plan->tasks[r->task].metrics[0];
	struct guard_dev d = { .merit = NAN, .loss = r->loss, .se = NAN };

	if (r->n_metrics > 0) {
		d.merit = metric_merit(m, r->metric[0].value);
		d.se = metric_error(m, r->metric[0].value, r->n_examples);
	}
	return d;
}

void advance_take_dev(struct session *s, const struct evaluation *e, int n)
{
	struct guard_dev seen[MIX_TASKS_MAX];
	double dev[MIX_TASKS_MAX];

	if (!advance_is_due(s->step, s->plan->eval_every.steps))
		return;
	for (int i = 0; i < s->n_tasks; i++)
		seen[i] = (struct guard_dev){ NAN, NAN, NAN };
	for (int i = 0; i < n; i++)
		seen[e[i].row.task] = advance_seen(s, &e[i].row);
	for (int i = 0; i < s->n_tasks; i++)
		dev[i] = seen[i].merit;
	mix_take_dev(&s->mix, dev);
	guarding_dev(s, seen);
}

enum status advance_look(struct session *s, struct progress *pg, struct err *err)
{
	struct eval_options o = { .max_examples = s->plan->eval_examples, .greedy = true,
				  .fit = true };
	struct evaluation *e = xcalloc((size_t)s->n_tasks, sizeof *e);
	enum status st = ST_OK;
	int n = 0;

	for (int i = 0; i < s->n_tasks && !st; i++) {
		if (!evaluate_takes(s, i))
			continue;
		st = evaluate_task(s, i, &o, pg, &e[n], err);
		n += !st;
	}
	if (!st)
		advance_take_dev(s, e, n);
	for (int i = 0; i < n; i++)
		evaluation_release(&e[i]);
	xfree(e);
	return st;
}
