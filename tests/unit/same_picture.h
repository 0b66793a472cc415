/*
 * same_picture.h - two pictures of a run, compared figure by figure.
 */
#ifndef TUTTI_TEST_SAME_PICTURE_H
#define TUTTI_TEST_SAME_PICTURE_H

#include <math.h>

#include "look/snapshot.h"

static inline bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

#define SAME(a, b, field)                                                         \
	do {                                                                      \
		if (!same((double)(a)->field, (double)(b)->field))                \
			fail_msg("step %lld: " #field " %.9g, not %.9g",          \
				 (long long)(a)->step, (double)(a)->field,        \
				 (double)(b)->field);                             \
	} while (0)

static inline void same_channel(const struct snapshot *x, const struct snapshot *y, int i)
{
	const struct channel *a = &x->ch[i], *b = &y->ch[i];

	assert_string_equal(a->name, b->name);
	SAME(x, y, ch[i].weight);
	SAME(x, y, ch[i].muted);
	SAME(x, y, ch[i].solo);
	SAME(x, y, ch[i].locked);
	SAME(x, y, ch[i].silent);
	SAME(x, y, ch[i].share_auto);
	SAME(x, y, ch[i].loss);
	SAME(x, y, ch[i].smooth);
	SAME(x, y, ch[i].slope);
	SAME(x, y, ch[i].loss_trend);
	SAME(x, y, ch[i].dev);
	SAME(x, y, ch[i].dev_before);
	SAME(x, y, ch[i].dev_best);
	SAME(x, y, ch[i].dev_trend);
	SAME(x, y, ch[i].baseline);
	SAME(x, y, ch[i].micro_batches);
	SAME(x, y, ch[i].curve.n);
	SAME(x, y, ch[i].curve.span);
	SAME(x, y, ch[i].dev_curve.n);
	SAME(x, y, ch[i].grad_norm);
	SAME(x, y, ch[i].grad_step);
	SAME(x, y, ch[i].grad_curve.n);
	for (int k = 0; k < a->curve.n; k++) {
		assert_true(same((double)a->curve.mean[k], (double)b->curve.mean[k]));
		assert_true(same((double)a->curve.smooth[k], (double)b->curve.smooth[k]));
		assert_int_equal(a->curve.count[k], b->curve.count[k]);
	}
	for (int k = 0; k < a->dev_curve.n; k++) {
		assert_int_equal(a->dev_curve.step[k], b->dev_curve.step[k]);
		assert_true(same((double)a->dev_curve.value[k],
				 (double)b->dev_curve.value[k]));
	}
}

static inline void same_picture(const struct snapshot *a, const struct snapshot *b)
{
	assert_int_equal(a->step, b->step);
	SAME(a, b, steps);
	SAME(a, b, skipped);
	SAME(a, b, tokens);
	SAME(a, b, lr);
	SAME(a, b, base_lr);
	SAME(a, b, clip);
	SAME(a, b, dropout);
	SAME(a, b, grad_norm);
	SAME(a, b, gradients_every);
	SAME(a, b, clipped);
	SAME(a, b, train_seconds);
	SAME(a, b, tokens_per_second);
	SAME(a, b, checkpoint_step);
	SAME(a, b, eval_step);
	SAME(a, b, evals);
	assert_string_equal(a->sampling, b->sampling);
	assert_string_equal(a->weighting, b->weighting);
	assert_int_equal(a->n_journal, b->n_journal);
	for (int i = 0; i < a->n_journal; i++) {
		assert_int_equal(a->journal[i].seq, b->journal[i].seq);
		assert_string_equal(a->journal[i].command, b->journal[i].command);
	}
	assert_int_equal(a->n_channels, b->n_channels);
	for (int i = 0; i < a->n_channels; i++)
		same_channel(a, b, i);
}

#endif
