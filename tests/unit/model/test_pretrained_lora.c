/*
 * test_pretrained_lora.c - folders of peft's: the model of the other folder with
 * W + alpha / r B A in its matrices, however they are called; what is not read is refused
 * in words that say what it is.
 */
#include "fixture/foreign_folder.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

enum { RANK = 2, CHANGES_MAX = 64 };
static const double ALPHA = 6;

static char root[256], base[300], merged[300], adapter[300];

static int set_up(void **state)
{
	(void)state;
	str_copy(root, sizeof root, foreign_new());
	str_format(base, sizeof base, "%s/base", root);
	str_format(merged, sizeof merged, "%s/merged", root);
	str_format(adapter, sizeof adapter, "%s/adapter", root);
	return mkdir(base, 0700) || mkdir(merged, 0700) || mkdir(adapter, 0700);
}

static int tear_down(void **state)
{
	(void)state;
	foreign_remove(root);
	return 0;
}

/* --- an adapter for all matrices of attention, beside what it makes of them --- */

static struct {
	char name[128];
	float *a, *b;
	int in, out;
} change[CHANGES_MAX];
static int n_changes;
static float *made[CHANGES_MAX];

static void fill(float *x, int n, int seed)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)sin(seed * 7.1 + i * 1.7) / 8;
}

static float *merge(const struct st_entry *e, int k)
{
	int in = change[k].in, out = change[k].out;
	float *w = xcalloc((size_t)(in * out), sizeof *w);

	safetensors_floats(e, w);
	for (int i = 0; i < out; i++)
		for (int j = 0; j < in; j++)
			for (int r = 0; r < RANK; r++)
				w[i * in + j] += (float)(ALPHA / RANK) *
						 change[k].b[i * RANK + r] *
						 change[k].a[r * in + j];
	return w;
}

static void change_attention(struct st_entry *e, int *n)
{
	n_changes = 0;
	for (int i = 0; i < *n; i++) {
		int k = n_changes;

		if (e[i].n_dims != 2 || !strstr(e[i].name, "attention") ||
		    e[i].dim[0] != e[i].dim[1])
			continue;
		assert_true(k < CHANGES_MAX);
		str_copy(change[k].name, sizeof change[k].name, e[i].name);
		change[k].out = (int)e[i].dim[0];
		change[k].in = (int)e[i].dim[1];
		change[k].a = xcalloc((size_t)(RANK * change[k].in), sizeof(float));
		change[k].b = xcalloc((size_t)(RANK * change[k].out), sizeof(float));
		fill(change[k].a, RANK * change[k].in, k);
		fill(change[k].b, RANK * change[k].out, k + 100);
		made[k] = merge(&e[i], k);
		e[i].dtype = ST_F32;
		e[i].data = made[k];
		e[i].bytes = (size_t)(change[k].in * change[k].out) * sizeof(float);
		n_changes++;
	}
	assert_true(n_changes >= 4);
}

static void free_changes(void)
{
	for (int k = 0; k < n_changes; k++) {
		xfree(change[k].a);
		xfree(change[k].b);
		xfree(made[k]);
	}
}

/* One more tensor, or NULL. */
static const char *extra;

/* With the module's own name, or without the prefix of the trunk; of `n` matrices. */
static void write_weights(const char *prefix, int n)
{
	struct st_entry e[2 * CHANGES_MAX + 1];
	char name[2 * CHANGES_MAX][200], path[400];
	struct err err = { "" };

	for (int k = 0; k < n; k++)
		for (int b = 0; b < 2; b++) {
			const char *module = change[k].name;
			int at = 2 * k + b;

			module += str_starts(module, prefix) ? strlen(prefix) : 0;
			str_format(name[at], sizeof name[at],
				   "base_model.model.%.*s.lora_%c.weight",
				   (int)(strlen(module) - strlen(".weight")), module,
				   b ? 'B' : 'A');
			e[at] = (struct st_entry){ .name = name[at], .dtype = ST_F32, .n_dims = 2,
						   .data = b ? change[k].b : change[k].a };
			e[at].dim[0] = b ? change[k].out : RANK;
			e[at].dim[1] = b ? RANK : change[k].in;
			e[at].bytes = (size_t)(e[at].dim[0] * e[at].dim[1]) * sizeof(float);
		}
	if (extra) {
		e[2 * n] = e[0];
		e[2 * n].name = extra;
	}
	str_format(path, sizeof path, "%s/adapter_model.safetensors", adapter);
	if (safetensors_save(path, e, 2 * n + (extra != NULL), NULL, &err))
		fail_msg("%s", err.text);
}

#define SAYS(base, more)                                                          \
	"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":6,"                       \
	"\"target_modules\":[\"query\"],\"base_model_name_or_path\":\"" base "\"" more "}"

static void make_adapter(const char *family)
{
	foreign_copy(family, base, NULL, NULL, NULL);
	foreign_copy(family, merged, NULL, NULL, change_attention);
	write_weights("", n_changes);
	foreign_write(adapter, "adapter_config.json", SAYS("../base", ""));
}

/* --- read --- */

static void load(const char *folder, struct test_model *x, struct hash *hash)
{
	struct model_task task = { .name = "mood", .kind = TASK_CLASSIFY, .n_labels = 3 };
	struct pretrained_report report = { 0 };
	struct pretrained *p = NULL;
	struct model_config cfg;
	struct err err = { "" };

	if (pretrained_open(folder, &p, &err))
		fail_msg("%s", err.text);
	assert_int_equal(pretrained_info(p)->adapter != NULL, folder == adapter);
	cfg = pretrained_info(p)->cfg;
	cfg.max_source = cfg.max_target = 7;
	tm_init(x, &cfg, &task, 1);
	if (pretrained_load(p, x->m, &x->ps, NULL, &report, &err))
		fail_msg("%s", err.text);
	*hash = pretrained_hash(p);
	pretrained_report_release(&report);
	pretrained_close(p);
}

static double distance(const struct test_model *x, const struct test_model *y)
{
	double most = 0;

	assert_int_equal(x->ps.n, y->ps.n);
	for (int i = 0; i < x->ps.n; i++)
		for (size_t k = 0; k < param_count(&x->ps, i); k++)
			most = fmax(most, fabs((double)param_value(&x->ps, i)[k] -
					       (double)param_value(&y->ps, i)[k]));
	return most;
}

static void test_merged(void **state)
{
	static const char *const family[] = { "bert", "distilbert", "electra" };

	(void)state;
	for (size_t f = 0; f < sizeof family / sizeof *family; f++) {
		struct test_model x, y, z;
		struct hash plain, with, same;
		char prefix[32];

		make_adapter(family[f]);
		load(adapter, &x, &with);
		load(merged, &y, &same);
		load(base, &z, &plain);
		assert_true(distance(&x, &y) < 1e-6);
		assert_true(distance(&x, &z) > 1e-3);
		assert_memory_not_equal(&plain, &with, sizeof plain);
		tm_release(&y);
		str_format(prefix, sizeof prefix, "%s.", family[f]);
		write_weights(prefix, n_changes); /* as of a model without a head */
		load(adapter, &y, &same);
		assert_true(distance(&x, &y) == 0);
		tm_release(&x);
		tm_release(&y);
		tm_release(&z);
		free_changes();
	}
}

/* --- refused --- */

static void refuse(const char *config, const char *says)
{
	struct err err;

	foreign_write(adapter, "adapter_config.json", config);
	assert_int_not_equal(foreign_try(adapter, &err), ST_OK);
	if (!strstr(err.text, says))
		fail_msg("no '%s' in: %s", says, err.text);
}

static void test_refused(void **state)
{
	(void)state;
	make_adapter("bert");
	refuse(SAYS("bert-base-uncased", ""), "lora of rank 2, alpha 6, in query");
	refuse(SAYS("bert-base-uncased", ""), "'bert-base-uncased', which is no folder here");
	refuse(SAYS("../base", ",\"use_dora\":true"), "use_dora is not read here; merge it");
	refuse(SAYS("../base", ",\"bias\":\"some\""), "bias 'some' is not read here; merge it");
	refuse(SAYS("../base", ",\"rank_pattern\":{\"self.query\":4}"), "is not [4, 24]");
	refuse(SAYS("../base", ",\"rank_pattern\":{\"query\":0}"), "a rank_pattern is no rank");
	refuse(SAYS("../base", ",\"alpha_pattern\":{\"query\":\"x\"}"), "is no number");
	refuse(SAYS("../base", ",\"alpha_pattern\":{\".*query\":4}"),
	       "a regular expression ('.*query') as alpha_pattern");
	refuse(SAYS("../base", ",\"init_lora_weights\":\"pissa\""),
	       "init_lora_weights 'pissa', which changes the model itself");
	refuse(SAYS("../base", ",\"layer_replication\":[[0,2]]"), "with layer_replication");
	refuse(SAYS("../base", ",\"alora_invocation_tokens\":[7]"), "alora_invocation_tokens");
	refuse(SAYS("../base", ",\"of_tomorrow\":1"), "with of_tomorrow is not read here");
	refuse("{\"peft_type\":\"IA3\"}", "peft_type 'IA3'");
	refuse("{\"peft_type\":\"LORA\",\"r\":0}", "r is no rank");
	refuse("[]", "no JSON object");
	str_copy(strstr(change[1].name, ".weight"), 16, "2.weight");
	write_weights("", n_changes);
	refuse(SAYS("../base", ""), "which is no matrix of the model; merge it");
	extra = "base_model.model.bert.encoder.layer.0.x.lora_magnitude_vector";
	write_weights("", 1);
	refuse(SAYS("../base", ""), "lora_magnitude_vector' is not read here; merge it");
	extra = "base_model.model.bert.embeddings.word_embeddings.trainable_tokens_delta";
	write_weights("", 1);
	refuse(SAYS("../base", ""), "trainable_tokens_delta' is of no place");
	extra = NULL;
	change[0].in--;
	write_weights("", 1);
	refuse(SAYS("../base", ""), "lora_A.weight' is not [2, 24]");
	free_changes();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_merged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("adapters of peft's", tests, NULL, NULL);
}
