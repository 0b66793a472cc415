/*
 * test_plan_model.c - fields of the model that its kind has no use for: refused by name and
 * place, and not filled in.
 */
#include "fixture/data_check.h"

#include "plan/plan_table.h"

static int make_files(void **state)
{
	if (scratch_make(state))
		return -1;
	put_text("a.tsv", "sentence\tlabel\n");
	return 0;
}

static bool has_no_decoder(const char *kind, const char *decoder, const char *field)
{
	(void)decoder;
	return str_eq(kind, "transformer") && !str_eq(field, "decoder_layers") &&
	       !str_eq(field, "heads") && !str_eq(field, "ff");
}

static bool has_nothing(const char *kind, const char *decoder, const char *field)
{
	(void)kind;
	(void)decoder;
	(void)field;
	return false;
}

static struct plan *read_for(plan_uses *uses, const char *model, struct err *err)
{
	struct plan_reader r = { .where = "p.json", .uses = uses, .err = err };
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{ \"tutti\": 1, \"model\": { %s }, \"tasks\": { \"a\": { \"kind\": "
		 "\"classify\", \"train\": \"a.tsv\" } }, \"budget\": { \"steps\": 1 } }",
		 model);
	err->text[0] = '\0';
	if (plan_read_text(&r, buf_str(&b), b.len, scratch, NULL, 0))
		assert_null(r.plan);
	buf_release(&b);
	return r.plan;
}

/* Refused by name and place; not filled in where they are not given. */
static void test_model_fields(void **state)
{
	struct err err;
	struct plan *p = read_for(has_no_decoder, "\"dim\": 10", &err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->model.dim, 10);
	assert_int_equal(p->model.layers, 4);
	assert_int_equal(p->model.heads, 0);
	assert_int_equal(p->model.decoder_layers, 0);
	assert_int_equal(p->model.ff, 0);
	plan_free(p);
	assert_null(read_for(has_no_decoder, "\"dim\": 8, \"heads\": 2", &err));
	assert_string_equal(err.text, "'heads' is for models of kind none, not transformer "
				      "at model in p.json");
	assert_null(read_for(has_nothing, "\"kind\": \"transformer\", \"dim\": 8", &err));
	assert_non_null(strstr(err.text, "'dim' is for models of kind none, not transformer"));
	p = read_for(has_nothing, "\"kind\": \"transformer\", \"init\": \"random\"", &err);
	assert_non_null(p);
	plan_free(p);
	assert_null(read_for(has_nothing, "\"kind\": \"transfomer\", \"dim\": 8", &err));
	assert_non_null(strstr(err.text, "did you mean 'transformer'?"));
	assert_true(model_kind_has("transformer", "decoder_layers"));
	assert_false(model_kind_has("none", "dim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model_fields) };

	return cmocka_run_group_tests_name("plan_model", tests, make_files, scratch_remove);
}
