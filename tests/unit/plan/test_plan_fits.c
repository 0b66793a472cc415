/*
 * test_plan_fits.c - fields that the chosen kind of model or its decoder has no use for:
 * refused where kind and field were chosen together, left out and said where a setting
 * chose the kind; what is written afterwards is a plan of its own.
 */
#include "fixture/data_check.h"

#include "plan/plan_table.h"

static int make_files(void **state)
{
	if (scratch_make(state))
		return -1;
	put_text("a.jsonl", "{}\n");
	return 0;
}

/* A plan with this model and more of its task that classifies; the JSON in `b`. */
static void make_plan(struct buf *b, const char *model, const char *task)
{
	buf_init(b);
	buf_addf(b, "{ \"tutti\": 1, \"model\": { %s }, \"tasks\": { \"t\": { \"kind\": "
		 "\"classify\", \"train\": \"a.jsonl\"%s }, \"s\": { \"kind\": "
		 "\"summarize\", \"train\": \"a.jsonl\" } }, \"budget\": { \"steps\": 1 } }",
		 model, task);
}

static struct plan *parse(const struct buf *b, const char *const *sets, struct err *err)
{
	struct plan *p = NULL;
	int n = 0;

	while (sets && sets[n])
		n++;
	err->text[0] = '\0';
	if (plan_parse(b->s, b->len, "p.json", scratch, sets, n, &p, err))
		assert_null(p);
	return p;
}

#define GPT "\"kind\": \"gpt\""
#define LSTM "\"kind\": \"bilstm\", \"decoder\": \"lstm\""
#define PREFIX "\"decoder\": \"prefix\""
#define TO_GPT "model.kind=gpt"
#define TO_PREFIX "model.decoder=prefix"

enum { SETS = 4 };

/* refused: how the message begins; left: what is left out; neither: nothing is. */
static const struct fit_case {
	const char *model, *task, *sets[SETS];
	const char *refused, *left;
} cases[] = {
	/* one source */
	{ GPT ", \"decoder_layers\": 2", "", { 0 },
	  "'decoder_layers' is for models of kind transformer or bilstm, not gpt at model",
	  NULL },
	{ GPT ", \"decoder\": \"cross\"", "", { 0 },
	  "'decoder' is for models of kind transformer or bilstm, not gpt at model", NULL },
	{ PREFIX ", \"decoder_layers\": 2", "", { 0 },
	  "'decoder_layers' is for decoder cross, not prefix at model", NULL },
	{ LSTM ", \"ff\": 64", "", { 0 }, "'ff' is for decoder cross, not lstm at model", NULL },
	{ "\"predict_from\": \"last\"", "", { 0 },
	  "'predict_from' is for decoder prefix, not cross at model", NULL },
	{ "\"kind\": \"bilstm\", " PREFIX, "", { 0 },
	  "'prefix' writes with the model's own layers, and 'bilstm' has none", NULL },
	{ "", ", \"prompt\": \"{text}:\"", { 0 }, "a 'transformer' model reads no prompts",
	  NULL },
	{ GPT, ", \"lr\": 3", { 0 }, "a 'gpt' model has no head, and all its layers are shared",
	  NULL },
	/* a setting that means nothing */
	{ "", "", { TO_GPT, "tasks.t.lr=3" }, "a 'gpt' model has no head", NULL },
	{ "", "", { TO_GPT, "model.decoder_layers=2" }, "'decoder_layers' is for models", NULL },
	{ "", "", { TO_GPT, TO_PREFIX }, "'decoder' is for models", NULL },
	{ "", "", { TO_PREFIX, "model.decoder_layers=2" }, "'decoder_layers' is for dec", NULL },
	{ "", "", { "model.predict_from=mask" }, "'predict_from' is for decoder", NULL },
	{ "", "", { "model.kind=bilstm", TO_PREFIX }, "'prefix' writes with", NULL },
	{ GPT, "", { "model.kind=transformer", "tasks.t.prompt={text}:" },
	  "a 'transformer' model reads no prompts at tasks.t.prompt", NULL },
	/* it has a meaning, and stays wrong */
	{ "\"layers\": 4, \"shared_layers\": 4", "", { TO_GPT, "model.layers=2" },
	  "4 shared layers where there are 2", NULL },
	{ "\"layers\": 4, \"layer\": 4", "", { TO_GPT }, "unknown key 'layer'", NULL },
	/* left out */
	{ "\"decoder_layers\": 2", "", { TO_GPT }, NULL,
	  "model.decoder_layers of the file has no meaning for gpt and is left out" },
	{ "\"decoder\": \"cross\", \"norm\": \"post\", \"heads\": 2", "", { TO_GPT }, NULL,
	  "model.decoder, model.norm of the file have no meaning for gpt and are left out" },
	{ "\"decoder_layers\": 2", "", { TO_PREFIX }, NULL,
	  "model.decoder_layers of the file has no meaning for transformer with decoder "
	  "prefix and is left out" },
	{ PREFIX ", \"predict_from\": \"mask\"", "", { "model.kind=bilstm" }, NULL,
	  "model.decoder, model.predict_from of the file have no meaning for bilstm with "
	  "decoder cross and are left out" },
	{ "\"heads\": 2, \"ff\": 64, \"copy\": false", "",
	  { "model.kind=bilstm", "model.decoder=lstm" }, NULL,
	  "model.heads, model.ff of the file have no meaning for bilstm with decoder lstm "
	  "and are left out" },
	{ GPT ", \"prompt_loss\": true",
	  ", \"labels\": [\"a\", \"b\"], \"label_texts\": [\"x\", \"y\"], \"prompt\": \"{text}:\"",
	  { "model.kind=bilstm" }, NULL,
	  "model.prompt_loss, tasks.t.label_texts, tasks.t.prompt of the file have no meaning "
	  "for bilstm with decoder cross and are left out" },
	{ "", ", \"lr\": 3", { TO_GPT }, NULL,
	  "tasks.t.lr of the file has no meaning for gpt and is left out" },
	{ GPT ", \"layers\": 2, \"shared_layers\": 1", ", \"lr\": 3",
	  { "model.shared_layers=2" }, NULL,
	  "tasks.t.lr of the file has no meaning for gpt and is left out" },
	{ GPT ", \"adapter\": \"lora\"", ", \"lr\": 3", { "model.adapter=none" }, NULL,
	  "tasks.t.lr of the file has no meaning for gpt and is left out" },
	/* nothing to say */
	{ GPT ", \"layers\": 2, \"shared_layers\": 1", ", \"lr\": 3", { 0 }, NULL, NULL },
	{ GPT ", \"adapter\": \"lora\"", ", \"lr\": 3", { 0 }, NULL, NULL },
	{ GPT, ", \"lr\": 1", { 0 }, NULL, NULL },
	{ "\"heads\": 2", "", { TO_GPT }, NULL, NULL },
	{ "\"heads\": 2, \"ff\": 64", "", { "model.kind=bilstm" }, NULL, NULL },
	{ LSTM, "", { "model.kind=transformer" }, NULL, NULL },
	{ "", "", { TO_PREFIX, "model.predict_from=mask" }, NULL, NULL },
};

/* What was read is written without what means nothing, and reads back as it is. */
static void check_coherent(const struct plan *p)
{
	struct plan *q;
	struct buf a, b;
	struct err err;

	buf_init(&a);
	buf_init(&b);
	plan_write(p, &a);
	q = parse(&a, NULL, &err);
	if (!q)
		fail_msg("%s", err.text);
	assert_null(q->left_out);
	plan_write(q, &b);
	assert_string_equal(a.s, b.s);
	assert_int_equal(strstr(a.s, "decoder_layers") != NULL,
			 model_uses(p->model.kind, p->model.decoder, "decoder_layers"));
	assert_int_equal(strstr(a.s, "\"decoder\"") != NULL, !str_eq(p->model.kind, "gpt"));
	plan_free(q);
	buf_release(&a);
	buf_release(&b);
}

static void check_case(const struct fit_case *c)
{
	const char *sets[SETS + 1] = { 0 };
	struct plan *p;
	struct buf b;
	struct err err;

	memcpy(sets, c->sets, sizeof c->sets);
	make_plan(&b, c->model, c->task);
	p = parse(&b, sets, &err);
	buf_release(&b);
	if (c->refused) {
		assert_null(p);
		if (!str_starts(err.text, c->refused) || !strstr(err.text, "in p.json"))
			fail_msg("'%s', not '%s'", err.text, c->refused);
		return;
	}
	if (!p)
		fail_msg("%s (%s)", err.text, c->model);
	if (!c->left != !p->left_out || (c->left && !str_eq(c->left, p->left_out)))
		fail_msg("'%s', not '%s'", p->left_out ? p->left_out : "", c->left ? c->left : "");
	check_coherent(p);
	plan_free(p);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(&cases[i]);
}

/* What another decoder of the kind would read has its default still: the bits of a run
 * go by it (rows of tokens in an LSTM are scaled as pre-norm has it). */
static void test_defaults(void **state)
{
	struct plan *p;
	struct buf b;
	struct err err;

	(void)state;
	make_plan(&b, LSTM, "");
	p = parse(&b, NULL, &err);
	assert_non_null(p);
	assert_true(p->model.pre_norm);
	plan_free(p);
	buf_release(&b);
}

/* A run's plan from before fields went by decoder is read as it was. */
static void test_stored(void **state)
{
	struct plan *p = NULL;
	struct buf b;
	struct err err;

	(void)state;
	make_plan(&b, LSTM ", \"heads\": 2, \"norm\": \"post\", \"decoder_layers\": 3", "");
	put_text("plan.json", b.s);
	assert_int_equal(plan_load_stored(in_scratch("plan.json"), &p, &err), ST_OK);
	assert_false(p->model.pre_norm);
	assert_null(p->left_out);
	plan_free(p);
	buf_release(&b);
	make_plan(&b, GPT ", \"decoder\": \"cross\", \"layers\": 3", "");
	put_text("plan.json", b.s);
	assert_int_equal(plan_load_stored(in_scratch("plan.json"), &p, &err), ST_OK);
	assert_int_equal(p->model.layers, 3);
	check_coherent(p);
	plan_free(p);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests_name("plan_fits", tests, make_files, scratch_remove);
}
