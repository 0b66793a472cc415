/*
 * record.c - a run's folder read in the order of what happened.
 */
#include "record_own.h"

#include <math.h> /* isfinite */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "rundir/run_open.h"

enum { PLACE_STEPS = 4096, GLANCE_ROWS = 4096 };
static const double GAP = 2; /* seconds: a pause is shown so long at most */

/* --- opening --- */

static enum status read_run(struct record *r, const char *run, struct err *err)
{
	struct snapshot *s = &r->now.snap;
	const char *name = strrchr(run, '/');
	struct plan *plan;
	enum status st;

	if (!str_copy(s->run_path, sizeof s->run_path, run))
		return err_set(err, ST_INVALID, "path too long: '%s'", run);
	str_copy(s->run, sizeof s->run, name && name[1] ? name + 1 : run);
	st = run_plan(run, &plan, err);
	if (!st)
		picture_start(&r->now, plan);
	plan_free(plan);
	return st ? st : record_read_more(r, err);
}

enum status record_open(const char *run, struct record **out, struct err *err)
{
	struct record *r = xcalloc(1, sizeof *r);
	enum status st;

	picture_init(&r->now);
	r->row = xcalloc(WINDOW, sizeof *r->row);
	r->apart = PLACE_STEPS;
	r->eval_step = r->saved_step = INT64_MIN;
	r->timeline = -1;
	st = read_run(r, run, err);
	if (st) {
		record_close(r);
		r = NULL;
	}
	*out = r;
	return st;
}

static void drop_conflicts(struct record *r)
{
	for (size_t i = 0; i < r->n_conflicts; i++)
		xfree(r->conflict[i]);
	r->n_conflicts = r->at_conflict = 0;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->n_kept; i++)
		picture_free(r->kept[i].m);
	picture_release(&r->now);
	store_close(r->db);
	xfree(r->eval);
	xfree(r->saved);
	xfree(r->entry);
	xfree(r->row);
	xfree(r->gradient);
	drop_conflicts(r);
	xfree(r->conflict);
	xfree(r);
}

int64_t record_last(const struct record *r)
{
	return r->last;
}

const char *record_path(const struct record *r)
{
	return r->now.snap.run_path;
}

enum phase record_ending(const struct record *r)
{
	int64_t end = r->until >= 0 ? r->until : r->now.snap.steps;

	return r->last >= end ? PHASE_DONE : PHASE_STOPPED;
}

enum status record_trouble(const struct record *r, struct err *err)
{
	return r->st ? err_set(err, r->st, "%s", r->err.text) : ST_OK;
}

/* --- one after the other --- */

static void add_row(void *arg, const struct step_row *row)
{
	struct record *r = arg;

	if (r->n_rows < WINDOW)
		r->row[r->n_rows++] = *row;
}

static void add_gradient(void *arg, const struct gradient_row *g)
{
	struct record *r = arg;

	ARRAY_GROW(r->gradient, r->n_gradients, r->cap_gradients);
	r->gradient[r->n_gradients++] = *g;
}

static void add_conflict(void *arg, const struct conflict_row *c)
{
	struct record *r = arg;

	ARRAY_GROW(r->conflict, r->n_conflicts, r->cap_conflicts);
	r->conflict[r->n_conflicts++] = conflict_row_new(c);
}

static void take_conflicts(struct record *r, int64_t step)
{
	for (; r->at_conflict < r->n_conflicts; r->at_conflict++) {
		const struct conflict_row *c = r->conflict[r->at_conflict];

		if (c->step > step)
			return;
		if (c->step == step)
			telemetry_conflict(&r->now.snap, c);
	}
}

/* Those of a step come with it. */
static void take_gradients(struct record *r, int64_t step)
{
	for (; r->at_gradient < r->n_gradients; r->at_gradient++) {
		const struct gradient_row *g = &r->gradient[r->at_gradient];

		if (g->step > step)
			return;
		if (g->step == step)
			telemetry_gradient(&r->now.snap, g);
	}
}

/* The next row, read with those behind it; NULL: there is none. */
static const struct step_row *next_row(struct record *r)
{
	while (r->at_row == r->n_rows && r->next.row <= r->last && !r->st) {
		int64_t from = r->next.row;

		r->n_rows = r->at_row = 0;
		r->st = store_steps_read(r->db, from, from + WINDOW - 1, 1, add_row, r,
					 &r->err);
		r->n_gradients = r->at_gradient = 0;
		drop_conflicts(r);
		if (!r->st)
			r->st = store_gradients_read(r->db, from, from + WINDOW - 1,
						     add_gradient, r, &r->err);
		if (!r->st)
			r->st = store_conflicts_read(r->db, from, from + WINDOW - 1,
						     add_conflict, r, &r->err);
		if (r->st)
			r->n_rows = 0; /* half a window is none */
		else if (!r->n_rows) /* a gap; what comes after the last is to come */
			r->next.row = from + WINDOW <= r->last ? from + WINDOW :
								 r->last + 1;
	}
	return r->at_row < r->n_rows ? &r->row[r->at_row] : NULL;
}

/* Rows of one evaluation, its average's too, but for the timeline. */
static bool is_of_one(const struct eval_row *a, const struct eval_row *b)
{
	return a->step == b->step && eval_row_sort(a) == eval_row_sort(b);
}

/* The rows of one evaluation together take at most GAP. */
static double eval_seconds(const struct record *r, int i)
{
	const struct eval_row *e = &r->eval[i];
	double all = 0;
	int from = i;

	if (e->step < 0)
		return 0;
	while (from > 0 && is_of_one(&r->eval[from - 1], e))
		from--;
	for (int k = from; k < r->n_evals && is_of_one(&r->eval[k], e); k++)
		all += r->eval[k].seconds > 0 ? r->eval[k].seconds : 0;
	if (!(e->seconds > 0) || !isfinite(all))
		return 0;
	return all > GAP ? e->seconds * GAP / all : e->seconds;
}

static bool is_last_of_eval(const struct record *r, int i)
{
	const struct eval_row *e = &r->eval[i];

	return i + 1 == r->n_evals || !is_of_one(&e[1], e) ||
	       e[1].timeline != e->timeline;
}

/* Once an evaluation: where rows are still to come its first one stands for it. */
static bool counts(const struct record *r, int i)
{
	const struct eval_row *e = &r->eval[i];

	if (!r->follows)
		return is_last_of_eval(r, i);
	return !i || !is_of_one(&e[-1], e) || e[-1].timeline != e->timeline;
}

/* Between two entries of one step the run stood still. */
static double entry_seconds(const struct record *r, int i)
{
	const struct journal_entry *e = &r->entry[i];
	double gap = i && e[-1].step == e->step ?
		     (double)(e->unix_ms - e[-1].unix_ms) / 1000 : 0;

	return gap > GAP ? GAP : gap > 0 ? gap : 0;
}

static void offer(struct record_event *best, enum event_kind kind, int64_t step)
{
	if (step < best->step || (step == best->step && kind < best->kind)) {
		best->kind = kind;
		best->step = step;
	}
}

/* Of a record that grows what comes after a step waits for the step's row. */
static bool is_due(const struct record *r, int64_t step)
{
	return !r->follows || step <= r->last;
}

bool record_next(struct record *r, struct record_event *out)
{
	const struct place *n = &r->next;
	const struct step_row *row = next_row(r);

	*out = (struct record_event){ .step = INT64_MAX, .kind = EVENT_ENTRY };
	if (r->st)
		return false;
	if (row)
		offer(out, EVENT_STEP, row->step);
	if (n->eval < r->n_evals && is_due(r, r->eval[n->eval].step))
		offer(out, EVENT_EVAL, r->eval[n->eval].step);
	if (n->saved < r->n_saved && is_due(r, r->saved[n->saved].step))
		offer(out, EVENT_SAVED, r->saved[n->saved].step);
	if (n->entry < r->n_entries && is_due(r, r->entry[n->entry].step))
		offer(out, EVENT_ENTRY, r->entry[n->entry].step);
	if (out->step == INT64_MAX)
		return false;
	if (out->kind == EVENT_STEP && row->seconds > 0 && isfinite(row->seconds))
		out->seconds = (double)row->seconds;
	else if (out->kind == EVENT_EVAL)
		out->seconds = eval_seconds(r, n->eval);
	else if (out->kind == EVENT_ENTRY)
		out->seconds = entry_seconds(r, n->entry);
	return true;
}

/* --- places to come back to --- */

void record_keep_places(struct record *r)
{
	r->keeps = true;
	if (!r->n_kept)
		r->kept[r->n_kept++] = (struct kept){ picture_new(&r->now), r->next };
}

/* Every second one goes when there are too many; the beginning stays. */
static void thin_out(struct record *r)
{
	int n = 1;

	r->apart *= 2;
	for (int i = 1; i < r->n_kept; i++) {
		if (r->kept[i].m->snap.step % r->apart)
			picture_free(r->kept[i].m);
		else
			r->kept[n++] = r->kept[i];
	}
	r->n_kept = n;
}

/* Before the step after `apart` more is taken, everything of this one has been. */
static void keep_place(struct record *r)
{
	int64_t step = r->now.snap.step;

	if (!r->keeps || step % r->apart || step <= r->kept[r->n_kept - 1].m->snap.step)
		return;
	while (r->n_kept == PLACES)
		thin_out(r);
	if (step % r->apart == 0)
		r->kept[r->n_kept++] = (struct kept){ picture_new(&r->now), r->next };
}

void record_rewind(struct record *r, int64_t step)
{
	int at = r->n_kept - 1;

	if (at < 0)
		return;
	while (at > 0 && r->kept[at].m->snap.step > step)
		at--;
	picture_copy(&r->now, r->kept[at].m);
	r->next = r->kept[at].next;
	r->n_rows = r->at_row = 0;
	r->st = ST_OK;
}

void record_take(struct record *r)
{
	struct record_event e;
	struct place *n = &r->next;

	if (!record_next(r, &e))
		return;
	switch (e.kind) {
	case EVENT_STEP:
		keep_place(r);
		picture_step(&r->now, &r->row[r->at_row++]);
		take_gradients(r, e.step);
		take_conflicts(r, e.step);
		n->row = e.step + 1;
		break;
	case EVENT_EVAL:
		picture_eval(&r->now, &r->eval[n->eval], counts(r, n->eval));
		n->eval++;
		break;
	case EVENT_SAVED: picture_saved(&r->now, &r->saved[n->saved++]); break;
	case EVENT_ENTRY: picture_entry(&r->now, &r->entry[n->entry++]); break;
	}
}

/* --- pictures --- */

struct snapshot *record_picture(struct record *r)
{
	struct snapshot *s = &r->now.snap;

	picture_settle(&r->now);
	if (r->until >= 0)
		s->steps = r->until;
	return s;
}

struct glance {
	struct picture *m;
	uint32_t stride;
};

/* A row stands for the `stride` steps around it. */
static void glance_step(void *arg, const struct step_row *row)
{
	struct glance *g = arg;
	uint64_t tokens = g->m->snap.tokens;

	picture_step(g->m, row);
	g->m->snap.tokens = tokens + (uint64_t)row->tokens * g->stride;
	g->m->tele.train_seconds += (double)row->seconds * (g->stride - 1);
}

static void glance_gradient(void *arg, const struct gradient_row *row)
{
	telemetry_gradient(&((struct picture *)arg)->snap, row);
}

static void glance_conflict(void *arg, const struct conflict_row *row)
{
	telemetry_conflict(&((struct picture *)arg)->snap, row);
}

enum status record_glance(struct record *r, struct snapshot *out, struct err *err)
{
	struct glance g = { .m = picture_new(&r->now) };
	struct snapshot *s = &g.m->snap;
	enum status st;

	g.stride = r->last > GLANCE_ROWS ? (uint32_t)(r->last / GLANCE_ROWS) : 1;
	st = store_steps_read(r->db, 0, INT64_MAX, g.stride, glance_step, &g, err);
	if (!st) /* the newest; the others come with their steps */
		st = store_gradients_read(r->db, r->last - GLANCE_ROWS, INT64_MAX,
					  glance_gradient, g.m, err);
	if (!st)
		st = store_conflicts_read(r->db, r->last - GLANCE_ROWS, INT64_MAX,
					  glance_conflict, g.m, err);
	for (int i = 0; i < r->n_entries; i++)
		picture_entry(g.m, &r->entry[i]);
	for (int i = 0; i < r->n_evals; i++)
		picture_eval(g.m, &r->eval[i], is_last_of_eval(r, i));
	for (int i = 0; i < r->n_saved; i++)
		picture_saved(g.m, &r->saved[i]);
	s->step = r->last;
	picture_settle(g.m);
	if (r->until >= 0)
		s->steps = r->until;
	if (!st)
		snapshot_copy(out, s);
	picture_free(g.m);
	return st;
}

struct journal_entry *record_journal(const struct record *r, int *n)
{
	int have = r->next.entry;
	struct journal_entry *e = xcalloc((size_t)have + 1, sizeof *e);

	if (have)
		memcpy(e, r->entry, (size_t)have * sizeof *e);
	*n = have;
	return e;
}
