/*
 * tape.c - the list of recorded ops; everything it holds is in the arena.
 */
#include "tensor/tape.h"

#include <string.h>

#include "base/status.h"

struct tape_node {
	struct tape_node *before;
	tape_back *back;
	void *saved;
};

void tape_init(struct tape *t, const struct param_set *ps)
{
	*t = (struct tape){ .ps = ps };
	arena_init(&t->arena);
}

void tape_release(struct tape *t)
{
	arena_release(&t->arena);
	*t = (struct tape){ 0 };
}

void tape_begin(struct tape *t, struct grads *grads, const struct rng *noise)
{
	arena_reset(&t->arena);
	t->grads = grads;
	t->frozen = NULL;
	t->wants_inputs = false;
	t->training = noise != NULL;
	t->noise = noise ? *noise : (struct rng){ 0 };
	t->site = 0;
	t->last = NULL;
	t->uses = t->complete && grads ? arena_zalloc(&t->arena, ((size_t)t->ps->n + 1) *
						      sizeof *t->uses) : NULL;
}

void tape_uses(struct tape *t, int p)
{
	if (t->uses)
		t->uses[p]++;
}

void tape_used(struct tape *t, int p)
{
	if (t->uses && --t->uses[p] == 0)
		t->complete(t, p, t->complete_arg);
}

void tape_freeze(struct tape *t, const bool *frozen)
{
	t->frozen = frozen;
}

void tape_want_inputs(struct tape *t)
{
	t->wants_inputs = true;
}

bool tape_trains(const struct tape *t, int p)
{
	return p >= 0 && !param_is_still(t->ps, p) && !(t->frozen && t->frozen[p]);
}

struct ten *tape_wrap(struct tape *t, float *v, int rows, int cols)
{
	struct ten *x = arena_alloc(&t->arena, sizeof *x);

	BUG_IF(rows < 0 || cols < 1);
	*x = (struct ten){ .v = v, .rows = rows, .cols = cols };
	return x;
}

static float *floats(struct tape *t, int rows, int cols)
{
	return arena_alloc(&t->arena,
			   (size_t)rows * (size_t)cols * sizeof(float));
}

struct ten *tape_ten(struct tape *t, int rows, int cols)
{
	BUG_IF(rows < 0 || cols < 1);
	return tape_wrap(t, floats(t, rows, cols), rows, cols);
}

float *ten_grad_raw(struct tape *t, struct ten *x, bool *add)
{
	*add = x->d != NULL;
	if (!x->d)
		x->d = floats(t, x->rows, x->cols);
	return x->d;
}

float *ten_grad(struct tape *t, struct ten *x)
{
	bool add;
	float *d = ten_grad_raw(t, x, &add);

	if (!add)
		memset(d, 0, (size_t)x->rows * (size_t)x->cols * sizeof *d);
	return d;
}

void tape_push(struct tape *t, tape_back *back, void *saved)
{
	struct tape_node *n;

	if (!t->grads)
		return;
	n = arena_alloc(&t->arena, sizeof *n);
	*n = (struct tape_node){ t->last, back, saved };
	t->last = n;
}

void tape_backward(struct tape *t)
{
	for (struct tape_node *n = t->last; n; n = n->before)
		n->back(t, n->saved);
	t->last = NULL;
}
