/*
 * test_compare.c - which predictions are compared, what is refused and in which words,
 * what is left out, and that values and tests are those of significance.h.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "ask/ask_summarize.h"
#include "fixture/plan_run.h"
#include "look/compare.h"
#include "store/store.h"

enum { ROWS = 60 };

static const char two_labels[] = "\"labels\": [\"no\", \"yes\"]";

static int make(void **state)
{
	if (scratch_make_cache(state))
		return -1;
	return mkdir(in_scratch("runs"), 0700);
}

static const char *run_path(const char *name)
{
	static char path[16][300];
	static int next;
	char *p = path[next++ & 15];

	snprintf(p, sizeof path[0], "%s/runs/%s", scratch, name);
	return p;
}

/* A run's folder whose plan has these tasks. */
static struct store *new_run(const char *name, int seed, const char *more, const char *tasks)
{
	char text[900];

	snprintf(text, sizeof text, "{\"tutti\": 1, \"seed\": %d, %s \"tasks\": {%s}, "
		 "\"budget\": {\"steps\": 10}}", seed, more, tasks);
	return plan_run_new(name, text);
}

static struct store *new_classify(const char *name, int seed, const char *more)
{
	char tasks[300];

	snprintf(tasks, sizeof tasks, "\"a\": {\"kind\": \"classify\", \"train\": \"/a.tsv\", "
		 "%s, \"metrics\": [\"accuracy\", \"f1\"]}", two_labels);
	return new_run(name, seed, more, tasks);
}

static int gold_of(int i)
{
	return i % 3 == 0;
}

/* Right but on every `wrong`-th row, from `from` on. */
static int said_of(int i, int wrong, int from)
{
	return (i - from) % wrong == 0 ? !gold_of(i) : gold_of(i);
}

enum odd { PLAIN, ODD_TEXT, ODD_TARGET, SWAPPED };

static void row_text(int i, enum odd odd, struct dev_row *d)
{
	char text[40];

	snprintf(text, sizeof text, "row %d%s", i, odd == ODD_TEXT && i == 41 ? "!" : "");
	*d = (struct dev_row){ .row = i, .line = i + 2, .text = xstrdup(text) };
}

/* An evaluation of task 0 at `step`, of its first `n` rows; kind as eval_row_sort has it. */
static void put_labels(struct store *s, int64_t step, int kind, int n, int wrong, int from,
		       enum odd odd)
{
	struct evaluation e = { .row = { .step = step, .n_examples = n,
					 .scheduled = kind == 1, .is_whole = kind == 2 },
				.n_kept = n };

	e.kept = xcalloc((size_t)n, sizeof *e.kept);
	e.dev_rows = xcalloc((size_t)n, sizeof *e.dev_rows);
	for (int i = 0; i < n; i++) {
		int gold = gold_of(i), said = said_of(i, wrong, from);

		if (odd == ODD_TARGET && i == 17)
			gold = !gold;
		if (odd == SWAPPED) { /* the plan has its labels the other way round */
			gold = !gold;
			said = !said;
		}
		e.kept[i].row = i;
		label_set(&e.kept[i], gold, said, NULL, 0);
		row_text(i, odd, &e.dev_rows[i]);
	}
	assert_int_equal(store_evaluation(s, NULL, &e, 1, 0, NULL), ST_OK);
	for (int i = 0; i < n; i++) {
		prediction_release(&e.kept[i]);
		xfree(e.dev_rows[i].text);
	}
	xfree(e.kept);
	xfree(e.dev_rows);
}

static void whole(const char *name, int seed, const char *more, int wrong, int from,
		  enum odd odd)
{
	struct store *s = new_classify(name, seed, more);

	put_labels(s, 5, 2, ROWS, wrong, from, odd);
	store_close(s);
}

static struct compare_options options(void)
{
	return (struct compare_options){ .step = COMPARE_NEWEST, .only_kept = true,
					 .draws = 300, .level = .95, .seed = 1 };
}

static enum status compare(const struct compare_options *o, int n, const char *const *name,
			   struct comparison *c, struct err *err)
{
	const char *path[16];

	for (int i = 0; i < n; i++)
		path[i] = run_path(name[i]);
	return compare_runs(n, path, o, NULL, c, err);
}

static void refused(const struct compare_options *o, int n, const char *const *name,
		    enum status want, const char *words)
{
	struct comparison c;
	struct err err = { "" };

	assert_int_equal(compare(o, n, name, &c, &err), want);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not said: '%s'", words, err.text);
	comparison_release(&c);
}
#define NAMES(...) (const char *const[]){ __VA_ARGS__ }

static const char lr[] = "\"optimizer\": {\"lr\": 0.5},";

static void make_runs(void)
{
	struct store *s;

	whole("good-s1", 1, "", 7, 0, PLAIN);
	whole("good-s2", 2, "", 8, 0, PLAIN);
	whole("bad-s1", 1, lr, 3, 1, PLAIN);
	whole("bad-s2", 2, lr, 4, 1, PLAIN);
	whole("good-again", 1, "", 7, 0, PLAIN);
	whole("text", 3, lr, 3, 0, ODD_TEXT);
	whole("target", 4, lr, 3, 0, ODD_TARGET);
	s = new_classify("short", 5, lr);
	put_labels(s, 5, 2, ROWS - 3, 7, 0, PLAIN);
	store_close(s);
	s = new_classify("sample", 6, lr); /* of some rows, and of which ones nobody knows */
	put_labels(s, 5, 1, 20, 7, 0, PLAIN);
	store_close(s);
}

static void test_refusals(void **state)
{
	struct compare_options o = options();

	(void)state;
	make_runs();
	refused(&o, 2, NAMES("good-s1", "text"), ST_INVALID,
		"'good-s1' and 'text' were not asked the same: task 'a', dev row 41 (line 43) "
		"has another text");
	refused(&o, 2, NAMES("good-s1", "target"), ST_INVALID,
		"dev row 17 (line 19) has another right answer");
	refused(&o, 2, NAMES("good-s1", "short"), ST_INVALID,
		"task 'a' has 60 dev rows and 57; dev row 57 is the first that one alone has");
	refused(&o, 2, NAMES("good-s1", "good-s1"), ST_INVALID, "'good-s1' is named twice");
	refused(&o, 2, NAMES("good-s1", "good-again"), ST_INVALID,
		"'good-s1' and 'good-again' are one system with one seed, 1");
	refused(&o, 2, NAMES("good-s1", "sample"), ST_NOT_FOUND,
		"run 'sample' keeps no predictions of all dev rows; 'tutti compare' makes them");
	o.only_kept = false;
	refused(&o, 2, NAMES("good-s1", "sample"), ST_NOT_FOUND,
		"no checkpoint that could make them: 'tutti train");
	o.step = COMPARE_BEST;
	refused(&o, 1, NAMES("good-s1"), ST_NOT_FOUND, "no checkpoint");
	o = options();
	o.baseline = "ugly";
	refused(&o, 2, NAMES("good-s1", "bad-s1"), ST_INVALID,
		"no system 'ugly'; there are: good-s1 bad-s1");
	o = options();
	o.task = "b";
	refused(&o, 1, NAMES("good-s1"), ST_INVALID, "no task 'b' in these runs; there are: a");
	o = options();
	o.metric = "pearson";
	refused(&o, 1, NAMES("good-s1"), ST_INVALID, "no run measures a task by 'pearson'");
	refused(&o, 1, NAMES("nobody"), ST_NOT_FOUND, "nobody");
}

/* The figures are those of significance.h on what was put in. */
static void test_values(void **state)
{
	struct compare_options o = options();
	double right[4][ROWS], p[2];
	const double *of[4] = { right[0], right[1], right[2], right[3] };
	struct answers_of good = { 2, of }, bad = { 2, of + 2 };
	struct paired_sample s = { .metric = METRIC_ACCURACY, .n_rows = ROWS };
	struct resampling how = { .level = .95, .draws = 300, .seed = 1 };
	static const int wrong[4] = { 7, 8, 3, 4 };
	struct difference d;
	struct randomization r;
	struct interval v;
	struct comparison c, again;
	struct err err = { "" };

	(void)state;
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < ROWS; i++)
			right[k][i] = said_of(i, wrong[k], k / 2) == gold_of(i);
	assert_int_equal(compare(&o, 4, NAMES("bad-s2", "good-s2", "bad-s1", "good-s1"), &c,
				 &err), ST_OK);
	assert_int_equal(c.n_systems, 2);
	assert_string_equal(c.system[0].name, "bad");
	assert_string_equal(c.run[0].name, "bad-s1");
	assert_int_equal(c.run[0].step, 5);
	assert_string_equal(c.system[1].name, "good");
	assert_int_equal(c.n_measures, 2);
	assert_int_equal(c.measure[0].metric, METRIC_ACCURACY);
	significance_interval(&s, &good, &how, &v);
	assert_true(c.measure[0].value[1].value.value == v.value);
	assert_true(c.measure[0].value[1].value.low == v.low);
	assert_true(c.measure[0].value[1].value.high == v.high);
	assert_true(c.measure[0].value[1].least == 51.0 / 60);
	assert_true(c.measure[0].value[1].most == 52.0 / 60);
	significance_bootstrap(&s, &bad, &good, &how, &d);
	significance_randomization(&s, &bad, &good, &how, &r);
	assert_true(c.measure[0].pair[0].boot.value == d.value && d.value < -.1);
	assert_true(c.measure[0].pair[0].boot.p == d.p);
	assert_true(c.measure[0].pair[0].swap.p == r.p);
	assert_true(c.measure[0].pair[0].p == (d.p > r.p ? d.p : r.p));
	assert_false(c.measure[0].pair[0].has_mcnemar);
	assert_int_equal(c.n_family, 2);
	p[0] = c.measure[0].pair[0].p;
	p[1] = c.measure[1].pair[0].p;
	holm(p, 2, p);
	assert_true(c.measure[0].pair[0].holm == p[0]);
	assert_true(c.measure[1].pair[0].holm == p[1]);
	assert_int_equal(compare(&o, 4, NAMES("bad-s2", "good-s2", "bad-s1", "good-s1"),
				 &again, &err), ST_OK);
	assert_true(c.measure[1].pair[0].boot.low == again.measure[1].pair[0].boot.low);
	assert_true(c.measure[1].pair[0].swap.p == again.measure[1].pair[0].swap.p);
	comparison_release(&again);
	comparison_release(&c);
}

static void test_pairs(void **state)
{
	struct compare_options o = options();
	struct comparison c;
	struct err err = { "" };
	struct buf words;

	(void)state;
	o.each = true;
	o.metric = "accuracy";
	o.baseline = "good-s2";
	assert_int_equal(compare(&o, 3, NAMES("good-s1", "good-s2", "bad-s1"), &c, &err),
			 ST_OK);
	assert_int_equal(c.n_measures, 1);
	assert_int_equal(c.measure[0].n_pairs, 2);
	assert_int_equal(c.measure[0].pair[0].a, 0);
	assert_int_equal(c.measure[0].pair[0].b, 1);
	assert_int_equal(c.measure[0].pair[1].a, 2);
	assert_int_equal(c.measure[0].pair[1].b, 1);
	assert_true(c.measure[0].pair[1].has_mcnemar); /* 20 wrong against 8, on 16 and 40 both */
	assert_int_equal(c.measure[0].pair[1].mcnemar.only_a, 6);
	assert_int_equal(c.measure[0].pair[1].mcnemar.only_b, 18);
	buf_init(&words);
	compare_cautions(&c, &words);
	assert_non_null(strstr(buf_str(&words), "differences between seeds are not known"));
	buf_release(&words);
	comparison_release(&c);
	o.each = false;
	o.baseline = "good-s2"; /* a run names its system, too */
	assert_int_equal(compare(&o, 3, NAMES("good-s1", "good-s2", "bad-s1"), &c, &err),
			 ST_OK);
	assert_int_equal(c.measure[0].n_pairs, 1);
	assert_int_equal(c.measure[0].pair[0].b, 0);
	comparison_release(&c);
}

/* Labels go by name, whichever order a plan has them in. */
static void test_labels(void **state)
{
	struct compare_options o = options();
	struct comparison c;
	struct store *s;
	struct err err = { "" };

	(void)state;
	s = new_run("swapped", 1, lr, "\"a\": {\"kind\": \"classify\", \"train\": \"/a.tsv\", "
		    "\"labels\": [\"yes\", \"no\"], \"metrics\": [\"accuracy\", \"f1\"]}");
	put_labels(s, 5, 2, ROWS, 7, 0, SWAPPED);
	store_close(s);
	o.baseline = "good-s1";
	assert_int_equal(compare(&o, 2, NAMES("good-s1", "swapped"), &c, &err), ST_OK);
	for (int m = 0; m < 2; m++) /* the same answers by another number */
		assert_true(c.measure[m].pair[0].boot.value == 0);
	assert_int_equal(c.measure[0].pair[0].mcnemar.only_a, 0);
	comparison_release(&c);

	s = new_run("others", 1, lr, "\"a\": {\"kind\": \"classify\", \"train\": \"/a.tsv\", "
		    "\"labels\": [\"no\", \"maybe\", \"yes\"]}");
	put_labels(s, 5, 2, ROWS, 7, 0, PLAIN);
	store_close(s);
	o = options();
	refused(&o, 2, NAMES("good-s1", "others"), ST_INVALID,
		"task 'a' is measured by accuracy, f1 in 'good-s1' and by accuracy in 'others': "
		"--metric names one that both have");
	o.metric = "accuracy";
	refused(&o, 2, NAMES("good-s1", "others"), ST_INVALID, "has another right answer");
	s = new_run("kind", 1, lr, "\"a\": {\"kind\": \"regress\", \"train\": \"/a.tsv\"}");
	put_labels(s, 5, 2, ROWS, 7, 0, PLAIN);
	store_close(s);
	o = options();
	refused(&o, 2, NAMES("good-s1", "kind"), ST_INVALID,
		"task 'a' is classify in 'good-s1' and regress in 'kind'");
}

/* --- which evaluation --- */

static int64_t step_of(const char *name)
{
	struct compare_options o = options();
	struct comparison c;
	struct err err = { "" };
	int64_t step = -1;

	if (!compare(&o, 1, NAMES(name), &c, &err))
		step = c.run[0].step;
	comparison_release(&c);
	return step;
}

/* The newest that holds all rows and whose predictions are all there. */
static void test_which(void **state)
{
	struct store *s = new_classify("which", 1, lr);

	(void)state;
	put_labels(s, 10, 1, ROWS, 7, 0, PLAIN);
	assert_int_equal(step_of("which"), -1); /* of all rows? nobody says */
	store_set_fact(s, "data.a.dev", "0123 60 /a.tsv", NULL);
	assert_int_equal(step_of("which"), 10); /* labels are decoded by nobody */
	put_labels(s, 20, 2, ROWS, 7, 0, PLAIN);
	assert_int_equal(step_of("which"), 20);
	put_labels(s, 30, 1, 20, 7, 0, PLAIN); /* a sample */
	assert_int_equal(step_of("which"), 20);
	store_set_fact(s, "imported", "x", NULL);
	store_close(s);
	assert_int_equal(step_of("which"), 30); /* whoever imports says what there is */
}

/* --- other kinds --- */

static void put_both(const char *name, const char *more, const char *tasks, double off)
{
	struct store *s = new_run(name, 1, more, tasks);
	struct prediction p[2][ROWS] = { { { 0 } } };
	struct dev_row d[2][ROWS];
	struct evaluation e[2];

	for (int k = 0; k < 2; k++) {
		e[k] = (struct evaluation){ .row = { .step = 3, .task = k, .is_whole = true,
						     .n_examples = ROWS }, .n_kept = ROWS,
					    .kept = p[k], .dev_rows = d[k] };
		for (int i = 0; i < ROWS; i++) {
			struct rouge r = { .r1 = { .f1 = .5 + off * (i % 2) } };

			p[k][i].row = i;
			row_text(i, PLAIN, &d[k][i]);
			if (k)
				summary_set(&p[k][i], &r);
			else
				number_set(&p[k][i], i, i + off * (i % 5) * (i % 7));
		}
	}
	assert_int_equal(store_evaluation(s, NULL, e, 2, 0, NULL), ST_OK);
	store_close(s);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < ROWS; i++) {
			prediction_release(&p[k][i]);
			xfree(d[k][i].text);
		}
}

static void test_kinds(void **state)
{
	static const char n[] = "\"n\": {\"kind\": \"regress\", \"train\": \"/n.tsv\"}";
	static const char sum[] = "{\"kind\": \"summarize\", \"train\": \"/s.tsv\", "
				  "\"metrics\": [\"rouge1\", \"perplexity\"]}";
	struct compare_options o = options();
	char tasks[400];
	struct comparison c;
	struct err err = { "" };

	(void)state;
	snprintf(tasks, sizeof tasks, "%s, \"s\": %s", n, sum);
	put_both("exact", "", tasks, 0);
	put_both("off", lr, tasks, .25);
	snprintf(tasks, sizeof tasks, "%s, \"other\": %s", n, sum);
	put_both("apart", lr, tasks, .25);
	assert_int_equal(compare(&o, 2, NAMES("exact", "off"), &c, &err), ST_OK);
	assert_int_equal(c.measure[0].metric, METRIC_PEARSON);
	assert_true(fabs(c.measure[0].value[0].value.value - 1) < 1e-12);
	assert_true(c.measure[0].value[1].value.value < 1);
	assert_int_equal(c.measure[c.n_measures - 1].metric, METRIC_ROUGE1);
	assert_true(fabs(c.measure[c.n_measures - 1].pair[0].boot.value + .125) < 1e-12);
	assert_non_null(strstr(buf_str(&c.notes), "perplexity of 's' is left out: 'exact' did not "
			       "keep what its rows count"));
	comparison_release(&c);
	assert_int_equal(compare(&o, 2, NAMES("exact", "apart"), &c, &err), ST_OK);
	assert_non_null(strstr(buf_str(&c.notes),
			       "task 's' is left out: 'exact' alone has it"));
	assert_non_null(strstr(buf_str(&c.notes),
			       "task 'other' is left out: 'apart' alone has it"));
	comparison_release(&c);
	/* it was asked, as every task is, but had learnt nothing */
	snprintf(tasks, sizeof tasks, "%s, \"s\": {\"muted\": true, %s", n, sum + 1);
	put_both("muted", lr, tasks, .25);
	assert_int_equal(compare(&o, 2, NAMES("exact", "muted"), &c, &err), ST_OK);
	for (int i = 0; i < c.n_measures; i++)
		assert_string_equal(c.measure[i].task, "n");
	assert_true(c.n_measures > 0);
	assert_non_null(strstr(buf_str(&c.notes),
			       "task 's' is left out: but for 'exact' it is muted"));
	comparison_release(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("compare", tests, make, scratch_remove);
}
