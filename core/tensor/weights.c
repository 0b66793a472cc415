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

bool weights_in_bf16(const struct param_set *ps, int p)
{
	unsigned flags = ps->p[p].flags;

	return ps->precision == PRECISION_BF16 && ps->p[p].rows >= WEIGHTS_BF16_ROWS &&
	       (flags & (PARAM_DENSE | PARAM_OUTPUT)) && !(flags & PARAM_THIN);
}

/* --- products --- */

void weights_forward(const struct param_set *ps, int p, struct arena *a, int M,
		     const float *x, float *y)
{
	weights_forward_part(ps, p, a, M, x, 0, ps->p[p].rows, y);
}

static const float *rows_from(const struct param_set *ps, int p, int from)
{
	return param_value(ps, p) + (size_t)from * (size_t)ps->p[p].cols;
}

void weights_forward_part(const struct param_set *ps, int p, struct arena *a, int M,
			  const float *x, int from, int rows, float *y)
{
	int in = ps->p[p].cols, out = ps->p[p].rows;
	bool packed = weights_packed(ps, p) && from % BLAS_PART == 0;

	if (packed && weights_in_bf16(ps, p))
		blas_bf16_xp_part(a, M, out, in, from, rows, x, in, ps->packed[p].forward,
				  y, rows, false);
	else if (packed)
		blas_xp_part(M, out, in, from, rows, x, in, ps->packed[p].forward, y,
			     rows, false);
	else if (weights_in_bf16(ps, p))
		blas_bf16_xwt(a, M, rows, in, x, in, rows_from(ps, p, from), in, y, rows,
			      false);
	else
		blas_xwt(a, M, rows, in, x, in, rows_from(ps, p, from), in, y, rows,
			 false);
}

/* From the values themselves: dx (+)= dy [M, rows] W[from ..]. */
static void back_unpacked(const struct param_set *ps, int p, struct arena *a, int M,
			  const float *dy, int from, int rows, float *dx, bool add)
{
	int in = ps->p[p].cols;

	if (weights_in_bf16(ps, p))
		blas_bf16_xw(a, M, in, rows, dy, rows, rows_from(ps, p, from), in, dx, in,
			     add);
	else
		blas_xw(a, M, in, rows, dy, rows, rows_from(ps, p, from), in, dx, in, add);
}

void weights_back_part(const struct param_set *ps, int p, struct arena *a, int M,
		       const float *dy, int from, int rows, float *dx)
{
	back_unpacked(ps, p, a, M, dy, from, rows, dx, true);
}

void weights_back(const struct param_set *ps, int p, struct arena *a, int M,
		  const float *dy, float *dx, bool add)
{
	int in = ps->p[p].cols, out = ps->p[p].rows;
	const float *packed = ps->is_packed ? ps->packed[p].back : NULL;

	if (packed && weights_in_bf16(ps, p))
		blas_bf16_xp_part(a, M, in, out, 0, in, dy, out, packed, dx, in, add);
	else if (packed)
		blas_xp(M, in, out, dy, out, packed, dx, in, add);
	else
		back_unpacked(ps, p, a, M, dy, 0, out, dx, add);
}

void weights_grad(const struct param_set *ps, int p, struct arena *a, int M,
		  const float *dy, const float *x, float *dw, bool add)
{
	weights_grad_part(ps, p, a, M, dy, 0, ps->p[p].rows, x, dw, add);
}

void weights_grad_part(const struct param_set *ps, int p, struct arena *a, int M,
		       const float *dy, int from, int rows, const float *x, float *dw,
		       bool add)
{
	int in = ps->p[p].cols;
	float *to = dw + (size_t)from * (size_t)in;

	if (weights_in_bf16(ps, p))
		blas_bf16_xtw(a, rows, in, M, dy, rows, x, in, to, in, add);
	else
		blas_xtw(a, rows, in, M, dy, rows, x, in, to, in, add);
}

/* --- packed copies --- */

void weights_changed(struct param_set *ps)
{
	ps->is_packed = false;
}

/* In whole cache lines. */
static size_t bytes_of(const struct param_set *ps, int p, int N, int K)
{
	size_t floats = weights_in_bf16(ps, p) ? blas_bf16_packed_size(N, K) :
						 blas_packed_size(N, K);

	return (sizeof(float) * floats + 63) / 64 * 64;
}

static bool is_packed(const struct param_set *ps, int p, unsigned flags)
{
	return (ps->p[p].flags & flags) && !(ps->p[p].flags & PARAM_THIN);
}

/* Of the packed copies of one matrix; 0: it has none. */
static size_t forward_bytes(const struct param_set *ps, int p)
{
	return is_packed(ps, p, PARAM_DENSE | PARAM_OUTPUT) ?
		       bytes_of(ps, p, ps->p[p].rows, ps->p[p].cols) : 0;
}

static size_t back_bytes(const struct param_set *ps, int p)
{
	return is_packed(ps, p, PARAM_DENSE) ?
		       bytes_of(ps, p, ps->p[p].cols, ps->p[p].rows) : 0;
}

/*
 * A copy saves packing once a micro-batch, which is little beside the product of some
 * hundred rows, and costs a block of memory: large models are trained without.
 *   Measured: BERT-base with a decoder, 512 tokens a micro-batch: 0.42 GB for the one
 * direction, 0.5 for the other, and no slower (the panels that are packed on the way stay
 * in the cache). A search multiplies few rows at a time: 20 summaries of that model take
 * 4.5 s with forward copies and 59 s without.
 *   In bfloat16 both copies take what one takes in float32, and packing would be a large
 * part of products that fast: no model is large.
 */
enum { BACK_BYTES_MOST = 128 << 20 };

bool weights_are_large(const struct param_set *ps)
{
	size_t bytes = 0;

	for (int i = 0; i < ps->n; i++)
		bytes += back_bytes(ps, i);
	return bytes > BACK_BYTES_MOST && ps->precision != PRECISION_BF16;
}

size_t weights_packed_bytes(const struct param_set *ps, bool training)
{
	bool back = training && !weights_are_large(ps);
	size_t bytes = 0;

	for (int i = 0; i < ps->n; i++)
		bytes += forward_bytes(ps, i) + (back ? back_bytes(ps, i) : 0);
	return bytes;
}

/* One block: a large one goes back to the system when it is freed. */
static void make_room(struct param_set *ps, bool back)
{
	char *at = xalloc64(weights_packed_bytes(ps, back));

	ps->packed = xcalloc((size_t)ps->n + 1, sizeof *ps->packed);
	ps->packed[ps->n].forward = (float *)at;
	for (int i = 0; i < ps->n; i++) {
		size_t forward = forward_bytes(ps, i);
		size_t other = back ? back_bytes(ps, i) : 0;

		ps->packed[i].forward = forward ? (float *)at : NULL;
		at += forward;
		ps->packed[i].back = other ? (float *)at : NULL;
		at += other;
	}
}

bool weights_pack_begin(struct param_set *ps, bool training)
{
	bool back = training && !weights_are_large(ps);

	if (ps->is_packed || !weights_packed_bytes(ps, training))
		return false;
	if (!ps->packed)
		make_room(ps, back);
	return true;
}

void weights_pack(struct param_set *ps, int part, int parts)
{
	for (int i = 0; i < ps->n; i++) {
		int rows = ps->p[i].rows, cols = ps->p[i].cols;
		const struct packed *k = &ps->packed[i];
		void (*pack)(int N, int K, const float *w, int ldw, bool transposed,
			     float *out, int part, int parts) =
			weights_in_bf16(ps, i) ? blas_bf16_pack : blas_pack;

		if (k->forward)
			pack(rows, cols, param_value(ps, i), cols, true, k->forward, part,
			     parts);
		if (k->back)
			pack(cols, rows, param_value(ps, i), cols, false, k->back, part,
			     parts);
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
