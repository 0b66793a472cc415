/*
 * test_sweep.c - what varies becomes a list of runs: their order, names and settings;
 * from the command line and from files; what is refused, and where.
 */
#include "fixture/engine_fixture.h"

#include "sweep/sweep.h"

/* A sweep file over the fixture's plan, or a plan; the caller releases. */
static enum status parse(const char *text, struct sweep *s, struct err *err)
{
	return sweep_parse(text, strlen(text), "exp.json", fixture_dir, NULL, s, err);
}

static void make(const char *text, struct sweep *s)
{
	struct err err = { "" };

	if (parse(text, s, &err) || sweep_expand(s, &err))
		fail_msg("%s", err.text);
}

static void put_plan(void)
{
	char path[PATH_MAX];

	str_format(path, sizeof path, "%s/plan.json", fixture_dir);
	assert_int_equal(file_write(path, fixture_plan_text, strlen(fixture_plan_text),
				    NULL), ST_OK);
}

/* "KEY=VALUE KEY=VALUE" of a point. */
static const char *given_of(const struct sweep *s, int point)
{
	static char text[512];
	struct sweep_given g;
	struct buf b;

	buf_init(&b);
	sweep_given(s, point, &g);
	for (int i = 0; i < g.n; i++)
		if (!str_starts(g.set[i], "budget.eval_end="))
			buf_addf(&b, "%s%s", b.len ? " " : "", g.set[i]);
	str_copy(text, sizeof text, buf_str(&b));
	buf_release(&b);
	return text;
}

static void test_file(void **state)
{
	static const char *const want[][2] = {
		{ "exp-one-lr0.001-s4", "budget.steps=9 tasks.sum.muted=true "
					"optimizer.lr=0.001 seed=4" },
		{ "exp-one-lr0.001-s9", "budget.steps=9 tasks.sum.muted=true "
					"optimizer.lr=0.001 seed=9" },
		{ "exp-one-lr3e-4-s4", "budget.steps=9 tasks.sum.muted=true "
				       "optimizer.lr=3e-4 seed=4" },
		{ "exp-one-lr3e-4-s9", "budget.steps=9 tasks.sum.muted=true "
				       "optimizer.lr=3e-4 seed=9" },
		{ "exp-all-lr0.001-s4", "budget.steps=5 optimizer.lr=0.001 seed=4" },
		{ "exp-all-lr0.001-s9", "budget.steps=5 optimizer.lr=0.001 seed=9" },
		{ "exp-all-lr3e-4-s4", "budget.steps=5 optimizer.lr=3e-4 seed=4" },
		{ "exp-all-lr3e-4-s9", "budget.steps=5 optimizer.lr=3e-4 seed=9" },
	};
	struct sweep s;

	(void)state;
	make("{ \"sweep\": 1, \"note\": \"why\", \"plan\": \"plan.json\", "
	     "\"set\": { \"budget.steps\": 9 }, \"seeds\": [4, 9], "
	     "\"vary\": { \"optimizer.lr\": [0.001, 3e-4] }, \"runs\": [ "
	     "{ \"name\": \"one\", \"set\": { \"tasks.sum.muted\": true } }, "
	     "{ \"name\": \"all\", \"set\": { \"budget.steps\": 5 } } ], "
	     "\"report\": { \"at\": \"best\", \"level\": 90, \"metrics\": "
	     "[\"mood.loss\", \"sum.rouge1\"] } }", &s);
	assert_int_equal(s.n_systems, 4);
	assert_int_equal(s.n_points, 8);
	for (int i = 0; i < 8; i++) {
		assert_string_equal(s.point[i].run, want[i][0]);
		assert_string_equal(given_of(&s, i), want[i][1]);
		assert_int_equal(s.point[i].system, i / 2);
	}
	assert_string_equal(s.system[3].label, "all optimizer.lr=3e-4");
	assert_int_equal(s.system[3].first, 6);
	assert_int_equal(s.system[3].n, 2);
	assert_string_equal(s.note, "why");
	assert_true(s.at == SWEEP_AT_BEST && s.level == 90 && s.n_metrics == 2);
	sweep_release(&s);
}

/* The command line over a plan; commas inside of lists and quotes part nothing. */
static void test_command_line(void **state)
{
	struct sweep s;
	struct err err = { "" };

	(void)state;
	assert_int_equal(parse(fixture_plan_text, &s, &err), ST_OK);
	str_format(s.plan, sizeof s.plan, "%s/plan.json", fixture_dir);
	assert_int_equal(sweep_set(&s, "budget.steps=7", &err), ST_OK);
	assert_int_equal(sweep_set(&s, "budget.steps=8", &err), ST_OK);
	assert_int_equal(sweep_vary(&s, "tasks.mood.labels=[\"a\",\"b, c\"],null", &err),
			 ST_OK);
	assert_int_equal(sweep_vary(&s, "tasks.mood.weight=1,2", &err), ST_OK);
	assert_int_equal(sweep_vary(&s, "tasks.sum.weight=0.5", &err), ST_OK);
	assert_int_equal(sweep_count(&s, "seeds", "2", &err), ST_OK);
	if (sweep_expand(&s, &err))
		fail_msg("%s", err.text);
	assert_int_equal(s.n_systems, 4);
	assert_int_equal(s.n_points, 8);
	assert_string_equal(s.point[1].run,
			    "exp-labels-a-b-c-mood.weight1-sum.weight0.5-s2");
	assert_string_equal(given_of(&s, 7), "budget.steps=8 tasks.mood.labels=null "
			    "tasks.mood.weight=2 tasks.sum.weight=0.5 seed=2");
	sweep_release(&s);
}

/* Of one system and no seeds there is one run, called as the sweep is. */
static void test_one(void **state)
{
	struct sweep s;

	(void)state;
	make("{ \"sweep\": 1, \"plan\": \"plan.json\" }", &s);
	assert_int_equal(s.n_points, 1);
	assert_string_equal(s.point[0].run, "exp");
	assert_string_equal(given_of(&s, 0), "");
	sweep_release(&s);
}

/* Names that would be the same, or too long, are told apart by a hash. */
static void test_names(void **state)
{
	char text[1024], long_note[200];
	struct sweep s;

	(void)state;
	memset(long_note, 'w', sizeof long_note - 1);
	long_note[sizeof long_note - 1] = '\0';
	str_format(text, sizeof text, "{ \"sweep\": 1, \"plan\": \"plan.json\", \"seeds\": 1, "
		   "\"vary\": { \"note\": [\"a b\", \"a/b\", \"../a\", \"%s\", \"%sx\"] } }",
		   long_note, long_note);
	make(text, &s);
	assert_int_equal(s.n_points, 5);
	for (int i = 0; i < 5; i++) {
		const char *run = s.point[i].run;

		assert_true(strlen(run) <= 100);
		assert_null(strstr(run, ".."));
		assert_null(strpbrk(run, " /"));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(run, s.point[k].run);
	}
	assert_string_equal(s.point[0].run, "exp-notea-b-s1");
	sweep_release(&s);
}

/* Values of fields that are text come back as the same text. */
static void test_values(void **state)
{
	static const char *const want[] = { "note=two words", "note=\"null\"",
					    "note=\"\\\"q\\\"\"", "note=null" };
	struct sweep s;

	(void)state;
	make("{ \"sweep\": 1, \"plan\": \"plan.json\", \"vary\": { \"note\": "
	     "[\"two words\", \"null\", \"\\\"q\\\"\", null] } }", &s);
	for (int i = 0; i < 4; i++) {
		struct sweep_given g;
		struct plan *p = NULL;

		assert_string_equal(given_of(&s, i), want[i]);
		sweep_given(&s, i, &g);
		assert_int_equal(plan_load(s.plan, g.set, g.n, &p, NULL), ST_OK);
		assert_string_equal(p->note, i == 0 ? "two words" : i == 1 ? "null" :
				    i == 2 ? "\"q\"" : "");
		plan_free(p);
	}
	sweep_release(&s);
}

/* --- what is refused --- */

#define FILE_OF(rest) "{ \"sweep\": 1, \"plan\": \"plan.json\"" rest " }"

static void test_refused_files(void **state)
{
	static const char *const bad[][2] = {
		{ "{ \"sweep\": 2, \"plan\": \"plan.json\" }", "version 1" },
		{ "{ \"sweep\": 1 }", "no \"plan\" in exp.json" },
		{ "{ \"sweep\": 1, \"plan\": 3 }", "not a string but a number at plan" },
		{ FILE_OF(", \"sets\": {}"), "unknown key (there is: sweep, note" },
		{ FILE_OF(", \"set\": []"), "not an object but a list at set" },
		{ FILE_OF(", \"vary\": { \"seed\": [1] }"), "use --seeds" },
		{ FILE_OF(", \"vary\": { \"optimizer.lr\": 1 }"),
		  "not a list but a number at vary.optimizer.lr" },
		{ FILE_OF(", \"vary\": { \"optimizer.lr\": [] }"), "an empty list" },
		{ FILE_OF(", \"vary\": { \"optimizer.lr\": [1, 1] }"), "over 1 twice" },
		{ FILE_OF(", \"vary\": { \"optimizer.lr\": [0.1, 99] }"),
		  "run 'exp-lr99': 99 is out of range, 0 to 10 at optimizer.lr" },
		{ FILE_OF(", \"vary\": { \"optimizer.rl\": [0.1] }"),
		  "did you mean 'optimizer.lr'" },
		{ FILE_OF(", \"set\": { \"optimizer.lr\": 1 }, \"vary\": { "
			  "\"optimizer.lr\": [0.1] }"), "is set and varies" },
		{ FILE_OF(", \"set\": { \"seed\": 1 }, \"seeds\": 2"), "seed is set" },
		{ FILE_OF(", \"seeds\": 0"), "0 is out of range, 1 to 1000 at seeds" },
		{ FILE_OF(", \"seeds\": \"5\""), "neither a number of them nor a list" },
		{ FILE_OF(", \"seeds\": [1, 2, 1]"), "1 is there twice at seeds" },
		{ FILE_OF(", \"seeds\": [1.5]"), "not a whole number from 0 at seeds" },
		{ FILE_OF(", \"splits\": 3"), "no task of" },
		{ FILE_OF(", \"runs\": []"), "0 entries" },
		{ FILE_OF(", \"runs\": [ { \"set\": {} } ]"), "no \"name\" at runs[0]" },
		{ FILE_OF(", \"runs\": [ { \"name\": \"a\" }, { \"name\": \"a\" } ]"),
		  "'a' is there twice at runs[1].name" },
		{ FILE_OF(", \"runs\": [ { \"name\": \"../a\" } ]"), "no name" },
		{ FILE_OF(", \"runs\": [ { \"name\": \"a\", \"plan\": 1 } ]"),
		  "unknown key (there is: name, set) at runs[0].plan" },
		{ FILE_OF(", \"report\": { \"at\": \"last\" }"), "there is: end, best" },
		{ FILE_OF(", \"report\": { \"level\": 5 }"), "50 to 99.9" },
		{ FILE_OF(", \"report\": { \"metrics\": [\"mood\"] }"), "no TASK.METRIC" },
		{ FILE_OF(", \"report\": { \"by\": 1 }"), "unknown key" },
		{ FILE_OF(", \"plan\": \"plan.json\""), "plan" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sweep s = { 0 };
		struct err err = { "" };
		enum status st = parse(bad[i][0], &s, &err);

		if (!st)
			st = sweep_expand(&s, &err);
		if (!st || !strstr(err.text, bad[i][1]))
			fail_msg("%s: '%s' without '%s'", bad[i][0], err.text, bad[i][1]);
		sweep_release(&s);
	}
}

static void test_refused_words(void **state)
{
	struct sweep s;
	struct err err = { "" };

	(void)state;
	assert_int_equal(parse(FILE_OF(""), &s, &err), ST_OK);
	assert_int_equal(sweep_vary(&s, "optimizer.lr", &err), ST_INVALID);
	assert_non_null(strstr(err.text, "KEY=VALUE,VALUE"));
	assert_int_equal(sweep_vary(&s, "optimizer.lr=1,,2", &err), ST_INVALID);
	assert_int_equal(sweep_vary(&s, "optimizer.lr=", &err), ST_INVALID);
	assert_int_equal(sweep_set(&s, "=3", &err), ST_INVALID);
	assert_int_equal(sweep_count(&s, "seeds", "0", &err), ST_INVALID);
	assert_int_equal(sweep_count(&s, "seeds", "1,x", &err), ST_INVALID);
	assert_non_null(strstr(err.text, "--seeds wants a number of them or a list"));
	assert_int_equal(sweep_count(&s, "seeds", "1,2,", &err), ST_INVALID);
	assert_int_equal(sweep_count(&s, "seeds", "1,9007199254740992", &err), ST_INVALID);
	assert_non_null(strstr(err.text, "out of range"));
	sweep_release(&s);
}

/* More runs than anybody wants are refused before they take memory. */
static void test_too_many(void **state)
{
	struct sweep s;
	struct err err = { "" };
	struct buf b;

	(void)state;
	assert_int_equal(parse(FILE_OF(""), &s, &err), ST_OK);
	for (int axis = 0; axis < 6; axis++) {
		buf_init(&b);
		buf_addf(&b, "axis%d=", axis);
		for (int i = 0; i < 900; i++)
			buf_addf(&b, "%s%d", i ? "," : "", i);
		assert_int_equal(sweep_vary(&s, buf_str(&b), &err), ST_OK);
		buf_release(&b);
	}
	assert_int_equal(sweep_expand(&s, &err), ST_INVALID);
	assert_string_equal(err.text, "more than 10000 runs");
	sweep_release(&s);
}

static int set_up(void **state)
{
	int failed = fixture_make(state);

	if (!failed)
		put_plan();
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),          cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_one),           cmocka_unit_test(test_names),
		cmocka_unit_test(test_values),        cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_refused_words), cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests_name("sweep", tests, set_up, fixture_remove);
}
