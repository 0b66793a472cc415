/*
 * test_model_trajectory.c - twenty updates of small models beside PyTorch's in float64
 * (tests/golden/model/make_torch.py, make_adapters.py): AdamW, clipping, warm-up, weight decay, no
 * dropout. Every update has all tasks' losses, or one task's, by turns; once with a rate
 * that decays layer by layer, and once with a rate for each group (optimizer.rates).
 */
#include "fixture/torch_case.h"

#include "mix/schedule.h"
#include "session/freezing.h"
#include "session/session.h"

enum { STEPS = 20, WARMUP = 5, HORIZON = 25 };
#define LR 2e-3
#define CLIP 0.5

/* Adds those of the loss of task i. */
static void add_gradients(struct test_model *m, const struct model_task *task, int i,
			  const struct safetensors *s)
{
	struct test_batch x;

	case_batch(&x, i, task[i].kind, s);
	tape_begin(&m->t, m->g, NULL);
	model_loss(m->m, &m->t, &x.b, 0.0f);
	tape_backward(&m->t);
}

/* Of the mean of the losses whose gradients are there. */
static void update(struct test_model *m, int losses, double lr, float beta2, double clip)
{
	struct adamw_group group[4];
	double norm = sqrt(grads_sumsq(m->g, GRADS_ALL)) / losses;
	double scale = norm > clip ? clip / norm : 1;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ (float)lr, 0.9f, beta2, 1e-8f, 0.01f };
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, (float)(scale / losses), group, 0, 1);
}

/*
 * A bias of keys: its gradient is nought, as a softmax does not feel it, and how far
 * rounding drives it says nothing.
 */
static bool is_noise(const char *name, int i, int dim)
{
	if (strstr(name, "attention.qkv.bias"))
		return i >= dim && i < 2 * dim;
	return (strstr(name, "cross.kv.bias") && i < dim) || strstr(name, "copy.k.bias");
}

/* The weights are near those of the file that are called PREFIX.NAME. */
static void check_weights(const struct test_model *m, const struct safetensors *s,
			  char prefix)
{
	char key[PARAM_NAME + 8];
	int dim = model_config(m->m)->dim;

	for (int p = 0; p < m->ps.n; p++) {
		const float *v = param_value(&m->ps, p), *want;
		int n = (int)param_count(&m->ps, p);
		double gap = 0, all = 0;

		snprintf(key, sizeof key, "%c.%s", prefix, m->ps.p[p].name);
		assert_int_equal(safetensors_numbers(case_entry(s, key)), n);
		want = case_entry(s, key)->data;
		for (int i = 0; i < n; i++) {
			double d = (double)v[i] - (double)want[i];

			if (is_noise(key, i, dim))
				continue;
			gap += d * d;
			all += (double)want[i] * (double)want[i];
		}
		if (!(sqrt(gap) <= 1e-4 * sqrt(all)))
			fail_msg("%s: %g off", key, sqrt(gap / all));
	}
}

static struct safetensors *open_of(const char *what, const char *name)
{
	char file[200];

	snprintf(file, sizeof file, "tests/golden/model/%s-%s.safetensors", what, name);
	return case_open(file);
}

static double double_of(const struct safetensors *s, const char *key)
{
	return strtod(case_text(s, key), NULL);
}

static void decay_rates(struct test_model *m, double decay)
{
	for (int p = 0; p < m->ps.n; p++)
		m->opt.rate[p] = pow(decay, model_depth(m->m, p));
}

/* As a session has it, of which there is no more than this reads. */
static void group_rates(struct test_model *m, const struct model_task *task, int n,
			const char *words)
{
	const struct model_config *c = model_config(m->m);
	struct session s = { .model = m->m, .params = m->ps };
	struct freeze_groups g = { .layers = c->layers, .shared_layers = c->shared_layers,
				   .n_tasks = n };
	struct rates r;
	struct err err = { "" };
	bool any = false;

	for (int i = 0; i < n; i++) {
		g.task[i] = task[i].name;
		g.heads |= (uint64_t)1 << i;
	}
	rates_init(&r);
	if (rates_read(&g, words, true, &r, &err))
		fail_msg("%s: %s", words, err.text);
	for (int p = 0; p < m->ps.n; p++) {
		m->opt.rate[p] = freezing_rate(&s, &r, p);
		any |= m->opt.rate[p] != 1;
	}
	assert_true(any);
}

static void check_at_once(const char *name, const char *what)
{
	struct model_task task[3];
	struct safetensors *s = open_of("case", name), *end = open_of(what, name);
	struct test_model m;
	int n = case_model(&m, task, s);

	if (str_eq(what, "decay"))
		decay_rates(&m, double_of(end, "decay"));
	if (str_eq(what, "rates"))
		group_rates(&m, task, n, case_text(end, "rates"));
	for (int step = 0; step < STEPS; step++) {
		grads_clear(m.g);
		for (int i = 0; i < n; i++)
			add_gradients(&m, task, i, s);
		update(&m, n, LR * schedule_factor(SCHEDULE_LINEAR, step, WARMUP, HORIZON, 0),
		       0.999f, CLIP);
	}
	check_weights(&m, end, what[0]);
	tm_release(&m);
	safetensors_close(s);
	safetensors_close(end);
}

/* Parameters of the tasks whose turn it is not stand still. */
static void check_by_turns(const char *name)
{
	struct model_task task[3];
	struct safetensors *s = open_of("case", name);
	struct test_model m;
	int n = case_model(&m, task, s);

	for (int step = 0; step < case_int(s, "steps"); step++) {
		double warm = (step + 1) / double_of(s, "warmup");

		grads_clear(m.g);
		add_gradients(&m, task, step % n, s);
		update(&m, 1, double_of(s, "rate") * (warm < 1 ? warm : 1), 0.98f,
		       double_of(s, "clip"));
	}
	check_weights(&m, s, 't');
	tm_release(&m);
	safetensors_close(s);
}

static void test_transformer(void **state)
{
	(void)state;
	check_at_once("pre-tied-copy", "end");
}

static void test_bilstm(void **state)
{
	(void)state;
	check_at_once("bilstm-tied-copy", "end");
}

static void test_bilstm_lstm(void **state)
{
	(void)state;
	check_at_once("bilstm-lstm-copy", "end");
}

static void test_layer_decay(void **state)
{
	(void)state;
	check_at_once("pre-tied-copy", "decay");
	check_at_once("bilstm-tied-copy", "decay");
}

static void test_group_rates(void **state)
{
	(void)state;
	check_at_once("pre-tied-copy", "rates");
	check_at_once("bilstm-tied-copy", "rates");
}

static void test_gpt(void **state)
{
	(void)state;
	check_by_turns("gpt");
	check_by_turns("gpt-prompts");
}

static void test_prefix(void **state)
{
	(void)state;
	check_by_turns("prefix-last");
	check_by_turns("prefix-mask");
}

/* What stands still is there to the bit; the norm that clips is of the rest. */
static void test_adapters(void **state)
{
	(void)state;
	check_by_turns("lora");
	check_by_turns("lora-all");
	check_by_turns("lora-prefix");
	check_by_turns("lora-gpt");
	check_by_turns("bottleneck");
	check_by_turns("bottleneck-all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transformer),
		cmocka_unit_test(test_bilstm),
		cmocka_unit_test(test_bilstm_lstm),
		cmocka_unit_test(test_layer_decay),
		cmocka_unit_test(test_group_rates),
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_adapters),
	};

	return cmocka_run_group_tests_name("model_trajectory", tests, NULL, NULL);
}
