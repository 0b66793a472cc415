/*
 * record_read.c - what a run's store has beyond what is known of it.
 */
#include "record_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "rundir/imported.h"
#include "rundir/run_open.h"
#include "store/line.h"

/* The stores go by timelines; here the steps alone count. */
static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_eval(const void *pa, const void *pb)
{
	const struct eval_row *a = pa, *b = pb;
	int c = order(a->step, b->step);

	if (!c)
		c = order(a->timeline, b->timeline);
	if (!c)
		c = eval_row_sort(a) - eval_row_sort(b);
	if (!c)
		c = a->is_averaged - b->is_averaged;
	return c ? c : a->task - b->task;
}

static int by_saved(const void *pa, const void *pb)
{
	const struct checkpoint_row *a = pa, *b = pb;
	int c = order(a->step, b->step);

	return c ? c : order(a->timeline, b->timeline);
}

static int by_entry(const void *pa, const void *pb)
{
	const struct journal_entry *a = pa, *b = pb;
	int c = order(a->step, b->step);

	return c ? c : order(a->seq, b->seq);
}

/* --- what is listed already --- */

static bool knows_eval(const struct record *r, const struct eval_row *e)
{
	for (int i = r->n_evals - 1; i >= 0 && r->eval[i].step >= e->step; i--)
		if (!by_eval(&r->eval[i], e))
			return true;
	return false;
}

static bool knows_saved(const struct record *r, const struct checkpoint_row *c)
{
	for (int i = r->n_saved - 1; i >= 0; i--)
		if (str_eq(r->saved[i].folder, c->folder) &&
		    r->saved[i].step == c->step)
			return true;
	return c->step < r->saved_step;
}

/* --- reading --- */

static enum status read_entries(struct record *r, struct err *err)
{
	struct journal_entry *more = NULL;
	int n = 0;
	enum status st = store_path(r->db, r->seq, &more, &n, err);

	if (n) {
		qsort(more, (size_t)n, sizeof *more, by_entry);
		r->entry = xreallocarray(r->entry, (size_t)(r->n_entries + n),
					 sizeof *more);
		memcpy(r->entry + r->n_entries, more, (size_t)n * sizeof *more);
		r->n_entries += n;
	}
	for (int i = 0; i < n; i++)
		if (more[i].seq > r->seq)
			r->seq = more[i].seq;
	xfree(more);
	return st;
}

/* Of the weights, and of their average. */
static enum status read_both(struct record *r, struct eval_row **out, int *n,
			     struct err *err)
{
	struct eval_row *averaged = NULL;
	int more = 0;
	enum status st = store_evals_from(r->db, r->eval_step, out, n, err);

	if (!st)
		st = store_averaged_from(r->db, r->eval_step, &averaged, &more, err);
	if (more) {
		*out = xreallocarray(*out, (size_t)(*n + more), sizeof **out);
		memcpy(*out + *n, averaged, (size_t)more * sizeof **out);
		*n += more;
	}
	xfree(averaged);
	return st;
}

/* One at the step of the newest may be new: by hand, say. */
static enum status read_evals(struct record *r, struct err *err)
{
	struct eval_row *more = NULL;
	int n = 0;
	enum status st = read_both(r, &more, &n, err);

	if (n) {
		qsort(more, (size_t)n, sizeof *more, by_eval);
		r->eval = xreallocarray(r->eval, (size_t)(r->n_evals + n), sizeof *more);
		r->eval_step = more[n - 1].step;
	}
	for (int i = 0; i < n; i++)
		if (!knows_eval(r, &more[i]))
			r->eval[r->n_evals++] = more[i];
	xfree(more);
	return st;
}

static enum status read_saved(struct record *r, struct err *err)
{
	struct checkpoint_row *more = NULL;
	int n = 0;
	enum status st = store_checkpoints_read(r->db, &more, &n, err);

	if (n) {
		qsort(more, (size_t)n, sizeof *more, by_saved);
		r->saved = xreallocarray(r->saved, (size_t)(r->n_saved + n),
					 sizeof *more);
	}
	for (int i = 0; i < n; i++)
		if (!knows_saved(r, &more[i]))
			r->saved[r->n_saved++] = more[i];
	if (n)
		r->saved_step = more[n - 1].step;
	xfree(more);
	return st;
}

/* A later timeline than that of the first reading: what was taken may be left. */
static enum status read_line(struct record *r, struct err *err)
{
	struct line l;
	enum status st = store_line(r->db, &l, err);

	if (r->timeline < 0)
		r->timeline = line_newest(&l);
	r->went_back |= line_newest(&l) > r->timeline;
	line_release(&l);
	return st;
}

enum status record_read_more(struct record *r, struct err *err)
{
	enum status st;

	store_close(r->db);
	st = run_store(record_path(r), &r->db, err);
	if (!st)
		st = read_line(r, err);
	if (!st)
		st = read_entries(r, err);
	if (!st)
		st = read_evals(r, err);
	if (!st)
		st = read_saved(r, err);
	if (st)
		return st;
	r->until = store_until(r->db);
	r->now.snap.is_imported = imported_is(r->db);
	return store_last_step(r->db, &r->last, err);
}

/* --- following --- */

/* Those of the newest step stay: they are known by being listed. */
static int count_gone(int taken, int n, int64_t (*step)(const struct record *, int),
		      const struct record *r)
{
	int gone = 0;

	while (gone < taken && step(r, gone) < step(r, n - 1))
		gone++;
	return gone;
}

static int64_t eval_step(const struct record *r, int i)
{
	return r->eval[i].step;
}

static int64_t saved_step(const struct record *r, int i)
{
	return r->saved[i].step;
}

static void let_go(struct record *r)
{
	struct place *n = &r->next;
	int evals = count_gone(n->eval, r->n_evals, eval_step, r);
	int saved = count_gone(n->saved, r->n_saved, saved_step, r);

	r->n_evals -= evals;
	n->eval -= evals;
	if (evals && r->n_evals)
		memmove(r->eval, r->eval + evals, (size_t)r->n_evals * sizeof *r->eval);
	r->n_saved -= saved;
	n->saved -= saved;
	if (saved && r->n_saved)
		memmove(r->saved, r->saved + saved,
			(size_t)r->n_saved * sizeof *r->saved);
	r->n_entries -= n->entry;
	if (n->entry && r->n_entries)
		memmove(r->entry, r->entry + n->entry,
			(size_t)r->n_entries * sizeof *r->entry);
	n->entry = 0;
}

bool record_went_back(const struct record *r)
{
	return r->went_back || (!r->st && r->last < r->now.snap.step);
}

enum status record_follow(struct record *r, struct err *err)
{
	BUG_IF(r->keeps);
	r->follows = true;
	let_go(r);
	r->st = record_read_more(r, &r->err);
	return record_trouble(r, err);
}
