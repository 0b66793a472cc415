/*
 * test_gain.c - the added command is tried, kept, shown and taken back by another.
 */
#include "fixture/engine_fixture.h"

#include "base/mem.h"
#include "look/snapshot.h"
#include "trainer/change.h"

static void test_gain(void **state)
{
	struct command *c = xmalloc(sizeof *c);
	struct journal_entry e = { 0 };
	static struct snapshot picture;
	static struct change g;
	struct session *s = NULL;
	char before[40], after[40], line[JOURNAL_TEXT];
	const char *why;
	struct err err = { "" };

	(void)state;
	assert_int_equal(session_new(fixture_plan(NULL, 0), NULL, 1, NULL, &s, &err), ST_OK);
	session_start_random(s);
	session_state(s, before);
	assert_int_equal(command_parse("gain mood -20", c, &err), ST_OK);
	assert_int_equal(change_try(&g, c, s, &err), ST_OK);
	change_keep(&g, s);
	assert_true(s->mix.ch[0].weight > 0.0999 && s->mix.ch[0].weight < 0.1001);

	snapshot_init(&picture);
	picture.n_channels = 1;
	picture.ch = xcalloc(1, sizeof *picture.ch);
	str_copy(picture.ch[0].name, sizeof picture.ch[0].name, "mood");
	command_show(c, &picture);
	assert_true(picture.ch[0].weight == s->mix.ch[0].weight);
	snapshot_release(&picture);

	str_copy(e.command, sizeof e.command, c->text);
	str_copy(e.before, sizeof e.before, g.before);
	str_copy(e.after, sizeof e.after, g.after);
	assert_true(command_undo(&e, line, &why));
	assert_string_equal(line, "weight mood 1");
	assert_int_equal(command_parse(line, c, &err), ST_OK);
	assert_int_equal(change_make(c, s, &err), ST_OK);
	session_state(s, after);
	assert_string_equal(before, after);
	session_free(s);
	xfree(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_gain) };

	return cmocka_run_group_tests_name("gain", tests, fixture_make, fixture_remove);
}
