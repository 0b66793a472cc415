/*
 * logits.c - see logits.h.
 *
 * With z = log sum exp x: log p_k = x_k - z, and d(-log p_y)/dx_k = p_k - [k = y].
 */
#include "tensor/logits.h"

#include "tensor/kernels.h"
#include "tensor/vmath.h"

struct logits_row logits_row(int n, float *x, const float *b, int32_t target,
			     float smoothing, bool keep_exp)
{
	float max = k_logits_max(n, x, b);
	double at = (double)x[target], mean = 0.0, z;
	struct logits_row r;

	if (smoothing > 0.0f)
		mean = k_sum((size_t)n, x) / n;
	r.sum = keep_exp ? k_exp_sum(n, x, max) : k_exp_sum_of(n, x, max);
	z = (double)max + v_logd(r.sum);
	r.logp = at - z;
	r.uniform = smoothing > 0.0f ? z - mean : 0.0;
	return r;
}

void logits_grad(int n, float *x, const struct logits_row *r, int32_t target,
		 double share, float smoothing, double scale)
{
	double e = (double)smoothing;

	k_affine(n, x, (float)((share + e) * scale / r->sum),
		 (float)(-e * scale / n));
	x[target] -= (float)(share * scale);
}
