/*
 * logits.h - cross-entropy of one row of logits, in place. For core/tensor alone.
 */
#ifndef TUTTI_TENSOR_LOGITS_H
#define TUTTI_TENSOR_LOGITS_H

#include <stdbool.h>
#include <stdint.h>

struct logits_row {
	double logp;    /* log softmax at the target */
	double uniform; /* mean_k(-log softmax_k); only when smoothing > 0 */
	double sum;     /* of exp(x - max), which x holds now */
};

/* x [n] += b (NULL: none), then x = exp(x - max) when keep_exp. */
struct logits_row logits_row(int n, float *x, const float *b, int32_t target,
			     float smoothing, bool keep_exp);
/*
 * x, as logits_row left it, becomes the gradient with respect to the logits of
 * scale * (-share log p_target + smoothing * uniform).
 */
void logits_grad(int n, float *x, const struct logits_row *r, int32_t target,
		 double share, float smoothing, double scale);

#endif
