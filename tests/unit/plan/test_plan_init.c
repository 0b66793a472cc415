/*
 * test_plan_init.c - model.init in a plan: what an opener brings is laid in, may be said
 * again and not otherwise; the layout in detail as fields; texts within the places.
 */
#include "fixture/data_check.h"
#include "fixture/near.h"

#include "base/mem.h"
#include "plan/plan_table.h"

static int make_files(void **state)
{
	if (scratch_make(state))
		return -1;
	put_text("a.jsonl", "{}\n");
	return 0;
}

/* What the opener is asked and what it brings: its argument. */
static struct asked {
	const char *fields;
	char text[256], folder[PATH_MAX];
	int times;
} asked;

static enum status open_base(const void *arg, const char *text, const char *folder,
			     struct plan_base *base, struct err *err)
{
	assert_ptr_equal(arg, &asked);
	asked.times++;
	str_copy(asked.text, sizeof asked.text, text);
	str_copy(asked.folder, sizeof asked.folder, folder);
	if (!asked.fields)
		return err_set(err, ST_NOT_FOUND, "nothing is there");
	str_copy(base->init, sizeof base->init, "/a/${b}/c");
	str_copy(base->tokenizer, sizeof base->tokenizer, "/tok");
	return json_parse(asked.fields, strlen(asked.fields), "fields", &base->fields, err);
}

static const struct plan_opener opener = { open_base, &asked };

/* A plan with this model, and more of its only task. */
static struct plan *parse(const char *fields, const char *model, const char *task,
			  const char *rest, struct err *err)
{
	struct plan *p = NULL;
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{ \"tutti\": 1, \"model\": { %s }, \"tasks\": { \"t\": { \"kind\": "
		 "\"classify\", \"train\": \"a.jsonl\"%s } }, \"budget\": { \"steps\": 1 }%s }",
		 model, task, rest);
	asked = (struct asked){ .fields = fields };
	err->text[0] = '\0';
	plan_parse_with(buf_str(&b), b.len, "p.json", scratch, &opener, &p, err);
	buf_release(&b);
	return p;
}

#define INIT "\"init\": \"x\""
#define BERT                                                                   \
	"{\"model\": {\"kind\": \"transformer\", \"decoder\": \"cross\", \"dim\": 24, "    \
	"\"layers\": 3, \"heads\": 2, \"ff\": 40, \"shared_layers\": 2, "              \
	"\"decoder_layers\": 5, \"dropout\": 0.25, \"norm\": \"post\", \"pool\": "       \
	"\"first\", \"eps\": 1e-12, \"act\": \"gelu-tanh\", \"split_qkv\": true, "       \
	"\"max_positions\": 50, \"position_offset\": 2, \"vocab\": 97, \"init\": "       \
	"\"of its own\"}, \"tokenizer\": {\"kind\": \"wordpiece\"}}"
#define GPT                                                                    \
	"{\"model\": {\"kind\": \"gpt\", \"dim\": 24, \"layers\": 3, \"heads\": 2, "       \
	"\"ff\": 40, \"max_positions\": 50}}"

static struct plan *want(const char *fields, const char *model, const char *task)
{
	struct err err;
	struct plan *p = parse(fields, model, task, "", &err);

	if (!p)
		fail_msg("%s", err.text);
	return p;
}

static void test_laid(void **state)
{
	struct plan *p = want(BERT, INIT, "");

	(void)state;
	assert_int_equal(asked.times, 1);
	assert_string_equal(asked.text, "x");
	assert_string_equal(asked.folder, scratch);
	assert_string_equal(p->init, "/a/${b}/c");
	assert_string_equal(p->init_tokenizer, "/tok");
	assert_int_equal(p->model.dim, 24);
	assert_int_equal(p->model.shared_layers, 2);
	assert_int_equal(p->model.decoder_layers, 5);
	assert_false(p->model.pre_norm);
	assert_int_equal(p->model.pool, POOL_FIRST);
	assert_int_equal(p->model.act, ACT_GELU_TANH);
	assert_true(p->model.split_qkv);
	assert_int_equal(p->model.position_offset, 2);
	assert_int_equal(p->model.vocab, 97);
	assert_near(p->dropout, 0.25, 0);
	assert_true(p->model.eps > 0.99e-12f && p->model.eps < 1.01e-12f);
	assert_true(p->tasks[0].lr < 0);
	plan_free(p);
}

/* What is a decoder's, a head's or tasks' own stays the plan's. */
static void test_said_otherwise(void **state)
{
	struct plan *p = want(BERT, INIT ", \"decoder\": \"prefix\", \"shared_layers\": 0, "
				    "\"dropout\": 0.5, \"pool\": \"mean\", \"dim\": 24", "");

	(void)state;
	assert_string_equal(p->model.decoder, "prefix");
	assert_int_equal(p->model.shared_layers, 0);
	assert_int_equal(p->model.pool, POOL_MEAN);
	assert_near(p->dropout, 0.5, 0);
	plan_free(p);
}

/* Once an init's run has it so, its heirs have it too; of random weights nobody. */
static void test_decoder_init(void **state)
{
	static const char heir[] = "{\"model\": {\"kind\": \"transformer\", \"decoder\": "
				   "\"cross\", \"dim\": 24, \"layers\": 3, \"heads\": 2, "
				   "\"decoder_init\": \"trunk\"}}";
	struct err err;
	struct plan *p = want(heir, INIT, "");

	(void)state;
	assert_true(p->model.from_trunk);
	plan_free(p);
	p = want(heir, INIT ", \"decoder_init\": \"random\"", "");
	assert_false(p->model.from_trunk);
	plan_free(p);
	p = want(BERT, INIT, "");
	assert_false(p->model.from_trunk);
	plan_free(p);
	p = parse(BERT, "\"decoder_init\": \"trunk\"", "", "", &err);
	assert_null(p);
	assert_non_null(strstr(err.text, "there is nothing to take (name a model.init) at "
					 "model.decoder_init"));
}

static const struct refusal {
	const char *fields, *model, *task, *rest, *message;
} refusals[] = {
	{ BERT, INIT ", \"dim\": 32", "", "", "32 where model.init has 24 (leave it out, or "
	  "begin from random weights) at model.dim in p.json" },
	{ BERT, INIT ", \"kind\": \"gpt\"", "", "", "\"gpt\" where model.init has "
	  "\"transformer\"" },
	{ BERT, INIT ", \"eps\": 1e-5", "", "", "where model.init has 1e-12" },
	{ BERT, INIT ", \"split_qkv\": false", "", "", "false where model.init has true" },
	{ BERT, INIT ", \"dim\": \"24\"", "", "", "\"24\" where model.init has 24" },
	{ BERT, INIT, "", ", \"tokenizer\": {\"size\": 99}", "with a model.init the tokenizer "
	  "is that of '/a/${b}/c', whatever its size: leave it out at tokenizer.size" },
	{ BERT, INIT, ", \"max_source\": 51", "", "51 pieces where the model's 50 places have "
	  "room for 50 at tasks.t.max_source" },
	{ GPT, INIT, ", \"max_source\": 19", "", "19 pieces where the model's 50 places have "
	  "room for 18 at tasks.t.max_source" },
	{ GPT, INIT ", \"norm\": \"pre\"", "", "", "'norm' is for models of kind" },
	{ NULL, INIT, "", "", "nothing is there at model.init in p.json" },
	{ NULL, "\"init\": \"${NOT_SET_HERE}\"", "", "", "variable 'NOT_SET_HERE' is not set" },
	{ NULL, "\"init\": 5", "", "", "not a string but a number at model.init" },
	{ NULL, "\"init\": \"random\", \"max_positions\": 20", ", \"max_source\": 21", "",
	  "21 pieces where the model's 20 places have room for 20" },
	{ NULL, "\"kind\": \"bilstm\", \"eps\": 0.1", "", "", "'eps' is for models of kind" },
	{ NULL, "\"act\": \"swish\"", "", "", "unknown 'swish'" },
	{ NULL, "\"max_positions\": 33, \"kind\": \"gpt\"", "", "",
	  "33 places, and 32 are for what is written" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct refusal *r = &refusals[i];
		struct err err;
		struct plan *p = parse(r->fields, r->model, r->task, r->rest, &err);

		if (p || !strstr(err.text, r->message))
			fail_msg("%s: '%s', not '%s'", r->model, err.text, r->message);
	}
}

static void test_room(void **state)
{
	struct plan *p = want(BERT, INIT, "");

	(void)state;
	assert_int_equal(p->tasks[0].max_source, 50); /* 128 where there is room */
	plan_free(p);
	p = want(GPT, INIT, "");
	assert_int_equal(p->tasks[0].max_source, 50 - LABEL_PIECES_MAX);
	assert_int_equal(model_places(&p->model), 50);
	plan_free(p);
	p = want(BERT, INIT, ", \"max_source\": 50");
	assert_int_equal(p->tasks[0].max_source, 50);
	plan_free(p);
}

/* As a run keeps it: whole, and read again without an opener, or with one, to the same. */
static void test_written(void **state)
{
	struct plan *p = want(BERT, INIT, ""), *q = NULL;
	struct buf a, b;
	struct err err = { "" };

	(void)state;
	buf_init(&a);
	buf_init(&b);
	p->tasks[0].lr = 10; /* as the start of a run decides it */
	plan_write(p, &a);
	assert_non_null(strstr(a.s, "\"eps\": 1e-12,"));
	assert_non_null(strstr(a.s, "\"init\": \"/a/$${b}/c\""));
	assert_null(strstr(a.s, "\"size\""));
	assert_null(strstr(a.s, "table_scale"));
	for (int with = 0; with < 2; with++) {
		asked = (struct asked){ .fields = BERT };
		if (plan_parse_with(a.s, a.len, "p.json", scratch, with ? &opener : NULL, &q,
				    &err))
			fail_msg("%s", err.text);
		assert_int_equal(asked.times, with);
		buf_clear(&b);
		plan_write(q, &b);
		assert_string_equal(a.s, b.s);
		plan_free(q);
	}
	plan_free(p);
	buf_release(&a);
	buf_release(&b);
}

/* Without an init nothing of it is written, so plans are what they were. */
static void test_none(void **state)
{
	static const char *const keys[] = { "vocab", "eps", "act", "table_scale", "split_qkv",
					    "max_positions", "position_offset" };
	struct plan *p = want(NULL, "", "");
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(asked.times, 0);
	assert_false(plan_has_init(p));
	assert_near(p->tasks[0].lr, 1, 0);
	plan_write(p, &b);
	assert_non_null(strstr(b.s, "\"init\": \"random\""));
	assert_non_null(strstr(b.s, "\"size\""));
	*strstr(b.s, "\"tokenizer\"") = '\0'; /* the model's fields, and not the optimizer's */
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char key[40];

		str_format(key, sizeof key, "\"%s\"", keys[i]);
		if (strstr(b.s, key))
			fail_msg("%s is written", key);
	}
	buf_release(&b);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoder_init),
		cmocka_unit_test(test_laid),
		cmocka_unit_test(test_said_otherwise),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
