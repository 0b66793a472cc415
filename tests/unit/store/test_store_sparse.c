/*
 * test_store_sparse.c - readings of a store that touch only what they want: rows
 * of steps far apart, the last step, the newest kept predictions up to a step.
 */
#include "fixture/data_check.h"

#include "base/mem.h"
#include "base/rng.h"
#include "store/store.h"

enum { LAST = 4000 };

static bool is_there[LAST + 1];

struct seen {
	int n;
	int64_t step[LAST];
	float lr[LAST];
};

static void see(void *arg, const struct step_row *r)
{
	struct seen *s = arg;

	s->step[s->n] = r->step;
	s->lr[s->n++] = r->lr;
}

/* Some steps are missing; every tenth was taken again on a later timeline. */
static struct store *make(const char *name)
{
	struct rng dice = rng_stream(3, RNG_TEST, 1, 0);
	struct store *s = NULL;

	assert_int_equal(store_open(in_scratch(name), true, &s, NULL), ST_OK);
	for (int64_t i = 1; i <= LAST; i++) {
		struct step_row r = { .step = i, .lr = (float)i, .n = 0 };

		is_there[i] = rng_below(&dice, (uint64_t)i, 100) < 80;
		if (!is_there[i])
			continue;
		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
		r.lr = -(float)i;
		if (i % 10 == 0)
			assert_int_equal(store_step(s, 1, &r, NULL), ST_OK);
	}
	assert_int_equal(store_flush(s, NULL), ST_OK);
	return s;
}

static void test_stride(void **state)
{
	static const int64_t want[][3] = { { 0, LAST, 7 }, { 3, 900, 2 }, { 500, 501, 9 },
					   { 1, INT64_MAX, 1000 }, { LAST + 1, LAST + 9, 3 } };
	struct store *s = make("a.db");
	struct seen *seen = xcalloc(1, sizeof *seen);

	(void)state;
	for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
		int64_t from = want[k][0], to = want[k][1], stride = want[k][2];
		int64_t next = from;
		int n = 0;

		seen->n = 0;
		assert_int_equal(store_steps_read(s, from, to, stride, see, seen, NULL),
				 ST_OK);
		for (int64_t i = 1; i <= LAST; i++) {
			if (i < next || i > to || !is_there[i])
				continue;
			assert_true(n < seen->n);
			assert_int_equal(seen->step[n], i);
			assert_true(seen->lr[n] == (i % 10 ? (float)i : -(float)i));
			n++;
			next = i + stride;
		}
		assert_int_equal(seen->n, n);
	}
	xfree(seen);
	store_close(s);
}

static void test_last(void **state)
{
	struct store *s = make("b.db");
	int64_t last = 0, want = LAST;

	(void)state;
	while (!is_there[want])
		want--;
	assert_int_equal(store_last_step(s, &last, NULL), ST_OK);
	assert_int_equal(last, want);
	store_close(s);
	assert_int_equal(store_open(in_scratch("empty.db"), true, &s, NULL), ST_OK);
	assert_int_equal(store_last_step(s, &last, NULL), ST_OK);
	assert_int_equal(last, 0);
	store_close(s);
}

static void test_kept_up_to(void **state)
{
	struct store *s = make("c.db");
	struct prediction p = { .row = 4 };
	struct dev_row d = { .row = 4, .line = 5 };
	int64_t step = 0;

	(void)state;
	for (int64_t at = 100; at <= 300; at += 100)
		assert_int_equal(store_evaluation(s, NULL, &(struct evaluation){
			.row = { .step = at, .task = 1 }, .n_kept = 1, .kept = &p,
			.dev_rows = &d }, 1, 0, NULL), ST_OK);
	assert_int_equal(store_predictions_step(s, 1, 99, &step, NULL), ST_NOT_FOUND);
	assert_int_equal(store_predictions_step(s, 0, 300, &step, NULL), ST_NOT_FOUND);
	assert_int_equal(store_predictions_step(s, 1, 100, &step, NULL), ST_OK);
	assert_int_equal(step, 100);
	assert_int_equal(store_predictions_step(s, 1, 299, &step, NULL), ST_OK);
	assert_int_equal(step, 200);
	assert_int_equal(store_predictions_step(s, 1, INT64_MAX, &step, NULL), ST_OK);
	assert_int_equal(step, 300);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stride),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_kept_up_to),
	};

	return cmocka_run_group_tests_name("store, sparse", tests, scratch_make,
					   scratch_remove);
}
