/*
 * test_adapter.c - adapters beside a trunk's layers: a model begins with them as it is
 * without, the trunk stands still, a merged model says the same, and what they cannot be is
 * refused. Against PyTorch: test_model_torch.c, test_model_trajectory.c.
 */
#include "fixture/foreign_folder.h"

#include <unistd.h>

#include "base/str.h"
#include "fixture/torch_case.h"
#include "model/kind.h"
#include "model/pretrained_save.h"

static const char *const others[] = { "a", "b", "c" };

/* Post-norm, as pretrained classes have it; lora per task. */
static struct model_config adapted(enum adapter_kind kind)
{
	struct model_config c = small_config();

	c.pre_norm = false;
	c.table_scale = 0;
	c.pool = POOL_FIRST;
	c.adapter = kind;
	c.adapter_rank = 3;
	return c;
}

static void make_batch(struct test_batch *x, int task)
{
	static const int32_t a[] = { 7, 9, 30, 8 }, b[] = { 21, 6 }, said[] = { 9, 30 };

	tb_init(x, task, small_tasks()[task].kind);
	tb_add(x, a, 4, 3, said, 2);
	tb_add(x, b, 2, 2, said, 1);
	x->label[0] = 1;
	x->label[1] = 2;
	x->number[0] = 2;
	x->number[1] = 3.5;
}

static double loss_of(struct test_model *m, int task, bool back)
{
	struct test_batch x;
	double loss;

	make_batch(&x, task);
	tape_begin(&m->t, back ? m->g : NULL, NULL);
	loss = model_loss(m->m, &m->t, &x.b, 0.0f).objective;
	if (back)
		tape_backward(&m->t);
	return loss;
}

static void fill(struct test_model *m, const char *part)
{
	for (int p = 0; p < m->ps.n; p++) {
		struct rng r = rng_stream(5, RNG_INIT, 1, (uint64_t)p);
		float *v = param_value(&m->ps, p);

		if (!strstr(m->ps.p[p].name, part))
			continue;
		for (size_t i = 0; i < param_count(&m->ps, p); i++)
			v[i] = 0.2f * rng_normal(&r, i);
	}
}

/* Of a model whose one task is the summaries. */
static double gpt_loss(struct test_model *m)
{
	struct test_batch x;

	make_batch(&x, 2);
	x.b.task = 0;
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x.b, 0.0f).objective;
}

/* To the bit, in losses and in the random weights of everything else. */
static void begins(enum adapter_kind kind, bool of_all, bool split, const char *decoder)
{
	struct model_config c = adapted(kind), plain = adapted(ADAPTER_NONE);
	struct test_model m, without;

	c.adapter_of_all = of_all;
	c.split_qkv = plain.split_qkv = split;
	plain.adapter_rank = 0;
	str_copy(c.decoder, sizeof c.decoder, decoder);
	str_copy(plain.decoder, sizeof plain.decoder, decoder);
	tm_init(&m, &c, small_tasks(), 3);
	tm_init(&without, &plain, small_tasks(), 3);
	assert_true(m.ps.n > without.ps.n);
	for (int p = 0; p < without.ps.n; p++) {
		assert_string_equal(m.ps.p[p].name, without.ps.p[p].name);
		assert_memory_equal(param_value(&m.ps, p), param_value(&without.ps, p),
				    param_count(&m.ps, p) * sizeof(float));
		assert_false(model_is_adapter(m.m, p));
	}
	for (int i = 0; i < 3; i++) {
		double a = loss_of(&m, i, false), b = loss_of(&without, i, false);

		assert_memory_equal(&a, &b, sizeof a);
	}
	fill(&m, kind == ADAPTER_LORA ? ".lora.b" : ".adapter.up");
	for (int i = 0; i < 3; i++)
		assert_true(fabs(loss_of(&m, i, false) - loss_of(&without, i, false)) > 1e-4);
	tm_release(&m);
	tm_release(&without);
}

static void test_begins_as_without(void **state)
{
	static const char *const decoder[] = { "cross", "prefix" };

	(void)state;
	for (int i = 0; i < 16; i++)
		begins(i & 1 ? ADAPTER_LORA : ADAPTER_BOTTLENECK, i & 2, i & 4, decoder[i >> 3]);
}

/* Of a task's pass: its adapters, its head; nothing that stands still, nothing of others. */
static void test_trained(void **state)
{
	struct model_config c = adapted(ADAPTER_LORA);
	struct test_model m;

	(void)state;
	tm_init(&m, &c, small_tasks(), 3);
	fill(&m, ".lora.b");
	for (int i = 0; i < 3; i++) {
		grads_clear(m.g);
		loss_of(&m, i, true);
		for (int p = 0; p < m.ps.n; p++) {
			bool own = m.ps.p[p].owner == i;
			bool of_trunk = model_layer(m.m, p) < c.layers &&
					!model_is_adapter(m.m, p);

			assert_int_equal(grads_touched(m.g, p), own && !of_trunk);
			assert_int_equal(param_is_still(&m.ps, p), of_trunk);
		}
	}
	tm_release(&m);
}

/* No room for gradients and moments of what stands still, which comes last in its block. */
static void test_memory(void **state)
{
	struct model_config c = adapted(ADAPTER_LORA);
	size_t held, all;
	struct test_model m;

	(void)state;
	tm_init(&m, &c, small_tasks(), 3);
	held = grads_bytes(&m.ps, GRADS_ALL) + adamw_bytes(&m.ps);
	assert_true(m.ps.moving < m.ps.size);
	for (int p = 0; p < m.ps.n; p++)
		assert_int_equal(m.ps.p[p].offset >= m.ps.moving, param_is_still(&m.ps, p));
	all = m.ps.size - m.ps.moving;
	tm_release(&m);
	c.adapter_and_trunk = true;
	tm_init(&m, &c, small_tasks(), 3);
	assert_int_equal(m.ps.moving, m.ps.size);
	assert_true(grads_bytes(&m.ps, GRADS_ALL) + adamw_bytes(&m.ps) >=
		    held + 3 * all * sizeof(float));
	tm_release(&m);
}

/* --- merged --- */

/*
 * A folder for the task's head: read again, as a model without adapters, it says what the
 * run's model says.
 */
static void merged(enum adapter_kind kind, bool of_all, int task, const char *of, bool same)
{
	struct model_config c = adapted(kind), again;
	struct pretrained_task head = { .task = task, .labels = others, .scale = 1 };
	struct pretrained_what what = { .head = &head, .begin = 2, .end = 3 };
	const char *const *labels[1] = { others };
	char folder[256];
	struct model_task one = small_tasks()[task];
	struct pretrained_report report = { 0 };
	struct pretrained_saved saved;
	struct pretrained *p;
	struct test_model m, y;
	struct test_batch x;
	struct err err = { "" };
	double *a, *b, gap = 0;

	str_copy(folder, sizeof folder, foreign_new());
	c.adapter_of_all = of_all;
	c.shared_layers = of_all ? 2 : 1;
	str_copy(c.adapter_of, sizeof c.adapter_of, of);
	tm_init(&m, &c, small_tasks(), 3);
	fill(&m, kind == ADAPTER_LORA ? ".lora.b" : ".adapter.up");
	if (pretrained_save(folder, m.m, &m.ps, &what, &saved, &err))
		fail_msg("%s", err.text);
	assert_string_equal(saved.class_name, "BertForSequenceClassification");
	assert_int_equal(saved.merged > 0, kind == ADAPTER_LORA);
	assert_int_equal(strstr(buf_str(&saved.names), "adapter.up") != NULL,
			 kind == ADAPTER_BOTTLENECK);
	assert_int_equal(strstr(buf_str(&saved.names), "lora.b") != NULL,
			 kind == ADAPTER_LORA && !of_all); /* the other tasks' */
	assert_int_equal(pretrained_open(folder, &p, &err), ST_OK);
	again = pretrained_info(p)->cfg;
	again.max_source = c.max_source;
	again.max_target = c.max_target;
	again.pool = POOL_FIRST;
	tm_init(&y, &again, &one, 1);
	assert_int_equal(pretrained_load(p, y.m, &y.ps, labels, &report, &err), ST_OK);
	make_batch(&x, task);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &x.b, &a);
	x.b.task = 0;
	tape_begin(&y.t, NULL, NULL);
	model_predict(y.m, &y.t, &x.b, &b);
	for (int i = 0; i < 2 * (one.n_labels ? one.n_labels : 1); i++)
		gap = fabs(a[i] - b[i]) > gap ? fabs(a[i] - b[i]) : gap;
	if (same != (gap < 1e-5))
		fail_msg("%s of task %d: %g apart", of, task, gap);
	assert_true(same || gap > 1e-3);
	pretrained_report_release(&report);
	pretrained_saved_release(&saved);
	pretrained_close(p);
	tm_release(&m);
	tm_release(&y);
	foreign_remove(folder);
}

static void test_merged(void **state)
{
	(void)state;
	for (int of_all = 0; of_all < 2; of_all++) {
		merged(ADAPTER_LORA, of_all, 0, "", true);
		merged(ADAPTER_LORA, of_all, 0, "key, output", true);
		merged(ADAPTER_LORA, of_all, 0, "query, key, value, output, up, down", true);
		/* what has no class is not in the trunk, and said */
		merged(ADAPTER_BOTTLENECK, of_all, 0, "", false);
	}
}

/* A gpt's matrices are transposed there, and its table's scale is divided out. */
static void test_merged_gpt(void **state)
{
	struct model_config c = adapted(ADAPTER_LORA), again;
	const struct model_task *task = &small_tasks()[2];
	struct pretrained_task head = { .task = 0, .scale = 1 };
	struct pretrained_what what = { .head = &head, .begin = 2, .end = 3 };
	struct pretrained_report report = { 0 };
	struct pretrained_saved saved;
	struct pretrained *p;
	struct test_model m, y;
	char folder[256];
	struct err err = { "" };

	(void)state;
	str_copy(folder, sizeof folder, foreign_new());
	str_copy(c.kind, sizeof c.kind, "gpt");
	str_copy(c.adapter_of, sizeof c.adapter_of, "query, key, output, up, down");
	tm_init(&m, &c, task, 1);
	fill(&m, ".lora.b");
	if (pretrained_save(folder, m.m, &m.ps, &what, &saved, &err))
		fail_msg("%s", err.text);
	assert_string_equal(saved.class_name, "GPT2LMHeadModel");
	assert_int_equal(saved.merged, 8);
	assert_int_equal(saved.ours, 0);
	assert_int_equal(pretrained_open(folder, &p, &err), ST_OK);
	again = pretrained_info(p)->cfg;
	again.max_source = c.max_source;
	again.max_target = c.max_target;
	tm_init(&y, &again, task, 1);
	assert_int_equal(pretrained_load(p, y.m, &y.ps, NULL, &report, &err), ST_OK);
	assert_true(fabs(gpt_loss(&m) - gpt_loss(&y)) < 1e-5);
	param_value(&m.ps, param_find(&m.ps, "tasks.headline.layers.0.feed.up.lora.b.weight"))
		[0] += 1;
	assert_true(fabs(gpt_loss(&m) - gpt_loss(&y)) > 1e-5);
	pretrained_report_release(&report);
	pretrained_saved_release(&saved);
	pretrained_close(p);
	tm_release(&m);
	tm_release(&y);
	foreign_remove(folder);
}

/* --- what a text's tokens push --- */

static void attribute(struct test_model *m, float score[TB_TOK], int *n)
{
	struct test_batch x;
	double *p;
	float *s;

	make_batch(&x, 0);
	grads_clear(m->g);
	tape_begin(&m->t, m->g, NULL);
	model_attribute(m->m, &m->t, &x.b, &p, &s);
	*n = x.b.N;
	memcpy(score, s, (size_t)x.b.N * sizeof *s);
}

/* Below a trunk that stands still as below one that is trained. */
static void test_attribution(void **state)
{
	float held[TB_TOK], trained[TB_TOK];
	struct model_config c = adapted(ADAPTER_LORA);
	struct test_model m;
	double size = 0;
	int n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		c.adapter_and_trunk = i;
		tm_init(&m, &c, small_tasks(), 3);
		fill(&m, ".lora.b");
		attribute(&m, i ? trained : held, &n);
		tm_release(&m);
	}
	assert_memory_equal(held, trained, (size_t)n * sizeof *held);
	for (int i = 0; i < n; i++)
		size += fabs((double)held[i]);
	assert_true(size > 1e-3);
}

/* Whose adapters? */
static void test_merge_of_nobody(void **state)
{
	struct model_config c = adapted(ADAPTER_LORA);
	struct pretrained_what what = { .begin = 2, .end = 3 };
	struct pretrained_saved saved;
	struct test_model m;
	char folder[256];
	struct err err = { "" };

	(void)state;
	str_copy(folder, sizeof folder, foreign_new());
	tm_init(&m, &c, small_tasks(), 3);
	assert_int_equal(pretrained_save(folder, m.m, &m.ps, &what, &saved, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "--task says whose"));
	pretrained_saved_release(&saved);
	tm_release(&m);
	foreign_remove(folder);
}

/* --- a matrix for q, k and v, or three --- */

static void copy_rows(const struct test_model *from, const char *a, int row,
		      struct test_model *to, const char *b)
{
	int p = param_find(&from->ps, a), q = param_find(&to->ps, b);
	size_t at = (size_t)row * (size_t)to->ps.p[q].rows * (size_t)to->ps.p[q].cols;

	assert_int_equal(from->ps.p[p].cols, to->ps.p[q].cols);
	memcpy(param_value(&to->ps, q), param_value(&from->ps, p) + at,
	       param_count(&to->ps, q) * sizeof(float));
}

static void test_split(void **state)
{
	static const char *const part[] = { "q", "v" };
	struct model_config c = adapted(ADAPTER_LORA), three = c;
	struct test_model m, y;

	(void)state;
	three.split_qkv = true;
	c.shared_layers = three.shared_layers = 2;
	tm_init(&m, &c, small_tasks(), 1);
	tm_init(&y, &three, small_tasks(), 1);
	fill(&m, ".lora.b");
	for (int p = 0; p < y.ps.n; p++) {
		int q = param_find(&m.ps, y.ps.p[p].name);

		if (q >= 0)
			memcpy(param_value(&y.ps, p), param_value(&m.ps, q),
			       param_count(&y.ps, p) * sizeof(float));
	}
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++) {
			char one[96], all[96];

			str_format(all, sizeof all, "encoder.%d.attention.qkv.weight", i);
			str_format(one, sizeof one, "encoder.%d.attention.%c.weight", i, "qkv"[k]);
			copy_rows(&m, all, k, &y, one);
			str_format(all, sizeof all, "tasks.topic.encoder.%d.attention.qkv.lora.%c"
				   ".weight", i, "ab"[k % 2]);
			for (int j = 0; k < 2 && j < 2; j++) {
				str_format(one, sizeof one, "tasks.topic.encoder.%d.attention.%s"
					   ".lora.%c.weight", i, part[j], "ab"[k]);
				copy_rows(&m, all, j, &y, one);
			}
		}
	assert_true(fabs(loss_of(&m, 0, false) - loss_of(&y, 0, false)) < 1e-6);
	tm_release(&m);
	tm_release(&y);
}

/* --- refused --- */

static void refused(const struct model_config *c, const char *field, const char *why)
{
	const char *is = "";
	struct err err = { "" };

	if (!model_check_adapter(c, &is, &err))
		fail_msg("%s: taken", why);
	assert_string_equal(is, field);
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
	assert_int_equal(declared(c, small_tasks(), 3), 0);
}

static void test_refused(void **state)
{
	struct model_config c = adapted(ADAPTER_LORA);

	(void)state;
	assert_true(declared(&c, small_tasks(), 3) > 0);
	c.adapter_rank = 17;
	refused(&c, "adapter_rank", "rank 17 is not within 1 to 16");
	c = adapted(ADAPTER_LORA);
	str_copy(c.adapter_of, sizeof c.adapter_of, "query, weights");
	refused(&c, "adapter_of", "no matrix 'weights' in a layer");
	str_copy(c.adapter_of, sizeof c.adapter_of, "query value");
	refused(&c, "adapter_of", "commas go between");
	str_copy(c.adapter_of, sizeof c.adapter_of, "query,");
	refused(&c, "adapter_of", "no matrix ''");
	c = adapted(ADAPTER_BOTTLENECK);
	c.adapter_alpha = 4;
	refused(&c, "adapter_alpha", "for lora");
	c = adapted(ADAPTER_NONE);
	refused(&c, "adapter_rank", "there is no adapter");
	c = adapted(ADAPTER_LORA);
	str_copy(c.kind, sizeof c.kind, "bilstm");
	assert_int_equal(declared(&c, small_tasks(), 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_as_without),
		cmocka_unit_test(test_trained),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_merged_gpt),
		cmocka_unit_test(test_attribution),
		cmocka_unit_test(test_merge_of_nobody),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("adapter", tests, NULL, NULL);
}
