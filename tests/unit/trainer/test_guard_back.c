/*
 * test_guard_back.c - a guard that goes back by itself: an update that is not finite takes
 * the run to the checkpoint before, with half the rate behind it in the same transaction,
 * and where that was to no avail to the one before. And each guard that may act, made
 * again. (That it ends where the rate is at its least: test_diverge.sh.)
 */
#include "fixture/live_run.h"

#include "base/mem.h"
#include "guard/guard.h"
#include "rundir/run_open.h"

/*
 * A weight that no gradient survives (beyond what a plan's file may say), behind a mute
 * that is taken off by a line that goes with the steps, and by one for later that comes
 * again.
 */
static const struct live_wanted wanted = {
	.sets = { "budget.eval_every=10", "budget.checkpoint_every=5", "budget.steps=40",
		  "guards.finite=act n=1 least=0.1", "optimizer.schedule=constant" },
	.n_sets = 5, .workers = 2, .weight = 1e300,
	.script = "0 weight mood 1\n0 weight count 1\n0 mute sum on\n8 lr 0.002\n"
		  "11 lr 0.004\n12 mute sum off\n13 note not come to\n17 freeze mood on\n"
		  "19 at 22 mute sum off\n",
};

/* How it goes: what the rate was there is of the state that it went back to. */
static const struct {
	int64_t from, to;
	const char *before, *after;
} jumps[] = {
	{ 13, 10, "0.002", "0.002" },
	{ 23, 20, "0.002", "0.001" },
	{ 23, 15, "0.002", "0.0005" }, /* the halving before is left behind, and so is what
					 was said at 19, which had broken it */
};
enum { JUMPS = sizeof jumps / sizeof *jumps };

static void check_jump(int k, const struct journal_entry *e)
{
	char text[40];

	assert_int_equal(e[0].who, WHO_GUARD);
	assert_int_equal(e[0].step, jumps[k].from);
	str_format(text, sizeof text, "step %lld", (long long)jumps[k].to);
	assert_string_equal(e[0].after, text);
	str_format(text, sizeof text, "lr %s", jumps[k].after);
	assert_string_equal(e[1].command, text);
	assert_string_equal(e[1].before, jumps[k].before);
	assert_string_equal(e[1].after, jumps[k].after);
	assert_int_equal(e[1].who, WHO_GUARD);
	assert_int_equal(e[1].step, jumps[k].to);
	assert_int_equal(e[1].timeline, e[0].timeline + 1);
	assert_int_equal(e[1].unix_ms / 1000000, e[0].unix_ms / 1000000);
}

static void goes_back(const char *memory)
{
	struct live_wanted w = wanted;
	struct journal_entry *e = NULL;
	struct store *s = NULL;
	int n = 0, k = 0;

	w.sets[w.n_sets++] = memory;
	assert_int_equal(live_finish(live_start(&w)), ST_OK);
	assert_int_equal(live_snap.step, 40);
	assert_true(live_snap.base_lr == 0.0005);
	assert_ok(run_store(live_path, &s, &live_err));
	assert_ok(store_journal_read(s, 0, &e, &n, &live_err));
	store_close(s);
	for (int i = 0; i < n; i++) {
		if (!str_eq(e[i].command, "rollback"))
			continue;
		assert_true(k < JUMPS && i + 1 < n);
		check_jump(k++, &e[i]);
	}
	assert_int_equal(k, JUMPS);
	xfree(e);
}

/* Out of memory, and from the folders of checkpoints. */
static void test_goes_back(void **state)
{
	(void)state;
	goes_back("budget.back_every=5");
	goes_back("budget.back_every=0");
}

/*
 * Any guard that may act, beside none that would want an evaluation in a replay, and beside
 * one that does: the hash of what they saw is the same one.
 */
static void test_made_again(void **state)
{
	char set[2][64];
	struct live_wanted w = { .sets = { "budget.eval_every=10", "budget.checkpoint_every=5",
					   set[0], set[1] }, .n_sets = 4, .workers = 2 };

	(void)state;
	for (int i = 0; i < GUARDS; i++)
		for (int k = 0; k < 2; k++) {
			str_format(set[0], sizeof set[0], "guards.%s=act%s", guard_at(i)->name,
				   i == GUARD_budget ? " steps=999" : "");
			str_format(set[1], sizeof set[1], k ? "guards.patience=act n=9" :
				   "guards.patience=off");
			if (k && str_eq(guard_at(i)->name, "patience"))
				continue;
			assert_ok(live_finish(live_start(&w)));
			assert_replays(2);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_made_again),
	};

	return cmocka_run_group_tests_name("guard back", tests, fixture_make_runs,
					   fixture_remove);
}
