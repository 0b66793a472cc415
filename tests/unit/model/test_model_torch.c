/*
 * test_model_torch.c - losses, gradients and some steps of AdamW against PyTorch's in float64
 * (tests/golden/model/make_torch.py), weights and batches from its files.
 */
#include "fixture/model_check.h"

#include "model/safetensors.h"

static const char *text_of(const struct safetensors *s, const char *key)
{
	const char *t = safetensors_meta(s, key);

	if (!t)
		fail_msg("no metadata '%s'", key);
	return t;
}

static int int_of(const struct safetensors *s, const char *key)
{
	return (int)strtol(text_of(s, key), NULL, 10);
}

static const struct st_entry *entry(const struct safetensors *s, const char *key)
{
	const struct st_entry *e = safetensors_find(s, key);

	if (!e)
		fail_msg("no tensor '%s'", key);
	return e;
}

/* What only some files say; those without it mean the default. */
static bool is_text(const struct safetensors *s, const char *key, const char *text)
{
	const char *t = safetensors_meta(s, key);

	return t && !strcmp(t, text);
}

static struct model_config config_of(const struct safetensors *s)
{
	struct model_config c = {
		.from_mask = is_text(s, "predict_from", "mask"), .mask_id = ID_MASK,
		.kind = "transformer", .dim = int_of(s, "dim"),
		.layers = int_of(s, "layers"), .heads = int_of(s, "heads"),
		.ff = int_of(s, "ff"),
		.shared_layers = int_of(s, "shared_layers"),
		.decoder_layers = int_of(s, "decoder_layers"),
		.vocab = int_of(s, "vocab"),
		.max_source = int_of(s, "max_source"),
		.max_target = int_of(s, "max_target"),
		.pre_norm = int_of(s, "pre_norm"), .tied = int_of(s, "tied"),
		.copy = int_of(s, "copy"),
		.pool = strcmp(text_of(s, "pool"), "mean") ? POOL_FIRST :
							     POOL_MEAN,
	};

	if (is_text(s, "kind", "gpt"))
		snprintf(c.kind, sizeof c.kind, "gpt");
	c.prompt_loss = is_text(s, "prompt_loss", "1");
	if (is_text(s, "decoder", "prefix"))
		snprintf(c.decoder, sizeof c.decoder, "prefix");
	return c;
}

static void load_weights(struct test_model *m, const struct safetensors *s)
{
	char name[PARAM_NAME + 8];
	int n = 0;

	for (int p = 0; p < m->ps.n; p++) {
		const struct st_entry *e;

		snprintf(name, sizeof name, "w.%s", m->ps.p[p].name);
		e = entry(s, name);
		assert_int_equal(safetensors_numbers(e), param_count(&m->ps, p));
		safetensors_floats(e, param_value(&m->ps, p));
	}
	for (int i = 0; i < safetensors_count(s); i++)
		n += !strncmp(safetensors_at(s, i)->name, "w.", 2);
	assert_int_equal(n, m->ps.n);
}

static void load_batch(struct test_batch *x, int task, enum task_kind kind,
		       const struct safetensors *s)
{
	const int64_t *len = entry(s, "lengths")->data;
	const int64_t *ids = entry(s, "ids")->data;
	const int64_t *seg = entry(s, "seg")->data;
	const int64_t *said = entry(s, "said")->data;
	const int64_t *target = entry(s, "target")->data;
	const int64_t *label = entry(s, "labels")->data;
	const struct st_entry *numbers = entry(s, "numbers");
	float number[TB_EX];
	struct batch *b = &x->b;

	tb_init(x, task, kind);
	assert_true(safetensors_numbers(numbers) <= TB_EX);
	safetensors_floats(numbers, number);
	for (int i = 0; i < (int)safetensors_numbers(numbers); i++)
		x->number[i] = (double)number[i];
	for (; b->B < (int)entry(s, "lengths")->dim[0]; b->B++, len += 2) {
		for (int i = 0; i < (int)len[0]; i++, b->N++) {
			x->ids[b->N] = (int32_t)ids[b->N];
			x->seg[b->N] = (int32_t)seg[b->N];
			x->pos[b->N] = i;
		}
		for (int i = 0; i < (int)len[1]; i++, b->T++) {
			x->in[b->T] = (int32_t)said[b->T];
			x->out[b->T] = (int32_t)target[b->T];
			x->dpos[b->T] = i;
		}
		x->label[b->B] = (int32_t)label[b->B];
		x->off[b->B + 1] = b->N;
		x->dec_off[b->B + 1] = b->T;
	}
}

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
	char name[400];
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

/* Those that the model has answers for; returns how many. */
static int tasks_of(const struct safetensors *s, const struct model_config *cfg,
		    struct model_task *task)
{
	static const int32_t text[] = { 10, ID_SEP, 10, 11, ID_SEP, 30, 31, 10, 12, ID_SEP };
	static const int text_off[] = { 0, 2, 5, 10 };
	int n = 0;

	for (int i = 0; i < 3; i++) {
		struct model_task *t = &task[n];

		*t = small_tasks()[i];
		t->smoothing = strtof(text_of(s, "smoothing"), NULL);
		t->text = text;
		t->text_off = text_off;
		if (t->kind == TASK_REGRESS) {
			t->mean = 2.5f;
			t->scale = 1.25f;
		}
		n += model_kind_answers(cfg->kind, t->kind);
	}
	return n;
}

/* --- some steps of AdamW --- */

static double double_of(const struct safetensors *s, const char *key)
{
	return strtod(text_of(s, key), NULL);
}

static void one_step(struct test_model *m, const struct safetensors *s, int step,
		     const struct model_task *task, int k)
{
	double rate = double_of(s, "rate"), clip = double_of(s, "clip"), norm;
	double warm = (step + 1) / double_of(s, "warmup");
	struct adamw_group group[4];
	struct test_batch x;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ (float)(warm < 1 ? rate * warm : rate),
						 0.9f, 0.98f, 1e-8f,
						 (float)double_of(s, "decay") };
	load_batch(&x, k, task[k].kind, s);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, NULL);
	model_loss(m->m, &m->t, &x.b, 0.0f);
	tape_backward(&m->t);
	norm = sqrt(grads_sumsq(m->g, GRADS_ALL));
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, (float)(norm > clip ? clip / norm : 1), group, 0, 1);
}

/*
 * Keys' biases have no gradient but what rounding leaves of it (a softmax does not feel
 * them), and Adam makes steps of that.
 */
static bool is_key_bias(const char *name, int i, int dim)
{
	if (strstr(name, "attention.qkv.bias"))
		return i >= dim && i < 2 * dim;
	return strstr(name, "copy.k.bias") != NULL;
}

static void check_weights(struct test_model *m, const struct safetensors *s)
{
	char name[PARAM_NAME + 8];

	for (int p = 0; p < m->ps.n; p++) {
		const float *is = param_value(&m->ps, p), *want;
		double gap = 0, all = 0;

		snprintf(name, sizeof name, "t.%s", m->ps.p[p].name);
		want = entry(s, name)->data;
		for (int i = 0; i < (int)param_count(&m->ps, p); i++) {
			double d = (double)is[i] - (double)want[i];

			if (is_key_bias(name, i, int_of(s, "dim")))
				continue;
			gap += d * d;
			all += (double)want[i] * (double)want[i];
		}
		if (!(sqrt(gap) <= 1e-4 * sqrt(all)))
			fail_msg("%s: %g of its norm away after %d steps", name,
				 sqrt(gap / all), int_of(s, "steps"));
	}
}

static void check_case(const char *file)
{
	struct model_task task[3];
	struct model_config cfg;
	int n;
	struct safetensors *s;
	struct test_model m;
	struct test_batch x;
	struct err err = { "" };

	if (safetensors_open(file, false, &s, &err))
		fail_msg("%s", err.text);
	cfg = config_of(s);
	n = tasks_of(s, &cfg, task);
	tm_init(&m, &cfg, task, n);
	load_weights(&m, s);
	for (int i = 0; i < n; i++) {
		char key[256];
		double loss, want;

		snprintf(key, sizeof key, "loss.%s", task[i].name);
		want = strtod(text_of(s, key), NULL);
		load_batch(&x, i, task[i].kind, s);
		grads_clear(m.g);
		tape_begin(&m.t, m.g, NULL);
		loss = model_loss(m.m, &m.t, &x.b, 0.0f).objective;
		tape_backward(&m.t);
		if (!(fabs(loss - want) <= 1e-5 * (want > 1 ? want : 1)))
			fail_msg("%s, %s: loss %.9g, PyTorch %.9g", file, key,
				 loss, want);
		check_gradients(&m, s, task[i].name);
	}
	for (int i = 0; safetensors_meta(s, "steps") && i < int_of(s, "steps"); i++)
		one_step(&m, s, i, task, i % n);
	if (safetensors_meta(s, "steps"))
		check_weights(&m, s);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pre_tied_copy),
		cmocka_unit_test(test_post_tied_copy),
		cmocka_unit_test(test_pre_untied),
		cmocka_unit_test(test_post_untied),
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_gpt_prompts),
		cmocka_unit_test(test_prefix_last),
		cmocka_unit_test(test_prefix_mask),
		cmocka_unit_test(test_prefix_mask_plain),
	};

	return cmocka_run_group_tests_name("model_torch", tests, NULL, NULL);
}
