/*
 * test_session.c - the step: the same bits for any number of workers, no heap
 * calls once warm, muted tasks untouched, weights as factors of gradients.
 */
#include "fixture/engine_fixture.h"

#include <math.h>

#include "ask/ask_regress.h"
#include "ask/evaluate.h"
#include "base/mem.h"
#include "trainer/change.h"
#include "session/session.h"
#include "session/workers.h"

static struct session *make(const char *const *sets, int n, int workers)
{
	struct session *s = NULL;
	struct err err = { "" };

	if (session_new(fixture_plan(sets, n), NULL, workers, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s);
	return s;
}

static void step(struct session *s, int n)
{
	struct step_report r;
	struct err err = { "" };

	for (int i = 0; i < n; i++)
		if (session_step(s, &r, &err))
			fail_msg("%s", err.text);
}

static void command(struct session *s, const char *line)
{
	struct command *c = xmalloc(sizeof *c);
	struct err err = { "" };

	if (command_parse(line, c, &err) || change_make(c, s, &err))
		fail_msg("%s: %s", line, err.text);
	xfree(c);
}

static void test_workers_do_not_show(void **state)
{
	char first[40], other[40];

	(void)state;
	for (int workers = 1; workers <= 4; workers *= 2) {
		struct session *s = make(NULL, 0, workers);

		assert_int_equal(workers_count(s->workers), workers);
		step(s, 25);
		session_state(s, workers == 1 ? first : other);
		if (workers > 1)
			assert_string_equal(first, other);
		session_free(s);
	}
}

static void test_start_again(void **state)
{
	char a[40], b[40], zero[40], again[40];
	struct session *s = make(NULL, 0, 2);

	(void)state;
	session_state(s, zero);
	step(s, 7);
	session_state(s, a);
	assert_string_not_equal(zero, a);
	session_start_random(s);
	session_state(s, again);
	assert_string_equal(zero, again);
	step(s, 7);
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

static void test_no_heap(void **state)
{
	struct session *s = make(NULL, 0, 2);
	uint64_t before;

	(void)state;
	step(s, 12);
	before = mem_allocations();
	step(s, 100);
	assert_int_equal(mem_allocations() - before, 0);
	session_free(s);
}

/* Every single number of the state shows in its hash. */
static void test_hash(void **state)
{
	struct session *s = make(NULL, 0, 1);
	char a[40], b[40];
	double *numbers[] = { &s->mix.lr, &s->mix.clip, &s->mix.dropout,
			      &s->mix.ch[1].weight, &s->mix.ch[2].credit,
			      &s->mix.weighting.memory[0], &s->mix.weighting.memory[11],
			      &s->task[2].units, &s->mix.sampling.param[2] };

	(void)state;
	command(s, "weighting uncertainty");
	session_state(s, a);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		double was = *numbers[i];

		*numbers[i] = nextafter(was, 9);
		session_state(s, b);
		assert_string_not_equal(a, b);
		*numbers[i] = was;
	}
	s->params.value[s->params.p[s->params.n - 1].offset] += 1;
	session_state(s, b);
	assert_string_not_equal(a, b);
	s->params.value[s->params.p[s->params.n - 1].offset] -= 1;
	s->task[1].cursor.next++;
	session_state(s, b);
	assert_string_not_equal(a, b);
	s->task[1].cursor.next--;
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

/* Every byte of the structs that are state, but for padding, has a row. */
static void all_bytes_show(const struct session *s, void *at, size_t n, size_t padding)
{
	char was[40], is[40];
	size_t silent = 0;

	session_state(s, was);
	for (size_t i = 0; i < n; i++) {
		unsigned char *byte = (unsigned char *)at + i;

		*byte ^= 1;
		session_state(s, is);
		*byte ^= 1;
		silent += str_eq(was, is);
	}
	assert_int_equal(silent, padding);
}

static void test_state_is_whole(void **state)
{
	struct session *s = make(NULL, 0, 1);
	char a[40], b[40], c[40];
	struct mix_channel *ch = &s->mix.ch[1];

	(void)state;
	all_bytes_show(s, &s->task[1].cursor, sizeof s->task[1].cursor,
		       sizeof s->task[1].cursor - 5 * sizeof(uint64_t) - sizeof(uint32_t));
	session_state(s, a);
	s->mix.ch[0].dev = 0.5; /* whose it is, shows */
	session_state(s, b);
	s->mix.ch[0].dev = NAN;
	ch->dev = 0.5;
	session_state(s, c);
	assert_string_not_equal(a, b);
	assert_string_not_equal(b, c);
	/* without a number it stands nowhere: state_is_lacking */
	s->mix.dev_step = 3;
	all_bytes_show(s, ch, sizeof *ch,
		       sizeof *ch - 6 * sizeof(double) - 3 - sizeof(uint64_t));
	all_bytes_show(s, &s->mix.lr, 3 * sizeof(double), 0);
	all_bytes_show(s, &s->mix.horizon, 2 * sizeof(int64_t), 0);
	all_bytes_show(s, s->mix.weighting.param, sizeof s->mix.weighting.param, 0);
	all_bytes_show(s, &s->step, sizeof s->step, 0);
	all_bytes_show(s, &s->skipped, sizeof s->skipped, 0);
	all_bytes_show(s, &s->skips, sizeof s->skips, 0);
	/* a memory of 3 tasks x 4 */
	command(s, "weighting uncertainty");
	all_bytes_show(s, s->mix.weighting.memory, 13 * sizeof(double), sizeof(double));
	session_free(s);
}

/* Skips in a row are counted, and an update ends them. */
static void test_skips(void **state)
{
	const char *const sets[] = { "optimizer.clip=0" };
	struct session *s = make(sets, 1, 1);

	(void)state;
	step(s, 1);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1e38;
		step(s, 2 + round);
		assert_int_equal(s->skips, 2 + round);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1;
		step(s, 1);
		assert_int_equal(s->skips, 0);
	}
	assert_int_equal(s->skipped, 5);
	session_free(s);
}

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
	struct session *s = make(NULL, 0, 2);

	(void)state;
	for (int task = 0; task < 3; task++) {
		const char *name = s->plan->tasks[task].name;
		struct cursor cursor;
		float *a, *b, *c;
		char line[80];
		size_t n;

		step(s, 5);
		cursor = s->task[task].cursor;
		a = private_of(s, task, &n);
		assert_true(n > 0);
		str_format(line, sizeof line, "mute %s on", name);
		command(s, line);
		step(s, 9);
		b = private_of(s, task, &n);
		assert_memory_equal(a, b, n * sizeof *a);
		assert_memory_equal(&cursor, &s->task[task].cursor, sizeof cursor);
		str_format(line, sizeof line, "mute %s off", name);
		command(s, line);
		step(s, 3);
		c = private_of(s, task, &n);
		assert_memory_not_equal(b, c, n * sizeof *b);
		xfree(a);
		xfree(b);
		xfree(c);
	}
	session_free(s);
}

/* A task's data and dropout do not depend on what the others do. */
static void test_paired_noise(void **state)
{
	struct session *a = make(NULL, 0, 1), *b = make(NULL, 0, 1);
	struct step_report r;

	(void)state;
	command(b, "mute sum on");
	for (int i = 0; i < 12; i++) {
		assert_int_equal(session_step(a, &r, NULL), ST_OK);
		assert_int_equal(session_step(b, &r, NULL), ST_OK);
	}
	while (a->task[0].cursor.draw < b->task[0].cursor.draw)
		step(a, 1);
	while (b->task[0].cursor.draw < a->task[0].cursor.draw)
		step(b, 1);
	assert_int_equal(a->task[0].cursor.examples, b->task[0].cursor.examples);
	assert_int_equal(a->task[0].cursor.tokens, b->task[0].cursor.tokens);
	session_free(a);
	session_free(b);
}

/*
 * The first update is Adam's first: m = (1 - beta1) scale g. Without clipping
 * m is linear in the weights, so m under weights (w0, w1, w2) is the sum of
 * what each task gives alone.
 */
static void test_weight_scales(void **state)
{
	const char *const sets[] = { "optimizer.clip=0", "model.dropout=0" };
	struct session *one = make(sets, 2, 2), *two = make(sets, 2, 2);
	size_t n = 0, differ = 0;

	(void)state;
	command(two, "weight mood 2");
	command(two, "weight count 2");
	command(two, "weight sum 2");
	step(one, 1);
	step(two, 1);
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
	struct session *base = make(sets, 2, 1), *up = make(sets, 2, 1),
		       *none = make(sets, 2, 1);
	double worst = 0;

	(void)state;
	step(base, 4);
	step(up, 4);
	step(none, 4);
	memset(base->adam.m, 0, base->params.size * sizeof *base->adam.m);
	memset(up->adam.m, 0, up->params.size * sizeof *up->adam.m);
	memset(none->adam.m, 0, none->params.size * sizeof *none->adam.m);
	command(up, "weight mood 3");
	command(none, "weight mood 0");
	step(base, 1);
	step(up, 1);
	step(none, 1);
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
	struct session *s = make(NULL, 0, 2);
	float *a, *b;
	size_t n;

	(void)state;
	step(s, 3);
	command(s, "weight mood 0");
	a = private_of(s, 0, &n);
	step(s, 6);
	b = private_of(s, 0, &n);
	assert_memory_equal(a, b, n * sizeof *a);
	xfree(a);
	xfree(b);
	session_free(s);
}

static bool all_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

/* What is not finite, or too large for a square, never gets in (I11). */
static void test_not_finite(void **state)
{
	static const double weights[] = { 1e20, 1e30, 1e38, 1e300 };

	(void)state;
	for (size_t k = 0; k < sizeof weights / sizeof *weights; k++) {
		const char *const sets[] = { "optimizer.clip=0" };
		struct session *s = make(sets, 1, 2);
		struct step_report r;
		float *before;

		step(s, 3);
		before = xcalloc(s->params.size, sizeof *before);
		memcpy(before, s->params.value, s->params.size * sizeof *before);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = weights[k];
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_true(r.row.skipped);
		assert_int_equal(s->skipped, 1);
		assert_int_equal(s->step, 4);
		assert_memory_equal(before, s->params.value,
				    s->params.size * sizeof *before);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1;
		step(s, 3);
		assert_int_equal(s->skipped, 1);
		assert_true(all_finite(s->params.value, s->params.size));
		assert_true(all_finite(s->adam.m, s->params.size));
		assert_true(all_finite(s->adam.v, s->params.size));
		xfree(before);
		session_free(s);
	}
}

static void test_broken_weights(void **state)
{
	struct session *s = make(NULL, 0, 2);
	struct step_report r;
	float *w;

	(void)state;
	w = s->params.value; /* the first embedding row */
	step(s, 2);
	for (size_t i = 0; i < param_count(&s->params, 0); i++)
		w[i] = NAN;
	assert_int_equal(session_step(s, &r, NULL), ST_OK);
	assert_true(r.row.skipped);
	assert_true(all_finite(s->adam.m, s->params.size));
	session_free(s);
}

static void test_huge_rate(void **state)
{
	struct session *s = make(NULL, 0, 2);

	(void)state;
	command(s, "lr 1!");
	step(s, 40);
	assert_true(all_finite(s->params.value, s->params.size));
	assert_true(all_finite(s->adam.v, s->params.size));
	session_free(s);
}

static void test_nobody(void **state)
{
	struct session *s = make(NULL, 0, 1);
	struct step_report r;
	struct err err = { "" };
	char a[40], b[40];

	(void)state;
	for (int i = 0; i < 3; i++)
		s->mix.ch[i].muted = true;
	session_state(s, a);
	assert_int_equal(session_step(s, &r, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "nothing to train"));
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

/* It learns: the losses fall. */
static void test_learns(void **state)
{
	const char *const sets[] = { "optimizer.schedule=constant",
				     "optimizer.lr=0.01" };
	struct session *s = make(sets, 2, 2);
	struct step_report r;
	double first[3] = { 0 }, last[3] = { 0 };

	(void)state;
	command(s, "dropout 0");
	for (int i = 0; i < 120; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (int k = 0; k < r.row.n; k++) {
			int t = r.row.task[k].task;

			if (i < 10)
				first[t] += (double)r.row.task[k].loss / 10;
			if (i >= 110)
				last[t] += (double)r.row.task[k].loss / 10;
		}
	}
	for (int t = 0; t < 3; t++)
		assert_true(last[t] < first[t]);
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
		batch_build(&b, &tape.arena, s->task[task].train, task, &row, 1, 0,
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
		struct session *s = make(sets, 6, 2);
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
	return make(sets, 3, 2);
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
	struct session *s = make(sets, 2, 2);
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

/* --- looking changes nothing, and does not depend on workers --- */

static void evaluate(struct session *s, int task, bool greedy, struct evaluation *e)
{
	struct eval_options o = { .max_examples = 0, .keep = 7, .greedy = greedy };
	struct err err = { "" };

	if (evaluate_task(s, task, &o, NULL, e, &err))
		fail_msg("%s", err.text);
}

static void compare(const struct evaluation *a, const struct evaluation *b)
{
	assert_true(a->row.loss == b->row.loss);
	assert_int_equal(a->row.n_metrics, b->row.n_metrics);
	for (int i = 0; i < a->row.n_metrics; i++)
		assert_true(a->row.metric[i].value == b->row.metric[i].value);
	assert_int_equal(a->n_kept, b->n_kept);
	for (int i = 0; i < a->n_kept; i++) {
		const struct prediction *p = &a->kept[i], *q = &b->kept[i];

		assert_int_equal(p->row, q->row);
		assert_true(p->loss == q->loss);
		assert_int_equal(p->n, q->n);
		assert_memory_equal(p->v, q->v, sizeof *p->v * (size_t)p->n);
		if (p->text) {
			assert_string_equal(p->text, q->text);
			assert_string_equal(p->detail, q->detail);
		}
	}
}

static void test_evaluate(void **state)
{
	struct session *one = make(NULL, 0, 1), *four = make(NULL, 0, 4);
	char a[40], b[40];

	(void)state;
	step(one, 30);
	step(four, 30);
	session_state(one, a);
	for (int task = 0; task < 3; task++) {
		struct evaluation x, y;

		evaluate(one, task, true, &x);
		evaluate(four, task, true, &y);
		assert_int_equal(x.n_kept, 7);
		assert_true(isfinite(x.row.loss));
		compare(&x, &y);
		evaluation_release(&x);
		evaluation_release(&y);
	}
	session_state(one, b);
	assert_string_equal(a, b);
	session_free(one);
	session_free(four);
}

static void test_evaluate_beams(void **state)
{
	struct session *s = make(NULL, 0, 2);
	struct evaluation x, y;

	(void)state;
	step(s, 20);
	evaluate(s, 2, false, &x);
	evaluate(s, 2, false, &y);
	compare(&x, &y);
	assert_non_null(x.kept[0].text);
	assert_non_null(strstr(x.kept[0].detail, "\"pieces\":["));
	assert_non_null(x.dev_rows[0].text);
	assert_non_null(x.dev_rows[0].target);
	evaluation_release(&x);
	evaluation_release(&y);
	session_free(s);
}

static void test_text(void **state)
{
	struct session *s = make(NULL, 0, 2);
	struct err err = { "" };
	struct buf b;

	(void)state;
	step(s, 3);
	buf_init(&b);
	assert_int_equal(evaluate_text(s, -1, "amber boat", NULL, &b, &err), ST_OK);
	assert_non_null(strstr(buf_str(&b), "\"mood\":{\"kind\":\"classify\",\"label\":"));
	assert_non_null(strstr(buf_str(&b), "\"high\":0."));
	assert_non_null(strstr(buf_str(&b), "\"count\":{\"kind\":\"regress\",\"value\":"));
	assert_non_null(strstr(buf_str(&b), "\"sum\":{\"kind\":\"summarize\",\"text\":"));
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 0, "", NULL, &b, &err), ST_OK);
	assert_null(strstr(buf_str(&b), "count"));
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 0, "\xff", NULL, &b, &err), ST_INVALID);
	buf_release(&b);
	session_free(s);
}

/* 40 dev rows of two classes: the majority of the train rows. */
static void test_baseline(void **state)
{
	struct session *s = make(NULL, 0, 1);
	const uint64_t *count = dataset_label_counts(s->task[0].train);
	int best = count[1] > count[0], hits = 0;
	struct eval_row r;
	struct example e;

	(void)state;
	for (uint64_t i = 0; i < 40; i++) {
		dataset_get(s->task[0].dev, i, &e);
		hits += e.label == best;
	}
	assert_int_equal(evaluate_baseline(s, 0, NULL, 0, &r, NULL), ST_OK);
	assert_int_equal(r.step, -1);
	assert_true(fabs(r.metric[0].value - hits / 40.0) < 1e-12);
	assert_int_equal(evaluate_baseline(s, 1, NULL, 0, &r, NULL), ST_OK);
	assert_true(isnan(r.metric[0].value)); /* a constant has no correlation */
	assert_int_equal(evaluate_baseline(s, 2, NULL, 0, &r, NULL), ST_OK);
	/* the summary is the first two words: a part of any lead */
	assert_true(r.metric[0].value > 0.2 && r.metric[0].value < 1);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers_do_not_show),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_state_is_whole),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_paired_noise),
		cmocka_unit_test(test_weight_scales),
		cmocka_unit_test(test_weight_of_one),
		cmocka_unit_test(test_weight_zero),
		cmocka_unit_test(test_units_count_the_same),
		cmocka_unit_test(test_shown_losses),
		cmocka_unit_test(test_numbers_far_from_zero),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_broken_weights),
		cmocka_unit_test(test_huge_rate),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_evaluate),
		cmocka_unit_test(test_evaluate_beams),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_baseline),
	};

	return cmocka_run_group_tests_name("session", tests, fixture_make,
					   fixture_remove);
}
