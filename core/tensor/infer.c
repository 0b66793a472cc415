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

	if (R >= FEW || weights_packed(ps, w)) {
		weights_forward(ps, w, &t->arena, R, x, logits);
		if (bv)
			k_bias(R, V, logits, bv);
		return;
	}
	k_dots(V, C, R, logits, x, param_value(ps, w), bv);
}

/* A group of heads of one row: k and v point at the group's first column. */
static void attend_heads(struct attend *a, int len, const float *k,
			 const float *v, int of, float *probs)
{
	size_t ld = (size_t)a->stride;

	for (int h = 0; h < a->heads; h++) {
		a->max[h] = -HUGE_VALF;
		a->sum[h] = 0.0f;
	}
	for (int i = 0; i < a->heads * a->D; i++)
		a->out[i] = 0.0f;
	for (int j = 0; j < len; j += KEYS)
		k_attend(a, len - j < KEYS ? len - j : KEYS,
			 k + (size_t)j * ld, v + (size_t)j * ld);
	for (int h = 0; h < a->heads; h++)
		k_scale_in((size_t)a->D, a->out + h * a->D, 1.0f / a->sum[h]);
	for (int j = 0; j < len && probs; j += KEYS)
		k_attend_probs(a, len - j < KEYS ? len - j : KEYS,
			       k + (size_t)j * ld, of, probs + j);
}

void infer_attend(const float *q, int R, int C, int heads, const float *const *k,
		  const float *const *v, const int *len, int stride, float *out,
		  float *const *probs)
{
	float max[HEADS_AT_ONCE], sum[HEADS_AT_ONCE], s[HEADS_AT_ONCE * KEYS];
	int D = C / heads;
	struct attend a = { .D = D, .stride = stride, .max = max, .sum = sum,
			    .s = s };

	BUG_IF(C % heads);
	a.scale = (float)(1.0 / __builtin_sqrt((double)D));
	for (int r = 0; r < R; r++) {
		float *p = probs ? probs[r] : NULL;

		BUG_IF(len[r] < 1);
		for (int j = 0; p && j < len[r]; j++)
			p[j] = 0.0f;
		for (int h = 0; h < heads; h += HEADS_AT_ONCE) {
			a.heads = heads - h < HEADS_AT_ONCE ? heads - h :
							      HEADS_AT_ONCE;
			a.q = q + (size_t)r * (size_t)C + h * D;
			a.out = out + (size_t)r * (size_t)C + h * D;
			attend_heads(&a, len[r], k[r] + h * D, v[r] + h * D,
				     heads, p);
		}
	}
}
