/*
 * test_model_layout.c - layouts from elsewhere: tables of their own width, one segment or
 * none, other activations of heads. Their gradients are those of the loss, whatever
 * writes, and what cannot be is refused.
 */
#include "fixture/model_check.h"

#include "fixture/near.h"

/* Post-norm, tables 12 wide where layers are 16. */
static struct model_config narrow_config(const char *decoder)
{
	struct model_config c = small_config();

	snprintf(c.decoder, sizeof c.decoder, "%s", decoder);
	c.pre_norm = c.tied = false;
	c.shared_layers = 1;
	c.embed_dim = 12;
	return c;
}

static void batch_of(struct test_batch *x, int task)
{
	tb_init(x, task, small_tasks()[task].kind);
	for (int i = 0; i < 5; i++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, (uint64_t)i);
		int32_t w[8];

		for (int j = 0; j < 8; j++)
			w[j] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)j, 30);
		x->label[i] = i % 3;
		x->number[i] = 0.5 * i;
		tb_add(x, w, 3 + i % 5, 3, w + 1, 2);
	}
}

static double loss_of(struct test_model *m, int task)
{
	struct test_batch x;

	batch_of(&x, task);
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x.b, 0.0f).objective;
}

/* --- gradients --- */

/* The loss by a step along the gradient, both ways, of its length in all. */
static void check_gradient(const struct model_config *cfg, int task)
{
	const double step = 1e-3;
	struct test_model m;
	struct test_batch x;
	double norm = 0, up, down;
	float *was;

	tm_init(&m, cfg, small_tasks(), 3);
	batch_of(&x, task);
	grads_clear(m.g);
	tape_begin(&m.t, m.g, NULL);
	model_loss(m.m, &m.t, &x.b, 0.0f);
	tape_backward(&m.t);
	norm = sqrt(grads_sumsq(m.g, GRADS_ALL));
	was = malloc(m.ps.size * sizeof *was);
	assert_non_null(was);
	memcpy(was, m.ps.value, m.ps.size * sizeof *was);
	for (int sign = -1; sign <= 1; sign += 2) {
		memcpy(m.ps.value, was, m.ps.size * sizeof *was);
		for (int p = 0; p < m.ps.n; p++) {
			const float *g = grads_at(m.g, p);
			float *v = param_value(&m.ps, p);

			for (size_t i = 0; i < param_count(&m.ps, p); i++)
				v[i] += (float)(sign * step * (double)g[i] / norm);
		}
		*(sign < 0 ? &down : &up) = loss_of(&m, task);
	}
	assert_true(norm > 0.01);
	assert_near((up - down) / (2 * step) / norm, 1, 5e-3);
	free(was);
	tm_release(&m);
}

static void test_gradients(void **state)
{
	static const char *const decoder[] = { "cross", "lstm", "prefix" };
	struct model_config c;

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int task = 0; task < 3; task++) {
			c = narrow_config(decoder[i]);
			check_gradient(&c, task);
			c.embed_dim = 20;
			c.segments = 1;
			c.head_act = ACT_GELU;
			check_gradient(&c, task);
			c.embed_dim = 0;
			c.segments = NO_SEGMENTS;
			c.head_act = ACT_RELU;
			check_gradient(&c, task);
		}
}

/* --- parameters --- */

static int rows_of(const struct param_set *ps, const char *name)
{
	int p = param_find(ps, name);

	return p < 0 ? 0 : ps->p[p].rows * 1000 + ps->p[p].cols;
}

static void test_shapes(void **state)
{
	struct model_config c = narrow_config("cross");
	struct test_model m, plain;

	(void)state;
	tm_init(&m, &c, small_tasks(), 3);
	assert_int_equal(rows_of(&m.ps, "embed.token"), 40012);
	assert_int_equal(rows_of(&m.ps, "embed.position"), 24012);
	assert_int_equal(rows_of(&m.ps, "embed.segment"), 2012);
	assert_int_equal(rows_of(&m.ps, "embed.norm.weight"), 1012);
	assert_int_equal(rows_of(&m.ps, "embed.project.weight"), 16012);
	assert_int_equal(rows_of(&m.ps, "embed.project.bias"), 1016);
	assert_int_equal(rows_of(&m.ps, "tasks.headline.decoder.output.weight"), 40016);
	c.embed_dim = 0;
	tm_init(&plain, &c, small_tasks(), 3);
	assert_int_equal(model_config(plain.m)->embed_dim, 16);
	assert_int_equal(rows_of(&plain.ps, "embed.project.weight"), 0);
	/* a product more for each of 7 pieces */
	assert_true(model_flops(m.m, 0, 7, 0) == model_flops(plain.m, 0, 7, 0) +
							 7 * 2 * 12 * 16);
	tm_release(&m);
	tm_release(&plain);
}

/* Each segment is the one there is: other segments are the same bits. */
static void test_one_segment(void **state)
{
	struct model_config c = narrow_config("cross");
	struct test_model m;
	struct test_batch x;
	double loss[2];

	(void)state;
	for (int segments = 1; segments <= 2; segments++) {
		c.segments = segments;
		tm_init(&m, &c, small_tasks(), 3);
		assert_int_equal(rows_of(&m.ps, "embed.segment"), segments * 1000 + 12);
		for (int k = 0; k < 2; k++) {
			batch_of(&x, 0);
			for (int i = 0; i < x.b.N && k; i++)
				x.seg[i] = !x.seg[i];
			tape_begin(&m.t, NULL, NULL);
			loss[k] = model_loss(m.m, &m.t, &x.b, 0.0f).plain;
		}
		assert_true((memcmp(&loss[0], &loss[1], sizeof loss[0]) == 0) ==
			    (segments == 1));
		tm_release(&m);
	}
}

/* --- what cannot be --- */

static void refused(const struct model_config *c, const char *word)
{
	struct param_set ps;
	struct model *m;
	struct err err = { "" };

	param_set_init(&ps);
	assert_int_equal(model_declare(c, small_tasks(), 3, &ps, &m, &err), ST_INVALID);
	if (!strstr(err.text, word))
		fail_msg("%s", err.text);
	param_set_release(&ps);
}

static void test_refused(void **state)
{
	struct model_config c = narrow_config("cross");

	(void)state;
	c.tied = true;
	refused(&c, "'headline' cannot write with the trunk's table of tokens, which is 12 wide");
	c = narrow_config("cross");
	c.pre_norm = true;
	refused(&c, "embed_dim (12) must be model.dim (16)");
	c = narrow_config("cross");
	c.embed_dim = -1;
	refused(&c, "embed_dim");
	c = narrow_config("cross");
	c.segments = -2;
	refused(&c, "segments");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients),   cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_one_segment), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("model_layout", tests, NULL, NULL);
}
