/*
 * test_gradients.c - norms of the tasks' gradients on the shared parameters:
 * against plain passes of their own, in rounds, without a bit of the run.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "data/batch.h"
#include "look/telemetry.h"
#include "rundir/checkpoint.h"
#include "session/session.h"
#include "session/workers.h"
#include "trainer/trainer.h"

enum { STEPS = 40, ROWS_MAX = 1024 };

static struct session *make(const char *set, int workers)
{
	return fixture_session(&set, set != NULL, workers);
}

static void same_rows(const struct gradient_row *a, const struct gradient_row *b, int n)
{
	for (int i = 0; i < n; i++) {
		assert_int_equal(a[i].step, b[i].step);
		assert_int_equal(a[i].task, b[i].task);
		assert_int_equal(a[i].count, b[i].count);
		assert_int_equal(a[i].scheduled, b[i].scheduled);
		assert_true(a[i].norm == b[i].norm);
	}
}

/* --- against plain passes --- */

/* The norm of the task's mean gradient over the jobs that `s` did last. */
static double plain_norm(struct session *s, struct session *at, int task, int *m)
{
	double *sum = task_gradient(s, at, task, m);
	double square = shared_inner(&at->params, sum, sum);

	xfree(sum);
	return sqrt(square) / (*m ? *m : 1);
}

static void check_step(struct session *s, struct session *at, int *several)
{
	struct step_report r;
	int m;

	memcpy(at->params.value, s->params.value,
	       s->params.size * sizeof *s->params.value);
	session_pack(at);
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.n_gradients > 0);
	for (int i = 0; i < r.n_gradients; i++) {
		const struct gradient_row *g = &r.gradient[i];
		double want = plain_norm(s, at, g->task, &m);

		assert_int_equal(g->step, s->step);
		assert_int_equal(g->count, m);
		assert_true(want > 0);
		assert_true(fabs(g->norm - want) < 1e-5 * want);
		*several += m > 1;
	}
}

static void test_norm(void **state)
{
	static const char *const sets[] = { "mix.gradients_every=1", "model.tied=false" };
	int several = 0;

	(void)state;
	for (int tied = 0; tied < 2; tied++) {
		const char *const both[] = { sets[0], sets[1] };
		struct session *s = NULL, *at;

		assert_int_equal(session_new(fixture_plan(both, 1 + tied), NULL, 2, NULL,
					     &s, NULL), ST_OK);
		session_start_random(s);
		at = NULL;
		assert_int_equal(session_new(fixture_plan(both, 1 + tied), NULL, 1, NULL,
					     &at, NULL), ST_OK);
		session_start_random(at);
		for (int i = 0; i < 12; i++)
			check_step(s, at, &several);
		session_free(s);
		session_free(at);
	}
	assert_true(several > 5); /* means over more than one micro-batch, too */
}

/* The unweighted gradient: the weight shows nowhere, not even 0. */
static void test_weight_does_not_show(void **state)
{
	struct session *a = make(NULL, 1), *b = make(NULL, 1);
	struct step_report ra, rb;

	(void)state;
	b->mix.ch[0].weight = 0;
	b->mix.ch[1].weight = 7;
	assert_int_equal(session_step(a, &ra, NULL), ST_OK);
	assert_int_equal(session_step(b, &rb, NULL), ST_OK);
	assert_true(ra.n_gradients > 1);
	assert_int_equal(ra.n_gradients, rb.n_gradients);
	same_rows(ra.gradient, rb.gradient, ra.n_gradients);
	session_free(a);
	session_free(b);
}

/* --- rounds --- */

static int run(struct session *s, int n, bool asks, struct gradient_row *out)
{
	struct step_report r;
	int rows = 0;

	for (int i = 0; i < n; i++) {
		if (asks && i % 3 == 0)
			gradients_ask(s);
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (int k = 0; k < r.n_gradients; k++)
			if (r.gradient[k].scheduled)
				out[rows++] = r.gradient[k];
		assert_true(rows + MIX_TASKS_MAX < ROWS_MAX);
	}
	return rows;
}

static void test_rounds(void **state)
{
	static struct gradient_row row[ROWS_MAX];
	struct session *s = make("mix.gradients_every=10", 2);
	int n = run(s, STEPS, false, row), seen[4][3] = { { 0 } };

	(void)state;
	for (int i = 0; i < n; i++)
		seen[(row[i].step - 1) / 10][row[i].task]++;
	for (int round = 0; round < 4; round++)
		for (int task = 0; task < 3; task++)
			assert_int_equal(seen[round][task], 1);
	for (int i = 0; i < n; i++) /* at the first steps of the round */
		assert_true((row[i].step - 1) % 10 < 3);
	session_free(s);
}

/* Neither measuring nor asking changes a bit; workers do not show in a norm. */
static void test_no_bit(void **state)
{
	static struct gradient_row row[2][ROWS_MAX];
	static const char *const set[] = { "mix.gradients_every=0",
					   "mix.gradients_every=1",
					   "mix.gradients_every=7" };
	char first[40], other[40];
	int n[2] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int workers = 1; workers <= 4; workers *= 2) {
			struct session *s = make(set[i], workers);
			bool is_first = !i && workers == 1;
			int k = workers > 1;

			n[k] = run(s, STEPS, workers == 2, row[k]);
			session_state(s, is_first ? first : other);
			if (!is_first)
				assert_string_equal(first, other);
			if (k) {
				assert_int_equal(n[0], n[1]);
				same_rows(row[0], row[1], n[0]);
			}
			assert_true(i ? n[k] > 10 : n[k] == 0);
			session_free(s);
		}
}

static void test_asked(void **state)
{
	struct session *s = make("mix.gradients_every=0", 1);
	struct step_report r;
	int seen[3] = { 0 };

	(void)state;
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_int_equal(r.n_gradients, 0);
	gradients_ask(s);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (int k = 0; k < r.n_gradients; k++) {
			assert_false(r.gradient[k].scheduled);
			seen[r.gradient[k].task]++;
		}
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen[i], 1);
	session_free(s);
}

/* What is not finite is no figure; the task is measured when it can be. */
static void test_not_finite(void **state)
{
	struct session *s = make("mix.gradients_every=1000", 1);
	size_t at = s->params.p[0].offset, n = param_count(&s->params, 0);
	float *kept = xcalloc(n, sizeof *kept);
	struct step_report r;
	int rows = 0;

	(void)state;
	memcpy(kept, s->params.value + at, n * sizeof *kept);
	for (size_t i = 0; i < n; i++)
		s->params.value[at + i] = NAN;
	session_pack(s);
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.row.skipped);
	assert_int_equal(r.n_gradients, 0);
	memcpy(s->params.value + at, kept, n * sizeof *kept);
	session_pack(s);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		rows += r.n_gradients;
	}
	assert_int_equal(rows, 3);
	xfree(kept);
	session_free(s);
}

/* --- in a run --- */

static enum status finish(struct trainer *t, struct snapshot *snap)
{
	enum status st = trainer_join(t, NULL);

	if (snap)
		trainer_snapshot(t, snap);
	trainer_free(t);
	return st;
}

static void train(const char *name, int64_t steps, bool resumes, struct snapshot *snap)
{
	const char *set = "mix.gradients_every=7";
	char runs[PATH_MAX], path[PATH_MAX + 8];
	struct trainer_options o = { .runs = runs, .run = name, .steps = steps,
				     .given = fixture_plan_text, .workers = 2 };
	struct trainer *t = NULL;
	struct err err = { "" };

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(path, sizeof path, "%s/%s", runs, name);
	assert_int_equal(file_mkdirs(runs, 0700, NULL), ST_OK);
	if (resumes)
		o = (struct trainer_options){ .resume = path, .steps = steps };
	else
		o.plan = fixture_plan(&set, 1);
	if (trainer_start(&o, &t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(finish(t, snap), ST_OK);
}

struct rows {
	struct gradient_row row[ROWS_MAX];
	int n;
};

static void add_row(void *arg, const struct gradient_row *r)
{
	struct rows *rows = arg;

	assert_true(rows->n < ROWS_MAX);
	rows->row[rows->n++] = *r;
}

static void rows_of(const char *name, struct rows *out)
{
	char path[PATH_MAX + 32];
	struct store *s = NULL;

	out->n = 0;
	str_format(path, sizeof path, "%s/runs/%s/run.db", fixture_dir, name);
	assert_int_equal(store_open_readonly(path, &s, NULL), ST_OK);
	assert_int_equal(store_gradients_read(s, 1, INT64_MAX, add_row, out, NULL), ST_OK);
	store_close(s);
}

/* Stopped in the middle of a round or anywhere: the same rows. */
static void test_resumed(void **state)
{
	static struct rows whole, parts;
	struct snapshot snap;

	(void)state;
	snapshot_init(&snap);
	train("r0", 60, false, &snap);
	rows_of("r0", &whole);
	assert_int_equal(whole.n, 3 * 9);
	for (int i = 0; i < 3; i++) {
		assert_true(snap.ch[i].grad_norm > 0);
		assert_true(snap.ch[i].effective > 0 && snap.ch[i].effective < 1);
		assert_int_equal(snap.ch[i].grad_curve.n, 9);
		assert_true(snap.ch[i].grad_step > 56);
	}
	train("r1", 8, false, NULL);
	train("r1", 29, true, NULL);
	train("r1", 31, true, NULL);
	train("r1", 60, true, &snap);
	assert_int_equal(snap.ch[0].grad_curve.n, 9);
	rows_of("r1", &parts);
	assert_int_equal(whole.n, parts.n);
	same_rows(whole.row, parts.row, whole.n);
	snapshot_release(&snap);
}

/* --- effective shares --- */

static void channel(struct snapshot *s, int i, double weight, double share,
		    double norm)
{
	s->ch[i].weight = weight;
	s->ch[i].factor = 1;
	s->ch[i].share = share;
	s->ch[i].grad_norm = norm;
}

static void test_effective(void **state)
{
	struct snapshot s;

	(void)state;
	snapshot_init(&s);
	s.n_channels = 3;
	s.ch = xcalloc(3, sizeof *s.ch);
	channel(&s, 0, 2, .25, 1);
	channel(&s, 1, 1, .25, 2);
	channel(&s, 2, 1, .5, NAN);
	telemetry_effective(&s);
	assert_true(isnan(s.ch[0].effective)); /* one is not known yet */
	s.ch[2].silent = true;
	telemetry_effective(&s);
	assert_true(s.ch[0].effective == .5 && s.ch[1].effective == .5);
	assert_true(s.ch[2].effective == 0);
	s.ch[2].silent = false;
	s.ch[2].grad_norm = 2;
	s.ch[2].factor = .5;
	telemetry_effective(&s);
	assert_true(fabs(s.ch[2].effective - 1.0 / 3) < 1e-12);
	s.ch[0].weight = s.ch[1].weight = s.ch[2].weight = 0;
	telemetry_effective(&s);
	assert_true(isnan(s.ch[0].effective));
	snapshot_release(&s);
}

static void test_history(void **state)
{
	struct snapshot s;

	(void)state;
	snapshot_init(&s);
	s.n_channels = 1;
	s.ch = xcalloc(1, sizeof *s.ch);
	for (int i = 1; i <= 3 * GRAD_POINTS; i++) {
		struct gradient_row r = { .step = i, .norm = i };

		telemetry_gradient(&s, &r);
		telemetry_gradient(&s, &r); /* again: replaced */
	}
	assert_true(s.ch[0].grad_curve.n > GRAD_POINTS / 2);
	assert_true(s.ch[0].grad_curve.n <= GRAD_POINTS);
	assert_int_equal(s.ch[0].grad_step, 3 * GRAD_POINTS);
	for (int i = 1; i < s.ch[0].grad_curve.n; i++) {
		assert_true(s.ch[0].grad_curve.step[i] > s.ch[0].grad_curve.step[i - 1]);
		assert_true((double)s.ch[0].grad_curve.norm[i] ==
			    (double)s.ch[0].grad_curve.step[i]);
	}
	snapshot_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_weight_does_not_show),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_no_bit),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_effective),
		cmocka_unit_test(test_history),
	};

	return cmocka_run_group_tests_name("gradients", tests, fixture_make,
					   fixture_remove);
}
