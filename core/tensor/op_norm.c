/*
 * op_norm.c - layer norm, alone or after a residual sum with dropout.
 */
#include "base/status.h"
#include "tensor/drop.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"

struct norm {
	struct ten *s, *y;  /* input and output of the norm */
	struct ten *x, *r;  /* s = x + dropout(r); NULL: s is an input */
	int gamma, beta;
	float *stat;        /* [N, 2] mean, 1 / deviation */
	struct drop drop;
};

static size_t size(const struct ten *x)
{
	return (size_t)x->rows * (size_t)x->cols;
}

/* Where a vector's gradient is added up; a frozen one's is not kept. */
static float *sums_at(struct tape *t, int p)
{
	if (tape_trains(t, p))
		return grads_at(t->grads, p);
	return arena_zalloc(&t->arena, param_count(t->ps, p) * sizeof(float));
}

/*
 * dy becomes ds in place when nothing has been added to s->d yet: y->d is of
 * no further use. Returns s->d.
 */
static float *norm_input_grad(struct tape *t, struct norm *n)
{
	struct arena_mark mark = arena_mark(&t->arena);
	bool add = n->s->d != NULL;

	if (!n->y->d)
		return n->s->d;
	if (!add)
		n->s->d = n->y->d;
	k_norm_back(n->s->rows, n->s->cols, n->s->d,
		    sums_at(t, n->gamma), sums_at(t, n->beta),
		    n->s->v, n->stat, param_value(t->ps, n->gamma), n->y->d,
		    add);
	arena_rewind(&t->arena, mark);
	return n->s->d;
}

static void norm_back(struct tape *t, void *saved)
{
	struct norm *n = saved;
	float *ds = norm_input_grad(t, n), *dr;
	bool add;

	if (!ds || !n->x)
		return;
	if (!n->r->is_fixed) {
		dr = ten_grad_raw(t, n->r, &add);
		k_drop_back(size(n->s), dr, ds, n->drop.keep, n->drop.scale, add);
	}
	if (n->x->is_fixed)
		return;
	if (!n->x->d)
		n->x->d = ds;
	else
		k_add(size(n->s), n->x->d, ds);
}

static struct norm *norm_new(struct tape *t, struct ten *s, int gamma, int beta)
{
	struct norm *n = arena_alloc(&t->arena, sizeof *n);

	BUG_IF(param_count(t->ps, gamma) != (size_t)s->cols);
	BUG_IF(param_count(t->ps, beta) != (size_t)s->cols);
	*n = (struct norm){ .s = s, .gamma = gamma, .beta = beta };
	n->y = tape_ten(t, s->rows, s->cols);
	n->stat = arena_alloc(&t->arena, 2 * (size_t)s->rows * sizeof(float));
	return n;
}

static void norm_run(struct tape *t, struct norm *n, float eps)
{
	k_norm(n->s->rows, n->s->cols, n->y->v, n->stat, n->s->v,
	       param_value(t->ps, n->gamma), param_value(t->ps, n->beta), eps);
	n->y->is_fixed = n->s->is_fixed && !tape_trains(t, n->gamma) &&
			 !tape_trains(t, n->beta);
	if (!n->y->is_fixed)
		tape_push(t, norm_back, n);
}

struct ten *op_norm(struct tape *t, struct ten *x, int gamma, int beta, float eps)
{
	struct norm *n = norm_new(t, x, gamma, beta);

	norm_run(t, n, eps);
	return n->y;
}

struct ten *op_add_norm(struct tape *t, struct ten *x, struct ten *r, float p_drop,
			int gamma, int beta, float eps, struct ten **sum)
{
	struct ten *s = tape_ten(t, x->rows, x->cols);
	struct norm *n = norm_new(t, s, gamma, beta);

	BUG_IF(x->rows != r->rows || x->cols != r->cols || x == r);
	n->x = x;
	n->r = r;
	s->is_fixed = x->is_fixed && r->is_fixed;
	n->drop = drop_make(t, size(r), p_drop);
	k_drop_add(size(r), s->v, x->v, r->v, n->drop.keep, n->drop.scale);
	norm_run(t, n, eps);
	if (sum)
		*sum = s;
	return n->y;
}
