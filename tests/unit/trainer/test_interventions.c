/*
 * test_interventions.c - hands that do anything at any time: scripts of random moves,
 * over every command that changes a run, among them those that go back, come later or
 * move a weight slowly; many are refused. Made again from its journal the run has the same
 * bits at every fifth step, and stopped somewhere and resumed it has the same end: what a
 * stop evaluates and saves by itself is no place that a script's commands go back to.
 * TUTTI_LOTS=N: so many rounds.
 */
#include "fixture/live_run.h"

#include "base/mem.h"
#include "rundir/run_open.h"

enum { STEPS = 60, MOVES = 90, ROUNDS = 3 };

static const char *const sets[] = { "budget.eval_every=10", "budget.checkpoint_every=5",
				    "budget.steps=60", "budget.keep=99",
				    "budget.back_every=5" };
static const char *const tasks[] = { "mood", "count", "sum" };
static const char *const flags[] = { "on", "off" };
static const char *const methods[] = {
	"sampling proportional", "sampling uniform", "sampling temperature T=2",
	"sampling dynamic target=0.9", "weighting fixed", "weighting uncertainty",
	"weighting uncertainty lr=0.01",
};
enum { METHODS = sizeof methods / sizeof *methods };

/* The i-th number of this move below n. */
static int pick(struct rng *r, int move, int i, int n)
{
	return (int)rng_below(r, (uint64_t)(16 * move + i), (uint64_t)n);
}

static void change(struct buf *b, struct rng *r, int k)
{
	const char *task = tasks[pick(r, k, 1, 3)], *flag = flags[pick(r, k, 2, 2)];
	double x = (double)(1 + pick(r, k, 3, 30)) / 8;

	switch (pick(r, k, 4, 12)) {
	case 0:
	case 1: buf_addf(b, "weight %s %g", task, x); break;
	case 2: buf_addf(b, "share %s %g", task, x / 8); break;
	case 3: buf_addf(b, "share %s auto", task); break;
	case 4: buf_addf(b, "mute %s %s", task, flag); break;
	case 5: buf_addf(b, "lock %s %s", task, flag); break;
	case 6: buf_addf(b, "lr %g", x / 1000); break;
	case 7: buf_addf(b, "dropout %g", x / 10); break;
	case 8: buf_addf(b, "freeze %s %s", task, flag); break;
	case 9: buf_addf(b, "ramp %s weight %g %g %d", task, x, 5 - x,
			 1 + pick(r, k, 5, 25)); break;
	case 10: buf_addf(b, "solo %s %s", task, flag); break;
	default: buf_addf(b, "%s", methods[pick(r, k, 5, METHODS)]); break;
	}
}

static void move(struct buf *b, struct rng *r, int k, int step)
{
	buf_addf(b, "%d ", step);
	switch (pick(r, k, 6, 14)) {
	case 0: buf_addf(b, "back %d", 1 + pick(r, k, 7, 3)); break;
	case 1: buf_addf(b, "rollback %d!", 5 * pick(r, k, 7, 1 + step / 5)); break;
	case 2: buf_addf(b, "rollback best!"); break;
	case 3:
	case 4:
		buf_addf(b, "at %d ", step + 1 + pick(r, k, 7, 20));
		change(b, r, k);
		break;
	case 5:
		buf_addf(b, "when mood.accuracy >= %g do ", pick(r, k, 7, 10) / 10.0);
		change(b, r, k);
		break;
	case 6: buf_addf(b, "at %d back", step + 1 + pick(r, k, 7, 12)); break;
	case 7: buf_addf(b, "cancel at-%d", 1 + pick(r, k, 7, 9)); break;
	default: change(b, r, k); break;
	}
	buf_addc(b, '\n');
}

/* The moves of steps behind `after`. */
static void make_script(struct buf *b, int round, int after)
{
	struct rng r = rng_stream(23, RNG_TEST, 9, (uint64_t)round);

	for (int k = 0; k < MOVES; k++)
		if (pick(&r, k, 8, STEPS) > after)
			move(b, &r, k, pick(&r, k, 8, STEPS));
}

static int read_journal(const char *run, struct journal_entry **e)
{
	struct store *s = NULL;
	int n = 0;

	assert_ok(run_store(run, &s, &live_err));
	assert_ok(store_journal_read(s, 0, e, &n, &live_err));
	store_close(s);
	return n;
}

static void say_entry(const char *of, const struct journal_entry *e)
{
	print_message("%s: %d, at step %lld by %s: '%s', '%s' to '%s'\n", of, e->timeline,
		      (long long)e->step, journal_who_name(e->who), e->command, e->before,
		      e->after);
}

/* Where the journal of the run that was stopped leaves that of the whole one. */
static void say_difference(const char *whole)
{
	struct journal_entry *a = NULL, *b = NULL;
	int n = read_journal(whole, &a), m = read_journal(live_path, &b), i = 0;

	while (i < n && i < m && a[i].step == b[i].step &&
	       str_eq(a[i].command, b[i].command) && str_eq(a[i].after, b[i].after))
		i++;
	for (int k = i > 3 ? i - 3 : 0; k < i + 3; k++) {
		if (k < n)
			say_entry("whole", &a[k]);
		if (k < m)
			say_entry("resumed", &b[k]);
	}
	xfree(a);
	xfree(b);
}

static void test_random(void **state)
{
	const char *asked = getenv("TUTTI_LOTS");
	int rounds = asked ? (int)strtol(asked, NULL, 10) : ROUNDS;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		struct live_wanted w = { .n_sets = 5, .workers = 2 };
		char whole[40], whole_path[PATH_MAX];
		struct buf b, rest;

		memcpy(w.sets, sets, sizeof sets);
		buf_init(&b);
		buf_init(&rest);
		make_script(&b, i, -1);
		w.script = buf_str(&b);
		live_whole(&w, whole);
		str_copy(whole_path, sizeof whole_path, live_path);
		assert_true(live_snap.n_journal > 10);
		assert_replays(1);
		w.steps = 17 + 11 * i % 40;
		make_script(&rest, i, (int)w.steps);
		assert_ok(live_finish(live_start(&w)));
		assert_replays(2);
		assert_ok(live_finish(live_resume(0, buf_str(&rest))));
		if (!str_eq(live_snap.state, whole)) {
			say_difference(whole_path);
			fail_msg("round %d, stopped at step %d: another state", i, (int)w.steps);
		}
		assert_replays(2);
		buf_release(&b);
		buf_release(&rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("interventions", tests, fixture_make_runs,
					   fixture_remove);
}
