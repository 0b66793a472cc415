/*
 * test_compare_splits.c - systems over several splits: each split's rows are its own,
 * values and differences are those of significance_splits over them, and what does not
 * pair is refused or left out by name.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "ask/ask_classify.h"
#include "fixture/plan_run.h"
#include "look/compare.h"
#include "store/store.h"

enum { ROWS = 40, SPLITS = 3, SEEDS = 2 };

static const char *run_path(const char *name)
{
	static char path[16][300];
	static int next;
	char *p = path[next++ & 15];

	str_format(p, sizeof path[0], "%s/runs/%s", scratch, name);
	return p;
}

/* Is row i of a split right, by a system and its seed? */
static bool is_right(int system, int split, int seed, int i)
{
	return (i * 7 + split * 3 + seed) % 10 < 6 + 2 * (system == 1) - split % 2 * system;
}

static void put_task(struct evaluation *e, int task, int system, int split, int seed)
{
	*e = (struct evaluation){ .row = { .step = 3, .task = task, .is_whole = true,
					   .n_examples = ROWS }, .n_kept = ROWS };
	e->kept = xcalloc(ROWS, sizeof *e->kept);
	e->dev_rows = xcalloc(ROWS, sizeof *e->dev_rows);
	for (int i = 0; i < ROWS; i++) {
		int row = task ? i : i * SPLITS + split, gold = row % 2;
		char text[40];

		snprintf(text, sizeof text, "row %d", row);
		e->kept[i].row = row;
		label_set(&e->kept[i], gold,
			  is_right(system, split, seed, i) ? gold : !gold, NULL, 0);
		e->dev_rows[i] = (struct dev_row){ .row = row, .line = row + 1,
						   .text = xstrdup(text) };
	}
}

/* Task "a" has its dev rows from a share, "f" from a file. Rows: those of `rows_of`. */
static void put_rows_of(const char *name, const char *lr, int system, int split, int rows_of,
			int seed)
{
	struct evaluation e[2];
	char text[700];
	struct store *s;

	snprintf(text, sizeof text, "{\"tutti\": 1, \"seed\": %d, \"split\": %d, "
		 "\"optimizer\": {\"lr\": %s}, \"tasks\": {\"a\": {\"kind\": \"classify\", "
		 "\"train\": \"/a.tsv\", \"dev_share\": 0.25, \"labels\": [\"no\", \"yes\"], "
		 "\"metrics\": [\"accuracy\"]}, \"f\": {\"kind\": \"classify\", \"train\": "
		 "\"/f.tsv\", \"dev\": \"/g.tsv\", \"labels\": [\"no\", \"yes\"], \"metrics\": "
		 "[\"accuracy\"]}}, \"budget\": {\"steps\": 10}}", seed, split, lr);
	s = plan_run_new(name, text);
	for (int k = 0; k < 2; k++)
		put_task(&e[k], k, system, rows_of, seed);
	assert_int_equal(store_evaluation(s, NULL, e, 2, 0, NULL), ST_OK);
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < ROWS; i++) {
			prediction_release(&e[k].kept[i]);
			xfree(e[k].dev_rows[i].text);
		}
		xfree(e[k].kept);
		xfree(e[k].dev_rows);
	}
	store_close(s);
}

static void put_run(const char *name, const char *lr, int system, int split, int seed)
{
	put_rows_of(name, lr, system, split, split, seed);
}

static int make(void **state)
{
	char name[40];

	if (scratch_make_cache(state) || mkdir(in_scratch("runs"), 0700))
		return -1;
	for (int system = 0; system < 2; system++)
		for (int d = 0; d < SPLITS; d++)
			for (int s = 1; s <= SEEDS; s++) {
				snprintf(name, sizeof name, "%s-d%d-s%d", system ? "good" : "bad",
					 d, s);
				put_run(name, system ? "0.002" : "0.001", system, d, s);
			}
	return 0;
}

/* The runs of both systems up to these splits, mixed. */
static int paths(const char **out, int splits_bad, int splits_good)
{
	char name[40];
	int n = 0;

	for (int s = SEEDS; s >= 1; s--)
		for (int d = 0; d < SPLITS; d++)
			for (int system = 0; system < 2; system++) {
				if (d >= (system ? splits_good : splits_bad))
					continue;
				snprintf(name, sizeof name, "%s-d%d-s%d", system ? "good" : "bad",
					 d, s);
				out[n++] = run_path(name);
			}
	return n;
}

static double plain(int system, int split, int seed)
{
	int right = 0;

	for (int i = 0; i < ROWS; i++)
		right += is_right(system, split, seed, i);
	return (double)right / ROWS;
}

static struct compare_options options(void)
{
	return (struct compare_options){ .step = COMPARE_NEWEST, .draws = 100, .level = .95,
					 .seed = 1 };
}

static void near(double x, double wanted)
{
	if (!(fabs(x - wanted) <= 1e-12))
		fail_msg("%.17g, not %.17g", x, wanted);
}

static void test_values(void **state)
{
	const char *path[2 * SPLITS * SEEDS];
	int n = paths(path, SPLITS, SPLITS);
	struct compare_options o = options();
	double x[2][SPLITS], d[SPLITS], least = 1, most = 0;
	const struct compared_measure *m;
	struct difference want;
	struct err err = { "" };
	struct comparison c;
	struct buf words;

	(void)state;
	if (compare_runs(n, path, &o, NULL, &c, &err))
		fail_msg("%s", err.text);
	assert_true(c.n_systems == 2 && c.n_splits == SPLITS && c.n_measures == 1);
	m = &c.measure[0];
	assert_true(m->n_rows == SPLITS * ROWS && m->n_pairs == 1);
	assert_string_equal(c.system[0].name, "bad");
	for (int k = 0; k < SPLITS; k++) {
		for (int y = 0; y < 2; y++)
			x[y][k] = (plain(y, k, 1) + plain(y, k, 2)) / 2;
		d[k] = x[0][k] - x[1][k];
		for (int s = 1; s <= SEEDS; s++) {
			least = fmin(least, plain(0, k, s));
			most = fmax(most, plain(0, k, s));
		}
	}
	significance_splits(x[0], SPLITS, .25, .95, &want);
	near(m->value[0].value.value, want.value);
	near(m->value[0].value.low, want.low);
	near(m->value[0].least, least);
	near(m->value[0].most, most);
	significance_splits(d, SPLITS, .25, .95, &want);
	assert_true(want.value < 0 && want.low < want.high);
	near(m->pair[0].boot.value, want.value);
	near(m->pair[0].boot.high, want.high);
	near(m->pair[0].p, want.p);
	near(m->pair[0].holm, want.p);
	assert_true(isnan(m->pair[0].swap.p) && !m->pair[0].has_mcnemar);
	assert_true(m->pair[0].power.differing > 0 && !m->pair[0].power.too_few);
	assert_non_null(strstr(buf_str(&c.notes), "task 'f' is left out: its dev rows are those "
			       "of a file"));
	buf_init(&words);
	compare_cautions(&c, &words);
	assert_non_null(strstr(buf_str(&words), "3 splits: they have training rows in common"));
	buf_release(&words);
	comparison_release(&c);
}

static void refused(int n, const char **path, const struct compare_options *o,
		    const char *why)
{
	struct err err = { "" };
	struct comparison c;

	assert_int_equal(compare_runs(n, path, o, NULL, &c, &err), ST_INVALID);
	if (!strstr(err.text, why))
		fail_msg("said: %s", err.text);
	comparison_release(&c);
}

static void test_refused(void **state)
{
	const char *path[2 * SPLITS * SEEDS + 1];
	struct compare_options o = options();
	int n = paths(path, SPLITS, 2);

	(void)state;
	refused(n, path, &o, "'bad' is there on splits 0, 1, 2 and 'good' on 0, 1: rows of other "
		"splits are no pairs; name runs of the splits that both have");
	n = paths(path, SPLITS, SPLITS);
	put_run("again", "0.001", 0, 1, 1);
	path[n] = run_path("again");
	refused(n + 1, path, &o, "are one system with one seed, 1");
	/* a row of one split that the other system was asked otherwise */
	n = paths(path, SPLITS, SPLITS);
	put_rows_of("odd-d1-s9", "0.002", 1, 1, 2, 9);
	path[n] = run_path("odd-d1-s9");
	refused(n + 1, path, &o, "were not asked the same: task 'a'");
}

/* Runs of one split each are compared row by row, as ever. */
static void test_one_split(void **state)
{
	const char *path[] = { run_path("bad-d1-s1"), run_path("good-d1-s1") };
	struct compare_options o = options();
	struct err err = { "" };
	struct comparison c;

	(void)state;
	assert_int_equal(compare_runs(2, path, &o, NULL, &c, &err), ST_OK);
	assert_true(!c.n_splits && c.n_measures == 2 && !isnan(c.measure[0].pair[0].swap.p));
	assert_int_equal(c.run[0].split, 1);
	comparison_release(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_one_split),
	};

	return cmocka_run_group_tests_name("compare, splits", tests, make, scratch_remove);
}
