/*
 * test_command.c - the grammar: lines that parse and lines that do not,
 * completion, and what commands do to a mix.
 */
#include "fixture/session_fixture.h"

#include "base/mem.h"
#include "trainer/change.h"
#include "session/session.h"

static struct command *cmd;
static struct session *s;
static struct err err;

static int set_up(void **state)
{
	if (fixture_make(state))
		return -1;
	cmd = xmalloc(sizeof *cmd);
	s = fixture_session(NULL, 0, 1);
	return 0;
}

static int tear_down(void **state)
{
	session_free(s);
	xfree(cmd);
	return fixture_remove(state);
}

static void good(const char *line, const char *text)
{
	if (command_parse(line, cmd, &err))
		fail_msg("'%s': %s", line, err.text);
	assert_string_equal(cmd->text, text);
}

/* Refused, with these words in the reason. */
static void bad(const char *line, const char *why)
{
	if (!command_parse(line, cmd, &err))
		fail_msg("'%s' was taken", line);
	if (!strstr(err.text, why))
		fail_msg("'%s': %s", line, err.text);
	assert_null(strchr(err.text, '\n'));
}

/* Places, counts, and commands within commands. */
static void test_parse_time(void **state)
{
	(void)state;
	good("rollback", "rollback");
	good("rollback  120!", "rollback 120!");
	assert_true(cmd->is_forced);
	good("rollback best", "rollback best");
	assert_false(cmd->is_forced);
	good("back", "back");
	good("back 3", "back 3");
	good("at 12  weight mood 20!", "at 12 weight mood 20!");
	good("at 12 note  two  words", "at 12 note  two  words");
	good("at 12 rollback best!", "at 12 rollback best!");
	good("when mood.loss  <= 0.5 do  stop", "when mood.loss <= 0.5 do stop");
	good("ramp mood weight 1 2 30", "ramp mood weight 1 2 30");
	good("cancel at-1", "cancel at-1");
	bad("rollback worst", "neither a step nor 'best'");
	bad("rollback -3", "neither a step nor 'best'");
	bad("rollback 1 2", "too many");
	bad("back 0", "no whole number");
	bad("back 99", "no whole number");
	bad("back 1.5", "no whole number");
	bad("at 12", "too few");
	bad("at soon pause", "no number");
	bad("at 12 wieght mood 2", "no command 'wieght'");
	bad("at 12 weight mood 20", "beyond its usual range");
	bad("at 12 at 13 pause", "'at' cannot be done later");
	bad("at 12 try some text", "'try' asks");
	bad("at 12 rollback 5", "'rollback 5!' if that is meant");
	bad("when mood.loss < 1 pause", "where 'do' should be");
	bad("when mood.loss < 1 do", "too few");
	bad("when mood.loss < x do pause", "no number");
	bad("ramp mood weight 1 2", "too few");
	bad("cancel", "too few");
}

static void test_parse(void **state)
{
	(void)state;
	good("weight mood 2", "weight mood 2");
	good("  weight \t mood   2.50  ", "weight mood 2.50");
	good("share mood auto", "share mood auto");
	good("share mood 30%", "share mood 30%");
	good("sampling temperature T=3", "sampling temperature T=3");
	good("checkpoint", "checkpoint");
	good("checkpoint before-lunch", "checkpoint before-lunch");
	good("note  two  words", "note two  words");
	good("try mood amber boat", "try mood amber boat");
	bad("", "empty");
	bad("   ", "empty");
	bad("wieght mood 2", "no command 'wieght': did you mean 'weight'?");
	bad("conjure mood 2", "no command 'conjure': Tab at ':', or 'tutti actions RUN'");
	bad("weight mood", "too few");
	bad("weight mood 2 3", "too many");
	bad("weight mood two", "no number");
	bad("weight mood -1", "out of range");
	bad("weight mood 1e9", "out of range");
	bad("weight mood nan", "no number");
	bad("weight mood inf", "no number");
	bad("share mood 1.5", "out of range");
	bad("share mood 120%", "out of range");
	bad("share mood -1", "out of range");
	bad("mute mood maybe", "neither 'on' nor 'off'");
	bad("dropout 0.95", "out of range");
	bad("lr 20", "out of range");
	bad("sampling", "too few");
	bad("sampling lottery", "no sampling method");
	bad("sampling temperature T=0", "out of range");
	bad("weighting uncertainty lr=x", "no number");
	bad("weighting fixed lr=1", "no parameter");
	bad("checkpoint ../../etc", "no name");
	bad("checkpoint .hidden", "no name");
	bad("pause now", "too many");
	bad("note", "too few");
	bad("note a\nb", "control character");
	bad("note \x1b[2J", "control character");
	bad("note \xff\xfe", "UTF-8");
}

static void test_long(void **state)
{
	char *line = xmalloc(COMMAND_TEXT + 10);

	(void)state;
	memset(line, 'x', COMMAND_TEXT + 9);
	line[COMMAND_TEXT + 9] = '\0';
	bad(line, "too long");
	memcpy(line, "note ", 5);
	line[700] = '\0';
	bad(line, "too long for the journal");
	memcpy(line, "try  ", 5);
	assert_int_equal(command_parse(line, cmd, &err), ST_OK);
	memset(line, 'y', 60);
	memcpy(line, "weight ", 7);
	for (int i = 0; i < 400; i++)
		line[7 + i] = i % 2 ? ' ' : 'z';
	line[407] = '\0';
	bad(line, "too many");
	xfree(line);
}

/* Every row can be found, has help, and its usage begins with its name. */
static void test_table(void **state)
{
	(void)state;
	for (int i = 0; i < command_count; i++) {
		const struct command_row *r = command_table[i];
		bool is_journaled = r->flags & CMD_JOURNALED;

		assert_ptr_equal(command_find(r->name), r);
		assert_ptr_equal(command_of(r->usage), r);
		assert_true(str_starts(r->usage, r->name));
		assert_true(strlen(r->help) > 0 && strlen(r->help) < 72);
		assert_true(r->flags != 0);
		/* its example works as written; where its usage is one it needs no other */
		if (command_parse(r->example ? r->example : r->usage, cmd, &err))
			fail_msg("%s: %s", r->name, err.text);
		assert_ptr_equal(cmd->row, r);
		/* and what its flags promise is there, and nothing else */
		assert_int_equal(!r->change, !(r->flags & CMD_CHANGES));
		assert_int_equal(!r->run, !(r->flags & CMD_RUNS));
		assert_int_equal(!r->ask, !(r->flags & CMD_ASKS));
		/* a note may set what is no state: it is shown, and taken back */
		assert_true(r->flags & (CMD_CHANGES | CMD_NOTES) || (!r->undo && !r->show));
		assert_true(r->flags & CMD_RUNS || !(r->flags & (CMD_STEERS | CMD_LIGHT |
							 CMD_CUTS | CMD_JUMPS)));
		assert_true(r->flags & CMD_CHANGES || !(r->flags & CMD_LATER));
		assert_int_equal(r->letter >= 'A' && r->letter <= 'Z', is_journaled);
		for (int k = 0; k < i && is_journaled; k++)
			assert_int_not_equal(command_table[k]->letter, r->letter);
	}
	assert_null(command_find("nothing"));
}

/* --- completion --- */

static struct buf offered;

static void take(void *arg, const char *word)
{
	(void)arg;
	buf_addf(&offered, "%s%s", offered.len ? " " : "", word);
}

static void completes(const char *line, int start, const char *words)
{
	static const char *const tasks[] = { "mood", "count", "sum", NULL };

	buf_clear(&offered);
	assert_int_equal(command_complete(line, (int)strlen(line), tasks, take, NULL),
			 start);
	assert_string_equal(buf_str(&offered), words);
}

static void test_completion(void **state)
{
	(void)state;
	completes("we", 0, "weight weighting");
	completes("  so", 2, "solo");
	completes("weight ", 7, "mood count sum");
	completes("weight m", 7, "mood");
	completes("weight mood ", 12, "");
	completes("mute mood o", 10, "on off");
	completes("share mood ", 11, "auto");
	completes("sampling t", 9, "temperature");
	completes("sampling temperature ", 21, "T=");
	completes("weighting uncertainty l", 22, "lr= limit=");
	completes("weighting uncertainty lr=1 l", 27, "lr= limit=");
	completes("try su", 4, "sum");
	completes("nonsense x", 9, "");
	completes("pause ", 6, "");
	buf_release(&offered);
}

/* --- applying --- */

static struct change g;

/* Trying changes nothing; keeping does. */
static void does(const char *line, const char *was, const char *is)
{
	char a[40], b[40];

	session_state(s, a);
	if (command_parse(line, cmd, &err) || change_try(&g, cmd, s, &err))
		fail_msg("'%s': %s", line, err.text);
	assert_string_equal(g.before, was);
	assert_string_equal(g.after, is);
	session_state(s, b);
	assert_string_equal(a, b);
	change_keep(&g, s);
	session_state(s, b);
	assert_string_not_equal(a, b);
}

static void refuses(const char *line, const char *why)
{
	char a[40], b[40];

	session_state(s, a);
	assert_int_equal(command_parse(line, cmd, &err), ST_OK);
	assert_int_not_equal(change_try(&g, cmd, s, &err), ST_OK);
	if (!strstr(err.text, why))
		fail_msg("'%s': %s", line, err.text);
	assert_int_not_equal(change_make(cmd, s, &err), ST_OK);
	session_state(s, b);
	assert_string_equal(a, b);
}

/* Beyond a fader's range a value wants a '!', and only there is it kept. */
static void test_beyond(void **state)
{
	static const char *const within[] = {"0", "0.125", "8", "1"};
	static const char *const beyond[] = {"0.1", "8.01", "99999", "1e6"};
	char line[80];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		str_format(line, sizeof line, "weight mood %s", within[i]);
		good(line, line);
		str_format(line, sizeof line, "weight mood %s!", within[i]);
		good(line, str_format(line + 40, 40, "weight mood %s", within[i]) ?
			   line + 40 : "");
		str_format(line, sizeof line, "weight mood %s", beyond[i]);
		bad(line, "if that is meant");
		str_format(line, sizeof line, "weight mood %s!", beyond[i]);
		good(line, line);
		assert_true(cmd->is_forced);
	}
	bad("weight mood 2e6!", "out of range");
	bad("weight mood !", "no number");
	bad("weight mood 9!!", "no number");
	bad("lr 0.5", "0.5!");
	/* what a journal holds was meant, '!' or not */
	assert_int_equal(command_parse_entry("weight mood 99", cmd, &err), ST_OK);
	assert_string_equal(cmd->text, "weight mood 99!");
	assert_int_equal(command_parse_entry("weight mood 2e6", cmd, &err), ST_INVALID);
	good("lr 0.5!", "lr 0.5!");
	bad("mute mood on!", "neither");
	does("weight mood 20!", "1", "20");
	assert_true(s->mix.ch[0].weight == 20);
	does("weight mood 1", "20", "1");
}

static void test_apply(void **state)
{
	double share[MIX_TASKS_MAX];
	char a[40], b[40];

	(void)state;
	does("weight mood 1.5", "1", "1.5");
	assert_true(s->mix.ch[0].weight == 1.5);
	does("share mood 0.5", "auto", "0.5");
	does("share mood 25%", "0.5", "0.25");
	does("share mood auto", "0.25", "auto");
	does("mute sum on", "off", "on");
	does("solo mood on", "off", "on");
	refuses("mute mood on", "nothing would be trained");
	does("solo mood off", "on", "off");
	does("mute sum off", "on", "off");
	does("lr 0.01", "0.003", "0.01");
	does("clip 0", "1", "0");
	does("dropout 0.25", "0.1", "0.25");
	does("sampling temperature T=3", "uniform", "temperature T=3");
	does("sampling proportional", "temperature T=3", "proportional");
	does("weighting uncertainty", "fixed", "uncertainty lr=0.001 limit=6");
	mix_shares(&s->mix, share);
	does("lock count on", "off", "on");
	assert_true(s->mix.ch[1].share == share[1]);
	does("sampling uniform", "proportional", "uniform");
	assert_true(s->mix.ch[1].share == share[1]);
	refuses("share count auto", "locked");
	does("lock count off", "on", "off");
	refuses("weight moody 1", "mood, count, sum");
	refuses("mute 'mood' on", "no task");
	/* what is dropped has changed nothing */
	session_state(s, a);
	assert_int_equal(command_parse("weight sum 6", cmd, &err), ST_OK);
	assert_int_equal(change_try(&g, cmd, s, &err), ST_OK);
	change_drop(&g);
	session_state(s, b);
	assert_string_equal(a, b);
}

static void test_nothing_left(void **state)
{
	(void)state;
	session_start_random(s);
	does("share mood 0", "auto", "0");
	does("share count 0", "auto", "0");
	refuses("share sum 0", "nothing would be trained");
	refuses("mute sum on", "nothing would be trained");
	does("mute mood on", "off", "on");
	refuses("solo mood on", "nothing would be trained");
}

/* --- taking back --- */

/* The entry that a line leaves is taken back by `want`, to the same state. */
static void undoes(const char *line, const char *want)
{
	struct journal_entry e = { 0 };
	char a[40], b[40], back[JOURNAL_TEXT];
	const char *why;

	session_state(s, a);
	if (command_parse_entry(line, cmd, &err) || change_try(&g, cmd, s, &err))
		fail_msg("'%s': %s", line, err.text);
	change_keep(&g, s);
	str_copy(e.command, sizeof e.command, cmd->text);
	str_copy(e.before, sizeof e.before, g.before);
	str_copy(e.after, sizeof e.after, g.after);
	if (!command_undo(&e, back, &why))
		fail_msg("'%s': %s", line, why);
	assert_string_equal(back, want);
	if (command_parse(back, cmd, &err) || change_make(cmd, s, &err))
		fail_msg("'%s': %s", back, err.text);
	session_state(s, b);
	assert_string_equal(a, b);
}

static void test_undo(void **state)
{
	static const struct { const char *line, *before, *after, *why; } no[] = {
		{ "note hello", "", "", "a note changes nothing" },
		{ "rollback 500", "1", "2", "no command takes it back" },
		{ "eval", "", "", "no command takes it back" },
		{ "weight mood 1", "", "1", "what was before is unknown" },
		{ "weight mood 1", "1", "1", "it changed nothing" },
	};
	char line[JOURNAL_TEXT];
	const char *why;

	(void)state;
	session_start_random(s);
	undoes("weight mood 1.5", "weight mood 1");
	undoes("share count 0.25", "share count auto");
	undoes("mute sum on", "mute sum off");
	undoes("solo sum on", "solo sum off");
	undoes("lr 0.001", "lr 0.003");
	undoes("clip 0", "clip 1");
	undoes("dropout 0.5", "dropout 0.1");
	undoes("horizon 900", "horizon 60");
	undoes("sampling temperature T=3", "sampling uniform");
	undoes("weighting uncertainty", "weighting fixed");
	assert_int_equal(command_parse("weight mood 20!", cmd, &err), ST_OK);
	assert_int_equal(change_make(cmd, s, &err), ST_OK);
	undoes("weight mood 2", "weight mood 20!"); /* beyond the fader: it was meant */
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		struct journal_entry e = { 0 };

		str_copy(e.command, sizeof e.command, no[i].line);
		str_copy(e.before, sizeof e.before, no[i].before);
		str_copy(e.after, sizeof e.after, no[i].after);
		assert_false(command_undo(&e, line, &why));
		assert_string_equal(why, no[i].why);
	}
}

/* --- a change of more than the mix --- */

static int n_kept, n_dropped;

static void keep_skips(struct change *c, struct session *to)
{
	n_kept++;
	to->skips = *(int64_t *)c->own;
	xfree(c->own);
}

static void drop_skips(struct change *c)
{
	n_dropped++;
	xfree(c->own);
}

/* Forgets the steps that were skipped, and turns a knob; mutes nobody left over. */
static enum status change_skips(struct change *c, struct err *e)
{
	(void)e;
	c->own = xcalloc(1, sizeof(int64_t));
	c->keep = keep_skips;
	c->drop = drop_skips;
	c->mix.lr = 0.5;
	for (int i = 0; i < c->mix.n && c->c->n_args; i++)
		c->mix.ch[i].muted = true;
	return ST_OK;
}

static void test_own(void **state)
{
	static const struct command_row row = { .name = "fresh", .flags = CMD_CHANGES,
						.change = change_skips };
	char a[40], b[40];

	(void)state;
	session_start_random(s);
	s->skips = 7;
	session_state(s, a);
	*cmd = (struct command){ .row = &row };
	assert_int_equal(change_try(&g, cmd, s, &err), ST_OK);
	change_drop(&g);
	cmd->n_args = 1; /* refused after it was prepared */
	assert_int_equal(change_make(cmd, s, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "nothing would be trained"));
	session_state(s, b);
	assert_string_equal(a, b);
	assert_int_equal(n_dropped, 2);
	assert_int_equal(n_kept, 0);
	cmd->n_args = 0;
	assert_int_equal(change_make(cmd, s, &err), ST_OK);
	assert_int_equal(n_kept, 1);
	assert_int_equal(n_dropped, 2);
	assert_int_equal(s->skips, 0);
	assert_true(s->mix.lr == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_time),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests_name("command", tests, set_up, tear_down);
}
