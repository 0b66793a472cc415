/*
 * infer.c - the two products that decoding one token at a time lives on. They may sum
 * in another order than the ops of training, so a search agrees with the loss to
 * rounding (test_infer_attend, test_greedy), not to the bit; no step uses them.
 */
#include <math.h> /* HUGE_VALF */

#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/weights.h"

enum { FEW = 8 }; /* fewer rows than this: weights are read once by hand */

void infer_output(struct tape *t, const float *x, int R, int w, int b,
		  float *logits)
{
	const struct param_set *ps = t->ps;
	const float *bv = b == PARAM_NONE ? NULL : param_value(ps, b);
	int V = ps->p[w].rows, C = ps->p[w].cols;

	if (R >= FEW || weights_packed(ps, w) || weights_in_bf16(ps, w)) {
		weights_forward(ps, w, &t->arena, R, x, logits);
		if (bv)
			k_bias(R, V, logits, bv);
		return;
	}
	k_dots(V, C, R, logits, x, param_value(ps, w), bv);
}

/* A group of heads of one row: spans' k and v point at the group's first column. */
static void attend_heads(struct attend *a, const struct kv_span *span, int n, int col)
{
	for (int h = 0; h < a->heads; h++) {
		a->max[h] = -HUGE_VALF;
		a->sum[h] = 0.0f;
	}
	for (int i = 0; i < a->heads * a->D; i++)
		a->out[i] = 0.0f;
	for (; n > 0; n--, span++) {
		size_t ld = (size_t)(a->stride = span->stride);

		for (int j = 0; j < span->len; j += KEYS)
			k_attend(a, span->len - j < KEYS ? span->len - j : KEYS,
				 span->k + col + (size_t)j * ld,
				 span->v + col + (size_t)j * ld);
	}
	for (int h = 0; h < a->heads; h++)
		k_scale_in((size_t)a->D, a->out + h * a->D, 1.0f / a->sum[h]);
}

/* The shares of the keys of one span, from the sums that are known by now. */
static void heads_probs(const struct attend *a, const struct kv_span *span, int col,
			int of, float *probs)
{
	for (int j = 0; j < span->len; j += KEYS)
		k_attend_probs(a, span->len - j < KEYS ? span->len - j : KEYS,
			       span->k + col + (size_t)j * (size_t)span->stride, of,
			       probs + j);
}

/* probs: of one span alone. */
static void attend_row(const float *q, int C, int heads, const struct kv_span *span,
		       int n, float *out, float *probs)
{
	float max[HEADS_AT_ONCE], sum[HEADS_AT_ONCE], s[HEADS_AT_ONCE * KEYS];
	int D = C / heads;
	struct attend a = { .D = D, .max = max, .sum = sum, .s = s };

	a.scale = (float)(1.0 / __builtin_sqrt((double)D));
	for (int j = 0; probs && j < span->len; j++)
		probs[j] = 0.0f;
	for (int h = 0; h < heads; h += HEADS_AT_ONCE) {
		a.heads = heads - h < HEADS_AT_ONCE ? heads - h : HEADS_AT_ONCE;
		a.q = q + h * D;
		a.out = out + h * D;
		attend_heads(&a, span, n, h * D);
		if (probs)
			heads_probs(&a, span, h * D, heads, probs);
	}
}

void infer_attend(const float *q, int R, int C, int heads, const float *const *k,
		  const float *const *v, const int *len, int stride, float *out,
		  float *const *probs)
{
	BUG_IF(C % heads);
	for (int r = 0; r < R; r++) {
		struct kv_span span = { k[r], v[r], len[r], stride };
		size_t at = (size_t)r * (size_t)C;

		BUG_IF(len[r] < 1);
		attend_row(q + at, C, heads, &span, 1, out + at,
			   probs ? probs[r] : NULL);
	}
}

void infer_attend_spans(const float *q, int R, int C, int heads,
			const struct kv_span *span, int n, float *out)
{
	BUG_IF(C % heads);
	for (int r = 0; r < R; r++, span += n) {
		size_t at = (size_t)r * (size_t)C;
		int len = 0;

		for (int i = 0; i < n; i++)
			len += span[i].len;
		BUG_IF(len < 1);
		attend_row(q + at, C, heads, span, n, out + at, NULL);
	}
}
