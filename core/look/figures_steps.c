/*
 * figures_steps.c - the table of steps. The store keeps what a task's loss counted
 * (the hand's weight x the method's factor); the hand's weight of each step comes
 * from the plan, the journal's commands and the ramps under way, and the factor from the
 * two.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "look/figures_own.h"
#include "look/ramps.h"
#include "look/snapshot.h"
#include "command/command.h"

struct steps {
	struct figures *f;
	struct snapshot hand;           /* weights as set before the step to come */
	struct ramps ramps;
	struct journal_entry *entry;    /* a page of the journal */
	int n_entries, at;
	int64_t after;                  /* the last entry that was read */
	bool is_read;                   /* the page ends the journal */
	struct gradient_row *gradient;  /* of the page of steps, by step */
	size_t n_gradients, cap_gradients, at_gradient;
	enum status st;
	struct err *err;
};

/* --- the hand's weights --- */

static void start_hand(struct snapshot *hand, const struct plan *p)
{
	snapshot_init(hand);
	hand->n_channels = p->n_tasks;
	hand->ch = xcalloc((size_t)p->n_tasks + 1, sizeof *hand->ch);
	for (int k = 0; k < p->n_tasks; k++) {
		str_copy(hand->ch[k].name, sizeof hand->ch[k].name, p->tasks[k].name);
		hand->ch[k].weight = p->tasks[k].weight;
	}
}

static void take_entry(struct steps *s, const struct journal_entry *e)
{
	struct command *c = xmalloc(sizeof *c);

	if (!command_parse_entry(e->command, c, NULL)) {
		command_show(c, &s->hand);
		ramps_take(&s->ramps, &s->hand, c, e->step);
	}
	xfree(c);
}

/* The next entry without taking it; NULL: there is none. */
static const struct journal_entry *next_entry(struct steps *s)
{
	if (s->at == s->n_entries && !s->is_read && !s->st) {
		s->at = s->n_entries = 0;
		s->st = store_journal_page(s->f->store, s->after, s->entry, FIGURES_PAGE,
					   &s->n_entries, s->err);
		s->is_read = s->n_entries < FIGURES_PAGE;
		if (s->n_entries)
			s->after = s->entry[s->n_entries - 1].seq;
	}
	return s->at < s->n_entries && !s->st ? &s->entry[s->at] : NULL;
}

/* An entry at step S holds from step S + 1 on. */
static void take_entries(struct steps *s, int64_t step)
{
	const struct journal_entry *e;

	while ((e = next_entry(s)) && e->step < step) {
		take_entry(s, e);
		s->at++;
	}
}

/* --- the tasks' gradient norms --- */

static void keep_gradient(void *arg, const struct gradient_row *r)
{
	struct steps *s = arg;

	ARRAY_GROW(s->gradient, s->n_gradients, s->cap_gradients);
	s->gradient[s->n_gradients++] = *r;
}

/* Those of a step; of several timelines the newest counts, as with steps. */
static void take_norms(struct steps *s, int64_t step, double norm[MIX_TASKS_MAX])
{
	for (int k = 0; k < MIX_TASKS_MAX; k++)
		norm[k] = NAN;
	for (; s->at_gradient < s->n_gradients; s->at_gradient++) {
		const struct gradient_row *r = &s->gradient[s->at_gradient];

		if (r->step > step)
			return;
		if (r->step == step)
			norm[r->task] = r->norm;
	}
}

/* --- rows --- */

static int place_of(const struct step_row *r, int task)
{
	for (int i = 0; i < r->n; i++)
		if (r->task[i].task == task)
			return i;
	return -1;
}

static void put_task(struct steps *s, const struct step_row *r, int task, double norm,
		     int drawn)
{
	struct table_out *t = &s->f->t;
	int i = place_of(r, task), count = i < 0 ? 0 : r->task[i].count;
	double weight = s->hand.ch[task].weight;
	double factor = i >= 0 && weight > 0 ? (double)r->task[i].weight / weight : NAN;

	table_group(t, s->f->plan->tasks[task].name);
	table_f32(t, "loss", i < 0 ? NAN : r->task[i].loss);
	table_f64(t, "weight", weight);
	table_f32(t, "factor", (float)factor);
	table_f64(t, "share", drawn ? (double)count / drawn : NAN);
	table_int(t, "micro_batches", count);
	table_int(t, "examples", i < 0 ? 0 : r->task[i].examples);
	table_f64(t, "gradient_norm", norm);
	table_group_end(t);
}

static void put_step(struct steps *s, const struct step_row *r,
		     const double norm[MIX_TASKS_MAX])
{
	struct table_out *t = &s->f->t;
	int drawn = 0;

	for (int i = 0; i < r->n; i++)
		drawn += r->task[i].count;
	table_row(t);
	table_int(t, "step", r->step);
	table_f32(t, "lr", r->lr);
	table_f32(t, "gradient_norm", r->grad_norm);
	table_int(t, "tokens", r->tokens);
	table_bool(t, "skipped", r->skipped);
	table_f32(t, "seconds", r->seconds);
	table_nest(t, "tasks");
	for (int k = 0; k < s->f->plan->n_tasks; k++)
		put_task(s, r, k, norm[k], drawn);
	table_nest_end(t);
	table_row_end(t);
}

static void take_step(void *arg, const struct step_row *r)
{
	double norm[MIX_TASKS_MAX];
	struct steps *s = arg;

	take_entries(s, r->step);
	ramps_step(&s->ramps, &s->hand, r->step);
	take_norms(s, r->step, norm);
	if (!s->st)
		put_step(s, r, norm);
}

static enum status write_page(struct steps *s, int64_t from, int64_t to)
{
	struct store *store = s->f->store;

	s->n_gradients = s->at_gradient = 0;
	s->st = store_gradients_read(store, from, to, keep_gradient, s, s->err);
	if (!s->st) {
		enum status st = store_steps_read(store, from, to, 1, take_step, s,
						  s->err);

		s->st = s->st ? s->st : st;
	}
	return s->st ? s->st : figures_flush(s->f, s->err);
}

void figures_steps_blank(struct figures *f)
{
	static const double no_norm[MIX_TASKS_MAX];
	struct step_row blank = { 0 };
	struct steps s = { .f = f };

	start_hand(&s.hand, f->plan);
	put_step(&s, &blank, no_norm);
	snapshot_release(&s.hand);
}

enum status figures_steps(struct figures *f, struct err *err)
{
	struct steps s = { .f = f, .err = err };
	int64_t last = 0, from, to = 0;
	enum status st = store_last_step(f->store, &last, err);

	start_hand(&s.hand, f->plan);
	s.entry = xcalloc(FIGURES_PAGE, sizeof *s.entry);
	while (!st && !(st = figures_page(f, last, &from, &to, err)))
		st = write_page(&s, from, to);
	xfree(s.entry);
	xfree(s.gradient);
	snapshot_release(&s.hand);
	return st == ST_END ? ST_OK : st;
}
