/*
 * test_command_rate.c - the command that sets rates of groups: its grammar, what it does to
 * a session and to a picture, what is refused, and what takes it back.
 */
#include "fixture/command_check.h"

#include "base/mem.h"
#include "look/snapshot.h"

static int set_up(void **state)
{
	static const char *const sets[] = { "model.layers=3", "model.shared_layers=2" };

	return command_set_up(state, sets, 2);
}

static void test_parse(void **state)
{
	(void)state;
	command_good("rate embeddings 0.1", "rate embeddings 0.1");
	command_good(" rate  layers \t 0..2,  mood   2 ", "rate layers 0..2, mood 2");
	command_good("rate layer 0 0.1, layer 1 0.5", "rate layer 0 0.1, layer 1 0.5");
	command_good("rate mood 300!", "rate mood 300!");
	command_good("rate mood 0.001!", "rate mood 0.001!");
	command_bad("rate", "too few words: rate GROUP FACTOR");
	command_bad("rate 2", "too few words");
	command_bad("rate embeddings", "too few words");
	command_bad("rate embeddings fast", "'fast' is no number");
	command_bad("rate embeddings -1", "out of range: 0 to 1000");
	command_bad("rate embeddings 1e4!", "out of range");
	command_bad("rate embeddings 200", "'200!' if that is meant");
	command_bad("rate embeddings 0.001", "beyond its usual range, 0.01 to 100");
	command_bad("rate embeddings nan", "no number");
	command_offers("rat", "rate");
	command_offers("rate la", "layer layers");
	command_offers("rate layers 0..1, mo", "mood");
}

static void test_apply(void **state)
{
	(void)state;
	session_start_random(command_s);
	command_does("rate layers 0..1 0.5", "1", "layers 0..1 0.5");
	command_does("rate embeddings, sum 2", "layers 0..1 0.5",
		     "embeddings, sum 2, layers 0..1 0.5");
	command_does("rate layer 1 0.25", "embeddings, sum 2, layers 0..1 0.5",
		     "embeddings, sum 2, layer 0 0.5, layer 1 0.25");
	/* a value, not a factor on what there was */
	command_does("rate layer 1 0.25", "embeddings, sum 2, layer 0 0.5, layer 1 0.25",
		     "embeddings, sum 2, layer 0 0.5, layer 1 0.25");
	assert_true(command_s->mix.rates.layers[1] == 0.25);
	command_does("rate trunk 1", "embeddings, sum 2, layer 0 0.5, layer 1 0.25", "sum 2");
	command_does("rate sum 1, mood 3", "sum 2", "mood 3");
	command_does("rate mood 1", "mood 3", "1");
	/* of what is frozen, for when it is thawed */
	command_does("freeze embeddings on", "nothing", "embeddings");
	command_does("rate embeddings 0.1", "1", "embeddings 0.1");
	command_does("rate embeddings 200!", "embeddings 0.1", "embeddings 200");
}

static void test_refused(void **state)
{
	(void)state;
	session_start_random(command_s);
	command_refuses("rate tables 2", "no group 'tables'; there are embeddings, layers 0..2, "
					 "trunk, mood, count, sum");
	command_refuses("rate layers 2..3 2", "no group 'layers 2..3'");
	command_refuses("rate nothing 2", "'nothing' is no group");
	command_refuses("rate layer 2", "no factor behind 'layer 2'");
	command_refuses("rate mood, sum 0", "'freeze sum on' (model.frozen) holds it still");
	command_refuses("rate mood 0.1, sum 0", "'freeze sum on'");
	command_refuses("rate mood 0, sum 0.1", "'freeze mood on'");
	command_refuses("rate mood 1e-7!", "factor 1e-7 is out of range");
	/* each of several has its own '!' */
	command_refuses("rate mood 200, sum 2", "factor 200 is beyond its usual range");
	command_refuses("rate mood 200, sum 300!", "factor 200 is beyond");
	command_refuses("rate mood fast, sum 2", "'fast' is no factor for 'mood'");
	command_refuses("rate mood 2 3, sum 2", "'2 3' is no factor for 'mood'");
	command_does("rate mood 200!, sum 2", "1", "mood 200, sum 2");
}

static void shows(struct snapshot *p, const char *line, const char *rates)
{
	struct freeze_groups of = snapshot_groups(p);
	char text[100];

	assert_int_equal(command_parse_entry(line, command_c, NULL), ST_OK);
	command_show(command_c, p);
	assert_true(rates_show(&of, &p->rates, text, sizeof text));
	assert_string_equal(text, rates);
}

static void test_picture(void **state)
{
	struct channel ch[2] = { { .name = "mood" }, { .name = "sum" } };
	struct snapshot *p = xcalloc(1, sizeof *p);

	(void)state;
	snapshot_init(p);
	p->layers = 3;
	p->heads = 3;
	p->ch = ch;
	p->n_channels = 2;
	shows(p, "rate layers 0..1, sum 0.1", "layers 0..1, sum 0.1");
	shows(p, "rate trumpet 2", "layers 0..1, sum 0.1");
	shows(p, "rate trunk 500", "embeddings, layers 0..2 500, sum 0.1");
	shows(p, "rate trunk 1, sum 1", "1");
	xfree(p);
}

static void test_undo(void **state)
{
	char cut[96];

	(void)state;
	session_start_random(command_s);
	command_undoes("rate embeddings 0.1", "rate embeddings 1");
	command_undoes("rate trunk 0.1", "rate embeddings, layers 0..2 1");
	command_does("rate layer 1 0.3, mood 300!", "1", "layer 1 0.3, mood 300");
	/* several rates before, one of them beyond the usual range */
	command_undoes("rate trunk, mood 2", "rate embeddings, layers 0, 2 1, layer 1 0.3, "
					     "mood 300!");
	command_undoes("rate mood 400", "rate mood 300!");
	command_does("rate sum 0.1234567", "layer 1 0.3, mood 300",
		     "layer 1 0.3, mood 300, sum 0.1234567");
	command_undoes("rate sum 5", "rate sum 0.1234567"); /* to the bit */
	command_cannot_undo("rate mood 2", "", "mood 2", "what was before is unknown");
	command_cannot_undo("rate mood 2", "mood 2", "mood 2", "it changed nothing");
	memset(cut, 'x', 95);
	cut[95] = '\0';
	command_cannot_undo("rate mood 2", "1", cut, "what was before is unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),   cmocka_unit_test(test_apply),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_picture),
		cmocka_unit_test(test_undo),
	};

	return cmocka_run_group_tests_name("command_rate", tests, set_up, command_tear_down);
}
