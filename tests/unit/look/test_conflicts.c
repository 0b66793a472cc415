/*
 * test_conflicts.c - means and histories of how pairs agree, against plain ones; who
 * agrees least and where; each task's part along the update, and what a program sees.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "look/snapshot_json.h"
#include "look/telemetry.h"

enum { N = 3, GROUPS = 2, PAIRS = 3 };

/* Norms 1 in both groups; the pair (1, 0) has these cosines, the others 0.5. */
static void take(struct snapshot *s, int64_t step, double first, double second)
{
	static float norm[GROUPS * N], cosine[GROUPS * PAIRS];
	struct conflict_row r = { .step = step, .from = step, .n = N, .groups = GROUPS,
				  .task = { 0, 1, 2 }, .norm = norm, .cosine = cosine,
				  .seconds = 0.5f, .scheduled = true };

	for (int i = 0; i < GROUPS * N; i++)
		norm[i] = 1;
	for (int i = 0; i < GROUPS * PAIRS; i++)
		cosine[i] = 0.5f;
	cosine[conflict_at(1, 0)] = (float)first;
	cosine[PAIRS + conflict_at(1, 0)] = (float)second;
	telemetry_conflict(s, &r);
}

static void begin(struct snapshot *s)
{
	static const char *const names[N] = { "sst2", "samsum", "cola" };

	snapshot_init(s);
	s->n_channels = N;
	s->ch = xcalloc(N, sizeof *s->ch);
	for (int i = 0; i < N; i++) {
		str_copy(s->ch[i].name, sizeof s->ch[i].name, names[i]);
		s->ch[i].weight = s->ch[i].factor = 1;
		s->ch[i].grad_norm = 2;
		s->ch[i].share = i == 2 ? 0.5 : 0.25;
	}
}

static void test_means(void **state)
{
	struct snapshot s, copy;
	char words[96];
	int a, b;

	(void)state;
	begin(&s);
	snapshot_init(&copy);
	assert_false(conflicts_worst(&s.conflicts, &a, &b));
	assert_true(isnan(conflicts_mean(&s.conflicts, 0, 1, CONFLICT_ALL)));
	for (int i = 1; i <= 4; i++)
		take(&s, i, -0.1 * i, 0.2);
	assert_true(fabs(conflicts_mean(&s.conflicts, 0, 1, 0) + 0.25) < 1e-6);
	assert_true(fabs(conflicts_mean(&s.conflicts, 1, 0, 1) - 0.2) < 1e-6);
	/* both groups are as long: the whole is their mean */
	assert_true(fabs(conflicts_mean(&s.conflicts, 0, 1, CONFLICT_ALL) + 0.025) < 1e-6);
	assert_true(conflicts_worst(&s.conflicts, &a, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	assert_int_equal(conflicts_where(&s.conflicts, 0, 1), 0);
	assert_true(fabs(conflicts_error(&s.conflicts, 0, 1) - 1.0 / 64 / 2) < 1e-9);
	conflicts_words(&s.conflicts, 0, 1, words, sizeof words);
	assert_string_equal(words, "-0.03 (+-0.01), most in the embeddings");
	for (int i = 5; i < 200; i++) /* what was long ago is forgotten */
		take(&s, i, 0.1, -0.9);
	conflicts_words(&s.conflicts, 0, 1, words, sizeof words);
	assert_string_equal(words, "-0.40 (+-0.01), most in layer 1");
	snapshot_copy(&copy, &s);
	assert_true(conflicts_mean(&copy.conflicts, 0, 1, 1) ==
		    conflicts_mean(&s.conflicts, 0, 1, 1));
	assert_true(copy.conflicts.mean != s.conflicts.mean);
	assert_true(fabs(copy.conflicts.spent - 0.5 * 199) < 1e-6);
	snapshot_release(&copy);
	snapshot_release(&s);
}

/* Points are the means of their steps, however often buckets were merged. */
static void test_history(void **state)
{
	enum { STEPS = 1000, EVERY = 3 };
	struct snapshot s;
	const struct conflicts *c = &s.conflicts;
	const float *h;

	(void)state;
	begin(&s);
	for (int step = 1; step <= STEPS; step += EVERY)
		take(&s, step, step / 1000.0, -step / 1000.0);
	assert_int_equal(c->span, 16);
	assert_int_equal(c->points, (STEPS + 15) / 16);
	h = conflicts_history(c, 0, 1, 0);
	for (int i = 0; i < c->points; i++) {
		double sum = 0;
		int n = 0;

		for (int step = 1; step <= STEPS; step += EVERY)
			if ((step - 1) / 16 == i) {
				sum += step / 1000.0;
				n++;
			}
		assert_true(fabs((double)h[i] - sum / n) < 1e-5);
		assert_true(fabs((double)conflicts_history(c, 0, 1, 1)[i] + sum / n) < 1e-5);
	}
	assert_null(conflicts_history(c, 0, 0, 0));
	assert_null(conflicts_history(c, 0, 1, GROUPS));
	snapshot_release(&s);
}

/* Rows that do not fit the run, or of norms alone, change no pair. */
static void test_other_rows(void **state)
{
	struct conflict_row none = { .step = 9, .from = 9, .seconds = 0.25f };
	static const float zeros[8];
	struct conflict_row odd = { .step = 9, .from = 9, .n = 2, .groups = 1, .task = { 0, 7 },
				    .norm = zeros, .cosine = zeros };
	struct snapshot s;

	(void)state;
	begin(&s);
	telemetry_conflict(&s, &none);
	telemetry_conflict(&s, &odd);
	assert_int_equal(s.conflicts.n, 0);
	assert_int_equal(s.conflicts.rows, 2);
	take(&s, 10, -0.2, -0.2);
	telemetry_conflict(&s, &odd);
	assert_true(fabs(conflicts_mean(&s.conflicts, 0, 1, CONFLICT_ALL) + 0.2) < 1e-6);
	assert_true(fabs(s.conflicts.spent - 0.75) < 1e-6);
	snapshot_release(&s);
}

static void test_along(void **state)
{
	/* pushes: 0.5, 0.5, 1; cosines -0.8 of the first two, 0.5 of the others */
	static const double push[N] = { 0.5, 0.5, 1 };
	static const double cosine[N][N] = { { 1, -.8, .5 }, { -.8, 1, .5 }, { .5, .5, 1 } };
	double all = 0, one[N] = { 0 };
	struct snapshot s;
	struct buf b;

	(void)state;
	begin(&s);
	telemetry_effective(&s);
	assert_true(isnan(s.ch[0].along));
	take(&s, 1, -0.8, -0.8);
	telemetry_effective(&s);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			one[i] += push[i] * push[k] * cosine[i][k];
			all += push[i] * push[k] * cosine[i][k];
		}
	for (int i = 0; i < N; i++)
		assert_true(fabs(s.ch[i].along - one[i] / all) < 1e-6);
	s.ch[2].silent = true; /* of the two that are left each overrules the other alike */
	telemetry_effective(&s);
	assert_true(fabs(s.ch[0].along - 0.5) < 1e-6 && s.ch[2].along == 0);
	s.ch[0].weight = 0.1; /* who pulls less goes where the other one does */
	telemetry_effective(&s);
	assert_true(s.ch[0].along < 0 && s.ch[1].along > 1);
	buf_init(&b);
	snapshot_json(&s, &b);
	assert_non_null(strstr(buf_str(&b), "\"task\":\"sst2\",\"against\":\"samsum\","
					    "\"cosine\":-0.8"));
	assert_non_null(strstr(buf_str(&b), "\"exact\":false"));
	buf_release(&b);
	snapshot_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_other_rows),
		cmocka_unit_test(test_along),
	};

	return cmocka_run_group_tests_name("conflicts", tests, NULL, NULL);
}
