/*
 * test_pretrained.c - models of every family from folders as `transformers` writes them:
 * hidden states, logits and losses are its own (tests/golden/pretrained/make_golden.py),
 * and a folder with one matrix transposed shows that the comparison would see it.
 *
 * A real folder, which is too large to lie here: make_golden.py FOLDER > ROW, and then this
 * test with TUTTI_FOREIGN=FOLDER and TUTTI_FOREIGN_ROW=ROW.
 */
#include "fixture/foreign_case.h"
#include "fixture/near.h"

enum { LONGEST = 9 }; /* pieces of a text */

static double hidden_error(struct foreign *f, const char *name)
{
	struct json *row = foreign_case(name);
	double error = foreign_hidden(f, row);

	json_free(row);
	return error;
}

/* Of what a language model would say behind each text. */
static double next_error(struct foreign *f)
{
	const struct batch *b = &f->x.b;
	int V = f->m.m->cfg.vocab, last[EXAMPLES];
	struct ten *h, *rows;
	float *p;

	for (int i = 0; i < EXAMPLES; i++)
		last[i] = b->off[i + 1] - 1;
	tape_begin(&f->m.t, NULL, NULL);
	h = model_rows(f->m.m, &f->m.t, b, 0, NULL);
	rows = op_rows(&f->m.t, h, last, EXAMPLES);
	p = arena_alloc(&f->m.t.arena, (size_t)EXAMPLES * (size_t)V * sizeof *p);
	infer_output(&f->m.t, rows->v, EXAMPLES, f->m.m->token, PARAM_NONE, p);
	assert_int_equal((size_t)EXAMPLES * (size_t)V, f->n_logits);
	return foreign_worst(p, f->logits, f->n_logits);
}

static void compare(const char *name)
{
	static const char *const mood[] = { "calm", "brisk", "grave" };
	static const char *const plain[] = { "LABEL_0", "LABEL_1" };
	static struct foreign f;
	bool two = !strcmp(name, "electra");
	struct json *row = foreign_case(name);
	char folder[128];
	double loss;

	snprintf(folder, sizeof folder, FOREIGN "%s", name);
	foreign_open(&f, folder, two ? plain : mood, two ? 2 : 3, -1, LONGEST);
	f.n_logits = golden_numbers(row, "logits", f.logits, EXAMPLES * WIDE);
	assert_near(hidden_error(&f, name), 0, 1e-4);
	if (f.n_logits && f.x.b.kind == TASK_CLASSIFY) {
		assert_near(foreign_logits(&f), 0, 1e-4);
		assert_string_equal(buf_str(&f.report.fresh), "");
	} else if (f.n_logits) {
		assert_near(next_error(&f), 0, 1e-4);
	}
	if (f.n_logits) {
		tape_begin(&f.m.t, NULL, NULL);
		loss = model_loss(f.m.m, &f.m.t, &f.x.b, 0).plain;
		assert_near(loss, json_number(json_get(row, "loss")), 1e-4);
	}
	foreign_close(&f);
	json_free(row);
}

static void test_families(void **state)
{
	static const char *const name[] = { "bert", "bert-deep", "bert-old", "distilbert",
					    "roberta", "electra", "electra-even", "gpt2",
					    "gpt2-half" };

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		compare(name[i]);
}

/* --- the comparison sees a fault --- */

static void transpose_half(struct st_entry *e, int *n)
{
	struct st_entry *w = foreign_entry(e, *n, "encoder.layer.3.attention.output.dense.weight");
	static uint16_t turned[36 * 36];

	assert_int_equal(w->bytes, sizeof turned);
	for (int i = 0; i < 36; i++)
		for (int k = 0; k < 36; k++)
			memcpy(&turned[k * 36 + i],
			       (const char *)w->data + 2 * (i * 36 + k), 2);
	w->data = turned;
}

static void transpose_float(struct st_entry *e, int *n)
{
	struct st_entry *w = foreign_entry(e, *n, "transformer.h.1.attn.c_proj.weight");
	static float turned[24 * 24];

	assert_int_equal(w->bytes, sizeof turned);
	for (int i = 0; i < 24; i++)
		for (int k = 0; k < 24; k++)
			memcpy(&turned[k * 24 + i],
			       (const char *)w->data + 4 * (i * 24 + k), 4);
	w->data = turned;
}

static double error_of_copy(const char *name, foreign_edit *edit)
{
	static struct foreign f;
	const char *folder = foreign_new();
	double error;

	foreign_copy(name, folder, NULL, NULL, edit);
	foreign_open(&f, folder, NULL, 0, -1, LONGEST);
	error = hidden_error(&f, name);
	foreign_close(&f);
	foreign_remove(folder);
	return error;
}

static void test_transposed(void **state)
{
	(void)state;
	assert_near(error_of_copy("bert-deep", NULL), 0, 1e-4);
	assert_true(error_of_copy("bert-deep", transpose_half) > 0.1);
	assert_near(error_of_copy("gpt2", NULL), 0, 1e-4);
	assert_true(error_of_copy("gpt2", transpose_float) > 0.1);
}

/* --- layers that are a task's own, heads --- */

static void test_own_layers(void **state)
{
	static const char *const name[] = { "bert-deep", "gpt2", "electra" };
	static struct foreign f;
	char folder[128];

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int shared = 0; shared < 3; shared++) {
			snprintf(folder, sizeof folder, FOREIGN "%s", name[i]);
			foreign_open(&f, folder, NULL, 0, shared, LONGEST);
			assert_near(hidden_error(&f, name[i]), 0, 1e-4);
			foreign_close(&f);
		}
}

/* The same labels in another order: the same logits in that order. */
static void test_permuted(void **state)
{
	static const char *const mood[] = { "grave", "calm", "brisk" };
	static const int was[] = { 2, 0, 1 };
	static struct foreign f;
	struct json *row = foreign_case("bert");
	double logits[EXAMPLES * 3];

	(void)state;
	foreign_open(&f, FOREIGN "bert", mood, 3, -1, LONGEST);
	f.n_logits = golden_numbers(row, "logits", logits, EXAMPLES * 3);
	for (int i = 0; i < EXAMPLES * 3; i++)
		f.logits[i] = logits[i / 3 * 3 + was[i % 3]];
	hidden_error(&f, "bert");
	assert_near(foreign_logits(&f), 0, 1e-4);
	foreign_close(&f);
	json_free(row);
}

static bool is_as_drawn(const struct foreign *f, const char *name)
{
	struct param_set ps;
	struct model *m;
	int p = param_find(&f->m.ps, name);
	bool same;

	assert_true(p >= 0);
	param_set_init(&ps);
	assert_int_equal(model_new(&f->m.m->cfg, f->m.m->task, 1, &ps, &m, NULL), ST_OK);
	model_init_random(m, &ps, 5);
	same = !memcmp(param_value(&ps, p), param_value(&f->m.ps, p),
		       param_count(&ps, p) * sizeof(float));
	model_free(m);
	param_set_release(&ps);
	return same;
}

/* Other labels, or as many that are not all the same: the head is fresh. */
static void test_fresh_head(void **state)
{
	static const char *const two[] = { "calm", "brisk" };
	static const char *const twice[] = { "calm", "brisk", "calm" };
	static struct foreign f;

	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *const *labels = i == 0 ? NULL : i == 1 ? two : twice;

		foreign_open(&f, FOREIGN "bert", labels, i == 1 ? 2 : 3, -1, LONGEST);
		assert_string_equal(buf_str(&f.report.fresh), "tasks.mood.head\n");
		assert_non_null(strstr(buf_str(&f.report.unused), "classifier.weight\n"));
		assert_null(strstr(buf_str(&f.report.unused), "pooler"));
		assert_null(strstr(buf_str(&f.report.unused), "encoder"));
		assert_true(is_as_drawn(&f, "tasks.mood.head.out.weight"));
		assert_false(is_as_drawn(&f, "tasks.mood.head.hidden.weight"));
		assert_false(is_as_drawn(&f, "encoder.0.attention.qkv.weight"));
		foreign_close(&f);
	}
}

/* BERT's pooler goes where it is the same function, and nowhere else. */
static void test_pooler(void **state)
{
	struct model_task task = { .name = "mood", .kind = TASK_REGRESS, .scale = 1 };
	struct pretrained *p;

	(void)state;
	assert_int_equal(pretrained_open(FOREIGN "bert-old", &p, NULL), ST_OK);
	for (int i = 0; i < 3; i++) {
		static struct foreign f;
		struct model_config cfg = pretrained_info(p)->cfg;
		bool taken;

		cfg.max_source = LONGEST;
		cfg.pool = i == 1 ? POOL_MEAN : POOL_FIRST;
		cfg.head_act = i == 2 ? ACT_RELU : ACT_TANH;
		tm_init(&f.m, &cfg, &task, 1);
		assert_int_equal(pretrained_load(p, f.m.m, &f.m.ps, NULL, &f.report, NULL),
				 ST_OK);
		taken = !is_as_drawn(&f, "tasks.mood.head.hidden.bias");
		assert_true(taken == (i == 0));
		assert_true(!strstr(buf_str(&f.report.unused), "pooler") == taken);
		assert_string_equal(buf_str(&f.report.fresh), "tasks.mood.head\n");
		pretrained_report_release(&f.report);
		tm_release(&f.m);
	}
	pretrained_close(p);
}

/* A head for masked pieces is taken whole; of a folder without one, or untied, it is fresh. */
static void test_unmasker(void **state)
{
	struct model_task task = { .name = "gaps", .kind = TASK_MLM };

	(void)state;
	for (int i = 0; i < 3; i++) {
		static struct foreign f;
		struct pretrained *p;
		struct model_config cfg;
		bool is_there = i == 0;

		assert_int_equal(pretrained_open(i == 1 ? FOREIGN "bert" : FOREIGN "bert-old", &p,
						 NULL), ST_OK);
		cfg = pretrained_info(p)->cfg;
		cfg.max_source = LONGEST;
		cfg.tied = i != 2;
		tm_init(&f.m, &cfg, &task, 1);
		assert_int_equal(pretrained_load(p, f.m.m, &f.m.ps, NULL, &f.report, NULL),
				 ST_OK);
		assert_string_equal(buf_str(&f.report.fresh),
				    is_there ? "" : "tasks.gaps.head\n");
		assert_true(is_as_drawn(&f, "tasks.gaps.head.transform.weight") == !is_there);
		assert_true(is_as_drawn(&f, "tasks.gaps.head.bias") == !is_there);
		if (i != 1)
			assert_true(!strstr(buf_str(&f.report.unused), "cls.predictions") ==
				    is_there);
		pretrained_report_release(&f.report);
		tm_release(&f.m);
		pretrained_close(p);
	}
}

/* --- what is told of a folder --- */

static void test_info(void **state)
{
	struct pretrained *p;
	const struct pretrained_info *i;

	(void)state;
	assert_int_equal(pretrained_open(FOREIGN "roberta", &p, NULL), ST_OK);
	i = pretrained_info(p);
	assert_string_equal(i->family, "roberta");
	assert_string_equal(i->cfg.kind, "transformer");
	assert_int_equal(i->max_length, 18);
	assert_int_equal(i->cfg.position_offset, 2);
	assert_int_equal(i->n_labels, 3);
	assert_string_equal(i->labels[1], "brisk");
	assert_int_equal(i->parameters, 17790);
	assert_int_equal(i->bytes, 73860);
	pretrained_close(p);
	assert_int_equal(pretrained_open(FOREIGN "bert", &p, NULL), ST_OK);
	assert_near(pretrained_info(p)->dropout, 0.2, 1e-12);
	pretrained_close(p);
	assert_int_equal(pretrained_open(FOREIGN "gpt2", &p, NULL), ST_OK);
	assert_int_equal(pretrained_info(p)->n_labels, 0);
	assert_int_equal(pretrained_info(p)->max_length, 21);
	pretrained_close(p);
}

static struct hash hash_of(const char *folder)
{
	struct pretrained *p;
	struct hash h;

	assert_int_equal(pretrained_open(folder, &p, NULL), ST_OK);
	h = pretrained_hash(p);
	pretrained_close(p);
	return h;
}

static void nudge(struct st_entry *e, int *n)
{
	struct st_entry *w = foreign_entry(e, *n, "transformer.ln_f.bias");
	static float moved[24];

	memcpy(moved, w->data, sizeof moved);
	moved[23] = nextafterf(moved[23], 9.0f);
	w->data = moved;
}

/* The tensors of gpt2 in two files and an index, one and one. */
static void write_shards(const char *folder)
{
	struct safetensors *s;
	struct st_entry part[2][64];
	int n[2] = { 0, 0 };
	struct err err = { "" };
	struct buf map;
	char path[128];

	if (safetensors_open(FOREIGN "gpt2/model.safetensors", false, &s, &err))
		fail_msg("%s", err.text);
	buf_init(&map);
	for (int i = 0; i < safetensors_count(s); i++) {
		const struct st_entry *e = safetensors_at(s, i);

		part[i % 2][n[i % 2]++] = *e;
		buf_addf(&map, "%s\"%s\": \"%d.safetensors\"", i ? "," : "{\"weight_map\": {",
			 e->name, i % 2);
	}
	buf_adds(&map, "}}");
	for (int k = 0; k < 2; k++) {
		snprintf(path, sizeof path, "%s/%d.safetensors", folder, k);
		if (safetensors_save(path, part[k], n[k], NULL, &err))
			fail_msg("%s", err.text);
	}
	foreign_write(folder, "model.safetensors.index.json", buf_str(&map));
	buf_release(&map);
	safetensors_close(s);
}

/* The hash is of the content: the same in other files, another for one changed bit. */
static void test_hash(void **state)
{
	const char *folder = foreign_new();
	struct hash was = hash_of(FOREIGN "gpt2");
	char path[128];

	(void)state;
	foreign_copy("gpt2", folder, NULL, NULL, NULL);
	assert_true(hash_equal(hash_of(folder), was));
	foreign_copy("gpt2", folder, NULL, NULL, nudge);
	assert_false(hash_equal(hash_of(folder), was));
	foreign_copy("gpt2", folder, "\"resid_pdrop\": 0.1", "\"resid_pdrop\": 0.2", NULL);
	assert_false(hash_equal(hash_of(folder), was));
	foreign_copy("gpt2", folder, NULL, NULL, NULL);
	snprintf(path, sizeof path, "%s/model.safetensors", folder);
	assert_int_equal(remove(path), 0);
	write_shards(folder);
	assert_true(hash_equal(hash_of(folder), was));
	foreign_remove(folder);
}

/* --- a real one, where somebody has it --- */

static void test_real(void **state)
{
	const char *folder = getenv("TUTTI_FOREIGN"), *path = getenv("TUTTI_FOREIGN_ROW");
	static struct foreign f;
	struct json *row;
	double most = 0, error;

	(void)state;
	if (!folder || !path)
		skip();
	row = foreign_row(path, "");
	foreign_open(&f, folder, NULL, 0, -1, TOKENS_MAX / 2);
	error = foreign_hidden(&f, row);
	for (size_t i = 0; i < f.n_hidden; i++)
		most = fabs(f.hidden[i]) > most ? fabs(f.hidden[i]) : most;
	print_message("%d of %d parameters, %zu numbers up to %.3g: at most %.3g apart\n",
		      f.report.taken, f.m.ps.n, f.n_hidden, most, error);
	assert_near(error, 0, 1e-4 * (most > 1 ? most : 1));
	foreign_close(&f);
	json_free(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),   cmocka_unit_test(test_transposed),
		cmocka_unit_test(test_own_layers), cmocka_unit_test(test_permuted),
		cmocka_unit_test(test_fresh_head), cmocka_unit_test(test_info),
		cmocka_unit_test(test_hash),       cmocka_unit_test(test_pooler),
		cmocka_unit_test(test_unmasker),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests_name("pretrained", tests, NULL, NULL);
}
