/*
 * test_command_freeze.c - the command that freezes: its grammar, what it does to a
 * session and to a picture, what is refused, and what takes it back.
 */
#include "fixture/command_check.h"

#include <math.h>

#include "base/mem.h"
#include "look/snapshot.h"
#include "session/freezing.h"
#include "session/session.h"

static struct session *s; /* command_s */
static struct err err;

static int set_up(void **state)
{
	static const char *const sets[] = { "model.layers=3", "model.shared_layers=2" };

	if (command_set_up(state, sets, 2))
		return -1;
	s = command_s;
	return 0;
}

/* --- grammar --- */

static void good(const char *line, const char *text)
{
	command_good(line, text);
	assert_int_equal(command_c->n_args, 2);
}

static void test_parse(void **state)
{
	(void)state;
	good("freeze embeddings on", "freeze embeddings on");
	assert_string_equal(command_c->arg[0], "embeddings");
	assert_string_equal(command_c->arg[1], "on");
	good("  freeze \t layers   0..2,  mood \t off  ", "freeze layers 0..2, mood off");
	assert_string_equal(command_c->arg[0], "layers 0..2, mood");
	good("freeze a b c d e f g h i j k l m n on", "freeze a b c d e f g h i j k l m n on");
	command_bad("freeze", "too few words: freeze GROUP on|off");
	command_bad("freeze on", "too few words");
	command_bad("freeze embeddings", "too few words");
	command_bad("freeze embeddings maybe", "neither 'on' nor 'off'");
	command_bad("freeze embeddings on now", "neither 'on' nor 'off'");
	command_bad("freeze embeddings on!", "neither 'on' nor 'off'");
}

static void test_completion(void **state)
{
	(void)state;
	command_offers("fr", "freeze");
	command_offers("freeze ", "embeddings layer layers trunk adapters head mood count sum");
	command_offers("freeze e", "embeddings");
	command_offers("freeze layers 0..2, mo", "mood");
	command_offers("freeze mood o", "on off");
	command_offers("freeze layers 0..2 of", "off");
}

/* --- what it does --- */

static void test_apply(void **state)
{
	(void)state;
	session_start_random(s);
	command_does("freeze layers 0..1 on", "nothing", "layers 0..1");
	command_does("freeze embeddings, sum on", "layers 0..1", "embeddings, layers 0..1, sum");
	command_does("freeze sum on", "embeddings, layers 0..1, sum",
		     "embeddings, layers 0..1, sum");
	command_does("freeze layer 0 off", "embeddings, layers 0..1, sum",
		     "embeddings, layer 1, sum");
	command_does("freeze trunk off", "embeddings, layer 1, sum", "sum");
	assert_true(s->mix.frozen.heads == 4 && !s->mix.frozen.layers);
	command_does("freeze trunk on", "sum", "embeddings, layers 0..2, sum");
	command_does("mute sum on", "off", "on"); /* a muted one may be frozen */
	command_does("freeze trunk, sum off", "embeddings, layers 0..2, sum", "nothing");
}

static void test_refused(void **state)
{
	(void)state;
	session_start_random(s);
	command_refuses("freeze tables on", "no group 'tables'; there are embeddings, "
				    "layers 0..2, trunk, mood, count, sum");
	command_refuses("freeze layers 0..3 on", "no group 'layers 0..3'");
	command_refuses("freeze nothing on", "'nothing' is no group");
	command_refuses("freeze trunk, mood, count, sum on", "nothing would be trained");
	command_does("freeze trunk, mood on", "nothing", "embeddings, layers 0..2, mood");
	command_refuses("freeze count, sum on", "nothing would be trained");
	/* nothing that is heard */
	command_does("mute sum on", "off", "on");
	command_refuses("mute count on", "nothing would be trained");
	command_refuses("solo mood on", "nothing would be trained");
	command_refuses("freeze count on", "nothing would be trained");
	command_does("freeze layer 2 off", "embeddings, layers 0..2, mood",
	     "embeddings, layers 0..1, mood");
	command_does("freeze count on", "embeddings, layers 0..1, mood",
	     "embeddings, layers 0..1, mood, count");
	command_does("mute count on", "off", "on"); /* mood's own copy of layer 2 is left */
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
	command_refuses("freeze trunk on", "method 'gram' reads the gradients of what tasks share");
	command_refuses("freeze embeddings, layers 0..1 on", "choose another method first");
	command_does("freeze layers 0..2 on", "nothing", "layers 0..2"); /* the tables are left */
	mix_use(&s->mix, &norms, none);
	command_refuses("freeze embeddings on", "method 'norms'");
	command_does("weighting fixed", "norms", "fixed");
	command_does("freeze embeddings on", "layers 0..2", "embeddings, layers 0..2");
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

	assert_int_equal(command_parse(line, command_c, &err), ST_OK);
	command_show(command_c, p);
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

static void cannot(const char *before, const char *after, const char *want)
{
	command_cannot_undo("freeze trunk on", before, after, want);
}

static void test_undo(void **state)
{
	char cut[96];

	(void)state;
	session_start_random(s);
	command_undoes("freeze embeddings on", "freeze embeddings off");
	command_undoes("freeze trunk on", "freeze embeddings, layers 0..2 off");
	command_does("freeze layer 1, mood on", "nothing", "layer 1, mood");
	/* what was so before stays so */
	command_undoes("freeze trunk on", "freeze embeddings, layers 0, 2 off");
	command_undoes("freeze layers 0..1, mood, sum off", "freeze layer 1, mood on");
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

	return cmocka_run_group_tests_name("command_freeze", tests, set_up, command_tear_down);
}
