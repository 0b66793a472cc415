/*
 * test_compare_losses.c - metrics of losses in a comparison: the rows' losses count by
 * their pieces, as a plain count says, and what cannot be compared is left out by name.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "ask/ask_summarize.h"
#include "fixture/plan_run.h"
#include "look/compare.h"
#include "store/store.h"

enum { ROWS = 50 };

static const char *run_path(const char *name)
{
	static char path[8][300];
	static int next;
	char *p = path[next++ & 7];

	snprintf(p, sizeof path[0], "%s/runs/%s", scratch, name);
	return p;
}

static double weight_of(int i)
{
	return 1 + i * 7 % 13;
}

static double loss_of(int i, double off)
{
	return 2 + off + .3 * (i % 5) + (off > .1 ? .11 * (i % 3) : 0);
}

/* Losses by `off`; rows weigh `scale` times what they do, 0: nobody kept it. */
static void put_run(const char *name, int seed, const char *lr, double off, double scale)
{
	struct evaluation e = { .row = { .step = 3, .is_whole = true, .n_examples = ROWS },
				.n_kept = ROWS };
	struct rouge r = { .r1 = { .f1 = .5 } };
	char text[600];
	struct store *s;

	snprintf(text, sizeof text, "{\"tutti\": 1, \"seed\": %d, \"optimizer\": {\"lr\": %s}, "
		 "\"tasks\": {\"s\": {\"kind\": \"summarize\", \"train\": \"/s.tsv\", "
		 "\"metrics\": [\"perplexity\", \"rouge1\"]}}, \"budget\": {\"steps\": 10}}",
		 seed, lr);
	s = plan_run_new(name, text);
	e.kept = xcalloc(ROWS, sizeof *e.kept);
	e.dev_rows = xcalloc(ROWS, sizeof *e.dev_rows);
	for (int i = 0; i < ROWS; i++) {
		e.kept[i] = (struct prediction){ .row = i, .loss = loss_of(i, off),
						 .weight = scale * weight_of(i) };
		summary_set(&e.kept[i], &r);
		e.dev_rows[i] = (struct dev_row){ .row = i, .line = i + 1,
						  .text = xstrdup("text") };
	}
	assert_int_equal(store_evaluation(s, NULL, &e, 1, 0, NULL), ST_OK);
	for (int i = 0; i < ROWS; i++) {
		prediction_release(&e.kept[i]);
		xfree(e.dev_rows[i].text);
	}
	xfree(e.kept);
	xfree(e.dev_rows);
	store_close(s);
}

static int make(void **state)
{
	if (scratch_make_cache(state) || mkdir(in_scratch("runs"), 0700))
		return -1;
	put_run("near-s1", 1, "0.001", 0, 1);
	put_run("near-s2", 2, "0.001", .05, 1);
	put_run("far", 1, "0.002", .4, 1);
	put_run("other", 1, "0.003", .4, 2);
	put_run("old", 1, "0.004", .4, 0);
	return 0;
}

static struct compare_options options(const char *metric)
{
	return (struct compare_options){ .metric = metric, .step = COMPARE_NEWEST,
					 .draws = 400, .level = .95, .seed = 1 };
}

/* exp of the sum of weights times losses over the sum of weights. */
static double plain(double off)
{
	double sum = 0, all = 0;

	for (int i = 0; i < ROWS; i++) {
		sum += weight_of(i) * loss_of(i, off);
		all += weight_of(i);
	}
	return exp(sum / all);
}

static void near(double x, double wanted)
{
	if (!(fabs(x - wanted) <= 1e-12 * wanted))
		fail_msg("%.17g, not %.17g", x, wanted);
}

static void test_values(void **state)
{
	const char *path[] = { run_path("near-s1"), run_path("far"), run_path("near-s2") };
	struct compare_options o = options(NULL);
	const struct compared_measure *m;
	struct err err = { "" };
	struct comparison c;

	(void)state;
	assert_int_equal(compare_runs(3, path, &o, NULL, &c, &err), ST_OK);
	assert_int_equal(c.n_measures, 2);
	m = &c.measure[0];
	assert_true(m->metric == METRIC_PERPLEXITY && m->n_rows == ROWS && m->n_pairs == 1);
	near(m->value[0].value.value, (plain(0) + plain(.05)) / 2);
	near(m->value[0].least, plain(0));
	near(m->value[0].most, plain(.05));
	near(m->value[1].value.value, plain(.4));
	near(-m->pair[0].boot.value, plain(.4) - (plain(0) + plain(.05)) / 2);
	assert_true(m->value[1].value.low < plain(.4) && m->value[1].value.high > plain(.4));
	assert_true(m->pair[0].boot.high < 0 && m->pair[0].swap.p < .05);
	assert_true(m->pair[0].power.differing == ROWS && !m->pair[0].has_mcnemar);
	assert_int_equal(c.n_family, 2);
	assert_true(compare_is_told(&c, &m->pair[0]));
	assert_int_equal(c.notes.len, 0);
	comparison_release(&c);
}

static void left_out(const char *a, const char *b, const char *why)
{
	const char *path[] = { run_path(a), run_path(b) };
	struct compare_options o = options(NULL);
	struct err err = { "" };
	struct comparison c;

	assert_int_equal(compare_runs(2, path, &o, NULL, &c, &err), ST_OK);
	assert_true(c.n_measures == 1 && c.measure[0].metric == METRIC_ROUGE1);
	if (!strstr(buf_str(&c.notes), why))
		fail_msg("said: %s", buf_str(&c.notes));
	comparison_release(&c);
}

static void test_left_out(void **state)
{
	const char *old = run_path("old");
	struct compare_options o = options("perplexity");
	struct err err = { "" };
	struct comparison c;

	(void)state;
	left_out("far", "other", "perplexity of 's' is left out: 'far' and 'other' cut the "
		 "rows into other pieces");
	left_out("far", "old", "perplexity of 's' is left out: 'old' did not keep what its "
		 "rows count; --metric perplexity asks its checkpoint");
	/* asked for by name: what is kept does not do, and there is no checkpoint */
	assert_int_equal(compare_runs(1, &old, &o, NULL, &c, &err), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "run 'old' keeps no predictions of all dev rows with "
			       "what their losses count, and no checkpoint"));
	comparison_release(&c);
	o.only_kept = true; /* a screen asks no checkpoint: it is told why */
	assert_int_equal(compare_runs(1, &old, &o, NULL, &c, &err), ST_OK);
	assert_non_null(strstr(buf_str(&c.notes), "'old' did not keep"));
	comparison_release(&c);
	o = options("rouge1"); /* nothing is asked anew for other metrics */
	assert_int_equal(compare_runs(1, &old, &o, NULL, &c, &err), ST_OK);
	assert_false(c.run[0].is_made);
	comparison_release(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_left_out),
	};

	return cmocka_run_group_tests_name("compare, losses", tests, make, scratch_remove);
}
