/*
 * test_plan_frozen.c - model.frozen: what is taken, what is refused, and that it is
 * written and read again.
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

/* Six layers, four of them shared; `more` behind the second task's fields. */
static struct plan *parse(const char *model, const char *frozen, const char *more,
			  struct err *err)
{
	struct plan *p = NULL;
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{ \"tutti\": 1, \"model\": { \"layers\": 6, \"shared_layers\": 4, %s"
		 "\"frozen\": %s }, \"tasks\": { \"t\": { \"kind\": \"classify\", "
		 "\"train\": \"a.jsonl\" }, \"s\": { \"kind\": \"summarize\", "
		 "\"train\": \"a.jsonl\"%s } }, \"budget\": { \"steps\": 1 } }",
		 model, frozen, more);
	err->text[0] = '\0';
	if (plan_parse(b.s, b.len, "p.json", scratch, NULL, 0, &p, err))
		assert_null(p);
	buf_release(&b);
	return p;
}

static void takes(const char *model, const char *frozen, const char *more,
		  uint64_t embeddings, uint64_t layers, uint64_t heads)
{
	struct err err;
	struct plan *p = parse(model, frozen, more, &err), *again = NULL;
	struct freeze f, g;
	struct buf b;

	if (!p)
		fail_msg("%s: %s", frozen, err.text);
	plan_frozen(p, &f);
	assert_int_equal(f.embeddings, embeddings);
	assert_int_equal(f.layers, layers);
	assert_int_equal(f.heads, heads);
	buf_init(&b);
	plan_write(p, &b);
	assert_int_equal(!strstr(b.s, "\"frozen\""), !*p->frozen);
	assert_int_equal(plan_parse(b.s, b.len, "p.json", scratch, NULL, 0, &again, &err),
			 ST_OK);
	plan_frozen(again, &g);
	assert_memory_equal(&f, &g, sizeof f);
	plan_only_task(again, 1); /* another task's head is not its to freeze */
	plan_frozen(again, &g);
	assert_false(freeze_any(&g));
	plan_free(again);
	plan_free(p);
	buf_release(&b);
}

static void test_taken(void **state)
{
	(void)state;
	takes("", "null", "", 0, 0, 0);
	takes("", "\"nothing\"", "", 0, 0, 0);
	takes("", "\"embeddings, layers 0..2, t\"", "", 1, 7, 1);
	takes("", "\"trunk\"", "", 1, 63, 0);
	takes("", "\"trunk, t\"", "", 1, 63, 1);
	takes("", "\"trunk, s\"", ", \"muted\": true", 1, 63, 2);
	takes("\"kind\": \"bilstm\", ", "\"layer 5, s\"", "", 0, 32, 2);
	takes("\"kind\": \"gpt\", ", "\"embeddings, layers 0..4\"", "", 1, 31, 0);
}

static void refuses(const char *model, const char *frozen, const char *more,
		    const char *why)
{
	struct err err;

	assert_null(parse(model, frozen, more, &err));
	if (!strstr(err.text, why) || !strstr(err.text, " at model.frozen in p.json"))
		fail_msg("%s: %s", frozen, err.text);
}

static void test_refused(void **state)
{
	(void)state;
	refuses("", "\"\"", "", "an empty string");
	refuses("", "\"tables\"", "", "no group 'tables'; there are embeddings, "
				      "layers 0..5, trunk, t, s");
	refuses("", "\"layers 4..6\"", "", "no group 'layers 4..6'");
	refuses("", "[\"embeddings\"]", "", "model.frozen");
	refuses("", "\"trunk, t, s\"", "", "nothing would be trained");
	refuses("", "\"trunk, t\"", ", \"muted\": true", "nothing would be trained");
	refuses("\"kind\": \"gpt\", ", "\"trunk\"", "", "nothing would be trained");
	refuses("\"kind\": \"gpt\", ", "\"t\"", "", "there are embeddings, layers 0..5, "
						       "trunk at");
}

/* Of a plan's tasks one is left: rates of what it has go with it. */
static void test_rates_of_one(void **state)
{
	static const char *const want[] = { "layer 2 0.5, t 2", "layer 2 0.5, s 3" };
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct plan *p = parse("", "null", "", &err), *again = NULL;
		struct rates r;
		struct buf b;

		str_copy(p->rates, sizeof p->rates, "t 2, s 3, layer 2 0.5");
		plan_only_task(p, i);
		assert_string_equal(p->rates, want[i]);
		buf_init(&b);
		plan_write(p, &b);
		assert_int_equal(plan_parse(b.s, b.len, "p.json", scratch, NULL, 0, &again,
					    &err), ST_OK);
		plan_rates(again, &r);
		assert_true(r.layers[2] == 0.5 && r.heads[0] == 2 + i && r.embeddings == 1);
		plan_free(again);
		plan_free(p);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rates_of_one),
	};

	return cmocka_run_group_tests_name("plan_frozen", tests, make_files, scratch_remove);
}
