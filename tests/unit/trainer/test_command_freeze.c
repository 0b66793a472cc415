/*
 * test_command_freeze.c - the command that freezes: its grammar, what it does to a
 * session and to a picture, what is refused, and what takes it back.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "base/mem.h"
#include "look/snapshot.h"
#include "session/freezing.h"
#include "session/session.h"
#include "trainer/change.h"

static struct command *cmd;
static struct session *s;
static struct err err;
static struct change g;

static int set_up(void **state)
{
	static const char *const sets[] = { "model.layers=3", "model.shared_layers=2" };

	if (fixture_make(state))
		return -1;
	cmd = xmalloc(sizeof *cmd);
	s = fixture_session(sets, 2, 1);
	return 0;
}

static int tear_down(void **state)
{
	session_free(s);
	xfree(cmd);
	return fixture_remove(state);
}

/* --- grammar --- */

static void good(const char *line, const char *text)
{
	if (command_parse(line, cmd, &err))
		fail_msg("'%s': %s", line, err.text);
	assert_string_equal(cmd->text, text);
	assert_int_equal(cmd->n_args, 2);
}

static void bad(const char *line, const char *why)
{
	if (!command_parse(line, cmd, &err))
		fail_msg("'%s' was taken", line);
	if (!strstr(err.text, why))
		fail_msg("'%s': %s", line, err.text);
}

static void test_parse(void **state)
{
	(void)state;
	good("freeze embeddings on", "freeze embeddings on");
	assert_string_equal(cmd->arg[0], "embeddings");
	assert_string_equal(cmd->arg[1], "on");
	good("  freeze \t layers   0..2,  mood \t off  ", "freeze layers 0..2, mood off");
	assert_string_equal(cmd->arg[0], "layers 0..2, mood");
	good("freeze a b c d e f g h i j k l m n on", "freeze a b c d e f g h i j k l m n on");
	bad("freeze", "too few words: freeze GROUP on|off");
	bad("freeze on", "too few words");
	bad("freeze embeddings", "too few words");
	bad("freeze embeddings maybe", "neither 'on' nor 'off'");
	bad("freeze embeddings on now", "neither 'on' nor 'off'");
	bad("freeze embeddings on!", "neither 'on' nor 'off'");
}

static struct buf offered;

static void take(void *arg, const char *word)
{
	(void)arg;
	buf_addf(&offered, "%s%s", offered.len ? " " : "", word);
}

static void completes(const char *line, const char *words)
{
	static const char *const tasks[] = { "mood", "count", "sum", NULL };

	buf_clear(&offered);
	command_complete(line, (int)strlen(line), tasks, take, NULL);
	assert_string_equal(buf_str(&offered), words);
}

static void test_completion(void **state)
{
	(void)state;
	completes("fr", "freeze");
	completes("freeze ", "embeddings layer layers trunk adapters head mood count sum");
	completes("freeze e", "embeddings");
	completes("freeze layers 0..2, mo", "mood");
	completes("freeze mood o", "on off");
	completes("freeze layers 0..2 of", "off");
	buf_release(&offered);
}

/* --- what it does --- */

static void does(const char *line, const char *was, const char *is)
{
	if (command_parse(line, cmd, &err) || change_try(&g, cmd, s, &err))
		fail_msg("'%s': %s", line, err.text);
	assert_string_equal(g.before, was);
	assert_string_equal(g.after, is);
	change_keep(&g, s);
}

static void refuses(const char *line, const char *why)
{
	char a[40], b[40];

	session_state(s, a);
	assert_int_equal(command_parse(line, cmd, &err), ST_OK);
	assert_int_not_equal(change_try(&g, cmd, s, &err), ST_OK);
	if (!strstr(err.text, why))
		fail_msg("'%s': %s", line, err.text);
	session_state(s, b);
	assert_string_equal(a, b);
}

static void test_apply(void **state)
{
	(void)state;
	session_start_random(s);
	does("freeze layers 0..1 on", "nothing", "layers 0..1");
	does("freeze embeddings, sum on", "layers 0..1", "embeddings, layers 0..1, sum");
	does("freeze sum on", "embeddings, layers 0..1, sum", "embeddings, layers 0..1, sum");
	does("freeze layer 0 off", "embeddings, layers 0..1, sum", "embeddings, layer 1, sum");
	does("freeze trunk off", "embeddings, layer 1, sum", "sum");
	assert_true(s->mix.frozen.heads == 4 && !s->mix.frozen.layers);
	does("freeze trunk on", "sum", "embeddings, layers 0..2, sum");
	does("mute sum on", "off", "on"); /* a muted one may be frozen */
	does("freeze trunk, sum off", "embeddings, layers 0..2, sum", "nothing");
}

static void test_refused(void **state)
{
	(void)state;
	session_start_random(s);
	refuses("freeze tables on", "no group 'tables' to freeze; there are embeddings, "
				    "layers 0..2, trunk, mood, count, sum");
	refuses("freeze layers 0..3 on", "no group 'layers 0..3'");
	refuses("freeze nothing on", "'nothing' is no group");
	refuses("freeze trunk, mood, count, sum on", "nothing would be trained");
	does("freeze trunk, mood on", "nothing", "embeddings, layers 0..2, mood");
	refuses("freeze count, sum on", "nothing would be trained");
	/* nothing that is heard */
	does("mute sum on", "off", "on");
	refuses("mute count on", "nothing would be trained");
	refuses("solo mood on", "nothing would be trained");
	refuses("freeze count on", "nothing would be trained");
	does("freeze layer 2 off", "embeddings, layers 0..2, mood",
	     "embeddings, layers 0..1, mood");
	does("freeze count on", "embeddings, layers 0..1, mood",
	     "embeddings, layers 0..1, mood, count");
	does("mute count on", "off", "on"); /* mood's own copy of layer 2 is left */
}

static void say_nothing(const struct mix_view *v, double *memory, double *out)
{
	(void)v;
	(void)memory;
	(void)out;
}

/* Methods that read gradients of what is shared, and nothing of it trained. */
static void test_methods(void **state)
{
	static const double none[MIX_PARAMS];
	static const struct method gram = { .name = "gram", .role = METHOD_WEIGHTING,
					    .needs = NEEDS_GRAM, .say = say_nothing };
	static const struct method norms = { .name = "norms", .role = METHOD_WEIGHTING,
					     .needs = NEEDS_NORMS, .say = say_nothing };

	(void)state;
	session_start_random(s);
	mix_use(&s->mix, &gram, none);
	refuses("freeze trunk on", "method 'gram' reads the gradients of what tasks share");
	refuses("freeze embeddings, layers 0..1 on", "choose another method first");
	does("freeze layers 0..2 on", "nothing", "layers 0..2"); /* the tables are left */
	mix_use(&s->mix, &norms, none);
	refuses("freeze embeddings on", "method 'norms'");
	does("weighting fixed", "norms", "fixed");
	does("freeze embeddings on", "layers 0..2", "embeddings, layers 0..2");
	assert_int_equal(method_fits_frozen(&gram, true, &err), ST_INVALID);
	assert_int_equal(method_fits_frozen(&gram, false, &err), ST_OK);
	assert_int_equal(method_fits_frozen(method_find(METHOD_WEIGHTING, "uncertainty"),
					    true, &err), ST_OK);
}

/* --- pictures --- */

static void shows(struct snapshot *p, const char *line, const char *frozen)
{
	struct freeze_groups of = snapshot_groups(p);
	char text[100];

	assert_int_equal(command_parse(line, cmd, &err), ST_OK);
	command_show(cmd, p);
	assert_true(freeze_show(&of, &p->frozen, text, sizeof text));
	assert_string_equal(text, frozen);
}

static void test_picture(void **state)
{
	struct channel ch[2] = { { .name = "mood", .grad_norm = 2, .effective = 0.5 },
				 { .name = "sum", .grad_norm = 3, .effective = 0.5 } };
	struct snapshot *p = xcalloc(1, sizeof *p);

	(void)state;
	p->layers = 3;
	p->shared_layers = 2;
	p->heads = 3;
	p->ch = ch;
	p->n_channels = 2;
	shows(p, "freeze layers 0..1, sum on", "layers 0..1, sum");
	shows(p, "freeze trumpet on", "layers 0..1, sum");
	assert_true(ch[0].grad_norm > 1);
	shows(p, "freeze embeddings on", "embeddings, layers 0..1, sum");
	assert_true(isnan(ch[0].grad_norm) && isnan(ch[1].effective)); /* not 0 */
	shows(p, "freeze trunk off", "sum");
	xfree(p);
}

/* --- taking back --- */

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

static void cannot(const char *before, const char *after, const char *want)
{
	struct journal_entry e = { .command = "freeze trunk on" };
	char back[JOURNAL_TEXT];
	const char *why;

	str_copy(e.before, sizeof e.before, before);
	str_copy(e.after, sizeof e.after, after);
	assert_false(command_undo(&e, back, &why));
	assert_string_equal(why, want);
}

static void test_undo(void **state)
{
	char cut[96];

	(void)state;
	session_start_random(s);
	undoes("freeze embeddings on", "freeze embeddings off");
	undoes("freeze trunk on", "freeze embeddings, layers 0..2 off");
	does("freeze layer 1, mood on", "nothing", "layer 1, mood");
	/* what was so before stays so */
	undoes("freeze trunk on", "freeze embeddings, layers 0, 2 off");
	undoes("freeze layers 0..1, mood, sum off", "freeze layer 1, mood on");
	cannot("", "layer 1", "what was before is unknown");
	cannot("layer 1", "layer 1", "it changed nothing");
	memset(cut, 'x', 95);
	cut[95] = '\0';
	cannot("nothing", cut, "what was before is unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),    cmocka_unit_test(test_completion),
		cmocka_unit_test(test_apply),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_methods),  cmocka_unit_test(test_picture),
		cmocka_unit_test(test_undo),
	};

	return cmocka_run_group_tests_name("command_freeze", tests, set_up, tear_down);
}
