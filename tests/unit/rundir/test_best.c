/*
 * test_best.c - the score of an evaluation by the plan's rule, and the rule's words.
 */
#include "fixture/engine_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "rundir/best.h"

static struct evaluation rows[3];

static void put(int task, const char *metric, double value, const char *other,
		double more, double loss)
{
	struct eval_row *r = &rows[task].row;

	*r = (struct eval_row){ .task = task, .loss = loss, .n_metrics = 2 };
	str_copy(r->metric[0].name, 16, metric);
	r->metric[0].value = value;
	str_copy(r->metric[1].name, 16, other);
	r->metric[1].value = more;
}

static struct score_row score_by(const char *rule, const struct mix *m)
{
	struct plan *p = fixture_plan(&rule, 1);
	struct score_row r = { 0 };

	best_score(p, best_counted(p, m), rows, 3, &r);
	plan_free(p);
	return r;
}

static void test_score(void **state)
{
	struct mix m;
	struct score_row r;

	(void)state;
	mix_init(&m, 3);
	put(0, "accuracy", .5, "f1", .9, 1);
	put(1, "pearson", -.2, "spearman", .1, 3);
	put(2, "rouge1", .3, "rouge2", .2, 5);
	r = score_by("best=mean", &m); /* of the first metrics */
	assert_true(r.counted == 7 && fabs(r.score - .2) < 1e-15 && r.loss == 3);
	m.ch[1].muted = true;
	r = score_by("best=mean", &m);
	assert_true(r.counted == 5 && fabs(r.score - .4) < 1e-15 && r.loss == 3);
	m.ch[0].solo = true; /* the others are as if muted */
	r = score_by("best=mean", &m);
	assert_true(r.counted == 1 && r.score == .5 && r.loss == 1);
	r = score_by("best=sum.rouge2", &m); /* its own rule, heard or not */
	assert_true(r.counted == 4 && r.score == .2 && r.loss == 5);
	r = score_by("best=count.loss", &m); /* turned: lower is better */
	assert_true(r.counted == 2 && r.score == -3);
	m.ch[0].solo = m.ch[1].muted = false;
	put(1, "pearson", NAN, "spearman", NAN, 3); /* a constant: no correlation */
	r = score_by("best=mean", &m);
	assert_true(r.counted == 7 && fabs(r.score - .8 / 3) < 1e-15);
	for (int i = 0; i < 3; i++)
		m.ch[i].muted = true;
	r = score_by("best=mean", &m);
	assert_true(r.counted == 0 && isnan(r.score));
}

/* Of a perplexity the lower one is the better score; without a value there is none. */
static void test_turned(void **state)
{
	const char *sets[] = { "tasks.sum.metrics=[\"perplexity\",\"rouge1\"]", "best=mean" };
	struct plan *p = fixture_plan(sets, 2);
	struct score_row r = { 0 };
	struct mix m;

	(void)state;
	mix_init(&m, 3);
	put(0, "accuracy", .5, "f1", .9, 1);
	put(1, "pearson", .2, "spearman", .1, 3);
	put(2, "perplexity", 4, "rouge1", .2, 5);
	best_score(p, 4, rows, 3, &r);
	assert_true(r.score == -4);
	best_score(p, best_counted(p, &m), rows, 3, &r);
	assert_true(fabs(r.score - (.5 + .2 - 4) / 3) < 1e-15);
	put(2, "perplexity", 3, "rouge1", .2, 5);
	best_score(p, 4, rows, 3, &r);
	assert_true(r.score == -3);
	put(2, "perplexity", INFINITY, "rouge1", .2, INFINITY);
	best_score(p, 4, rows, 3, &r);
	assert_true(isnan(r.score));
	plan_free(p);
}

/* A task without dev rows has no part in it. */
static void test_without_dev(void **state)
{
	struct plan *p = fixture_plan(NULL, 0);
	struct mix m;
	char names[64];

	(void)state;
	mix_init(&m, 3);
	p->tasks[1].dev[0] = '\0';
	assert_true(best_counted(p, &m) == 5);
	best_names(p, 5, names, sizeof names);
	assert_string_equal(names, "mood, sum");
	best_names(p, 0, names, sizeof names);
	assert_string_equal(names, "no task");
	plan_free(p);
}

static void refused(const char *set, const char *words)
{
	struct plan *p = NULL;
	struct err err = { "" };

	assert_int_equal(plan_parse(fixture_plan_text, strlen(fixture_plan_text),
				    "plan.json", fixture_dir, &set, 1, &p, &err),
			 ST_INVALID);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_rule_words(void **state)
{
	(void)state;
	refused("best=mood", "neither 'mean' nor TASK.METRIC");
	refused("best=moody.accuracy", "no task 'moody'");
	refused("best=mood.rouge1", "no metric 'rouge1' (there is: accuracy, loss)");
	refused("best=mood.", "no metric ''");
	refused("best=.loss", "no task ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_without_dev),
		cmocka_unit_test(test_rule_words),
	};

	return cmocka_run_group_tests_name("best", tests, fixture_make, fixture_remove);
}
