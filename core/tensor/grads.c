/*
 * grads.c - a gradient block that knows which parts of it are in use.
 *
 * A parameter is untouched, touched in some rows (PARAM_ROWS only; a bit per
 * row says which), or touched whole. Values of untouched parts are garbage:
 * they are zeroed, or assigned by grads_add, at the first touch. Whole is for good, until
 * the next clear: some rows may become all (a tied table, where a summary's gradient
 * comes to a classification's), never the other way.
 */
#include "tensor/grads_own.h"

#include <string.h>

#include "base/mem.h"
#include "tensor/kernels.h"

static size_t words(const struct param *p)
{
	return ((size_t)p->rows + 63) / 64;
}

/* Floats of one parameter with what aligns the next one. */
static size_t room(const struct param_set *ps, int p)
{
	size_t end = p + 1 < ps->n ? ps->p[p + 1].offset : ps->size;

	return end - ps->p[p].offset;
}

struct grads *grads_new_owned(const struct param_set *ps, int owner)
{
	struct grads *g = xcalloc(1, sizeof *g);
	size_t n = ps->n ? (size_t)ps->n : 1, size = 0;

	g->ps = ps;
	g->slot = xcalloc(n, sizeof *g->slot);
	for (int i = 0; i < ps->n; i++) {
		g->slot[i].at = is_of(&ps->p[i], owner) ? size : NOWHERE;
		if (g->slot[i].at == NOWHERE)
			continue;
		size += room(ps, i);
		if (!(ps->p[i].flags & PARAM_ROWS))
			continue;
		g->slot[i].bits = xcalloc(words(&ps->p[i]), sizeof(uint64_t));
		g->slot[i].list = xcalloc((size_t)ps->p[i].rows,
					  sizeof(int32_t));
	}
	g->value = xalloc64((size ? size : 1) * sizeof *g->value);
	return g;
}

struct grads *grads_new(const struct param_set *ps)
{
	return grads_new_owned(ps, GRADS_ALL);
}

size_t grads_bytes(const struct param_set *ps, int owner)
{
	size_t bytes = (size_t)ps->n * sizeof(struct slot);

	for (int i = 0; i < ps->n; i++) {
		if (!is_of(&ps->p[i], owner))
			continue;
		bytes += room(ps, i) * sizeof(float);
		if (ps->p[i].flags & PARAM_ROWS)
			bytes += words(&ps->p[i]) * sizeof(uint64_t) +
				 (size_t)ps->p[i].rows * sizeof(int32_t);
	}
	return bytes;
}

void grads_free(struct grads *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->ps->n; i++) {
		xfree(g->slot[i].bits);
		xfree(g->slot[i].list);
	}
	xfree(g->slot);
	xfree(g->value);
	xfree(g);
}

void grads_clear(struct grads *g)
{
	for (int i = 0; i < g->ps->n; i++) {
		struct slot *s = &g->slot[i];

		if (s->touch == SOME_ROWS)
			memset(s->bits, 0,
			       words(&g->ps->p[i]) * sizeof *s->bits);
		s->touch = UNTOUCHED;
		s->first = NULL;
	}
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
	float *v = values(g, p);
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
	return *add ? grads_at(g, p) : values(g, p);
}

float *grads_row(struct grads *g, int p, int row)
{
	const struct param *q = &g->ps->p[p];
	struct slot *s = &g->slot[p];
	float *v = values(g, p) + (size_t)row * (size_t)q->cols;

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
void grads_add_marks(struct grads *sum, const struct grads *g)
{
	BUG_IF(sum->ps != g->ps);
	for (int p = 0; p < g->ps->n; p++) {
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

void grads_add(struct grads *sum, float mine, const struct grads *g, float its,
	       int part, int parts)
{
	for (int p = 0; p < g->ps->n; p++) {
		const float *x;
		float *y;
		size_t from, to;

		if (g->slot[p].at == NOWHERE)
			continue;
		x = values(g, p);
		y = values(sum, p);
		grads_slice(g, p, part, parts, &from, &to);
		if (g->slot[p].touch == WHOLE) {
			add_whole(sum, p, mine, g, its, from, to);
			continue;
		}
		scale_slice(sum, p, mine, from, to);
		if (g->slot[p].touch == UNTOUCHED)
			continue;
		for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
			k_axpy(n, y + at, its, x + at);
	}
}

void grads_scale(struct grads *g, float by, int part, int parts)
{
	for (int p = 0; p < g->ps->n; p++) {
		size_t from, to;

		grads_slice(g, p, part, parts, &from, &to);
		scale_slice(g, p, by, from, to);
	}
}

static void add_some_rows(struct grads *sum, const struct grads *g, float its, int p)
{
	const struct slot *s = &g->slot[p];
	int rows = g->ps->p[p].rows;
	size_t c = (size_t)g->ps->p[p].cols;

	for (int r = next_row(s, 0, rows); r < rows; r = next_row(s, r + 1, rows))
		k_axpy(c, grads_row(sum, p, r), its, values(g, p) + (size_t)r * c);
}

void grads_add_owned(struct grads *sum, const struct grads *g, float its, int owner)
{
	BUG_IF(sum->ps != g->ps);
	for (int p = 0; p < g->ps->n; p++) {
		size_t n = param_count(g->ps, p);
		bool add;
		float *y;

		if (g->ps->p[p].owner != owner || g->slot[p].touch == UNTOUCHED)
			continue;
		if (g->slot[p].touch == SOME_ROWS) {
			add_some_rows(sum, g, its, p);
			continue;
		}
		y = grads_raw(sum, p, &add);
		if (add)
			k_axpy(n, y, its, values(g, p));
		else
			k_scale(n, y, its, values(g, p));
	}
}
