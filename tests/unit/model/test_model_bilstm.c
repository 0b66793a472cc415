/*
 * test_model_bilstm.c - the trunk of LSTM layers: what it declares, what it costs, how
 * its tokens push an answer.
 */
#include "fixture/model_check.h"

static struct model_config bilstm_config(void)
{
	struct model_config cfg = small_config();

	snprintf(cfg.kind, sizeof cfg.kind, "bilstm");
	return cfg;
}

static const struct param *param_of(const struct test_model *m, const char *name)
{
	int p = param_find(&m->ps, name);

	if (p < 0)
		fail_msg("no parameter '%s'", name);
	return &m->ps.p[p];
}

static void check_shape(const struct test_model *m, const char *name, int rows, int cols,
			int owner)
{
	const struct param *p = param_of(m, name);

	assert_int_equal(p->rows, rows);
	assert_int_equal(p->cols, cols);
	assert_int_equal(p->owner, owner);
}

/* Layers above the shared ones are each task's own; heads have a row of scores. */
static void test_parameters(void **state)
{
	struct model_config cfg = bilstm_config();
	struct test_model m;
	uint64_t layer = 2 * (32 * 16 + 32 * 8 + 2 * 32);
	uint64_t head = 16 + 16 * 17;

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 2);
	check_shape(&m, "encoder.0.forward.input.weight", 32, 16, PARAM_SHARED);
	check_shape(&m, "encoder.0.reverse.hidden.weight", 32, 8, PARAM_SHARED);
	check_shape(&m, "encoder.0.forward.hidden.bias", 1, 32, PARAM_SHARED);
	check_shape(&m, "tasks.topic.encoder.1.reverse.input.bias", 1, 32, 0);
	check_shape(&m, "tasks.score.encoder.1.forward.input.weight", 32, 16, 1);
	check_shape(&m, "tasks.score.head.attention.weight", 1, 16, 1);
	assert_int_equal(param_find(&m.ps, "embed.position"), -1);
	assert_int_equal(param_of(&m, "encoder.0.forward.hidden.weight")->flags,
			 PARAM_DECAY | PARAM_DENSE);
	assert_int_equal(param_of(&m, "encoder.0.forward.hidden.bias")->flags, 0);
	assert_int_equal(declared(&cfg, small_tasks(), 2),
			 40 * 16 + 3 * layer + 2 * head + 17 * (3 + 1));
	assert_int_equal(model_config(m.m)->pool, POOL_ATTENTION);
	tm_release(&m);
}

/* By hand, of dim 16 and 2 layers, for 5 tokens and 3 labels. */
static void test_flops(void **state)
{
	struct model_config cfg = bilstm_config();
	struct test_model m;
	double trunk = 2 * 5 * 2 * (2 * 32 * 16 + 2 * 32 * 8);
	double head = 5 * (2 * 16 + 2 * 16) + 2 * 16 * (16 + 3);

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 2);
	assert_true(model_flops(m.m, 0, 5, 0) == trunk + head);
	tm_release(&m);
}

static double number_of(struct test_model *m, const struct batch *b)
{
	double *p;

	tape_begin(&m->t, NULL, NULL);
	model_predict(m->m, &m->t, b, &p);
	return p[0];
}

/* A token's score is what the answer changes by as its row of the table grows. */
static void test_attributions(void **state)
{
	static const int32_t words[] = { 9, 21, 30, 12 };
	struct model_config cfg = bilstm_config();
	struct test_batch x;
	struct test_model m;
	double *p, whole, h = 0.01;
	float *score, kept[6];

	(void)state;
	tm_init(&m, &cfg, small_tasks(), 2);
	tb_init(&x, 1, TASK_REGRESS);
	tb_add(&x, words, 4, 99, NULL, 0);
	tape_begin(&m.t, m.g, NULL);
	model_attribute(m.m, &m.t, &x.b, &p, &score);
	whole = p[0];
	memcpy(kept, score, sizeof kept);
	assert_true(fabs(whole - number_of(&m, &x.b)) < 1e-6);
	for (int i = 0; i < 6; i++) {
		float *row = param_value(&m.ps, param_find(&m.ps, "embed.token")) +
			     16 * x.ids[i], was[16];
		double side[2];

		memcpy(was, row, sizeof was);
		for (int k = 0; k < 2; k++) {
			for (int j = 0; j < 16; j++)
				row[j] = (float)((double)was[j] * (k ? 1 + h : 1 - h));
			side[k] = number_of(&m, &x.b);
		}
		memcpy(row, was, sizeof was);
		assert_true(fabs((side[1] - side[0]) / (2 * h) - (double)kept[i]) <
			    1e-4);
	}
	tm_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_flops),
		cmocka_unit_test(test_attributions),
	};

	return cmocka_run_group_tests_name("model_bilstm", tests, NULL, NULL);
}
