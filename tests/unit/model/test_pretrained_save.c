/*
 * test_pretrained_save.c - every family's folder read, written and read again: the same
 * configuration, the same floats; what has no class is written by our names, and said;
 * a gpt's scale of its table is written away.
 */
#include "fixture/foreign_folder.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "model/kind.h"
#include "model/pretrained_save.h"

static const char *const others[] = { "a", "b", "c" };
static char folder[256];

static int set_up(void **state)
{
	(void)state;
	return str_copy(folder, sizeof folder, foreign_new()), 0;
}

static int tear_down(void **state)
{
	(void)state;
	foreign_remove(folder);
	return 0;
}

static const char *in_folder(const char *name)
{
	static char path[512];

	str_format(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* The folder's model; its one task has the folder's labels, else a, b and c. */
static void load(const char *from, struct pretrained **p, struct test_model *x,
		 const char *const **labels)
{
	struct model_task task = { .name = "mood", .kind = TASK_CLASSIFY, .n_labels = 3 };
	struct pretrained_report report = { 0 };
	const struct pretrained_info *info;
	struct model_config cfg;
	struct err err = { "" };

	if (pretrained_open(from, p, &err))
		fail_msg("%s: %s", from, err.text);
	info = pretrained_info(*p);
	*labels = info->n_labels ? info->labels : others;
	if (info->n_labels)
		task.n_labels = info->n_labels;
	cfg = info->cfg;
	cfg.max_source = cfg.max_target = 7;
	cfg.pool = POOL_FIRST;
	if (model_kind_says(cfg.kind))
		task.kind = TASK_SUMMARIZE;
	tm_init(x, &cfg, &task, 1);
	if (pretrained_load(*p, x->m, &x->ps, labels, &report, &err))
		fail_msg("%s: %s", from, err.text);
	pretrained_report_release(&report);
}

static void save(const struct test_model *x, const struct pretrained_task *head,
		 struct pretrained_saved *out)
{
	struct pretrained_what what = { .head = head, .dropout = .25, .pad = 0, .begin = 2,
					.end = 3 };
	struct err err = { "" };

	if (pretrained_save(folder, x->m, &x->ps, &what, out, &err))
		fail_msg("%s", err.text);
}

static void same_config(const struct model_config *a, const struct model_config *b)
{
	assert_string_equal(a->kind, b->kind);
	assert_true(a->dim == b->dim && a->layers == b->layers && a->heads == b->heads);
	assert_true(a->ff == b->ff && a->vocab == b->vocab && a->pre_norm == b->pre_norm);
	assert_true(a->act == b->act && a->head_act == b->head_act);
	assert_true(a->drop_pooled == b->drop_pooled);
	assert_memory_equal(&a->eps, &b->eps, sizeof a->eps);
	assert_true(a->max_positions == b->max_positions && a->segments == b->segments);
	assert_true(a->position_offset == b->position_offset);
	assert_true(a->embed_dim == b->embed_dim);
}

static void same_floats(const struct test_model *a, const struct test_model *b)
{
	assert_int_equal(a->ps.n, b->ps.n);
	for (int i = 0; i < a->ps.n; i++)
		if (memcmp(param_value(&a->ps, i), param_value(&b->ps, i),
			   param_count(&a->ps, i) * sizeof(float)))
			fail_msg("%s is not what was saved", a->ps.p[i].name);
}

static void test_families(void **state)
{
	static const char *const name[] = { "bert", "bert-deep", "bert-old", "distilbert",
					    "roberta", "electra", "electra-even", "gpt2",
					    "gpt2-half" };

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct test_model x, y;
		struct pretrained *p, *q;
		const char *const *labels, *const *again;
		struct pretrained_saved saved;
		struct pretrained_task head = { .task = 0, .scale = 1 };
		char path[128];

		str_format(path, sizeof path, FOREIGN "%s", name[i]);
		load(path, &p, &x, &labels);
		head.labels = labels;
		save(&x, &head, &saved);
		assert_true(saved.has_head && !saved.why && !saved.ours);
		assert_int_equal(access(in_folder("tutti.safetensors"), F_OK), -1);
		load(folder, &q, &y, &again);
		assert_string_equal(pretrained_info(q)->family, pretrained_info(p)->family);
		assert_true(fabs(pretrained_info(q)->dropout - .25) < 1e-12);
		same_config(&x.m->cfg, &y.m->cfg);
		if (!model_kind_says(x.m->cfg.kind))
			for (int k = 0; k < x.m->task[0].n_labels; k++)
				assert_string_equal(again[k], labels[k]);
		same_floats(&x, &y);
		/* random weights are not what was loaded: the comparison can fail */
		param_value(&y.ps, 0)[0] += 1;
		assert_memory_not_equal(param_value(&x.ps, 0), param_value(&y.ps, 0),
					sizeof(float));
		pretrained_saved_release(&saved);
		tm_release(&x);
		tm_release(&y);
		pretrained_close(p);
		pretrained_close(q);
	}
}

/*
 * That folder for a task of another unit says the same y: w and b. Of two tasks the one of
 * its name has it, else neither.
 */
static void number_again(const struct model *from, double w, double b)
{
	static const struct { const char *name[2]; int gets; } row[] = {
		{ { "height", NULL }, 0 }, { { "height", "age" }, 1 },
		{ { "height", "width" }, -1 },
	};
	struct model_config cfg = from->cfg;
	struct pretrained *p;

	assert_int_equal(pretrained_open(folder, &p, NULL), ST_OK);
	assert_string_equal(pretrained_info(p)->number, "age");
	assert_int_equal(pretrained_info(p)->n_labels, 0);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct model_task task[2] = { { .kind = TASK_REGRESS, .mean = -1, .scale = .5 },
					      { .kind = TASK_REGRESS, .mean = 9, .scale = 2 } };
		struct pretrained_report report;
		struct test_model y;
		int n = row[i].name[1] ? 2 : 1;

		for (int k = 0; k < n; k++)
			str_copy(task[k].name, sizeof task[k].name, row[i].name[k]);
		tm_init(&y, &cfg, task, n);
		assert_int_equal(pretrained_load(p, y.m, &y.ps, NULL, &report, NULL), ST_OK);
		for (int k = 0; k < n; k++) {
			char name[64];
			const float *v;
			double is_w, is_b;

			str_format(name, sizeof name, "tasks.%s.head.out.weight", task[k].name);
			v = param_value(&y.ps, param_find(&y.ps, name));
			is_w = (double)v[0] * task[k].scale;
			str_format(name, sizeof name, "tasks.%s.head.out.bias", task[k].name);
			v = param_value(&y.ps, param_find(&y.ps, name));
			is_b = (double)v[0] * task[k].scale + task[k].mean;
			assert_int_equal(fabs(is_w - w) < 1e-6 && fabs(is_b - b) < 1e-5,
					 k == row[i].gets);
			str_format(name, sizeof name, "tasks.%s.head\n", task[k].name);
			assert_int_equal(!strstr(buf_str(&report.fresh), name), k == row[i].gets);
		}
		pretrained_report_release(&report);
		tm_release(&y);
	}
	pretrained_close(p);
}

/* Of a number the head's last layer says y itself. */
static void test_number(void **state)
{
	struct model_task task = { .name = "age", .kind = TASK_REGRESS, .mean = 3, .scale = 4 };
	struct pretrained_task head = { .task = 0, .mean = 3, .scale = 4 };
	struct model_config cfg = small_config();
	struct safetensors *st;
	struct pretrained_saved saved;
	struct test_model x;
	struct err err = { "" };
	const float *w, *b;
	float out[1];

	(void)state;
	cfg.pre_norm = false;
	cfg.table_scale = 0;
	cfg.pool = POOL_FIRST;
	tm_init(&x, &cfg, &task, 1);
	w = param_value(&x.ps, param_find(&x.ps, "tasks.age.head.out.weight"));
	b = param_value(&x.ps, param_find(&x.ps, "tasks.age.head.out.bias"));
	save(&x, &head, &saved);
	assert_string_equal(saved.class_name, "BertForSequenceClassification");
	assert_int_equal(safetensors_open(in_folder("model.safetensors"), false, &st, &err),
			 ST_OK);
	assert_memory_equal(safetensors_find(st, "classifier.bias")->data,
			    (out[0] = b[0] * 4 + 3, out), sizeof out);
	assert_memory_equal(safetensors_find(st, "classifier.weight")->data,
			    (out[0] = w[0] * 4, out), sizeof out);
	safetensors_close(st);
	number_again(x.m, w[0] * 4.0, b[0] * 4.0 + 3);
	pretrained_saved_release(&saved);
	tm_release(&x);
}

/* Pre-norm, means, decoders and other tasks' parts: by our names, all of them. */
static void test_ours(void **state)
{
	struct pretrained_task head = { .task = 0, .labels = others, .scale = 1 };
	struct model_config cfg = small_config();
	struct safetensors *st;
	struct pretrained_saved saved;
	struct test_model x;
	struct err err = { "" };

	(void)state;
	cfg.pre_norm = true;
	tm_init(&x, &cfg, small_tasks(), 3);
	save(&x, &head, &saved);
	assert_null(saved.class_name);
	assert_non_null(strstr(saved.why, "norms before the blocks"));
	assert_int_equal(access(in_folder("config.json"), F_OK), -1);
	assert_int_equal(saved.ours, x.ps.n);
	assert_int_equal(safetensors_open(in_folder("tutti.safetensors"), false, &st, &err),
			 ST_OK);
	for (int i = 0; i < x.ps.n; i++) {
		const struct st_entry *e = safetensors_find(st, x.ps.p[i].name);

		assert_non_null(e);
		assert_int_equal(e->bytes, param_count(&x.ps, i) * sizeof(float));
		assert_memory_equal(e->data, param_value(&x.ps, i), e->bytes);
	}
	safetensors_close(st);
	pretrained_saved_release(&saved);
	tm_release(&x);
}

/* Layers of a task's own want to know of which; its own are what is written. */
static void test_own_layers(void **state)
{
	struct pretrained_task head = { .task = 0, .labels = others, .scale = 1 };
	struct pretrained_what what = { .pad = -1, .begin = -1, .end = -1 };
	struct model_config cfg = small_config();
	struct safetensors *st;
	struct pretrained_saved saved;
	struct test_model x;
	struct err err = { "" };
	char name[96];
	int own;

	(void)state;
	cfg.pre_norm = false;
	cfg.table_scale = 0;
	cfg.pool = POOL_MEAN;
	cfg.shared_layers = 1;
	tm_init(&x, &cfg, small_tasks(), 3);
	assert_int_equal(pretrained_save(folder, x.m, &x.ps, &what, &saved, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "--task"));
	pretrained_saved_release(&saved);
	save(&x, &head, &saved);
	assert_string_equal(saved.class_name, "BertModel"); /* no head of means there */
	assert_true(!saved.has_head && strstr(saved.why, "mean over tokens"));
	str_format(name, sizeof name, "tasks.%s.encoder.1.feed.up.weight",
		   small_tasks()[0].name);
	own = param_find(&x.ps, name);
	assert_true(own >= 0);
	assert_int_equal(safetensors_open(in_folder("model.safetensors"), false, &st, &err),
			 ST_OK);
	assert_memory_equal(safetensors_find(st, "encoder.layer.1.intermediate.dense.weight")->data,
			    param_value(&x.ps, own), param_count(&x.ps, own) * sizeof(float));
	safetensors_close(st);
	pretrained_saved_release(&saved);
	tm_release(&x);
}

/* A scale's square-th of eps, and a scale-th of what is added to the stream. */
static void test_scale(void **state)
{
	struct model_task task = { .name = "sum", .kind = TASK_SUMMARIZE };
	struct pretrained_task head = { .task = 0, .scale = 1 };
	struct model_config cfg = small_config();
	struct pretrained *p;
	struct pretrained_saved saved;
	struct test_model x, y;
	const char *const *labels;
	int at;

	(void)state;
	str_copy(cfg.kind, sizeof cfg.kind, "gpt");
	cfg.pre_norm = true;
	cfg.table_scale = 4;
	tm_init(&x, &cfg, &task, 1);
	save(&x, &head, &saved);
	assert_string_equal(saved.class_name, "GPT2LMHeadModel");
	load(folder, &p, &y, &labels);
	assert_true(y.m->cfg.table_scale > .99 && y.m->cfg.table_scale < 1.01);
	assert_true(fabsf(y.m->cfg.eps * 16 / x.m->cfg.eps - 1) < 1e-6f);
	at = param_find(&x.ps, "embed.position");
	assert_true(param_value(&x.ps, at)[5] - 4 * param_value(&y.ps, at)[5] == 0);
	at = param_find(&x.ps, "layers.0.feed.down.bias");
	assert_true(param_value(&x.ps, at)[1] - 4 * param_value(&y.ps, at)[1] == 0);
	at = param_find(&x.ps, "layers.0.feed.up.weight");
	assert_true(param_value(&x.ps, at)[1] - param_value(&y.ps, at)[1] == 0);
	pretrained_saved_release(&saved);
	pretrained_close(p);
	tm_release(&x);
	tm_release(&y);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_families, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_layers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scale, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("pretrained_save", tests, NULL, NULL);
}
