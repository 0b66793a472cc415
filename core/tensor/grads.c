/*
 * grads.c - a gradient block that knows which parts of it are in use.
 *
 * A parameter is untouched, touched in some rows (PARAM_ROWS only; a bit per
 * row says which), or touched whole. Values of untouched parts are garbage:
 * they are zeroed, or assigned by grads_add, at the first touch. Whole is for good, until
 * the next clear: some rows may become all (a tied table, where a summary's gradient
 * comes to a classification's), never the other way.
 *
 * A buffer that passes on has no room of its own for layers' matrices. One takes a block
 * when it is first touched and gives it back when it is passed, so that of all layers
 * those under way alone take memory.
 */
#include "tensor/grads_own.h"

#include <string.h>

#include "base/mem.h"
#include "tensor/kernels.h"

static size_t words(const struct param *p)
{
	return ((size_t)p->rows + 63) / 64;
}

/* Of which matrices the ops say when their gradients are complete (tape_used). */
static bool is_passed_on(const struct param *p)
{
	return (p->flags & PARAM_DENSE) && p->rows > 1 && !(p->flags & PARAM_STILL);
}

static bool has_room(const struct param *p, int owner, bool passes)
{
	return is_of(p, owner) && !(p->flags & PARAM_STILL) && !(passes && is_passed_on(p));
}

/* Floats of the largest matrix that is passed on. */
static size_t most_passed(const struct param_set *ps)
{
	size_t most = 0;

	for (int i = 0; i < ps->n; i++)
		if (is_passed_on(&ps->p[i]) && param_room(ps, i) > most)
			most = param_room(ps, i);
	return most;
}

static size_t own_floats(const struct param_set *ps, int owner, bool passes)
{
	size_t n = 0;

	for (int i = 0; i < ps->n; i++)
		n += has_room(&ps->p[i], owner, passes) ? param_room(ps, i) : 0;
	return n;
}

static struct grads *make(const struct param_set *ps, int owner, bool passes)
{
	struct grads *g = xcalloc(1, sizeof *g);
	size_t n = ps->n ? (size_t)ps->n : 1, size = own_floats(ps, owner, passes), at = 0;

	g->ps = ps;
	g->passes = passes;
	g->slot = xcalloc(n, sizeof *g->slot);
	g->size = size ? size : 1;
	g->value = xalloc64(g->size * sizeof *g->value);
	for (int i = 0; i < ps->n; i++) {
		if (!has_room(&ps->p[i], owner, passes))
			continue;
		g->slot[i].v = g->value + at;
		at += param_room(ps, i);
		if (!(ps->p[i].flags & PARAM_ROWS))
			continue;
		g->slot[i].bits = xcalloc(words(&ps->p[i]), sizeof(uint64_t));
		g->slot[i].list = xcalloc((size_t)ps->p[i].rows,
					  sizeof(int32_t));
	}
	return g;
}

struct grads *grads_new_owned(const struct param_set *ps, int owner)
{
	return make(ps, owner, false);
}

struct grads *grads_new(const struct param_set *ps)
{
	return make(ps, GRADS_ALL, false);
}

static float *new_block(struct grads *g)
{
	int n = g->n_blocks++;

	g->block = xreallocarray(g->block, (size_t)g->n_blocks, sizeof *g->block);
	g->spare = xreallocarray(g->spare, (size_t)g->n_blocks, sizeof *g->spare);
	return g->block[n] = xalloc64(g->most * sizeof **g->block);
}

/* One under way and one that several ops add to: more are made where that is not enough. */
enum { BLOCKS = 2 };

struct grads *grads_new_passing(const struct param_set *ps)
{
	struct grads *g = make(ps, GRADS_ALL, true);

	g->most = most_passed(ps);
	for (int i = 0; i < BLOCKS && g->most; i++) {
		float *block = new_block(g);

		g->spare[g->n_spare++] = block;
	}
	return g;
}

static size_t slots_bytes(const struct param_set *ps, int owner)
{
	size_t bytes = (size_t)ps->n * sizeof(struct slot);

	for (int i = 0; i < ps->n; i++)
		if (has_room(&ps->p[i], owner, false) && (ps->p[i].flags & PARAM_ROWS))
			bytes += words(&ps->p[i]) * sizeof(uint64_t) +
				 (size_t)ps->p[i].rows * sizeof(int32_t);
	return bytes;
}

size_t grads_bytes(const struct param_set *ps, int owner)
{
	return slots_bytes(ps, owner) + own_floats(ps, owner, false) * sizeof(float);
}

size_t grads_passing_bytes(const struct param_set *ps)
{
	return slots_bytes(ps, GRADS_ALL) + (own_floats(ps, GRADS_ALL, true) +
					     BLOCKS * most_passed(ps)) * sizeof(float);
}

void grads_free(struct grads *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->ps->n; i++) {
		xfree(g->slot[i].bits);
		xfree(g->slot[i].list);
	}
	for (int i = 0; i < g->n_blocks; i++)
		xfree(g->block[i]);
	xfree(g->block);
	xfree(g->spare);
	xfree(g->slot);
	xfree(g->value);
	xfree(g);
}

/* The room of what is touched now. */
static float *touch(struct grads *g, int p)
{
	struct slot *s = &g->slot[p];

	BUG_IF(s->is_passed); /* it was not complete */
	if (!s->v && g->passes)
		s->v = g->n_spare ? g->spare[--g->n_spare] : new_block(g);
	return values(g, p);
}

static void give_up(struct grads *g, int p)
{
	struct slot *s = &g->slot[p];

	if (!g->passes || !s->v || !is_passed_on(&g->ps->p[p]))
		return;
	g->spare[g->n_spare++] = s->v;
	s->v = NULL;
}

void grads_clear(struct grads *g)
{
	for (int i = 0; i < g->ps->n; i++) {
		struct slot *s = &g->slot[i];

		if (s->touch == SOME_ROWS)
			memset(s->bits, 0,
			       words(&g->ps->p[i]) * sizeof *s->bits);
		if (s->touch != UNTOUCHED)
			give_up(g, i);
		s->touch = UNTOUCHED;
		s->is_passed = false;
		s->first = NULL;
	}
}

void grads_give_back(struct grads *g)
{
	grads_clear(g);
	zero64(g->value, g->size * sizeof *g->value);
	for (int i = 0; i < g->n_blocks; i++)
		zero64(g->block[i], g->most * sizeof *g->block[i]);
}

bool grads_passes(const struct grads *g)
{
	return g->passes;
}

static bool has_row(const struct slot *s, int row)
{
	return s->bits[row >> 6] >> (row & 63) & 1;
}

/* From some rows to all: the others become 0, the bits rest empty. */
static void widen(struct grads *g, int p)
{
	struct slot *s = &g->slot[p];
	const struct param *q = &g->ps->p[p];
	float *v = values(g, p);

	for (int r = 0; r < q->rows; r++)
		if (!has_row(s, r))
			memset(v + (size_t)r * (size_t)q->cols, 0,
			       (size_t)q->cols * sizeof *v);
	memset(s->bits, 0, words(q) * sizeof *s->bits);
	s->touch = WHOLE;
}

float *grads_at(struct grads *g, int p)
{
	float *v = touch(g, p);
	struct slot *s = &g->slot[p];

	if (s->touch == SOME_ROWS) {
		widen(g, p);
	} else if (s->touch == UNTOUCHED) {
		memset(v, 0, param_count(g->ps, p) * sizeof *v);
		s->touch = WHOLE;
	}
	return v;
}

float *grads_raw(struct grads *g, int p, bool *add)
{
	*add = g->slot[p].touch != UNTOUCHED;
	g->slot[p].touch = *add ? g->slot[p].touch : WHOLE;
	return *add ? grads_at(g, p) : touch(g, p);
}

float *grads_row(struct grads *g, int p, int row)
{
	const struct param *q = &g->ps->p[p];
	struct slot *s = &g->slot[p];
	float *v = touch(g, p) + (size_t)row * (size_t)q->cols;

	BUG_IF(row < 0 || row >= q->rows);
	if (s->touch == WHOLE)
		return v;
	if (!s->bits)
		return grads_at(g, p) + (size_t)row * (size_t)q->cols;
	s->touch = SOME_ROWS;
	if (!has_row(s, row)) {
		s->bits[row >> 6] |= (uint64_t)1 << (row & 63);
		memset(v, 0, (size_t)q->cols * sizeof *v);
	}
	return v;
}

bool grads_touched(const struct grads *g, int p)
{
	return g->slot[p].touch != UNTOUCHED;
}

bool grads_whole(const struct grads *g, int p)
{
	return g->slot[p].touch == WHOLE;
}

bool grads_has_row(const struct grads *g, int p, int row)
{
	const struct slot *s = &g->slot[p];

	return s->touch == WHOLE || (s->touch == SOME_ROWS && has_row(s, row));
}

/* The next touched row from `row` on, or `rows`. */
static int next_row(const struct slot *s, int row, int rows)
{
	while (row < rows) {
		uint64_t w = s->bits[row >> 6] >> (row & 63);

		if (w)
			return row + __builtin_ctzll(w);
		row = (row | 63) + 1;
	}
	return rows;
}

const int32_t *grads_rows(struct grads *g, int p, int *n)
{
	struct slot *s = &g->slot[p];
	int rows = g->ps->p[p].rows, k = 0;

	*n = s->touch == WHOLE ? rows : 0;
	if (s->touch == WHOLE)
		return NULL;
	if (s->touch == SOME_ROWS)
		for (int r = next_row(s, 0, rows); r < rows;
		     r = next_row(s, r + 1, rows))
			s->list[k++] = r;
	*n = k;
	return s->list;
}

const float *grads_peek(const struct grads *g, int p)
{
	return grads_touched(g, p) ? values(g, p) : NULL;
}

static void mark_rows(struct grads *sum, const struct grads *g, int p)
{
	const struct slot *from = &g->slot[p];
	int rows = g->ps->p[p].rows;

	for (int r = next_row(from, 0, rows); r < rows;
	     r = next_row(from, r + 1, rows))
		grads_row(sum, p, r);
}

/*
 * Marks come before values, so that parts can share an addition: where `sum` had nothing,
 * `first` says whose add assigns. Every part finds that by itself, in any order of parts.
 * The same addend a second time finds its values there already (test_add_reused).
 */
static void add_mark(struct grads *sum, const struct grads *g, int p)
{
	struct slot *s = &sum->slot[p];

	if (s->first == g)
		s->first = NULL;
	if (g->slot[p].touch == SOME_ROWS) {
		mark_rows(sum, g, p);
	} else if (g->slot[p].touch == WHOLE) {
		if (s->touch == UNTOUCHED) {
			s->first = g;
			s->touch = WHOLE;
		}
		grads_at(sum, p);
	}
}

void grads_add_marks(struct grads *sum, const struct grads *g)
{
	BUG_IF(sum->ps != g->ps);
	for (int p = 0; p < g->ps->n; p++)
		add_mark(sum, g, p);
}

/* Whole cache lines: two threads never write to one. */
void grads_slice(const struct grads *g, int p, int part, int parts, size_t *from,
		 size_t *to)
{
	size_t n = param_count(g->ps, p), lines = (n + 15) / 16;

	*from = lines * (size_t)part / (size_t)parts * 16;
	*to = lines * ((size_t)part + 1) / (size_t)parts * 16;
	*to = *to > n ? n : *to;
}

size_t grads_next(const struct grads *g, int p, size_t *at, size_t to)
{
	const struct param *q = &g->ps->p[p];
	size_t cols = (size_t)q->cols, row = *at / cols, next, end;

	if (*at >= to)
		return 0;
	next = (size_t)next_row(&g->slot[p], (int)row, q->rows);
	*at = next == row ? *at : next * cols;
	if (*at >= to)
		return 0;
	end = (next + 1) * cols;
	return (end < to ? end : to) - *at;
}

/* y = mine * y where it is touched. */
static void scale_slice(struct grads *g, int p, float mine, size_t from, size_t to)
{
	float *y;

	if (mine == 1.0f || g->slot[p].touch == UNTOUCHED)
		return;
	y = values(g, p);
	if (g->slot[p].touch == WHOLE) {
		k_scale_in(to - from, y + from, mine);
		return;
	}
	for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
		k_scale_in(n, y + at, mine);
}

static void add_whole(struct grads *sum, int p, float mine, const struct grads *g,
		      float its, size_t from, size_t to)
{
	float *y = values(sum, p) + from;
	const float *x = values(g, p) + from;

	if (sum->slot[p].first == g)
		k_scale(to - from, y, its, x);
	else if (mine == 1.0f)
		k_axpy(to - from, y, its, x);
	else
		k_axpby(to - from, y, mine, its, x);
}

static void add_param(struct grads *sum, float mine, const struct grads *g, float its,
		      int p, int part, int parts)
{
	const float *x;
	float *y;
	size_t from, to;

	grads_slice(g, p, part, parts, &from, &to);
	if (g->slot[p].touch == WHOLE) {
		add_whole(sum, p, mine, g, its, from, to);
		return;
	}
	scale_slice(sum, p, mine, from, to);
	if (g->slot[p].touch == UNTOUCHED)
		return;
	x = values(g, p);
	y = values(sum, p);
	for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
		k_axpy(n, y + at, its, x + at);
}

void grads_add(struct grads *sum, float mine, const struct grads *g, float its,
	       int part, int parts)
{
	for (int p = 0; p < g->ps->n; p++)
		if (!g->slot[p].is_passed)
			add_param(sum, mine, g, its, p, part, parts);
}

void grads_pass(struct grads *sum, float mine, struct grads *g, float its, int p)
{
	if (!g->passes || !is_passed_on(&g->ps->p[p]) || g->slot[p].touch == UNTOUCHED)
		return;
	if (sum) {
		add_mark(sum, g, p);
		add_param(sum, mine, g, its, p, 0, 1);
	}
	give_up(g, p);
	g->slot[p].touch = UNTOUCHED;
	g->slot[p].is_passed = true;
}

void grads_scale(struct grads *g, float by, int part, int parts)
{
	for (int p = 0; p < g->ps->n; p++) {
		size_t from, to;

		grads_slice(g, p, part, parts, &from, &to);
		scale_slice(g, p, by, from, to);
	}
}
