/*
 * test_actors.c - programs that steer: what the plan allows them, what the journal has of
 * it, and that a replay and a resumed run are none the worse for what was refused.
 */
#include "fixture/live_run.h"

#include "base/mem.h"
#include "rundir/run_open.h"
#include "trainer/actors.h"
#include "trainer/control_act.h"

static struct err err;

/* The fixture's plan with these actors; a plan takes no group by a setting. */
static struct plan *with(const char *actors)
{
	struct plan *plan = NULL;
	struct buf b;

	buf_init(&b);
	buf_adds(&b, fixture_plan_text);
	while (b.len && b.s[b.len - 1] != '}')
		b.len--;
	b.len--;
	buf_addf(&b, ", \"actors\": %s }", actors);
	assert_ok(plan_parse(buf_str(&b), b.len, "plan.json", fixture_dir, NULL, 0, &plan,
			     &live_err));
	buf_release(&b);
	return plan;
}

static const char tuner[] =
	"{\"tuner\":{\"commands\":[\"weight\",\"share\",\"lr\",\"eval\",\"note\"],"
	"\"ranges\":{\"weight\":[0.5,20]},\"every\":5,\"most\":4},"
	"\"free\":{\"commands\":[\"weight\",\"lr\",\"stop\"]},\"none\":{\"commands\":[]}}";

/* --- limits --- */

static struct actors past;

static void may(const struct plan *p, const char *name, int64_t step, const char *line)
{
	struct command *c = xmalloc(sizeof *c);

	assert_int_equal(command_parse(line, c, &err), ST_OK);
	if (actors_allow(p, &past, name, c, step, &err))
		fail_msg("%s: %s", line, err.text);
	xfree(c);
}

static void may_not(const struct plan *p, const char *name, int64_t step, const char *line,
		    const char *word)
{
	struct command *c = xmalloc(sizeof *c);

	assert_int_equal(command_parse(line, c, &err), ST_OK);
	assert_int_equal(actors_allow(p, &past, name, c, step, &err), ST_INVALID);
	if (!strstr(err.text, word))
		fail_msg("no '%s' in '%s'", word, err.text);
	xfree(c);
}

static void did(const char *name, int64_t step, const char *refused)
{
	struct journal_entry e = { .who = WHO_ACTOR, .step = step };

	str_copy(e.actor, sizeof e.actor, name);
	str_copy(e.refused, sizeof e.refused, refused);
	actors_take(&past, &e);
}

static void test_limits(void **state)
{
	struct plan *p = with(tuner), *any = fixture_plan(NULL, 0), *nobody = with("{}");

	(void)state;
	may(p, "tuner", 0, "weight mood 0.5");
	may(p, "tuner", 0, "weight mood 20!");
	may_not(p, "tuner", 0, "weight mood 0.4", "0.5 to 20");
	may_not(p, "tuner", 0, "weight mood 0", "0.5 to 20");
	may_not(p, "tuner", 0, "weight mood 20.5!", "0.5 to 20");
	may(p, "tuner", 0, "share mood auto"); /* no number */
	may(p, "tuner", 0, "share mood 30%");
	may(p, "tuner", 0, "lr 0.01");
	may_not(p, "tuner", 0, "lr 0.02!", "0 to 0.01"); /* '!' is a hand's */
	may(p, "free", 0, "weight mood 0");
	may_not(p, "free", 0, "weight mood 9!", "0 to 8");
	may_not(p, "tuner", 0, "mute mood on", "does not allow 'tuner' to give 'mute'");
	may_not(p, "tuner", 0, "stop", "'stop'");
	may(p, "free", 0, "stop");
	may_not(p, "none", 0, "note x", "'note'");
	may(p, "none", 0, "try mood x"); /* questions are free */
	may_not(p, "else", 0, "weight mood 1", "names no actor 'else'");
	may(p, "else", 0, "actions");
	may(any, "else", 0, "weight mood 99!");
	may(any, "else", 0, "stop");
	may_not(nobody, "else", 0, "weight mood 1", "names no actor");

	did("tuner", 10, "");
	may_not(p, "tuner", 10, "weight mood 1", "from step 15 on");
	may_not(p, "tuner", 14, "weight mood 1", "from step 15 on");
	may(p, "tuner", 15, "weight mood 1");
	may(p, "tuner", 14, "beams sum x");
	may(p, "free", 10, "weight mood 1");
	may(p, "tuner", 9, "weight mood 1"); /* the run went back */
	did("tuner", 14, "too often"); /* is no command that it gave */
	may(p, "tuner", 15, "weight mood 1");
	for (int i = 2; i < 5; i++) {
		may(p, "tuner", 100, "weight mood 1");
		did("tuner", 10 * i, "");
	}
	may_not(p, "tuner", 100, "weight mood 1", "the 4 commands");
	may(p, "tuner", 100, "explain mood x");
	actors_release(&past);
	plan_free(p);
	plan_free(any);
	plan_free(nobody);
}

/* What is given now and done later is held to what may be done. */
static void test_later(void **state)
{
	struct plan *p = with("{\"a\":{\"commands\":[\"at\",\"when\",\"weight\",\"rollback\"],"
			      "\"ranges\":{\"weight\":[0.5,20]}},"
			      "\"b\":{\"commands\":[\"weight\"]}}");

	(void)state;
	may(p, "a", 0, "at 9 weight mood 20!");
	may(p, "a", 0, "at 9 rollback 0!");
	may(p, "a", 0, "when mood.accuracy >= 0.5 do weight mood 0.5");
	may_not(p, "a", 0, "at 9 weight mood 20.5!", "0.5 to 20");
	may_not(p, "a", 0, "at 9 weight mood 0", "0.5 to 20");
	may_not(p, "a", 0, "when mood.loss < 1 do weight mood 21!", "0.5 to 20");
	may_not(p, "a", 0, "at 9 mute mood on", "give 'mute'");
	may_not(p, "a", 0, "at 9 stop", "give 'stop'");
	may_not(p, "a", 0, "when mood.loss < 1 do back", "give 'back'");
	may_not(p, "b", 0, "at 9 weight mood 1", "give 'at'");
	plan_free(p);
}

static void plan_is_refused(const char *actors, const char *word)
{
	struct plan *p = with(actors);

	assert_int_equal(actors_check_plan(p, &err), ST_INVALID);
	if (!strstr(err.text, word))
		fail_msg("no '%s' in '%s'", word, err.text);
	plan_free(p);
}

static void test_plans(void **state)
{
	struct plan *p = with(tuner);

	(void)state;
	assert_int_equal(actors_check_plan(p, &err), ST_OK);
	plan_free(p);
	plan_is_refused("{\"a\":{\"commands\":[\"wieght\"]}}", "actors.a.commands");
	plan_is_refused("{\"a\":{\"commands\":[],\"ranges\":{\"mute\":[0,1]}}}", "'mute'");
	plan_is_refused("{\"a\":{\"commands\":[],\"ranges\":{\"x\":[0,1]}}}", "'x'");
	plan_is_refused("{\"a\":{\"commands\":[],\"ranges\":{\"share\":[0,2]}}}", "0 to 1");
}

/* --- words --- */

static void act_is_refused(const char *text, const char *word)
{
	struct asker by;
	const char *line;

	assert_int_equal(control_act_read(text, &by, &line, &err), ST_INVALID);
	if (!strstr(err.text, word))
		fail_msg("no '%s' in '%s'", word, err.text);
}

static void test_words(void **state)
{
	char text[REASON_TEXT + 32];
	struct asker by;
	const char *line;
	struct buf b;

	(void)state;
	buf_init(&b);
	control_act_write("tuner", "a=b, \xc3\xa9", "note line=x", &b);
	assert_ok(control_act_read(buf_str(&b), &by, &line, &live_err));
	assert_string_equal(by.actor, "tuner");
	assert_string_equal(by.reason, "a=b, \xc3\xa9");
	assert_string_equal(line, "note line=x");
	assert_int_equal(by.who, WHO_ACTOR);
	buf_clear(&b);
	control_act_write(NULL, "why", "eval", &b);
	assert_ok(control_act_read(buf_str(&b), &by, &line, &live_err));
	assert_int_equal(by.who, WHO_PERSON);
	assert_string_equal(by.actor, "");
	buf_release(&b);
	act_is_refused("", "no command");
	act_is_refused("actor=x", "no command");
	act_is_refused("actor=x\nelse=y\nline=eval", "else=y");
	act_is_refused("actor=\nline=eval", "without a name");
	act_is_refused("actor=A b\nline=eval", "no name of an actor");
	act_is_refused("actor=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nline=eval", "too long");
	act_is_refused("reason=\x1b[2J\nline=eval", "control character");
	act_is_refused("reason=\xff\nline=eval", "UTF-8");
	memset(text, 'x', sizeof text);
	memcpy(text, "reason=", 7);
	str_copy(text + REASON_TEXT + 7, 16, "\nline=eval");
	act_is_refused(text, "too long");
}

/* --- a live run --- */

static struct trainer *begin(const char *actors, int64_t steps)
{
	struct trainer_options o = { .plan = with(actors), .steps = steps, .workers = 2,
				     .start_paused = true };
	char runs[PATH_MAX];
	struct trainer *t;

	snapshot_release(&live_snap);
	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	o.runs = runs;
	assert_ok(trainer_start(&o, &t, &live_err));
	str_copy(live_path, sizeof live_path, trainer_run_path(t));
	return t;
}

/* What became of a line. */
static enum status ask(struct trainer *t, const char *name, const char *line)
{
	struct asker by = { .who = name ? WHO_ACTOR : WHO_PERSON, .reason = "a test" };
	uint64_t ticket;
	enum status st;

	if (name)
		str_copy(by.actor, sizeof by.actor, name);
	assert_ok(trainer_post_as(t, line, &by, &ticket, &live_err));
	while ((st = trainer_answer(t, ticket, NULL, &err)) == ST_BUSY)
		live_look(t);
	return st;
}

static int journal(struct journal_entry **e)
{
	struct store *s;
	int n = 0;

	assert_ok(run_store(live_path, &s, &live_err));
	assert_ok(store_journal_read(s, 0, e, &n, &live_err));
	store_close(s);
	return n;
}

static void test_journal(void **state)
{
	struct trainer *t = begin(tuner, 20);
	struct journal_entry *e = NULL;
	int n;

	(void)state;
	assert_int_equal(ask(t, "tuner", "weight  mood 2"), ST_OK);
	assert_int_equal(ask(t, "tuner", "weight mood 3"), ST_INVALID); /* too soon */
	assert_int_equal(ask(t, "free", "stop now"), ST_INVALID);
	assert_int_equal(ask(t, "tuner", "wieght mood \x1b[2J\xff"), ST_INVALID);
	assert_int_equal(ask(t, "tuner", "try mood x"), ST_OK);
	assert_int_equal(ask(t, "other", "lr 0.001"), ST_INVALID);
	assert_int_equal(ask(t, NULL, "lr 0.001"), ST_OK);
	assert_int_equal(ask(t, "free", "stop"), ST_OK);
	assert_int_equal(live_finish(t), ST_STOPPED);
	n = journal(&e);
	assert_int_equal(n, 7);
	assert_string_equal(e[0].command, "weight mood 2");
	assert_string_equal(e[0].actor, "tuner");
	assert_string_equal(e[0].reason, "a test");
	assert_string_equal(e[0].refused, "");
	assert_string_equal(e[0].after, "2");
	assert_int_equal(e[0].who, WHO_ACTOR);
	assert_string_equal(e[1].command, "note refused: weight mood 3");
	assert_non_null(strstr(e[1].refused, "from step 5 on"));
	assert_string_equal(e[2].command, "note refused: stop now");
	assert_string_equal(e[3].command, "note refused: wieght mood <ESC>[2J<FF>");
	assert_string_equal(e[4].actor, "other");
	assert_string_equal(e[5].command, "lr 0.001");
	assert_int_equal(e[5].who, WHO_PERSON);
	assert_string_equal(e[5].reason, "a test");
	assert_string_equal(e[6].command, "note asked: stop");
	assert_string_equal(e[6].refused, "");
	xfree(e);
	assert_replays(1);
}

/* Who took the run back is named, with the reason, and what was left behind stays told. */
static void test_goes_back(void **state)
{
	struct trainer *t = begin("{\"a\":{\"commands\":[\"rollback\",\"back\"]},"
				  "\"b\":{\"commands\":[]}}", 30);
	struct journal_entry *e = NULL;
	int n, back = 0, rollback = 0;

	(void)state;
	assert_int_equal(ask(t, NULL, "at 12 note here"), ST_OK);
	assert_int_equal(ask(t, NULL, "at 15 pause"), ST_OK);
	assert_int_equal(ask(t, NULL, "continue"), ST_OK);
	live_wait_step(t, 15);
	assert_int_equal(ask(t, "b", "back"), ST_INVALID);
	assert_int_equal(ask(t, "a", "rollback 0"), ST_INVALID);
	assert_int_equal(ask(t, "a", "back"), ST_OK);
	assert_int_equal(ask(t, "a", "rollback 0!"), ST_OK);
	assert_int_equal(ask(t, NULL, "continue"), ST_OK);
	live_finish(t);
	n = journal(&e);
	for (int i = 0; i < n; i++) {
		bool is_back = str_eq(e[i].command, "back");

		if (!is_back && !str_eq(e[i].command, "rollback 0!"))
			continue;
		*(is_back ? &back : &rollback) += 1;
		assert_int_equal(e[i].who, WHO_ACTOR);
		assert_string_equal(e[i].actor, "a");
		assert_string_equal(e[i].reason, "a test");
		assert_string_equal(e[i].refused, "");
	}
	assert_int_equal(back, 1);
	assert_int_equal(rollback, 1);
	xfree(e);
	assert_replays(1);
}

/* However much is refused, the journal has a few of a step, and all are answered. */
static void test_flood(void **state)
{
	struct trainer *t = begin(tuner, 3);
	char *longest = xmalloc(COMMAND_TEXT);
	struct journal_entry *e = NULL;
	int n;

	(void)state;
	memset(longest, 'x', COMMAND_TEXT - 1);
	longest[COMMAND_TEXT - 1] = '\0';
	for (int i = 0; i + 1 < COMMAND_TEXT / 2; i++)
		memcpy(longest + 2 * i, "\xc3\xa9", 2); /* cut in the middle of one */
	assert_int_equal(ask(t, "free", longest), ST_INVALID);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(t, "none", "lr 0.001"), ST_INVALID);
	assert_int_equal(ask(t, NULL, "continue"), ST_OK);
	assert_int_equal(live_finish(t), ST_OK);
	n = journal(&e);
	assert_int_equal(n, 8);
	assert_true(strlen(e[0].command) >= JOURNAL_TEXT - 2);
	xfree(e);
	xfree(longest);
	assert_replays(2);
}

/* What an actor did before a stop counts after it; and catching up refuses, unwritten. */
static void test_resumed(void **state)
{
	struct trainer *t = begin(tuner, 60);
	struct journal_entry *e = NULL;
	int n;

	(void)state;
	assert_int_equal(ask(t, "tuner", "weight mood 2"), ST_OK);
	assert_int_equal(ask(t, NULL, "stop"), ST_OK);
	assert_int_equal(live_finish(t), ST_STOPPED);
	t = live_resume(60, "0 pause\n30 pause");
	assert_int_equal(ask(t, "tuner", "weight mood 3"), ST_INVALID);
	assert_non_null(strstr(err.text, "from step 5 on"));
	assert_int_equal(ask(t, NULL, "continue"), ST_OK);
	live_wait_step(t, 30);
	assert_int_equal(ask(t, "tuner", "weight mood 3"), ST_OK);
	assert_int_equal(ask(t, NULL, "continue"), ST_OK);
	live_finish(t);
	n = journal(&e);
	assert_int_equal(n, 3);
	xfree(e);
	assert_replays(2);
}

static void random_line(const struct rng *r, uint64_t i, char *out, size_t cap)
{
	static const char *const line[] = {
		"mute sum on", "mute sum off", "lr 0.002", "lr 0.5!", "eval", "note hello",
		"checkpoint a", "sampling uniform", "nothing", "weight nobody 1", "share mood 2",
		"gradients", "weight mood", "solo mood off", "clip -1", "horizon 1" };

	if (rng_below(r, 2 * i, 2))
		str_format(out, cap, "weight count %.2f", 12 * rng_uniform(r, 2 * i + 1));
	else
		str_copy(out, cap, line[rng_below(r, 2 * i + 1, sizeof line / sizeof *line)]);
}

/* Random lines of three actors, within and beyond what they may, at random steps. */
static void test_random(void **state)
{
	static const char *const name[] = { "tuner", "free", "none", "unknown" };
	const char *wish = getenv("TUTTI_RUNS");
	int64_t runs = 3;

	(void)state;
	assert_true(!wish || (parse_i64(wish, &runs) && runs > 0));
	for (int64_t k = 0; k < runs; k++) {
		struct rng r = rng_stream(11 + (uint64_t)k, RNG_TEST, 0, 0);
		struct trainer *t = begin(tuner, 60);
		struct journal_entry *e = NULL;
		int refused = 0, done = 0, n;
		uint64_t i = 0;

		/* one of each, however few there will be time for */
		assert_int_equal(ask(t, "tuner", "weight count 1"), ST_OK);
		assert_int_equal(ask(t, "none", "lr 0.002"), ST_INVALID);
		ask(t, NULL, "continue");
		while (!live_has_ended()) {
			struct asker by = { .who = WHO_ACTOR, .reason = "by chance" };
			char line[64];

			str_copy(by.actor, sizeof by.actor, name[rng_below(&r, 1000 + i, 4)]);
			random_line(&r, 2000 + i++, line, sizeof line);
			trainer_post_as(t, line, &by, NULL, NULL);
			live_look(t);
		}
		live_finish(t);
		n = journal(&e);
		for (int j = 0; j < n; j++)
			*(e[j].refused[0] ? &refused : &done) += 1;
		assert_true(refused > 0 && done > 0);
		xfree(e);
		assert_replays(1 + (int)k % 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits), cmocka_unit_test(test_later),
		cmocka_unit_test(test_plans),  cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_words), cmocka_unit_test(test_journal),
		cmocka_unit_test(test_flood), cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("actors", tests, fixture_make_runs, fixture_remove);
}
