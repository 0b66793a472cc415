/*
 * test_label_sets_said.c - a prediction of a set, there and back; the threshold that is
 * best for rows, against looking at every one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ask/ask_multilabel.h"
#include "ask/threshold.h"
#include "base/rng.h"
#include "fixture/near.h"

static void test_prediction(void **state)
{
	static const int32_t gold[] = { 1, 3 }, pred[] = { 0, 3 };
	static const float prob[] = { 0.75f, 0.25f, 0, 1 };
	struct prediction p = { 0 }, back = { 0 };
	struct buf b;

	(void)state;
	set_put(&p, &(struct set_said){ gold, pred, 2, 2, 0.5, prob, 4 });
	p.weight = 1;
	buf_init(&b);
	prediction_pack(&p, &b);
	assert_true(prediction_unpack((const unsigned char *)b.s, b.len, &back));
	assert_int_equal(set_gold_count(&back), 2);
	assert_int_equal(set_pred_count(&back), 2);
	assert_int_equal(set_gold(&back, 1), 3);
	assert_int_equal(set_pred(&back, 0), 0);
	assert_int_equal(set_pred(&back, 2), -1);
	assert_int_equal(set_both(&back), 1);
	assert_int_equal(set_p_count(&back), 4);
	assert_near(set_p(&back, 3), 1, 0);
	assert_true(isnan(set_p(&back, 4)));
	assert_near(set_threshold(&back), 0.5, 0);
	assert_false(set_is_right(&back));
	prediction_release(&back);
	set_put(&p, &(struct set_said){ gold, gold, 2, 2, 0.5, NULL, 0 });
	assert_true(set_is_right(&p));
	assert_int_equal(set_p_count(&p), 0);
	set_put(&p, &(struct set_said){ .threshold = 0.5 }); /* both empty */
	assert_true(set_is_right(&p));
	set_put(&p, &(struct set_said){ .n_pred = -1, .threshold = NAN });
	assert_false(set_is_right(&p));
	assert_int_equal(set_pred_count(&p), -1);
	set_put(&p, &(struct set_said){ .n_gold = -1, .threshold = NAN });
	assert_false(set_is_right(&p));
	prediction_release(&p);
	buf_release(&b);
}

enum { ROWS = 60, LABELS = 5 };

static int make_row(int i, int32_t *gold, float *prob)
{
	struct rng r = rng_stream(11, RNG_DATA, 0, (uint64_t)i);
	int n = 0;

	for (int k = 0; k < LABELS; k++) {
		bool has = rng_below(&r, (uint64_t)(2 * k), 3) == 0;
		double noise = rng_below(&r, (uint64_t)(2 * k + 1), 1000) / 1000.0;

		if (has)
			gold[n++] = k;
		prob[k] = (float)(has ? 0.15 + 0.5 * noise : 0.4 * noise * noise);
	}
	return n;
}

static void tally_at(double threshold, struct set_tally *t)
{
	for (int i = 0; i < ROWS; i++) {
		int32_t gold[LABELS], pred[LABELS];
		float prob[LABELS];
		int n = make_row(i, gold, prob);

		set_tally_add(t, gold, n, pred, set_above(prob, LABELS, threshold, pred));
	}
}

static double brute(enum metric_id m, double threshold)
{
	struct tally label[LABELS] = { { 0 } };
	struct set_tally t = { .label = label };

	tally_at(threshold, &t);
	return metric_set_tallied(m, &t, LABELS);
}

static void test_threshold(void **state)
{
	struct threshold_fit *f = threshold_fit_new(LABELS);
	double best, most = 0;

	(void)state;
	assert_near(threshold_fit_best(f), 0.5, 0);
	for (int i = 0; i < ROWS; i++) {
		int32_t gold[LABELS];
		float prob[LABELS];
		int n = make_row(i, gold, prob);

		threshold_fit_add(f, gold, n, prob);
	}
	best = threshold_fit_best(f);
	for (int k = 1; k < THRESHOLDS; k++) {
		double at = (double)k / THRESHOLDS;
		struct tally label[LABELS] = { { 0 } };
		struct set_tally t = { .label = label };

		most = fmax(most, brute(METRIC_MICRO_F1, at));
		threshold_fit_tally(f, at, &t);
		for (int m = METRIC_MICRO_F1; m <= METRIC_EXACT_MATCH; m++)
			assert_near(metric_set_tallied((enum metric_id)m, &t, LABELS),
				    brute((enum metric_id)m, at), 0);
	}
	assert_near(brute(METRIC_MICRO_F1, best), most, 0);
	assert_true(most > brute(METRIC_MICRO_F1, 0.5) + 0.05); /* it was worth it */
	threshold_fit_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prediction),
		cmocka_unit_test(test_threshold),
	};

	return cmocka_run_group_tests_name("label_sets_said", tests, NULL, NULL);
}
