/*
 * test_plan.c - plans: the example loads, everything wrong is refused with its
 * place, settings are checked like the file, what is written reads back.
 */
#include "fixture/data_check.h"

#include "data/data_kind.h"
#include "plan/plan_kind.h"
#include "plan/plan_table.h"

/* The plan of the design, short; %s stands for more of the task "sum". */
static const char example[] =
	"{ \"tutti\": 1, \"seed\": 1,\n"
	" \"model\": { \"kind\": \"transformer\", \"dim\": 256, \"layers\": 4, \"heads\": 4,"
	" \"shared_layers\": 4, \"decoder_layers\": 2, \"dropout\": 0.1,"
	" \"init\": \"random\" },\n"
	" \"tokenizer\": { \"kind\": \"wordpiece\", \"size\": 8000 },\n"
	" \"tasks\": { \"cls\": { \"kind\": \"classify\", \"train\": \"${D}/a.tsv\","
	" \"dev\": \"${D}/b.tsv\", \"text\": \"sentence\", \"label\": \"label\","
	" \"weight\": 1 },\n"
	" \"sum\": { \"kind\": \"summarize\", \"train\": \"c.jsonl\", \"dev\": \"d.jsonl\","
	" \"source\": \"dialogue\", \"target\": \"summary\", \"max_source\": 256,"
	" \"max_target\": 64 } },\n"
	" \"mix\": { \"sampling\": \"proportional\", \"weighting\": \"fixed\","
	" \"micro_batches\": 4, \"tokens\": 512 },\n"
	" \"optimizer\": { \"kind\": \"adamw\", \"lr\": 3e-4, \"schedule\": \"cosine\","
	" \"warmup\": 400, \"clip\": 1.0 },\n"
	" \"budget\": { \"steps\": 20000, \"eval_every\": 500, \"checkpoint_every\": 1000 } }";

static int make_files(void **state)
{
	if (scratch_make(state))
		return -1;
	put_text("a.tsv", "sentence\tlabel\n");
	put_text("b.tsv", "sentence\tlabel\n");
	put_text("c.jsonl", "{}\n");
	put_text("d.jsonl", "{}\n");
	setenv("D", scratch, 1);
	return 0;
}

static enum status parse(const char *text, const char *const *sets, int n,
			 struct plan **p, struct err *err)
{
	err->text[0] = '\0';
	return plan_parse(text, strlen(text), "p.json", scratch, sets, n, p, err);
}

static struct plan *good(const char *text, const char *const *sets, int n)
{
	struct plan *p = NULL;
	struct err err;

	if (parse(text, sets, n, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

/* The example with the first `from` replaced. */
static char *with(const char *from, const char *to)
{
	const char *at = strstr(example, from);
	struct buf b;

	buf_init(&b);
	if (!at)
		fail_msg("'%s' is not in the example", from);
	buf_add(&b, example, (size_t)(at - example));
	buf_adds(&b, to);
	buf_adds(&b, at + strlen(from));
	return buf_take(&b);
}

static void test_example(void **state)
{
	struct plan *p = good(example, NULL, 0);
	struct dataset_spec s;

	(void)state;
	assert_string_equal(p->name, "p");
	assert_int_equal(p->n_tasks, 2);
	assert_int_equal(p->model.dim, 256);
	assert_int_equal(p->model.ff, 1024);
	assert_int_equal(p->model.shared_layers, 4);
	assert_true(p->model.pre_norm && p->model.copy && p->model.tied);
	assert_string_equal(p->model.decoder, "cross");
	assert_int_equal(p->model.pool, POOL_MEAN);
	assert_int_equal(p->model.max_source, 256);
	assert_int_equal(p->model.max_target, 64);
	assert_string_equal(p->tasks[0].text, "sentence");
	assert_string_equal(p->tasks[1].text, "dialogue");
	assert_string_equal(p->tasks[1].target, "summary");
	assert_int_equal(p->tasks[0].max_source, 128);
	assert_true(p->tasks[0].share < 0);
	assert_int_equal(p->tasks[0].header, -1);
	assert_int_equal(p->tasks[1].n_metrics, 3);
	assert_int_equal(p->tasks[1].metrics[2], METRIC_ROUGEL);
	assert_int_equal(p->tasks[1].max_length, 60);
	assert_true(p->tasks[1].smoothing == 0.1 && p->tasks[0].smoothing == 0);
	assert_true(p->lr == 3e-4 && p->beta2 == 0.999 && p->eps == 1e-8);
	assert_int_equal(p->schedule, SCHEDULE_COSINE);
	assert_int_equal(p->keep, 2);
	assert_string_equal(p->tasks[0].train, in_scratch("a.tsv"));
	assert_int_equal(plan_task_find(p, "sum"), 1);
	assert_int_equal(plan_task_find(p, "none"), -1);
	plan_dataset(p, 0, true, &s);
	assert_string_equal(s.path, in_scratch("b.tsv"));
	assert_null(s.pair);
	plan_free(p);
}

static void test_round_trip(void **state)
{
	static const char *const sets[] = {
		"tasks.cls.labels=[\"no\",\"y${D}es\",\"maybe \\u00e4\"]",
		"tasks.cls.header=true", "tasks.cls.share=0.30000000000000004",
		"tasks.sum.weight=1e-3", "mix.sampling=temperature",
		"mix.sampling_args.T=2.5", "model.norm=post", "tasks.cls.text=0",
		"tasks.cls.text_b=second", "seed=9007199254740991",
		"optimizer.eps=1.1e-17", "model.dim=260",
	};
	struct plan *p = good(example, sets, 12), *q;
	struct buf a, b;

	(void)state;
	assert_string_equal(p->tasks[0].text, "0");
	assert_true(p->tasks[0].header == 1 && !p->model.pre_norm);
	assert_int_equal(p->model.ff, 1040);
	buf_init(&a);
	buf_init(&b);
	plan_write(p, &a);
	unsetenv("D"); /* the written plan needs no variable */
	q = good(a.s, NULL, 0);
	setenv("D", scratch, 1);
	plan_write(q, &b);
	assert_string_equal(a.s, b.s);
	assert_true(q->tasks[0].share == 0.30000000000000004);
	assert_true(q->eps == 1.1e-17);
	assert_string_equal(q->tasks[0].labels[2], "maybe \xc3\xa4");
	assert_string_equal(q->method[METHOD_SAMPLING].arg[0].text, "T=2.5");
	plan_free(p);
	plan_free(q);
	buf_release(&a);
	buf_release(&b);
}

/* Numbers that are said have a step where nobody gives one; a range comes with data. */
static void test_numbers(void **state)
{
	static const char *const sets[] = {
		"model.kind=gpt", "tasks.cls.kind=regress", "tasks.cls.number_range=[1,5.3]",
	};
	char *text = with(", \"decoder_layers\": 2", "");
	struct plan *p;

	(void)state;
	for (int n = 1; n <= 3; n++) {
		struct buf b;

		p = good(text, sets + (n == 1), n == 1 ? 1 : n);
		buf_init(&b);
		plan_write(p, &b);
		plan_free(p);
		p = good(b.s, NULL, 0);
		assert_true(p->tasks[0].number_step == (n == 1 ? 0 : 0.2));
		assert_true(p->tasks[0].number_range[0] == (n == 3 ? 1 : 0));
		assert_true(p->tasks[0].number_range[1] == (n == 3 ? 5.3 : 0));
		assert_int_equal(strstr(b.s, "number_step") != NULL, n > 1);
		assert_int_equal(strstr(b.s, "number_range") != NULL, n == 3);
		plan_free(p);
		buf_release(&b);
	}
	xfree(text);
}

/* A text that looks like a variable after replacement stays as it is. */
static void test_literal_dollar(void **state)
{
	struct plan *p, *q;
	struct buf a;

	(void)state;
	setenv("COL", "${x}$", 1);
	p = good(example, (const char *const[]){ "tasks.cls.text=$${y} ${COL} $$" }, 1);
	assert_string_equal(p->tasks[0].text, "${y} ${x}$ $$");
	buf_init(&a);
	plan_write(p, &a);
	q = good(a.s, NULL, 0);
	assert_string_equal(q->tasks[0].text, p->tasks[0].text);
	plan_free(p);
	plan_free(q);
	buf_release(&a);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *from, *to, *want[3];
	} rows[] = {
		{ "\"dim\"", "\"dmi\"", { "'dmi'", "at model in p.json", "'dim'" } },
		{ "\"weight\"", "\"wieght\"", { "'wieght'", "tasks.cls", "'weight'" } },
		{ "\"mix\"", "\"mixx\"", { "'mixx'", "p.json", "'mix'" } },
		{ "\"lr\"", "\"learning_speed\"", { "learning_speed", "optimizer", "" } },
		{ "256", "\"256\"", { "not a whole number but a string", "model.dim", "" } },
		{ "256", "256.5", { "256.5", "model.dim", "whole" } },
		{ "0.1", "1.5", { "1.5 is out of range, 0 to 0.9", "model.dropout", "" } },
		{ "0.1", "true", { "not a number but true or false", "dropout", "" } },
		{ "\"heads\": 4", "\"heads\": 3", { "3 heads", "256", "model.heads" } },
		{ "\"shared_layers\": 4", "\"shared_layers\": 5",
		  { "5 shared layers", "4 layers", "model.shared_layers" } },
		{ "transformer", "transformr", { "'transformr'", "'transformer'", "" } },
		{ "\"transformer\", \"dim\": 256", "\"bilstm\", \"dim\": 255",
		  { "multiple of 2", "255", "model.dim" } },
		{ "\"dim\": 256", "\"decoder\": \"parrot\"",
		  { "'parrot'", "model.decoder", "cross" } },
		{ "classify", "clasify", { "'clasify'", "'classify'", "tasks.cls.kind" } },
		{ "cosine", "square", { "constant, linear, cosine", "square", "" } },
		{ "proportional", "uniforn", { "'uniforn'", "'uniform'", "mix.sampling" } },
		{ "fixed", "nothing", { "'nothing'", "fixed", "mix.weighting" } },
		{ "\"source\": ", "\"text\": ", { "'text'", "classify", "tasks.sum" } },
		{ "\"label\": ", "\"target\": ", { "'target'", "summarize", "tasks.cls" } },
		{ "${D}/a.tsv", "${D}/x.tsv", { "no such file", "/x.tsv'", "tasks.cls.train" } },
		{ "${D}/b.tsv", "${D}", { "is a folder without", "tasks.cls.dev", "" } },
		{ "${D}/a.tsv", "${NOT_SET_7}", { "'NOT_SET_7' is not set", "--set", "" } },
		{ "${D}/a.tsv", "${D/a.tsv", { "without '}'", "tasks.cls.train", "" } },
		{ "\"train\": \"c.jsonl\", ", "", { "missing 'train'", "tasks.sum", "" } },
		{ "\"kind\": \"summarize\", ", "", { "missing 'kind'", "tasks.sum", "" } },
		{ "\"steps\": 20000, ", "", { "missing 'steps' or 'epochs'", "budget", "" } },
		{ "\"tutti\": 1, ", "", { "missing 'tutti'", "p.json", "" } },
		{ "\"tutti\": 1", "\"tutti\": 2", { "format", "tutti in p.json", "" } },
		{ "\"sum\": {", "\"cls\": {", { "cls", "p.json", "" } },
		{ "\"sum\": {", "\"Sum 1\": {", { "'Sum 1'", "tasks", "a-z" } },
		{ "\"sum\": {", "\"a.b\": {", { "'a.b'", "tasks", "" } },
		{ "\"weight\": 1", "\"metrics\": [\"acuracy\"]", { "acuracy", "accuracy", "" } },
		{ "\"weight\": 1", "\"metrics\": [\"rouge1\"]",
		  { "'rouge1' does not fit a classify task", "tasks.cls.metrics", "" } },
		{ "\"weight\": 1", "\"metrics\": [\"f1\", \"f1\"]", { "twice", "f1", "" } },
		{ "\"weight\": 1", "\"metrics\": []", { "0 entries", "metrics", "" } },
		{ "\"weight\": 1", "\"labels\": [\"a\", \"a\"]", { "'a' comes twice", "", "" } },
		{ "\"weight\": 1", "\"labels\": [\"a\", 1]", { "not a string", "labels", "" } },
		{ "\"weight\": 1", "\"labels\": [\"a\",\"b\",\"c\"], \"metrics\": [\"f1\"]",
		  { "f1 is of 2 labels", "macro_f1", "tasks.cls.metrics" } },
		{ "\"weight\": 1", "\"weight\": -1", { "-1 is out of range", "", "" } },
		{ "\"weight\": 1", "\"share\": \"most\"", { "\"auto\"", "share", "" } },
		{ "\"weight\": 1", "\"header\": \"yes\"", { "true", "header", "" } },
		{ "\"max_target\": 64", "\"max_length\": 64, \"max_target\": 64",
		  { "max_target 64", "tasks.sum.max_length", "" } },
		{ "\"tokens\": 512", "\"sampling_args\": {\"Q\": 2}",
		  { "'Q'", "mix.sampling_args", "" } },
		{ "\"tokens\": 512", "\"sampling_args\": [2]", { "object", "sampling_args", "" } },
		{ "\"model\": {", "\"model\": 3, \"mix\": {", { "p.json", "", "" } },
		{ "\"random\"", "\"bert\"", { "'bert'", "random", "model.init" } },
		{ "\"weight\": 1", "\"labels\": [\"\", \"\"]", { "twice", "labels", "" } },
		{ "\"sentence\"", "\"\"", { "empty string", "tasks.cls.text", "" } },
		{ " } }", " } } x", { "p.json:", "", "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = with(rows[i].from, rows[i].to);
		struct plan *p = NULL;
		struct err err;

		if (!parse(text, NULL, 0, &p, &err))
			fail_msg("taken: %s", rows[i].to);
		assert_null(p);
		for (int k = 0; k < 3; k++)
			if (!strstr(err.text, rows[i].want[k]))
				fail_msg("no \"%s\" in \"%s\"", rows[i].want[k], err.text);
		xfree(text);
	}
}

static void test_sets(void **state)
{
	static const struct {
		const char *set, *want;
	} rows[] = {
		{ "tasks.sum.weight=two", "not a number but a string at tasks.sum.weight" },
		{ "tasks.sum.weight=-2", "-2 is out of range" },
		{ "tasks.sum.wieght=2", "did you mean 'tasks.sum.weight'" },
		{ "tasks.smu.weight=2", "did you mean 'sum'" },
		{ "tasks.other.weight=2", "no task 'other'" },
		{ "model=3", "group" },
		{ "sed=3", "did you mean 'seed'" },
		{ "UNUSED=3", "neither a field" },
		{ "nothing", "KEY=VALUE" }, { "=3", "KEY=VALUE" },
		{ "mix.nothing.T=3", "no field" },
		{ "optimzer.lr=3", "(did you mean 'optimizer.lr'?)" },
		{ "tutti=2", "out of range" },
		{ "model.dim=", "string" },
	};
	struct plan *p;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err;

		if (!parse(example, &rows[i].set, 1, &p, &err))
			fail_msg("taken: %s", rows[i].set);
		if (!strstr(err.text, rows[i].want))
			fail_msg("no \"%s\" in \"%s\"", rows[i].want, err.text);
	}
	p = good(example, (const char *const[]){ "tasks.sum.weight=2", "seed=7" }, 2);
	assert_true(p->tasks[1].weight == 2 && p->seed == 7);
	plan_free(p);
	unsetenv("D");
	{
		char set[300];

		snprintf(set, sizeof set, "D=%s", scratch);
		p = good(example, (const char *const[]){ set }, 1);
		assert_string_equal(p->tasks[0].train, in_scratch("a.tsv"));
		plan_free(p);
	}
	setenv("D", scratch, 1);
}

static void test_load(void **state)
{
	struct plan *p = NULL;
	char *text;
	struct err err = { "" };

	(void)state;
	put_text("demo.json", example);
	if (plan_load(in_scratch("demo.json"), NULL, 0, &p, &err))
		fail_msg("%s", err.text);
	assert_string_equal(p->name, "demo");
	assert_string_equal(p->folder, scratch);
	assert_string_equal(p->tasks[1].train, in_scratch("c.jsonl"));
	plan_free(p);
	text = with("${D}/a.tsv", "/nowhere/a.tsv");
	put_text("gone.json", text);
	xfree(text);
	assert_int_equal(plan_load(in_scratch("gone.json"), NULL, 0, &p, &err), ST_INVALID);
	assert_int_equal(plan_load_stored(in_scratch("gone.json"), &p, &err), ST_OK);
	assert_string_equal(p->tasks[0].train, "/nowhere/a.tsv");
	plan_free(p);
	assert_int_equal(plan_load(in_scratch("none.json"), NULL, 0, &p, &err),
			 ST_NOT_FOUND);
	assert_non_null(strstr(err.text, "none.json"));
}

/* Every row has what help and manual print; fallbacks are taken as they stand. */
static void test_table(void **state)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	(void)state;
	assert_true(n > 40);
	for (int i = 0; i < n; i++) {
		assert_true(strlen(f[i].help) > 10);
		assert_int_equal(f[i].help[strlen(f[i].help) - 1] == '.' ||
				 f[i].help[strlen(f[i].help) - 1] == '?', 1);
		if (f[i].type == PLAN_INT || f[i].type == PLAN_NUM)
			assert_true(f[i].min <= f[i].max);
		if (f[i].type == PLAN_ENUM)
			assert_non_null(f[i].choices);
	}
}

/* --- kinds of tasks --- */

static bool has_row(const char *key, enum task_kind k)
{
	char path[PLAN_PATH_TEXT];

	str_format(path, sizeof path, "tasks.x.%s", key);
	return plan_row_find(path, (int)k) >= 0;
}

/* What the rows of the two floors say of a kind goes together. */
static void test_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < TASK_KINDS; i++) {
		enum task_kind k = (enum task_kind)i, found = TASK_KINDS;
		const struct data_kind *d = data_kind(k);
		const struct plan_kind *p = plan_kind(k);
		const char *name = task_kind_name(k);

		assert_true(task_kind_find(name, &found) && found == k);
		assert_int_equal(plan_choice_find(TASK_KIND_CHOICES, name), i);
		for (int c = 0; c < DATA_COLUMNS; c++)
			assert_true(d->column[c].key ? has_row(d->column[c].key, k) :
						       c != COLUMN_TEXT);
		assert_int_equal(has_row("text_b", k), d->column[COLUMN_PAIR].key != NULL);
		assert_int_equal(has_row("labels", k), d->target->has_labels);
		assert_int_equal(has_row("max_target", k), d->target->has_pieces);
		assert_true(has_row("max_source", k) && has_row("metrics", k));
		for (int m = 0; m < DRAFT_METRICS && p->draft_metrics[m]; m++)
			assert_true(plan_kind_measures(
				k, metric_find(p->draft_metrics[m])->id));
		for (int v = 0; v < PLAN_VARIANTS && p->variant[v].key; v++)
			assert_true(has_row(p->variant[v].key, k));
	}
	assert_false(plan_choice_find(TASK_KIND_CHOICES, "") >= 0);
}

/* Damaged texts: an answer, never more than that. */
static void test_mutations(void **state)
{
	static const char bytes[] = "{}[]\",:0-e.nt\x80\xff\n\\u$";
	size_t len = strlen(example);
	uint32_t x = 12345;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char *text = xstrdup(example);
		struct plan *p = NULL;
		struct err err = { "" };

		for (int k = 0; k < 1 + i % 3; k++) {
			x = x * 1664525U + 1013904223U;
			text[(x >> 8) % len] = bytes[(x >> 3) % (sizeof bytes - 1)];
		}
		if (plan_parse(text, i % 5 ? len : (x >> 4) % len, "p.json", scratch, NULL,
			       0, &p, &err))
			assert_true(err.text[0] != '\0');
		plan_free(p);
		xfree(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),   cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_literal_dollar), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_refusals),  cmocka_unit_test(test_sets),
		cmocka_unit_test(test_kinds),     cmocka_unit_test(test_load),
		cmocka_unit_test(test_table),     cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests_name("plan", tests, make_files, scratch_remove);
}
