/*
 * test_model_trajectory.c - twenty updates of small models beside PyTorch's in float64
 * (tests/golden/model/make_torch.py): AdamW, clipping, warm-up, weight decay, no
 * dropout. Every update has the three tasks' losses.
 */
#include "fixture/torch_case.h"

#include "mix/schedule.h"

enum { STEPS = 20, WARMUP = 5, HORIZON = 25 };
#define LR 2e-3
#define CLIP 0.5

/* Gradients of the mean of the tasks' losses, times three. */
static void gradients(struct test_model *m, const struct model_task *task,
		      const struct safetensors *s)
{
	struct test_batch x;

	grads_clear(m->g);
	for (int i = 0; i < 3; i++) {
		load_batch(&x, i, task[i].kind, s);
		tape_begin(&m->t, m->g, NULL);
		model_loss(m->m, &m->t, &x.b, 0.0f);
		tape_backward(&m->t);
	}
}

static void update(struct test_model *m, int step)
{
	struct adamw_group group[4];
	double norm = sqrt(grads_sumsq(m->g, GRADS_ALL)) / 3;
	double lr = LR * schedule_factor(SCHEDULE_LINEAR, step, WARMUP, HORIZON, 0);
	double scale = norm > CLIP ? CLIP / norm : 1;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ (float)lr, 0.9f, 0.999f, 1e-8f, 0.01f };
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, (float)(scale / 3), group, 0, 1);
}

/* Of the difference to the file's tensor, relative to that. */
static double error_of(const struct test_model *m, int p, const struct st_entry *e)
{
	const float *v = param_value(&m->ps, p), *want = e->data;
	double d = 0, all = 0;

	assert_int_equal(safetensors_numbers(e), param_count(&m->ps, p));
	for (int64_t i = 0; i < safetensors_numbers(e); i++) {
		d += ((double)v[i] - (double)want[i]) * ((double)v[i] - (double)want[i]);
		all += (double)want[i] * (double)want[i];
	}
	return sqrt(d / all);
}

/* How far rounding drives a bias whose gradient is nought says nothing. */
static bool is_noise(const char *name)
{
	return strstr(name, "attention.qkv.bias") || strstr(name, "cross.kv.bias") ||
	       strstr(name, "copy.k.bias");
}

static void check_trajectory(const char *name)
{
	char file[200], key[PARAM_NAME + 8];
	struct model_task task[3];
	struct safetensors *s, *end;
	struct test_model m;

	snprintf(file, sizeof file, "tests/golden/model/case-%s.safetensors", name);
	s = case_open(file);
	snprintf(file, sizeof file, "tests/golden/model/end-%s.safetensors", name);
	end = case_open(file);
	case_model(&m, task, s);
	for (int i = 0; i < STEPS; i++) {
		gradients(&m, task, s);
		update(&m, i);
	}
	for (int p = 0; p < m.ps.n; p++) {
		double d;

		snprintf(key, sizeof key, "e.%s", m.ps.p[p].name);
		d = error_of(&m, p, entry(end, key));
		if (!is_noise(key) && !(d <= 1e-4))
			fail_msg("%s, %s: %g off", name, key, d);
	}
	tm_release(&m);
	safetensors_close(s);
	safetensors_close(end);
}

static void test_transformer(void **state)
{
	(void)state;
	check_trajectory("pre-tied-copy");
}

static void test_bilstm(void **state)
{
	(void)state;
	check_trajectory("bilstm-tied-copy");
}

static void test_bilstm_lstm(void **state)
{
	(void)state;
	check_trajectory("bilstm-lstm-copy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transformer),
		cmocka_unit_test(test_bilstm),
		cmocka_unit_test(test_bilstm_lstm),
	};

	return cmocka_run_group_tests_name("model_trajectory", tests, NULL, NULL);
}
