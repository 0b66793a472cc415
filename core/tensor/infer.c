/*
 * infer.c - the two products that decoding one token at a time lives on.
 */
#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/vmath.h"

enum {
	FEW = 8,        /* fewer rows than this: weights are read once by hand */
	SCORES = 128,   /* keys at a time */
};

void infer_output(const struct param_set *ps, const float *x, int R, int C, int w,
		  int b, float *logits)
{
	const float *wv = param_value(ps, w);
	const float *bv = b == PARAM_NONE ? NULL : param_value(ps, b);
	int V = ps->p[w].rows;

	BUG_IF(ps->p[w].cols != C);
	if (R >= FEW) {
		blas_xwt(R, V, C, x, C, wv, C, logits, V, 0);
		if (bv)
			k_bias(R, V, logits, bv);
		return;
	}
	k_dots(V, C, R, logits, x, wv, bv);
}

/*
 * One head of one row: softmax over `len` keys seen a block at a time, the
 * output rescaled whenever the greatest score grows. *max and *sum say how to
 * get the probabilities: exp(s - max) / sum.
 */
static void attend_head(int D, int len, int stride, float scale, const float *q,
			const float *k, const float *v, float *out, float *max,
			float *sum)
{
	float s[SCORES];

	*max = -HUGE_VALF;
	*sum = 0.0f;
	for (int j = 0; j < D; j++)
		out[j] = 0.0f;
	for (int j = 0; j < len; j += SCORES) {
		int n = len - j < SCORES ? len - j : SCORES;
		size_t o = (size_t)j * (size_t)stride;

		k_attend_block(n, D, stride, scale, s, q, k + o, v + o, out,
			       max, sum);
	}
	k_scale_in((size_t)D, out, 1.0f / *sum);
}

static void add_probs(int D, int len, int stride, float scale, const float *q,
		      const float *k, float max, float share, float *probs)
{
	for (int j = 0; j < len; j++) {
		float s = k_dot((size_t)D, q, k + (size_t)j * (size_t)stride);

		probs[j] += share * v_exp(s * scale - max);
	}
}

void infer_attend(const float *q, int R, int C, int heads, const float *const *k,
		  const float *const *v, const int *len, int stride, float *out,
		  float *const *probs)
{
	int D = C / heads;
	float scale = (float)(1.0 / __builtin_sqrt((double)D)), max, sum;

	BUG_IF(C % heads);
	for (int r = 0; r < R; r++) {
		BUG_IF(len[r] < 1);
		for (int j = 0; probs && j < len[r]; j++)
			probs[r][j] = 0.0f;
		for (int h = 0; h < heads; h++) {
			size_t col = (size_t)(h * D);
			size_t at = (size_t)r * (size_t)C + col;

			attend_head(D, len[r], stride, scale, q + at,
				    k[r] + col, v[r] + col, out + at, &max,
				    &sum);
			if (probs)
				add_probs(D, len[r], stride, scale, q + at,
					  k[r] + col, max,
					  1.0f / (sum * (float)heads),
					  probs[r]);
		}
	}
}
