/*
 * op_loss.c - losses over whole logits in memory: classes, sets of labels,
 * numbers.
 *
 * A loss knows its gradient as soon as it knows its value, so it adds it to
 * its input's d at once; there is nothing left for the backward pass.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/logits.h"
#include "tensor/ops.h"
#include "tensor/vmath.h"

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

struct loss op_cross_entropy(struct tape *t, struct ten *logits, const int32_t *label,
			     float smoothing, const float *weight)
{
	int K = logits->cols, count = counted(label, logits->rows, K);
	float *row = arena_alloc(&t->arena, (size_t)K * sizeof *row);
	float *d = t->grads && !logits->is_fixed ? ten_grad(t, logits) : NULL;
	double e = (double)smoothing, objective = 0.0, plain = 0.0;

	for (int i = 0; i < logits->rows; i++) {
		size_t o = (size_t)i * (size_t)K;
		struct logits_row r;
		double w;

		if (label[i] < 0)
			continue;
		w = weight ? (double)weight[label[i]] : 1.0;
		memcpy(row, logits->v + o, (size_t)K * sizeof *row);
		r = logits_row(K, row, NULL, label[i], smoothing, d != NULL);
		plain -= r.logp;
		objective += w * ((1.0 - e) * -r.logp + e * r.uniform);
		if (!d)
			continue;
		logits_grad(K, row, &r, label[i], 1.0 - e, smoothing, w / count);
		k_add((size_t)K, d + o, row);
	}
	return mean(objective, plain, count);
}

/* Row i's targets [K], 1 and 0. */
static void fill_targets(const struct label_sets *y, int i, int K, float *row)
{
	memset(row, 0, (size_t)K * sizeof *row);
	for (int k = y->off[i]; k < y->off[i + 1]; k++) {
		BUG_IF(y->label[k] < 0 || y->label[k] >= K);
		row[y->label[k]] = 1.0f;
	}
}

struct loss op_binary_cross_entropy(struct tape *t, struct ten *logits,
				    const struct label_sets *y, float smoothing,
				    const float *weight)
{
	int K = logits->cols, count = 0;
	float *row = arena_alloc(&t->arena, (size_t)K * sizeof *row);
	float *d = t->grads ? ten_grad(t, logits) : NULL;
	double e = (double)smoothing, objective = 0.0, plain = 0.0;

	for (int i = 0; i < logits->rows; i++)
		count += y->known[i] >= 0;
	for (int i = 0; i < logits->rows; i++) {
		size_t o = (size_t)i * (size_t)K;

		if (y->known[i] < 0)
			continue;
		fill_targets(y, i, K, row);
		for (int k = 0; k < K; k++) {
			double x = (double)logits->v[o + (size_t)k], s = v_softplusd(x);
			double w = weight ? (double)weight[k] : 1.0;
			double target = (1.0 - e) * (double)row[k] + e / 2.0;

			plain += s - (double)row[k] * x;
			objective += w * (s - target * x);
			if (d)
				d[o + (size_t)k] += (float)(w * (v_sigmoidd(x) - target) /
							    ((double)K * count));
		}
	}
	return mean(objective / K, plain / K, count);
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
