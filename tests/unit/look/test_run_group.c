/*
 * test_run_group.c - which runs are seeds of one system: plans, data and journals that
 * differ, and what does not count; names; imported predictions.
 */
#include "fixture/data_check.h"

#include "fixture/plan_run.h"
#include "look/run_table.h"
#include "store/store.h"

static int make(void **state)
{
	if (scratch_make_cache(state))
		return -1;
	return mkdir(in_scratch("runs"), 0700);
}

/* A run's folder with a plan; what is given goes before its tasks. */
static struct store *new_run(const char *name, const char *more, const char *train)
{
	char text[700];

	snprintf(text, sizeof text, "{\"tutti\": 1, %s \"tasks\": {\"a\": "
		 "{\"kind\": \"classify\", \"train\": \"%s\", \"note\": \"%s\", "
		 "\"labels\": [\"x\", \"y\"]}}, \"budget\": {\"steps\": 10}}", more, train,
		 name);
	return plan_run_new(name, text);
}

static void run(const char *name, const char *more)
{
	store_close(new_run(name, more, "/a.tsv"));
}

static const struct run_group *group(const struct run_groups *g, const char *name)
{
	for (int i = 0; i < g->n; i++)
		if (str_eq(g->group[i].name, name))
			return &g->group[i];
	return NULL;
}

static void has_members(const struct run_table *t, const struct run_groups *g,
			const char *name, const char *members)
{
	const struct run_group *one = group(g, name);
	char text[300] = "";

	if (!one)
		fail_msg("no group '%s'", name);
	for (int i = 0; i < one->n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
			 i ? " " : "", t->card[one->member[i]].info.name);
	assert_string_equal(text, members);
}

static void make_runs(void)
{
	struct store *s;

	run("base-seed10", "\"seed\": 10,");
	run("base-seed9", "\"seed\": 9, \"note\": \"another word\",");
	s = new_run("base-3", "\"seed\": 3,", "/a.tsv");
	plan_run_say(s, 4, WHO_PERSON, "note a word");
	plan_run_say(s, 5, WHO_GUARD, "note the best begins afresh");
	store_close(s);
	run("lr-1", "\"seed\": 1, \"optimizer\": {\"lr\": 0.5},");
	run("lr-2", "\"seed\": 1, \"optimizer\": {\"lr\": 0.25},");
	s = new_run("hand-1", "\"seed\": 1,", "/a.tsv");
	plan_run_say(s, 4, WHO_PERSON, "weight a 2");
	store_close(s);
	s = new_run("hand-2", "\"seed\": 2,", "/a.tsv");
	plan_run_say(s, 4, WHO_SCRIPT, "weight a 2");
	store_close(s);
	s = new_run("later-1", "\"seed\": 1,", "/a.tsv");
	plan_run_say(s, 5, WHO_PERSON, "weight a 2");
	store_close(s);
	/* the same rows wherever they lie, other rows in a file of that name */
	s = new_run("here-s1", "\"seed\": 1,", "/a.tsv");
	store_set_fact(s, "data.a.train", "0123 7 /here/a.tsv", NULL);
	store_close(s);
	s = new_run("here-s2", "\"seed\": 2,", "/far/a.tsv");
	store_set_fact(s, "data.a.train", "0123 7 /there/a.tsv", NULL);
	store_close(s);
	s = new_run("other-s3", "\"seed\": 3,", "/a.tsv");
	store_set_fact(s, "data.a.train", "4567 7 /here/a.tsv", NULL);
	store_close(s);
	for (int i = 0; i < 4; i++) {
		static const char *const name[] = { "gpt-3", "gpt-4", "llm-s1", "llm-s2" };

		s = new_run(name[i], "", "/a.tsv");
		store_set_fact(s, "imported", "x", NULL);
		store_close(s);
	}
	assert_int_equal(mkdir(in_scratch("runs/broken"), 0700), 0);
	put_text("runs/broken/plan.json", "{");
}

static void test_groups(void **state)
{
	struct run_table t;
	struct run_groups g;
	struct err err = { "" };

	(void)state;
	make_runs();
	assert_int_equal(run_table_read(in_scratch("runs"), NULL, NULL, &t, &err), ST_OK);
	run_groups_of(&t, &g);
	has_members(&t, &g, "base", "base-3 base-seed9 base-seed10");
	has_members(&t, &g, "lr-1", "lr-1");
	has_members(&t, &g, "lr-2", "lr-2");
	has_members(&t, &g, "hand", "hand-1 hand-2");
	has_members(&t, &g, "later-1", "later-1");
	has_members(&t, &g, "here", "here-s1 here-s2");
	has_members(&t, &g, "other-s3", "other-s3");
	has_members(&t, &g, "gpt-3", "gpt-3");
	has_members(&t, &g, "gpt-4", "gpt-4");
	has_members(&t, &g, "llm", "llm-s1 llm-s2");
	has_members(&t, &g, "broken", "broken");
	assert_int_equal(g.n, 11);
	run_groups_release(&g);
	run_table_release(&t);
}

/* Of one key each, so that names alone are looked at. */
static void named(const char *want, int n, const char *const *name)
{
	struct run_system s[4];
	struct run_groups g;

	for (int i = 0; i < n; i++)
		s[i] = (struct run_system){ .is_known = true, .seed = 1, .split = -1 };
	run_groups_make(n, name, s, &g);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.group[0].n, n);
	assert_string_equal(g.group[0].name, want);
	run_groups_release(&g);
}

static void test_names(void **state)
{
	(void)state;
	named("a-s1", 1, (const char *const[]){ "a-s1" });
	named("a", 2, (const char *const[]){ "a-s1", "a-s22" });
	named("demo", 2, (const char *const[]){ "demo", "demo-2" });
	named("wide-lr3", 2, (const char *const[]){ "wide-lr3-s1", "wide-lr3-s2" });
	named("grid", 3, (const char *const[]){ "grid-d1-s1", "grid-d1-s2", "grid-d2-s1" });
	named("run", 2, (const char *const[]){ "run_one", "run_two" });
	named("one", 2, (const char *const[]){ "one", "two" });
	named("17", 2, (const char *const[]){ "17", "18" }); /* digits alone are a name */
	named("\xc3\xa9t\xc3\xa9", 2, (const char *const[]){ "\xc3\xa9t\xc3\xa9-1",
							    "\xc3\xa9t\xc3\xa9-2" });
	named("lr", 2, (const char *const[]){ "lr31a", "lr32a" });
	named("x", 2, (const char *const[]){ "x\xc3\xa9", "x\xc3\xa8" });
}

/* No two groups have one name; members go by seed, then split. */
static void test_apart(void **state)
{
	static const char *const name[] = { "demo-1", "demo-2", "demo-3", "demo-4" };
	struct run_system s[4];
	struct run_groups g;

	(void)state;
	for (int i = 0; i < 4; i++)
		s[i] = (struct run_system){ .is_known = true, .key = { (uint64_t)i % 2, 0 },
					    .seed = 5, .split = 4 - i };
	run_groups_make(4, name, s, &g);
	assert_int_equal(g.n, 2);
	assert_string_equal(g.group[0].name, "demo-3");
	assert_string_equal(g.group[1].name, "demo-4");
	assert_int_equal(g.group[0].member[0], 2);
	assert_int_equal(g.group[0].member[1], 0);
	run_groups_release(&g);
	for (int i = 0; i < 4; i++)
		s[i].is_known = false; /* nobody knows: each by itself */
	run_groups_make(4, name, s, &g);
	assert_int_equal(g.n, 4);
	run_groups_release(&g);
	run_groups_make(0, NULL, NULL, &g);
	assert_int_equal(g.n, 0);
	run_groups_release(&g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_apart),
	};

	return cmocka_run_group_tests_name("run_group", tests, make, scratch_remove);
}
