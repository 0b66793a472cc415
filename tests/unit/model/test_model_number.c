/*
 * test_model_number.c - a causal language model that says numbers of a grid: what it
 * answers, at what loss; that it learns. Its scores are those of labels that are said
 * (test_model_gpt.c).
 */
#include "fixture/model_check.h"
#include "model/kind.h"

enum { POINTS = 7 }; /* of the small task's grid: 0.5, 1.0, ... 3.5 */

static struct model_task task;

static void number_init(struct test_model *m, int dim)
{
	struct model_config cfg = small_config();

	snprintf(cfg.kind, sizeof cfg.kind, "gpt");
	cfg.copy = false;
	cfg.dim = dim;
	cfg.ff = 2 * dim;
	task = small_tasks()[1];
	tm_init(m, &cfg, &task, 1);
}

/* Texts of random words with a marked one, of which the number is made. */
static void toy_batch(struct test_batch *x, uint64_t number, int B)
{
	tb_init(x, 0, TASK_REGRESS);
	x->b.draw = number;
	for (int e = 0; e < B; e++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, number * 1000 + (uint64_t)e);
		int key = (int)rng_below(&r, 0, 7);
		int32_t w[6];

		for (int j = 0; j < 6; j++)
			w[j] = ID_WORD + 7 + (int32_t)rng_below(&r, (uint64_t)(9 + j), 15);
		w[rng_below(&r, 1, 6)] = ID_WORD + key;
		x->number[e] = 0.6 + 0.47 * key;
		tb_add(x, w, 6, 99, NULL, 0);
	}
}

static double toy_loss(struct test_model *m, const struct test_batch *x)
{
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x->b, 0.0f).plain;
}

/* The loss of saying each point, on every row: [rows][POINTS]. */
static void said_losses(struct test_model *m, struct test_batch *x, double said[][POINTS])
{
	for (int e = 0; e < x->b.B; e++)
		for (int k = 0; k < POINTS; k++) {
			struct test_batch one;

			tb_init(&one, 0, TASK_REGRESS);
			one.number[0] = 0.5 + 0.5 * k;
			tb_add(&one, x->ids + x->off[e] + 1, 6, 99, NULL, 0);
			said[e][k] = toy_loss(m, &one);
		}
}

/*
 * The answer is the point that costs the least to say, and shares go by the costs; the
 * loss is that of the point next
 * to the number, in training, and of a prediction.
 */
static void test_answers(void **state)
{
	struct test_batch x;
	struct test_model m;
	double said[6][POINTS], *p, *loss, *share, sum = 0;

	(void)state;
	number_init(&m, 16);
	toy_batch(&x, 5, 6);
	said_losses(&m, &x, said);
	tape_begin(&m.t, NULL, NULL);
	model_predict_points(m.m, &m.t, &x.b, &p, &loss, &share);
	for (int e = 0; e < 6; e++) {
		double all = 0;
		int best = 0, next = number_grid_nearest(&task.grid, x.number[e]);

		for (int k = 1; k < POINTS; k++)
			best = said[e][k] < said[e][best] ? k : best;
		for (int k = 0; k < POINTS; k++)
			all += exp(-said[e][k]);
		for (int k = 0; k < POINTS; k++)
			assert_true(fabs(share[e * POINTS + k] - exp(-said[e][k]) / all) < 1e-5);
		assert_true(!(fabs(p[e] - (0.5 + 0.5 * best)) > 0));
		assert_true(fabs(loss[e] - said[e][next]) < 1e-5);
		sum += loss[e] / 6;
	}
	assert_true(fabs(toy_loss(&m, &x) - sum) < 1e-5);
	tm_release(&m);
}

/* Of equal scores the lowest number. */
static void test_ties(void **state)
{
	const struct head_kind *head = head_of(trunk_find("gpt"), TASK_REGRESS);
	float x[2][POINTS] = { { -2, -1, -3, -1, -1, -2, -3 }, { -1, -1, -1, -1, -1, -1, -1 } };
	double p;

	(void)state;
	task = small_tasks()[1];
	head->answer(&task, x[0], POINTS, &p);
	assert_true(!(fabs(p - 1.0) > 0));
	head->answer(&task, x[1], POINTS, &p);
	assert_true(!(fabs(p - 0.5) > 0));
}

/* One value a row, with attributions as without; the said text's score is pulled apart. */
static void test_attribute(void **state)
{
	struct test_batch x;
	struct test_model m;
	double *p, plain[3], largest = 0;
	float *score;

	(void)state;
	number_init(&m, 16);
	toy_batch(&x, 7, 3);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &x.b, &p);
	memcpy(plain, p, sizeof plain);
	grads_clear(m.g);
	tape_begin(&m.t, m.g, NULL);
	model_attribute(m.m, &m.t, &x.b, &p, &score);
	assert_memory_equal(p, plain, sizeof plain);
	for (int i = 0; i < x.b.N; i++)
		largest = fmax(largest, fabs((double)score[i]));
	assert_true(largest > 1e-3 && largest < 1e3);
	tm_release(&m);
}

static void one_step(struct test_model *m, uint64_t number)
{
	struct adamw_group group[4];
	struct rng noise = rng_stream(9, RNG_DROPOUT, 0, number);
	struct test_batch x;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ 3e-3f, 0.9f, 0.98f, 1e-8f, 0.01f };
	toy_batch(&x, number, 16);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, &noise);
	model_loss(m->m, &m->t, &x.b, 0.05f);
	tape_backward(&m->t);
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, 1.0f, group, 0, 1);
}

/* To the step, whose rounding alone is 0.1; a constant has a mean error of 0.8. */
static void test_learns(void **state)
{
	struct test_batch dev;
	struct test_model m;
	double *p, from, error = 0;

	(void)state;
	number_init(&m, 32);
	toy_batch(&dev, 1000000, 48);
	from = toy_loss(&m, &dev);
	for (uint64_t i = 0; i < 500; i++)
		one_step(&m, i);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &dev.b, &p);
	for (int e = 0; e < 48; e++)
		error += fabs(p[e] - dev.number[e]) / 48;
	if (!(error < 0.25 && toy_loss(&m, &dev) < 0.25 * from))
		fail_msg("a mean error of %g, a loss of %g from %g", error,
			 toy_loss(&m, &dev), from);
	tm_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_ties),
		cmocka_unit_test(test_attribute), cmocka_unit_test(test_learns),
	};

	return cmocka_run_group_tests_name("model_number", tests, NULL, NULL);
}
