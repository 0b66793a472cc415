/*
 * test_session_weights.c - what a loss counts: muted tasks untouched, weights as
 * factors of gradients, every unit the same.
 */
#include <math.h>

#include "ask/ask_regress.h"
#include "ask/evaluate.h"
#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "trainer/change.h"
#include "session/session.h"

/* Bytes of what belongs to a task alone, weights and moments. */
static float *private_of(const struct session *s, int task, size_t *n)
{
	float *out = xcalloc(3 * s->params.size, sizeof *out);

	*n = 0;
	for (int p = 0; p < s->params.n; p++) {
		size_t k = param_count(&s->params, p), at = s->params.p[p].offset;

		if (s->params.p[p].owner != task)
			continue;
		memcpy(out + *n, s->params.value + at, k * sizeof *out);
		memcpy(out + *n + k, s->adam.m + at, k * sizeof *out);
		memcpy(out + *n + 2 * k, s->adam.v + at, k * sizeof *out);
		*n += 3 * k;
	}
	return out;
}

static void test_mute(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);

	(void)state;
	for (int task = 0; task < 3; task++) {
		const char *name = s->plan->tasks[task].name;
		struct cursor cursor;
		float *a, *b, *c;
		char line[80];
		size_t n;

		fixture_steps(s, 5);
		cursor = s->task[task].cursor;
		a = private_of(s, task, &n);
		assert_true(n > 0);
		str_format(line, sizeof line, "mute %s on", name);
		fixture_command(s, line);
		fixture_steps(s, 9);
		b = private_of(s, task, &n);
		assert_memory_equal(a, b, n * sizeof *a);
		assert_memory_equal(&cursor, &s->task[task].cursor, sizeof cursor);
		str_format(line, sizeof line, "mute %s off", name);
		fixture_command(s, line);
		fixture_steps(s, 3);
		c = private_of(s, task, &n);
		assert_memory_not_equal(b, c, n * sizeof *b);
		xfree(a);
		xfree(b);
		xfree(c);
	}
	session_free(s);
}

/*
 * The first update is Adam's first: m = (1 - beta1) scale g. Without clipping
 * m is linear in the weights, so m under weights (w0, w1, w2) is the sum of
 * what each task gives alone.
 */
static void test_weight_scales(void **state)
{
	const char *const sets[] = { "optimizer.clip=0", "model.dropout=0" };
	struct session *one = fixture_session(sets, 2, 2),
		       *two = fixture_session(sets, 2, 2);
	size_t n = 0, differ = 0;

	(void)state;
	fixture_command(two, "weight mood 2");
	fixture_command(two, "weight count 2");
	fixture_command(two, "weight sum 2");
	fixture_steps(one, 1);
	fixture_steps(two, 1);
	for (int p = 0; p < one->params.n; p++)
		for (size_t i = 0; i < param_count(&one->params, p); i++) {
			size_t at = one->params.p[p].offset + i;

			/* a factor of two is exact, down to where Adam flushes */
			n++;
			if (two->adam.m[at] != 2 * one->adam.m[at])
				differ++;
		}
	assert_true(n > 1000);
	assert_int_equal(differ, 0);
	session_free(one);
	session_free(two);
}

/* The same for one task alone: only its part of the sum changes. */
static void test_weight_of_one(void **state)
{
	const char *const sets[] = { "optimizer.clip=0", "model.dropout=0" };
	struct session *base = fixture_session(sets, 2, 1),
		       *up = fixture_session(sets, 2, 1),
		       *none = fixture_session(sets, 2, 1);
	double worst = 0;

	(void)state;
	fixture_steps(base, 4);
	fixture_steps(up, 4);
	fixture_steps(none, 4);
	memset(base->adam.m, 0, base->params.size * sizeof *base->adam.m);
	memset(up->adam.m, 0, up->params.size * sizeof *up->adam.m);
	memset(none->adam.m, 0, none->params.size * sizeof *none->adam.m);
	fixture_command(up, "weight mood 3");
	fixture_command(none, "weight mood 0");
	fixture_steps(base, 1);
	fixture_steps(up, 1);
	fixture_steps(none, 1);
	/* up - none = 3 (base - none) */
	for (size_t i = 0; i < base->params.size; i++) {
		double a = (double)up->adam.m[i] - (double)none->adam.m[i];
		double b = 3 * ((double)base->adam.m[i] - (double)none->adam.m[i]);

		worst = fabs(a - b) > worst ? fabs(a - b) : worst;
	}
	assert_true(worst < 1e-6);
	session_free(base);
	session_free(up);
	session_free(none);
}

static void test_weight_zero(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);
	float *a, *b;
	size_t n;

	(void)state;
	fixture_steps(s, 3);
	fixture_command(s, "weight mood 0");
	a = private_of(s, 0, &n);
	fixture_steps(s, 6);
	b = private_of(s, 0, &n);
	assert_memory_equal(a, b, n * sizeof *a);
	xfree(a);
	xfree(b);
	session_free(s);
}

/* --- every unit counts the same --- */

static void add_to(double *sum, const struct session *s, const struct grads *g,
		   double by)
{
	for (int p = 0; p < s->params.n; p++) {
		const float *v = grads_peek(g, p);
		double *to = sum + s->params.p[p].offset;
		int cols = s->params.p[p].cols;

		for (size_t i = 0; v && i < param_count(&s->params, p); i++)
			if (grads_has_row(g, p, (int)i / cols))
				to[i] += by * (double)v[i];
	}
}

/* The gradient of a task's mean loss over all its units: row by row. */
static void mean_gradient(const struct session *s, int task, double *sum)
{
	struct grads *g = grads_new(&s->params);
	struct tape tape;
	int units = 0;

	tape_init(&tape, &s->params);
	for (uint64_t row = 0; row < dataset_size(s->task[task].train); row++) {
		struct batch b;
		struct loss loss;

		grads_clear(g);
		tape_begin(&tape, g, NULL);
		batch_build(&b, &tape.arena, s->task[task].train, task, &row, 1, 0, 0,
			    tokenizer_start(s->tok));
		loss = model_loss(s->model, &tape, &b, 0);
		tape_backward(&tape);
		add_to(sum, s, g, loss.units);
		units += loss.units;
	}
	for (size_t i = 0; i < s->params.size; i++)
		sum[i] /= units;
	tape_release(&tape);
	grads_free(g);
}

/* The mean of the gradients of an epoch's steps; how unequal the micro-batches are. */
static double steps_gradient(struct session *s, int task, double *sum)
{
	int least = INT_MAX, most = 0, steps = 0;
	struct step_report r;

	for (; !s->task[task].cursor.epoch; steps++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_false(r.row.skipped);
		add_to(sum, s, s->sum, 1);
		least = s->job[0].loss.units < least ? s->job[0].loss.units : least;
		most = s->job[0].loss.units > most ? s->job[0].loss.units : most;
	}
	for (size_t i = 0; i < s->params.size; i++)
		sum[i] /= steps;
	return (double)most / least;
}

/*
 * One task, no dropout, weights that stand still, a micro-batch a step: the mean of
 * the steps' gradients over an epoch is the gradient of the mean loss over all rows
 * (or pieces), although some micro-batches hold several times what others do.
 */
static void test_units_count_the_same(void **state)
{
	static const char *const sets[] = {
		"optimizer.lr=0", "optimizer.clip=0", "model.dropout=0",
		"mix.micro_batches=1", "mix.tokens=50", "tasks.sum.smoothing=0.1",
	};

	(void)state;
	for (int task = 0; task < 3; task++) {
		struct session *s = fixture_session(sets, 6, 2);
		double *want = xcalloc(s->params.size, sizeof *want);
		double *got = xcalloc(s->params.size, sizeof *got);
		double off = 0, size = 0;

		s->mix.ch[task].solo = true;
		mean_gradient(s, task, want);
		assert_true(steps_gradient(s, task, got) > 1.9);
		for (size_t i = 0; i < s->params.size; i++) {
			off += (got[i] - want[i]) * (got[i] - want[i]);
			size += want[i] * want[i];
		}
		assert_true(size > 0 && off < 1e-9 * size);
		xfree(want);
		xfree(got);
		session_free(s);
	}
}

/* 90 rows of which the number is base + what fixture_row says / 50. */
static struct session *far_from_zero(const char *name, double base)
{
	char path[PATH_MAX], train[80], dev[80];
	const char *sets[] = { train, dev, "model.dropout=0" };
	struct buf rows, out;

	buf_init(&rows);
	buf_init(&out);
	for (int i = 0; i < 90; i++)
		fixture_row(&rows, 1, i);
	for (const char *p = buf_str(&rows); *p; p = strchr(p, '\n') + 1) {
		const char *label = strstr(p, "\"label\":") + 8;
		char number[32];

		double_to_text(base + strtod(label, NULL) / 50, number);
		buf_add(&out, p, (size_t)(label - p));
		buf_addf(&out, "%s}\n", number);
	}
	str_format(path, sizeof path, "%s/%s.jsonl", fixture_dir, name);
	assert_int_equal(file_write(path, out.s, out.len, NULL), ST_OK);
	str_format(train, sizeof train, "tasks.count.train=%s.jsonl", name);
	str_format(dev, sizeof dev, "tasks.count.dev=%s.jsonl", name);
	buf_release(&rows);
	buf_release(&out);
	return fixture_session(sets, 3, 2);
}

/*
 * Numbers of 1e9 that differ by hundredths: a float holds none of the differences,
 * yet they are learnt, and told again, as the same numbers near 0 are.
 */
static void test_numbers_far_from_zero(void **state)
{
	struct session *near = far_from_zero("near", 0), *far = far_from_zero("far", 1e9);

	(void)state;
	assert_true(fabs(far->task[1].scale / near->task[1].scale - 1) < 1e-4);
	assert_true(fabs(far->task[1].mean - 1e9 - near->task[1].mean) < 1e-4);
	near->mix.ch[1].solo = far->mix.ch[1].solo = true;
	for (int i = 0; i < 30; i++) {
		struct step_report a, b;
		double x, y;

		assert_int_equal(session_step(near, &a, NULL), ST_OK);
		assert_int_equal(session_step(far, &b, NULL), ST_OK);
		x = (double)a.row.task[0].loss;
		y = (double)b.row.task[0].loss;
		assert_true(i || (x > .2 && x < 5));
		assert_true(fabs(x - y) < 1e-3 * x + 1e-4);
	}
	for (int round = 0; round < 2; round++) {
		struct session *s = round ? far : near;
		struct eval_options o = { .keep = 7 };
		struct evaluation e;

		assert_int_equal(evaluate_task(s, 1, &o, NULL, &e, NULL), ST_OK);
		assert_true(e.row.loss > 0 && e.row.loss < 2);
		for (int i = 0; i < e.n_kept; i++) /* within the spread of the numbers */
			assert_true(fabs(number_guess(&e.kept[i]) -
					 number_gold(&e.kept[i])) < .3);
		evaluation_release(&e);
	}
	session_free(near);
	session_free(far);
}

/* What a step shows is the mean over its units, without smoothing. */
static void test_shown_losses(void **state)
{
	static const char *const sets[] = { "tasks.sum.smoothing=0.2",
					    "mix.micro_batches=7" };
	struct session *s = fixture_session(sets, 2, 2);
	struct step_report r;
	int smoothed = 0, several = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (int t = 0; t < r.row.n; t++) {
			double sum = 0, units = 0;

			for (int k = 0; k < 7; k++) {
				const struct step_job *j = &s->job[k];

				if (j->task != r.row.task[t].task)
					continue;
				sum += j->loss.plain * j->loss.units;
				units += j->loss.units;
				smoothed += fabs(j->loss.plain - j->loss.objective) > 1e-9;
			}
			assert_true(r.row.task[t].loss == (float)(sum / units));
			several += r.row.task[t].count > 1;
		}
	}
	assert_true(smoothed > 20 && several > 20);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_weight_scales),
		cmocka_unit_test(test_weight_of_one),
		cmocka_unit_test(test_weight_zero),
		cmocka_unit_test(test_units_count_the_same),
		cmocka_unit_test(test_shown_losses),
		cmocka_unit_test(test_numbers_far_from_zero),
	};

	return cmocka_run_group_tests_name("session_weights", tests,
					   fixture_make, fixture_remove);
}
