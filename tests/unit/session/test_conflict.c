/*
 * test_conflict.c - how tasks' gradients agree: sketches and Gram matrices against plain
 * passes, in all and by group, in rounds and by hand, without a bit of the run; the rows
 * of a run that was resumed.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "look/conflicts.h"
#include "session/freezing.h"
#include "tensor/sketch.h"
#include "trainer/trainer.h"

enum { N = 3, ROWS_MAX = 64 };
#define ENOUGH "mix.micro_batches=6"

static struct session *make(const char *every, const char *weighting, int workers)
{
	const char *const sets[] = { every, weighting, ENOUGH };

	return fixture_session(sets, 3, workers);
}

static double inner_of_group(const struct session *s, const double *a, const double *b,
			     int group)
{
	double sum = 0;

	for (int p = 0; p < s->params.n; p++) {
		size_t at = s->params.p[p].offset;

		if (s->params.p[p].owner != PARAM_SHARED || freezing_layer(s, p) + 1 != group)
			continue;
		for (size_t i = 0; i < param_count(&s->params, p); i++)
			sum += a[at + i] * b[at + i];
	}
	return sum;
}

/* --- against plain passes --- */

static void check_pair(const struct session *s, const struct conflict_row *r,
		       double *const *sum, int i, int k, double most, double *worst)
{
	const double *a = sum[r->task[i]], *b = sum[r->task[k]];
	double lengths = sqrt(shared_inner(&s->params, a, a) * shared_inner(&s->params, b, b));
	double off = conflict_cosine(r, i, k, CONFLICT_ALL) -
		     shared_inner(&s->params, a, b) / lengths;

	assert_true(fabs(off) < most);
	*worst = fabs(off) > *worst ? fabs(off) : *worst;
	for (int g = 0; g < r->groups; g++) {
		double in = inner_of_group(s, a, b, g);
		double here = sqrt(inner_of_group(s, a, a, g) * inner_of_group(s, b, b, g));

		assert_true(fabs(conflict_cosine(r, i, k, g) - in / here) < most);
		assert_true(fabs(conflict_part(r, i, k, g) - in / lengths) < most);
	}
}

/* Returns how far the worst pair was off. */
static double check_steps(const char *weighting, bool is_exact, double most)
{
	struct session *s = make("mix.gradients_every=1", weighting, 2);
	struct session *at = make("mix.gradients_every=1", weighting, 1);
	double worst = 0;

	for (int step = 0; step < 8; step++) {
		struct step_report r;
		double *sum[N];
		int m[N];

		memcpy(at->params.value, s->params.value,
		       s->params.size * sizeof *s->params.value);
		session_pack(at);
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_non_null(r.conflict);
		assert_int_equal(r.conflict->is_exact, is_exact);
		assert_int_equal(r.conflict->n, N); /* six micro-batches draw all three */
		assert_int_equal(r.conflict->from, s->step);
		assert_int_equal(r.conflict->groups, task_sums_groups(s));
		for (int i = 0; i < N; i++)
			sum[i] = task_gradient(s, at, i, &m[i]);
		for (int i = 0; i < N; i++) {
			double norm = sqrt(shared_inner(&s->params, sum[i], sum[i])) / m[i];

			assert_true(fabs(conflict_norm(r.conflict, i, CONFLICT_ALL) - norm) <
				    most * norm);
			for (int k = 0; k < i; k++)
				check_pair(s, r.conflict, sum, i, k, most, &worst);
		}
		for (int i = 0; i < N; i++)
			xfree(sum[i]);
	}
	session_free(s);
	session_free(at);
	return worst;
}

static void test_sketches(void **state)
{
	(void)state;
	assert_true(check_steps("mix.weighting=fixed", false, 5 * SKETCH_ERROR) > 1e-6);
}

static void test_gram(void **state)
{
	(void)state;
	check_steps("mix.weighting=upgrad", true, 1e-5);
	check_steps("mix.weighting=gradnorm", true, 1e-5);
	check_steps("mix.weighting=cagrad", true, 1e-5);
}

/* --- no bit --- */

struct seen {
	int n;
	struct conflict_row *row[ROWS_MAX];
};

static void see(struct seen *out, const struct conflict_row *r)
{
	assert_true(out->n < ROWS_MAX);
	if (r && r->n)
		out->row[out->n++] = conflict_row_new(r);
}

static void forget(struct seen *s)
{
	for (int i = 0; i < s->n; i++)
		xfree(s->row[i]);
	s->n = 0;
}

static void same_rows(const struct seen *a, const struct seen *b)
{
	assert_int_equal(a->n, b->n);
	for (int i = 0; i < a->n; i++) {
		const struct conflict_row *x = a->row[i], *y = b->row[i];
		size_t groups = (size_t)x->groups, n = (size_t)x->n;

		assert_int_equal(x->step, y->step);
		assert_int_equal(x->from, y->from);
		assert_int_equal(x->scheduled, y->scheduled);
		assert_int_equal(x->is_exact, y->is_exact);
		assert_int_equal(x->n, y->n);
		assert_int_equal(x->groups, y->groups);
		assert_memory_equal(x->task, y->task, n);
		assert_memory_equal(x->norm, y->norm, groups * n * sizeof(float));
		assert_memory_equal(x->cosine, y->cosine,
				    groups * conflict_pairs(x->n) * sizeof(float));
	}
}

static void run(struct session *s, int steps, struct seen *out)
{
	struct step_report r;

	for (int i = 0; i < steps; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		see(out, r.conflict);
	}
}

static void check_bits(const char *weighting)
{
	static const char *const every[] = { "mix.gradients_every=0", "mix.gradients_every=1",
					     "mix.gradients_every=7" };
	char first[40], other[40];

	for (int i = 0; i < 3; i++) {
		struct seen one = { 0 };

		for (int workers = 1; workers <= 4; workers *= 2) {
			struct session *s = make(every[i], weighting, workers);
			bool is_first = !i && workers == 1;
			struct seen now = { 0 };

			run(s, 15, &now);
			session_state(s, is_first ? first : other);
			if (!is_first)
				assert_string_equal(first, other);
			if (workers == 1) {
				one = now;
				assert_true(i ? one.n >= 2 : one.n == 0);
			} else {
				same_rows(&one, &now);
				forget(&now);
			}
			session_free(s);
		}
		forget(&one);
	}
}

static void test_no_bit(void **state)
{
	(void)state;
	check_bits("mix.weighting=fixed");
	check_bits("mix.weighting=pcgrad");
}

/* --- when --- */

/* Two micro-batches a step, three tasks: a window is as long as it takes to meet all. */
static void test_rounds(void **state)
{
	const char *const sets[] = { "mix.gradients_every=10", "mix.micro_batches=2" };
	struct session *s = fixture_session(sets, 2, 2);
	struct seen seen = { 0 };

	(void)state;
	run(s, 30, &seen);
	assert_int_equal(seen.n, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(seen.row[i]->n, N);
		assert_int_equal(seen.row[i]->from, 10 * i + 1);
		assert_true(seen.row[i]->step > seen.row[i]->from);
		assert_true(seen.row[i]->step <= 10 * (i + 1));
		assert_true(seen.row[i]->scheduled);
	}
	forget(&seen);
	s->mix.ch[1].muted = true; /* nobody waits for it */
	run(s, 10, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.row[0]->n, N - 1);
	forget(&seen);
	gradients_set_every(s, 0);
	run(s, 30, &seen);
	assert_int_equal(seen.n, 0);
	gradients_ask(s);
	run(s, 10, &seen);
	assert_int_equal(seen.n, 1);
	assert_false(seen.row[0]->scheduled);
	forget(&seen);
	session_free(s);
}

static void test_frozen(void **state)
{
	struct session *s = make("mix.gradients_every=1", "mix.weighting=fixed", 2);
	struct seen seen = { 0 };

	(void)state;
	fixture_command(s, "freeze trunk on");
	run(s, 3, &seen);
	assert_int_equal(seen.n, 0);
	fixture_command(s, "freeze trunk off");
	fixture_command(s, "freeze embeddings on");
	run(s, 1, &seen);
	assert_int_equal(seen.n, 1); /* a group without a gradient has no cosine */
	assert_true(isnan(conflict_cosine(seen.row[0], 1, 0, 0)));
	assert_true(isfinite(conflict_cosine(seen.row[0], 1, 0, 1)));
	assert_true(isfinite(conflict_cosine(seen.row[0], 1, 0, CONFLICT_ALL)));
	forget(&seen);
	session_free(s);
}

/* --- in a run --- */

static void add_row(void *arg, const struct conflict_row *r)
{
	see(arg, r);
}

static void train(const char *name, int64_t steps, bool resumes, const char *script,
		  struct seen *out, struct snapshot *snap)
{
	const char *sets[] = { "mix.gradients_every=7", ENOUGH };
	char runs[PATH_MAX], path[PATH_MAX + 32];
	struct trainer_options o = { .runs = runs, .run = name, .steps = steps,
				     .given = fixture_plan_text, .workers = 2 };
	struct trainer *t = NULL;
	struct store *s = NULL;
	struct err err = { "" };

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(path, sizeof path, "%s/%s", runs, name);
	assert_int_equal(file_mkdirs(runs, 0700, NULL), ST_OK);
	if (resumes)
		o = (struct trainer_options){ .resume = path, .steps = steps };
	else
		o.plan = fixture_plan(sets, 2);
	o.script = script;
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(trainer_join(t, NULL), ST_OK);
	snapshot_release(snap);
	trainer_snapshot(t, snap);
	trainer_free(t);
	str_format(path, sizeof path, "%s/%s/run.db", runs, name);
	assert_int_equal(store_open_readonly(path, &s, NULL), ST_OK);
	forget(out);
	assert_int_equal(store_conflicts_read(s, 1, INT64_MAX, add_row, out, NULL), ST_OK);
	store_close(s);
}

static void same_figures(const struct snapshot *a, const struct snapshot *b)
{
	for (int i = 0; i < N; i++) {
		assert_true(a->ch[i].along == b->ch[i].along && isfinite(a->ch[i].along));
		for (int k = 0; k < i; k++)
			assert_true(conflicts_mean(&a->conflicts, i, k, CONFLICT_ALL) ==
				    conflicts_mean(&b->conflicts, i, k, CONFLICT_ALL));
	}
}

/* Stopped and resumed: the same rows, and the same picture. */
static void test_resumed(void **state)
{
	struct seen whole = { 0 }, parts = { 0 };
	struct snapshot one, other;
	double sum = 0;

	(void)state;
	snapshot_init(&one);
	snapshot_init(&other);
	train("c0", 40, false, NULL, &whole, &one);
	assert_int_equal(whole.n, 6);
	for (int i = 0; i < N; i++)
		sum += one.ch[i].along;
	assert_true(fabs(sum - 1) < 1e-9);
	train("c1", 8, false, NULL, &parts, &other);
	train("c1", 21, true, NULL, &parts, &other);
	train("c1", 40, true, NULL, &parts, &other);
	same_rows(&whole, &parts);
	same_figures(&one, &other);
	assert_string_equal(one.state, other.state);
	forget(&whole);
	forget(&parts);
	snapshot_release(&one);
	snapshot_release(&other);
}

/* `measure` is journaled, counts when the run goes on, and is no state. */
static void test_measure(void **state)
{
	static const char script[] = "10 measure 0\n30 measure 3\n";
	struct seen whole = { 0 }, parts = { 0 };
	struct snapshot plain, one, other;

	(void)state;
	snapshot_init(&plain);
	snapshot_init(&one);
	snapshot_init(&other);
	train("m0", 40, false, NULL, &whole, &plain);
	train("m1", 40, false, script, &whole, &one);
	assert_string_equal(one.state, plain.state);
	assert_int_equal(one.gradients_every, 3);
	assert_int_equal(whole.n, 2 + 4);
	assert_int_equal(whole.row[1]->step, 8);
	assert_int_equal(whole.row[2]->step, 31);
	train("m2", 20, false, script, &parts, &other);
	assert_int_equal(other.gradients_every, 0);
	train("m2", 25, true, script, &parts, &other);
	assert_int_equal(other.gradients_every, 0);
	train("m2", 40, true, script, &parts, &other);
	same_rows(&whole, &parts);
	assert_string_equal(one.state, other.state);
	forget(&whole);
	forget(&parts);
	snapshot_release(&plain);
	snapshot_release(&one);
	snapshot_release(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sketches),
		cmocka_unit_test(test_gram),
		cmocka_unit_test(test_no_bit),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_measure),
	};

	return cmocka_run_group_tests_name("conflict", tests, fixture_make, fixture_remove);
}
