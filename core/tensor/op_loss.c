/*
 * op_loss.c - losses over whole logits in memory: classification, regression.
 *
 * A loss knows its gradient as soon as it knows its value, so it adds it to
 * its input's d at once; there is nothing left for the backward pass.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/logits.h"
#include "tensor/ops.h"

static int counted(const int32_t *label, int n, int classes)
{
	int k = 0;

	for (int i = 0; i < n; i++) {
		BUG_IF(label[i] >= classes);
		k += label[i] >= 0;
	}
	return k;
}

static struct loss mean(double objective, double plain, int n)
{
	return n ? (struct loss){ objective / n, plain / n, n } : (struct loss){ 0 };
}

struct loss op_cross_entropy(struct tape *t, struct ten *logits,
			     const int32_t *label, float smoothing)
{
	int K = logits->cols, count = counted(label, logits->rows, K);
	float *row = arena_alloc(&t->arena, (size_t)K * sizeof *row);
	float *d = t->grads && !logits->is_fixed ? ten_grad(t, logits) : NULL;
	double e = (double)smoothing, objective = 0.0, plain = 0.0;

	for (int i = 0; i < logits->rows; i++) {
		size_t o = (size_t)i * (size_t)K;
		struct logits_row r;

		if (label[i] < 0)
			continue;
		memcpy(row, logits->v + o, (size_t)K * sizeof *row);
		r = logits_row(K, row, NULL, label[i], smoothing, d != NULL);
		plain -= r.logp;
		objective += (1.0 - e) * -r.logp + e * r.uniform;
		if (!d)
			continue;
		logits_grad(K, row, &r, label[i], 1.0 - e, smoothing, 1.0 / count);
		k_add((size_t)K, d + o, row);
	}
	return mean(objective, plain, count);
}

struct loss op_mse(struct tape *t, struct ten *x, const float *y)
{
	float *d = t->grads && !x->is_fixed ? ten_grad(t, x) : NULL;
	double sum = 0.0;

	BUG_IF(x->cols != 1);
	for (int i = 0; i < x->rows; i++) {
		double e = (double)x->v[i] - (double)y[i];

		sum += e * e;
		if (d)
			d[i] += (float)(2.0 * e / x->rows);
	}
	return mean(sum, sum, x->rows);
}
