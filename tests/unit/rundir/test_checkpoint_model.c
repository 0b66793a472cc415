/*
 * test_checkpoint_model.c - a checkpoint of another model than the plan's: no damage, and
 * the message names what both have.
 */
#include <math.h>

#include "fixture/checkpoint_run.h"
#include "rundir/checkpoint_own.h"

/* Sets of the session that it is loaded into, and how it is refused; NULL: it is not. */
static const struct other_case {
	const char *set[2];
	const char *message;
} cases[] = {
	{ { 0 }, NULL },
	{ { "model.kind=bilstm" },
	  "of another model: kind transformer, where the plan has bilstm" },
	{ { "model.decoder=lstm" },
	  "of another model: decoder cross, where the plan has lstm" },
	{ { "model.decoder=prefix" },
	  "of another model: decoder cross, where the plan has prefix" },
	{ { "model.dim=32", "model.ff=48" }, "dim 16, where the plan has 32; ff 32, where the "
	  "plan has 48" },
	{ { "model.layers=3" }, "layers 1, where the plan has 3" },
	{ { "model.tied=false" }, "tied true, where the plan has false" },
};
static const struct other_case of_gpt[] = {
	{ { "model.kind=gpt" }, NULL },
	{ { "model.kind=transformer" },
	  "of another model: kind gpt, where the plan has transformer" },
	{ { "model.kind=gpt", "model.heads=4" }, NULL }, /* no tensor knows of them */
	{ { "model.kind=gpt", "model.shared_layers=0" },
	  "shared_layers 1, where the plan has 0" },
};

/* With the vocabulary of the checkpoint, as a run is opened. */
static struct session *other_session(const struct other_case *c, const char *folder)
{
	struct session *s = NULL;
	int n = 0;
	struct err err = { "" };

	while (n < 2 && c->set[n])
		n++;
	if (session_new(fixture_plan(c->set, n), folder, 1, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s);
	return s;
}

static void check_refused(const struct other_case *c, enum status st, const struct err *err)
{
	if (!c->message) {
		assert_int_equal(st, ST_OK);
		return;
	}
	assert_int_equal(st, ST_INVALID);
	if (!strstr(err->text, c->message) || !strstr(err->text, "checkpoint 'step-") ||
	    strstr(err->text, "damaged"))
		fail_msg("'%s', not '%s'", err->text, c->message);
}

static void check_case(const struct other_case *c, const char *folder)
{
	struct session *s = other_session(c, folder);
	struct err err = { "" };
	char was[40], is[40];
	int64_t seq;

	session_state(s, was);
	check_refused(c, checkpoint_load(s, folder, &seq, &err), &err);
	session_state(s, is);
	assert_int_equal(str_eq(was, is), c->message != NULL);
	check_refused(c, checkpoint_load_weights(s, folder, &err), &err);
	session_free(s);
}

static void check_cases(struct session *of, const struct other_case *c, size_t n)
{
	const char *run = new_run();
	struct store *st = open_run_store(run);
	char folder[PATH_MAX];

	save_checkpoint(of, st, run, NULL, 1, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	for (size_t i = 0; i < n; i++)
		check_case(&c[i], folder);
	store_close(st);
}

static void test_other_models(void **state)
{
	(void)state;
	check_cases(trained, cases, sizeof cases / sizeof *cases);
}

static void test_other_than_gpt(void **state)
{
	struct session *s = fixture_session(of_gpt[0].set, 1, 1);

	(void)state;
	fixture_steps(s, 1);
	check_cases(s, of_gpt, sizeof of_gpt / sizeof *of_gpt);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_other_models),
					     cmocka_unit_test(test_other_than_gpt) };

	return cmocka_run_group_tests_name("checkpoint_model", tests, checkpoint_set_up,
					   checkpoint_tear_down);
}
