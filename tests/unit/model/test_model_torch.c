/*
 * test_model_torch.c - losses and gradients against PyTorch's in float64
 * (tests/golden/model/make_torch.py), weights and batches from its files.
 */
#include "fixture/torch_case.h"

static double norm2(const struct st_entry *e)
{
	const float *g = e->data;
	double sum = 0.0;

	for (int64_t i = 0; i < safetensors_numbers(e); i++)
		sum += (double)g[i] * (double)g[i];
	return sum;
}

/* Greatest error of a tensor's gradient in units of what is allowed. */
static double compare(const struct st_entry *e, const float *g, double all)
{
	const float *want = e->data;
	double own = sqrt(norm2(e)), scale = own > 1e-3 * all ? own : 1e-3 * all;
	double worst = 0.0;

	for (int64_t i = 0; i < safetensors_numbers(e); i++) {
		double d = fabs((double)g[i] - (double)want[i]) / (1e-4 * scale);

		worst = d > worst || isnan(d) ? d : worst;
	}
	return worst;
}

/* Lazy rows that were not touched hold nothing; the oracle has zeros there. */
static const float *dense_grad(struct grads *g, const struct param_set *ps, int p,
			       float *buf)
{
	size_t cols = (size_t)ps->p[p].cols;

	for (int r = 0; r < ps->p[p].rows; r++) {
		float *out = buf + (size_t)r * cols;

		memset(out, 0, cols * sizeof *out);
		if (grads_has_row(g, p, r))
			memcpy(out, grads_peek(g, p) + (size_t)r * cols,
			       cols * sizeof *out);
	}
	return buf;
}

static void check_gradients(struct test_model *m, const struct safetensors *s,
			    const char *task)
{
	static float buf[1 << 14];
	char name[512];
	double all = 0.0;
	size_t len = (size_t)snprintf(name, sizeof name, "g.%s.", task);

	for (int i = 0; i < safetensors_count(s); i++)
		if (!strncmp(safetensors_at(s, i)->name, name, len))
			all += norm2(safetensors_at(s, i));
	all = sqrt(all);
	assert_true(all > 0.01);
	for (int p = 0; p < m->ps.n; p++) {
		const struct st_entry *e;
		const float *g;
		double worst;

		snprintf(name, sizeof name, "g.%s.%s", task, m->ps.p[p].name);
		e = safetensors_find(s, name);
		assert_int_equal(e != NULL, grads_touched(m->g, p));
		if (!e)
			continue;
		assert_true(param_count(&m->ps, p) <= sizeof buf / sizeof *buf);
		g = grads_whole(m->g, p) ? grads_peek(m->g, p) :
					   dense_grad(m->g, &m->ps, p, buf);
		worst = compare(e, g, all);
		if (!(worst <= 1.0))
			fail_msg("%s: error is %g of what is allowed", name,
				 worst);
	}
}

static void check_case(const char *file)
{
	struct model_task task[3];
	struct safetensors *s = case_open(file);
	int n;
	struct test_model m;
	struct test_batch x;

	n = case_model(&m, task, s);
	for (int i = 0; i < n; i++) {
		char key[512];
		double loss, want;

		snprintf(key, sizeof key, "loss.%s", task[i].name);
		want = strtod(case_text(s, key), NULL);
		case_batch(&x, i, task[i].kind, s);
		grads_clear(m.g);
		tape_begin(&m.t, m.g, NULL);
		loss = model_loss(m.m, &m.t, &x.b, 0.0f).objective;
		tape_backward(&m.t);
		if (!(fabs(loss - want) <= 1e-5 * (want > 1 ? want : 1)))
			fail_msg("%s, %s: loss %.9g, PyTorch %.9g", file, key,
				 loss, want);
		check_gradients(&m, s, task[i].name);
	}
	tm_release(&m);
	safetensors_close(s);
}

static void test_pre_tied_copy(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-pre-tied-copy.safetensors");
}

static void test_post_tied_copy(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-post-tied-copy.safetensors");
}

static void test_pre_untied(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-pre-untied.safetensors");
}

static void test_post_untied(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-post-untied.safetensors");
}

static void test_bilstm_tied_copy(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-bilstm-tied-copy.safetensors");
}

static void test_bilstm_untied(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-bilstm-untied.safetensors");
}

static void test_bilstm_lstm_copy(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-bilstm-lstm-copy.safetensors");
}

static void test_post_lstm_untied(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-post-lstm-untied.safetensors");
}

static void test_prefix_last(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-prefix-last.safetensors");
}

static void test_prefix_mask(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-prefix-mask.safetensors");
}

static void test_prefix_mask_plain(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-prefix-mask-plain.safetensors");
}

static void test_gpt(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-gpt.safetensors");
}

static void test_gpt_prompts(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-gpt-prompts.safetensors");
}

/* tests/golden/model/make_adapters.py: what stands still has no gradient. */
static void test_adapters(void **state)
{
	(void)state;
	check_case("tests/golden/model/case-lora.safetensors");
	check_case("tests/golden/model/case-lora-all.safetensors");
	check_case("tests/golden/model/case-lora-prefix.safetensors");
	check_case("tests/golden/model/case-lora-gpt.safetensors");
	check_case("tests/golden/model/case-bottleneck.safetensors");
	check_case("tests/golden/model/case-bottleneck-all.safetensors");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pre_tied_copy),
		cmocka_unit_test(test_post_tied_copy),
		cmocka_unit_test(test_pre_untied),
		cmocka_unit_test(test_post_untied),
		cmocka_unit_test(test_bilstm_tied_copy),
		cmocka_unit_test(test_bilstm_untied),
		cmocka_unit_test(test_bilstm_lstm_copy),
		cmocka_unit_test(test_post_lstm_untied),
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_gpt_prompts),
		cmocka_unit_test(test_prefix_last),
		cmocka_unit_test(test_prefix_mask),
		cmocka_unit_test(test_prefix_mask_plain),
		cmocka_unit_test(test_adapters),
	};

	return cmocka_run_group_tests_name("model_torch", tests, NULL, NULL);
}
