/*
 * test_baseline.c - the lead and longest baselines: on
 * made-up text, and on SAMSum's dev rows where they are at hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask/evaluate_internal.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/source.h"

static void test_choice(void **state)
{
	static const char text[] = "A b c. D e. F g h i. J a. K l m n o.";
	struct buf b;

	(void)state;
	buf_init(&b);
	baseline_lead(text, strlen(text), &b);
	assert_string_equal(buf_str(&b), "A b c. D e. F g h i.");
	buf_clear(&b);
	baseline_longest(text, strlen(text), &b);
	assert_string_equal(buf_str(&b), "A b c. F g h i. K l m n o.");
	buf_release(&b);
}

static void add(struct rouge_scorer *rs, const struct source_row *r, double sum[2][3])
{
	char *text = xstrndup(r->field[0], r->len[0]);
	char *reference = xstrndup(r->field[1], r->len[1]);
	struct rouge score;
	struct buf b;

	buf_init(&b);
	for (int way = 0; way < 2; way++) {
		buf_clear(&b);
		if (way)
			baseline_longest(text, strlen(text), &b);
		else
			baseline_lead(text, strlen(text), &b);
		rouge_score(rs, reference, buf_str(&b), &score);
		sum[way][0] += score.r1.f1;
		sum[way][1] += score.r2.f1;
		sum[way][2] += score.rl.f1;
	}
	buf_release(&b);
	xfree(text);
	xfree(reference);
}

/*
 * rouge-score (stemmed) with turns found by the same rule in Python: lead-3
 * 32.5/10.0/25.3, longest-3 33.1/11.2/25.5.
 */
static void test_samsum(void **state)
{
	static const double expected[2][3] = { { 32.5, 10.0, 25.3 }, { 33.1, 11.2, 25.5 } };
	const char *shared = getenv("TUTTI_SHARED");
	struct source_spec spec = { .header = -1, .n_fields = 2,
				    .field = { "dialogue", "summary" } };
	double sum[2][3] = { { 0 } };
	struct rouge_scorer *rs;
	struct source_row row;
	struct source *src;
	char path[PATH_MAX];
	int n = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/samsum/dev.jsonl",
		 shared ? shared : "../shared/data");
	if (!file_exists(path)) {
		print_message("no '%s': skipped\n", path);
		skip();
	}
	spec.path = path;
	assert_int_equal(source_open(&spec, &src, NULL), ST_OK);
	rs = rouge_scorer_new((struct rouge_options){ 0 });
	while (source_next(src, &row, NULL) == ST_OK) {
		if (row.fault)
			continue;
		add(rs, &row, sum);
		n++;
	}
	rouge_scorer_free(rs);
	source_close(src);
	assert_int_equal(n, 818);
	for (int way = 0; way < 2; way++)
		for (int k = 0; k < 3; k++)
			if (fabs(100 * sum[way][k] / n - expected[way][k]) > 0.1)
				fail_msg("way %d, measure %d: %.3f", way, k,
					 100 * sum[way][k] / n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_samsum),
	};

	return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
