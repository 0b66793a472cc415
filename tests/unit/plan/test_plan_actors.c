/*
 * test_plan_actors.c - the plan's actors: what is taken, refused and set, and that they
 * are written and read again.
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

static struct plan *parse(const char *actors, const char *set, struct err *err)
{
	struct plan *p = NULL;
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{ \"tutti\": 1, \"tasks\": { \"t\": { \"kind\": \"classify\", "
		 "\"train\": \"a.jsonl\" } }, \"budget\": { \"steps\": 1 }%s%s }",
		 actors ? ", \"actors\": " : "", actors ? actors : "");
	err->text[0] = '\0';
	if (plan_parse(b.s, b.len, "p.json", scratch, &set, set ? 1 : 0, &p, err))
		assert_null(p);
	buf_release(&b);
	return p;
}

static struct plan *takes(const char *actors, const char *set)
{
	struct err err;
	struct plan *p = parse(actors, set, &err), *again = NULL;
	struct buf a, b;

	if (!p)
		fail_msg("%s: %s", actors, err.text);
	buf_init(&a);
	buf_init(&b);
	plan_write(p, &a);
	assert_int_equal(plan_parse(a.s, a.len, "p.json", scratch, NULL, 0, &again, &err),
			 ST_OK);
	plan_write(again, &b);
	assert_string_equal(a.s, b.s);
	buf_release(&a);
	buf_release(&b);
	plan_free(p);
	return again;
}

static void test_taken(void **state)
{
	struct plan *p = takes(NULL, NULL);
	const struct plan_actor *a;

	(void)state;
	assert_false(p->has_actors);
	plan_free(p);
	p = takes("{}", NULL); /* not the same: nobody */
	assert_true(p->has_actors && p->n_actors == 0);
	assert_null(plan_actor_find(p, "a"));
	plan_free(p);
	p = takes("{ \"a-1\": { \"commands\": [\"weight\", \"lr\"], \"every\": 20, \"most\": 7, "
		  "\"ranges\": { \"weight\": [0, 2], \"lr\": [1e-5, 1e-5] } }, "
		  "\"b\": { \"commands\": [] } }", NULL);
	assert_int_equal(p->n_actors, 2);
	a = plan_actor_find(p, "a-1");
	assert_true(a->n_commands == 2 && a->n_ranges == 2 && a->every == 20 && a->most == 7);
	assert_string_equal(a->commands[1], "lr");
	assert_string_equal(a->ranges[0].command, "weight");
	assert_true(a->ranges[0].least == 0 && a->ranges[0].most == 2);
	assert_true(a->ranges[1].least == 1e-5 && a->ranges[1].most == 1e-5);
	a = plan_actor_find(p, "b");
	assert_true(a->n_commands == 0 && a->n_ranges == 0 && a->every == 0 && a->most == 0);
	plan_free(p);
}

static void test_set(void **state)
{
	static const char one[] = "{ \"a\": { \"commands\": [\"weight\"] } }";
	struct plan *p = takes(one, "actors.a.every=50");

	(void)state;
	assert_int_equal(p->actors[0].every, 50);
	plan_free(p);
	p = takes(one, "actors.a.commands=[\"lr\", \"clip\"]");
	assert_true(p->actors[0].n_commands == 2);
	plan_free(p);
	p = takes(one, "actors.a.ranges.weight=[1, 3]");
	assert_true(p->actors[0].n_ranges == 1 && p->actors[0].ranges[0].most == 3);
	plan_free(p);
}

static void refuses(const char *actors, const char *set, const char *word)
{
	struct err err;

	assert_null(parse(actors, set, &err));
	if (!strstr(err.text, word))
		fail_msg("no '%s' in '%s'", word, err.text);
}

static void test_refused(void **state)
{
	struct buf many;

	(void)state;
	refuses("[]", NULL, "not an object but a list at actors");
	refuses("{ \"a\": 3 }", NULL, "not an object");
	refuses("{ \"a\": { } }", NULL, "missing 'commands' at actors.a.commands");
	refuses("{ \"a\": { \"comands\": [] } }", NULL, "did you mean 'commands'?");
	refuses("{ \"A\": { \"commands\": [] } }", NULL, "no name of an actor: 'A'");
	refuses("{ \"a\": { \"commands\": \"lr\" } }", NULL, "a list");
	refuses("{ \"a\": { \"commands\": [3] } }", NULL, "not a string");
	refuses("{ \"a\": { \"commands\": [\"lr\", \"lr\"] } }", NULL, "'lr' comes twice");
	refuses("{ \"a\": { \"commands\": [], \"ranges\": [] } }", NULL, "object of ranges");
	refuses("{ \"a\": { \"commands\": [], \"ranges\": { \"lr\": 3 } } }", NULL, "two numbers");
	refuses("{ \"a\": { \"commands\": [], \"ranges\": { \"lr\": [2, 1] } } }", NULL,
		"no range");
	refuses("{ \"a\": { \"commands\": [], \"ranges\": { \"a name that no command could have"
		"\": [1, 2] } } }", NULL, "no command");
	refuses("{ \"a\": { \"commands\": [], \"every\": -1 } }", NULL, "out of range");
	refuses("{ \"a\": { \"commands\": [], \"every\": 0.5 } }", NULL, "whole");
	refuses("{ \"a\": { \"commands\": [] } }", "actors.a.weight=1", "actors.a.weight");
	buf_init(&many);
	for (int i = 0; i < 65; i++)
		buf_addf(&many, "%c \"a%d\": { \"commands\": [] }", i ? ',' : '{', i);
	buf_adds(&many, " }");
	refuses(buf_str(&many), NULL, "65 actors where 64 may be");
	buf_release(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken), cmocka_unit_test(test_set),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("plan, actors", tests, make_files, scratch_remove);
}
