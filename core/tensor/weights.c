/*
 * weights.c - see weights.h. Matrices with PARAM_DENSE are packed for both
 * directions; of an output table (PARAM_OUTPUT) only the forward product is: the
 * gradient of its inputs reads it in long strips that pack as they pass.
 */
#include "tensor/weights.h"

#include "tensor/blas.h"

/* [n] of the parameters, and one more, whose `forward` is the block they stand in. */
struct packed {
	float *forward, *back; /* NULL: none */
};

bool weights_packed(const struct param_set *ps, int p)
{
	return ps->is_packed && ps->packed[p].forward;
}

void weights_forward(const struct param_set *ps, int p, struct arena *a, int M,
		     const float *x, float *y)
{
	int in = ps->p[p].cols, out = ps->p[p].rows;

	if (weights_packed(ps, p))
		blas_xp(M, out, in, x, in, ps->packed[p].forward, y, out, false);
	else
		blas_xwt(a, M, out, in, x, in, param_value(ps, p), in, y, out,
			 false);
}

void weights_forward_part(const struct param_set *ps, int p, struct arena *a, int M,
			  const float *x, int from, int rows, float *y)
{
	int in = ps->p[p].cols, out = ps->p[p].rows;

	if (weights_packed(ps, p) && from % BLAS_PART == 0)
		blas_xp_part(M, out, in, from, rows, x, in,
			     ps->packed[p].forward, y, rows, false);
	else
		blas_xwt(a, M, rows, in, x, in,
			 param_value(ps, p) + (size_t)from * (size_t)in, in, y,
			 rows, false);
}

void weights_back_part(const struct param_set *ps, int p, struct arena *a, int M,
		       const float *dy, int from, int rows, float *dx)
{
	int in = ps->p[p].cols;

	blas_xw(a, M, in, rows, dy, rows,
		param_value(ps, p) + (size_t)from * (size_t)in, in, dx, in, true);
}

void weights_back(const struct param_set *ps, int p, struct arena *a, int M,
		  const float *dy, float *dx, bool add)
{
	int in = ps->p[p].cols, out = ps->p[p].rows;

	if (ps->is_packed && ps->packed[p].back)
		blas_xp(M, in, out, dy, out, ps->packed[p].back, dx, in, add);
	else
		blas_xw(a, M, in, out, dy, out, param_value(ps, p), in, dx, in,
			add);
}

void weights_changed(struct param_set *ps)
{
	ps->is_packed = false;
}

/* In whole cache lines. */
static size_t copy_bytes(int out, int in)
{
	return (sizeof(float) * blas_packed_size(out, in) + 63) / 64 * 64;
}

/* Of the packed copies of one matrix; 0: it has none. */
static size_t forward_bytes(const struct param *p)
{
	return p->flags & (PARAM_DENSE | PARAM_OUTPUT) ? copy_bytes(p->rows, p->cols) : 0;
}

static size_t back_bytes(const struct param *p)
{
	return p->flags & PARAM_DENSE ? copy_bytes(p->cols, p->rows) : 0;
}

/*
 * A copy saves packing once a micro-batch, which is little beside the product of some
 * hundred rows, and costs a block of memory: large models are trained without.
 *   Measured: BERT-base with a decoder, 512 tokens a micro-batch: 0.42 GB for the one
 * direction, 0.5 for the other, and no slower (the panels that are packed on the way stay
 * in the cache). A search multiplies few rows at a time: 20 summaries of that model take
 * 4.5 s with forward copies and 59 s without.
 */
enum { BACK_BYTES_MOST = 128 << 20 };

bool weights_are_large(const struct param_set *ps)
{
	size_t bytes = 0;

	for (int i = 0; i < ps->n; i++)
		bytes += back_bytes(&ps->p[i]);
	return bytes > BACK_BYTES_MOST;
}

size_t weights_packed_bytes(const struct param_set *ps, bool training)
{
	bool back = training && !weights_are_large(ps);
	size_t bytes = 0;

	for (int i = 0; i < ps->n; i++)
		bytes += forward_bytes(&ps->p[i]) + (back ? back_bytes(&ps->p[i]) : 0);
	return bytes;
}

/* One block: a large one goes back to the system when it is freed. */
static void make_room(struct param_set *ps, bool back)
{
	char *at = xalloc64(weights_packed_bytes(ps, back));

	ps->packed = xcalloc((size_t)ps->n + 1, sizeof *ps->packed);
	ps->packed[ps->n].forward = (float *)at;
	for (int i = 0; i < ps->n; i++) {
		size_t forward = forward_bytes(&ps->p[i]);
		size_t other = back ? back_bytes(&ps->p[i]) : 0;

		ps->packed[i].forward = forward ? (float *)at : NULL;
		at += forward;
		ps->packed[i].back = other ? (float *)at : NULL;
		at += other;
	}
}

bool weights_pack_begin(struct param_set *ps, bool training)
{
	bool back = training && !weights_are_large(ps);

	if (ps->is_packed || !blas_packed_size(1, 1))
		return false;
	if (!ps->packed)
		make_room(ps, back);
	return true;
}

void weights_pack(struct param_set *ps, int part, int parts)
{
	for (int i = 0; i < ps->n; i++) {
		const struct param *p = &ps->p[i];
		const struct packed *k = &ps->packed[i];

		if (k->forward)
			blas_pack(p->rows, p->cols, param_value(ps, i), p->cols,
				  true, k->forward, part, parts);
		if (k->back)
			blas_pack(p->cols, p->rows, param_value(ps, i), p->cols,
				  false, k->back, part, parts);
	}
}

void weights_pack_end(struct param_set *ps)
{
	ps->is_packed = true;
}

void weights_release(struct param_set *ps)
{
	if (ps->packed)
		xfree(ps->packed[ps->n].forward);
	xfree(ps->packed);
	ps->packed = NULL;
	ps->is_packed = false;
}
