/*
 * test_pretrained_refused.c - folders of models that are not as they should be: each is
 * refused with a word on what is wrong with which file or tensor, and whatever the bytes
 * are, nothing worse happens.
 */
#include "fixture/foreign_folder.h"

#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

static const char *folder;

static int set_up(void **state)
{
	(void)state;
	folder = foreign_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	foreign_remove(folder);
	return 0;
}

/* The folder as it is now: refused, and both words are in the message. */
static void refused(enum status want, const char *word, const char *other)
{
	struct err err;
	enum status st = foreign_try(folder, &err);

	if (st != want || !strstr(err.text, word) || !strstr(err.text, other))
		fail_msg("%d: %s (not '%s', '%s')", st, err.text, word, other);
}

/* --- tensors --- */

static void drop(struct st_entry *e, int *n)
{
	*foreign_entry(e, *n, "bert.encoder.layer.2.output.dense.bias") = e[*n - 1];
	--*n;
}

static void add_layer(struct st_entry *e, int *n)
{
	e[*n] = *foreign_entry(e, *n, "bert.encoder.layer.2.output.dense.bias");
	e[(*n)++].name = "bert.encoder.layer.3.output.dense.bias";
}

static void add_head(struct st_entry *e, int *n)
{
	e[*n] = *foreign_entry(e, *n, "bert.encoder.layer.2.output.dense.bias");
	e[(*n)++].name = "another.head.bias";
}

static void swap_shape(struct st_entry *e, int *n)
{
	struct st_entry *w = foreign_entry(e, *n, "bert.encoder.layer.1.output.dense.weight");

	assert_int_equal(w->dim[0], 24);
	w->dim[0] = w->dim[1];
	w->dim[1] = 24;
}

static void whole_numbers(struct st_entry *e, int *n)
{
	foreign_entry(e, *n, "bert.encoder.layer.0.attention.self.key.weight")->dtype = ST_I32;
}

static void head_shape(struct st_entry *e, int *n)
{
	struct st_entry *w = foreign_entry(e, *n, "classifier.weight");

	w->dim[0] = 24;
	w->dim[1] = 3;
}

static void not_a_number(struct st_entry *e, int *n)
{
	static float v[24];
	struct st_entry *w = foreign_entry(e, *n, "bert.encoder.layer.2.output.dense.bias");

	memcpy(v, w->data, sizeof v);
	v[7] = NAN;
	w->data = v;
}

static void test_tensors(void **state)
{
	struct err err;

	(void)state;
	foreign_copy("bert", folder, NULL, NULL, NULL);
	assert_int_equal(foreign_try(folder, &err), ST_OK);
	foreign_copy("bert", folder, NULL, NULL, drop);
	refused(ST_INVALID, "no tensor 'bert.encoder.layer.2.output.dense.bias'", folder);
	foreign_copy("bert", folder, NULL, NULL, add_layer);
	refused(ST_INVALID, "'bert.encoder.layer.3.output.dense.bias' is of no place", folder);
	foreign_copy("bert", folder, NULL, NULL, add_head);
	assert_int_equal(foreign_try(folder, &err), ST_OK);
	foreign_copy("bert", folder, NULL, NULL, swap_shape);
	refused(ST_INVALID, "'bert.encoder.layer.1.output.dense.weight'", "[50, 24]");
	foreign_copy("bert", folder, NULL, NULL, swap_shape);
	refused(ST_INVALID, "asks for [24, 50]", folder);
	foreign_copy("bert", folder, NULL, NULL, whole_numbers);
	refused(ST_INVALID, "self.key.weight' is of type I32", folder);
	foreign_copy("bert", folder, NULL, NULL, head_shape);
	refused(ST_INVALID, "'classifier.weight' has the shape [24, 3]", "[3, 24]");
}

/* What only reading the numbers shows is told when they are taken. */
static void test_not_finite(void **state)
{
	struct model_task task = { .name = "mood", .kind = TASK_CLASSIFY, .n_labels = 3 };
	struct pretrained_report report;
	struct model_config cfg;
	struct pretrained *p;
	struct test_model m;
	struct err err = { "" };

	(void)state;
	foreign_copy("bert", folder, NULL, NULL, not_a_number);
	assert_int_equal(pretrained_open(folder, &p, &err), ST_OK);
	cfg = pretrained_info(p)->cfg;
	cfg.max_source = 9;
	tm_init(&m, &cfg, &task, 1);
	assert_int_equal(pretrained_load(p, m.m, &m.ps, NULL, &report, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "'bert.encoder.layer.2.output.dense.bias' has a "
					 "number that is not finite, at place 7"));
	pretrained_report_release(&report);
	tm_release(&m);
	pretrained_close(p);
}

/* A model of another configuration does not get the weights. */
static void test_other_model(void **state)
{
	static const struct {
		int heads, ff, layers;
		bool pre_norm;
		const char *word;
	} other[] = {
		{ 4, 50, 3, false, "heads 3, not 4" }, { 3, 51, 3, false, "intermediate.dense" },
		{ 3, 50, 2, false, "layers 3, not 2" }, { 3, 50, 3, true, "pre-norm 0, not 1" },
	};
	struct model_task task = { .name = "mood", .kind = TASK_CLASSIFY, .n_labels = 3 };
	struct pretrained_report report;
	struct pretrained *p;
	struct err err = { "" };

	(void)state;
	assert_int_equal(pretrained_open(FOREIGN "bert", &p, &err), ST_OK);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct model_config cfg = pretrained_info(p)->cfg;
		struct test_model m;

		cfg.max_source = 9;
		cfg.heads = other[i].heads;
		cfg.ff = other[i].ff;
		cfg.layers = cfg.shared_layers = other[i].layers;
		cfg.pre_norm = other[i].pre_norm;
		tm_init(&m, &cfg, &task, 1);
		assert_int_equal(pretrained_load(p, m.m, &m.ps, NULL, &report, &err),
				 ST_INVALID);
		if (!strstr(err.text, other[i].word))
			fail_msg("%s", err.text);
		pretrained_report_release(&report);
		tm_release(&m);
	}
	pretrained_close(p);
}

/* --- config.json --- */

/* One setting of bert's config.json changed: refused with the word. */
static void config_refused(const char *from, const char *to, const char *word)
{
	foreign_copy("bert", folder, from, to, NULL);
	refused(ST_INVALID, word, folder);
}

static void test_config(void **state)
{
	static const char heads[] = "\"num_attention_heads\": 3";
	static const char size[] = "\"hidden_size\": 24";

	(void)state;
	config_refused("\"model_type\": \"bert\"", "\"model_type\": \"t5\"", "'t5' is none of "
		       "ours: bert, distilbert, electra, roberta, gpt2");
	config_refused("\"model_type\": \"bert\"", "\"model_type\": \"xlm-roberta\"",
		       "its tokenizer is SentencePiece's (unigram)");
	config_refused("\"model_type\": \"bert\"", "\"model_type\": 7", "no model_type");
	config_refused(heads, "\"num_attention_heads\": 5", "multiple of model.heads (5)");
	config_refused(heads, "\"num_attention_heads\": -3", "num_attention_heads must be");
	config_refused(heads, "\"num_attention_heads\": \"3\"", "not a string");
	config_refused(heads, "\"num_attention_heads\": 3.5", "not 3.5");
	config_refused(heads, "\"heads\": 3", "num_attention_heads is missing");
	config_refused(heads, "\"num_attention_heads\": null", "num_attention_heads is missing");
	config_refused(size, "\"hidden_size\": 1e300", "hidden_size must be");
	config_refused(size, "\"hidden_size\": 99999999999", "not 99999999999");
	config_refused(size, "\"hidden_size\": 48", "asks for [97, 48]");
	config_refused("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1024",
		       "no tensor 'bert.encoder.layer.3.");
	config_refused("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2",
		       "'bert.encoder.layer.2.");
	config_refused("\"vocab_size\": 97", "\"vocab_size\": 16777216", "asks for [16777216, 24]");
	config_refused("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "'mish'");
	config_refused("\"hidden_act\": \"gelu\"", "\"hidden_act\": [\"gelu\"]", "hidden_act");
	config_refused("\"is_decoder\": false", "\"is_decoder\": true", "is_decoder must be false");
	config_refused("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 0", "layer_norm_eps");
	config_refused("\"hidden_dropout_prob\": 0.2", "\"hidden_dropout_prob\": 1",
		       "hidden_dropout_prob");
	config_refused("\"vocab_size\": 97", "\"vocab_size\": 97, \"position_embedding_type\": "
		       "\"relative_key\"", "position_embedding_type must be absolute");
	config_refused("\"2\": \"grave\"", "\"3\": \"grave\"", "no text for label 2");
	config_refused("\"1\": \"brisk\",", "", "does not have the 3 labels");
}

/* A head that is none of ours is no reason to refuse its trunk: it is named. */
static void test_head_why(void **state)
{
	static const struct { const char *problem, *why; } row[] = {
		{ "multi_label_classification", NULL },
		{ "regression", "several numbers" }, { "token_sorting", "none that we know" },
		{ "single_label_classification", NULL },
	};
	char to[96];

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct pretrained_info *info;
		struct pretrained *p;

		str_format(to, sizeof to, "\"vocab_size\": 97, \"problem_type\": \"%s\"",
			   row[i].problem);
		foreign_copy("bert", folder, "\"vocab_size\": 97", to, NULL);
		assert_int_equal(pretrained_open(folder, &p, NULL), ST_OK);
		info = pretrained_info(p);
		assert_int_equal(info->n_labels, row[i].why ? 0 : 3);
		assert_null(info->number);
		assert_int_equal(info->is_multilabel, i == 0);
		assert_int_equal(!info->head_why, !row[i].why);
		if (row[i].why && !strstr(info->head_why, row[i].why))
			fail_msg("%s", info->head_why);
		pretrained_close(p);
	}
}

static void test_config_text(void **state)
{
	struct buf deep;

	(void)state;
	foreign_copy("bert", folder, NULL, NULL, NULL);
	foreign_write(folder, "config.json", "");
	refused(ST_INVALID, "config.json", folder);
	foreign_write(folder, "config.json", "[1, 2]");
	refused(ST_CORRUPT, "no JSON object", folder);
	foreign_write(folder, "config.json", "{\"model_type\": \"bert\", ");
	refused(ST_INVALID, "config.json", folder);
	buf_init(&deep);
	buf_adds(&deep, "{\"model_type\": ");
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	foreign_write(folder, "config.json", buf_str(&deep));
	refused(ST_INVALID, "config.json", folder);
	buf_release(&deep);
}

/* --- folders --- */

static void test_folders(void **state)
{
	struct err err;
	char path[128];

	(void)state;
	refused(ST_NOT_FOUND, "no config.json", folder);
	assert_int_equal(foreign_try("/nowhere/at/all", &err), ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "no folder '/nowhere/at/all'"));
	assert_int_equal(foreign_try(FOREIGN "bert/config.json", &err), ST_NOT_FOUND);
	foreign_copy("bert", folder, NULL, NULL, NULL);
	snprintf(path, sizeof path, "%s/model.safetensors", folder);
	assert_int_equal(unlink(path), 0);
	refused(ST_NOT_FOUND, "neither model.safetensors nor", "safe_serialization");
	foreign_write(folder, "model.safetensors", "no tensors");
	refused(ST_CORRUPT, "model.safetensors", folder);
}

/* --- shards --- */

/* An index beside two shards, of which the second holds nothing. */
static void write_index(const char *index)
{
	char from[128], to[128];
	struct err err;

	foreign_copy("bert", folder, NULL, NULL, NULL);
	snprintf(from, sizeof from, "%s/model.safetensors", folder);
	snprintf(to, sizeof to, "%s/one.safetensors", folder);
	assert_int_equal(rename(from, to), 0);
	snprintf(to, sizeof to, "%s/none.safetensors", folder);
	if (safetensors_save(to, NULL, 0, NULL, &err))
		fail_msg("%s", err.text);
	foreign_write(folder, "model.safetensors.index.json", index);
}

static void test_index(void **state)
{
	(void)state;
	write_index("{}");
	refused(ST_CORRUPT, "no weight_map", folder);
	write_index("{\"weight_map\": []}");
	refused(ST_CORRUPT, "no weight_map", folder);
	write_index("{\"weight_map\": {\"a\": 5}}");
	refused(ST_CORRUPT, "'a' is no name of a file", "index.json");
	write_index("{\"weight_map\": {\"a\": \"../one.safetensors\"}}");
	refused(ST_CORRUPT, "'a' is no name of a file", "index.json");
	write_index("{\"weight_map\": {\"a\": \"/etc/passwd\"}}");
	refused(ST_CORRUPT, "'a' is no name of a file", "index.json");
	write_index("{\"weight_map\": {\"a\": \"two.safetensors\"}}");
	refused(ST_NOT_FOUND, "two.safetensors", "tensor 'a'");
	write_index("{\"weight_map\": {\"a\": \"none.safetensors\"}}");
	refused(ST_CORRUPT, "'none.safetensors' has no tensor 'a'", "index.json");
	write_index("{\"weight_map\": {\"classifier.bias\": \"one.safetensors\"}}");
	refused(ST_CORRUPT, "of 'one.safetensors' is not of this file", "index.json");
	write_index("{\"weight_map\": {\"x\": ");
	refused(ST_INVALID, "index.json", folder);
}

/* --- any bytes --- */

/* Every byte of the header, and of config.json, changed one by one. */
static void spoil(const char *file, size_t from, size_t to, size_t step)
{
	struct buf text;
	struct err err;
	char path[128];

	buf_init(&text);
	snprintf(path, sizeof path, "%s/%s", folder, file);
	assert_int_equal(file_read(path, 1 << 20, &text, &err), ST_OK);
	for (size_t i = from; i < to && i < text.len; i += step) {
		char was = text.s[i];
		FILE *f = fopen(path, "r+b");

		assert_non_null(f);
		assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
		assert_true(fputc(was ^ (1 + (int)(i % 127)), f) != EOF);
		assert_int_equal(fclose(f), 0);
		foreign_try(folder, &err);
		f = fopen(path, "r+b");
		assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
		assert_true(fputc(was, f) != EOF);
		assert_int_equal(fclose(f), 0);
	}
	assert_int_equal(foreign_try(folder, &err), ST_OK);
	buf_release(&text);
}

static void test_any_bytes(void **state)
{
	(void)state;
	foreign_copy("bert", folder, NULL, NULL, NULL);
	spoil("config.json", 0, 1 << 20, 1);
	spoil("model.safetensors", 0, 9000, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tensors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_finite, set_up, tear_down),
		cmocka_unit_test(test_other_model),
		cmocka_unit_test_setup_teardown(test_config, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_head_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_config_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_index, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_any_bytes, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("pretrained_refused", tests, NULL, NULL);
}
