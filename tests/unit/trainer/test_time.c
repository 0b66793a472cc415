/*
 * test_time.c - a run that goes back, holds commands for later and is branched from,
 * killed anywhere: the rows that stand in the end, the journal and the state are those of
 * a run that nobody disturbed, and whoever is killed while a branch is made leaves
 * the other run as it was, and no half of a new one.
 */
#include "fixture/engine_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"
#include "store/line.h"
#include "trainer/branch.h"
#include "trainer/replay.h"
#include "trainer/trainer.h"

/* Every kind of going back, with what is frozen, methods and ramps changed on the way. */
static const char script[] =
	"5 weight mood 2\n12 at 18 mute count on\n14 ramp sum weight 1 3 9\n"
	"16 when mood.accuracy >= 0 do share mood 0.5\n19 at 27 mute count off\n"
	"21 weighting uncertainty\n22 back\n26 freeze mood on\n28 sampling temperature T=2\n"
	"33 rollback 20!\n35 back 2\n36 at 45 rollback 30!\n38 at 44 weight count 2\n"
	"39 cancel at-5\n46 note nearly\n47 rollback best!\n48 lr 0.001\n";
static const char *const sets[] = { "budget.eval_every=5", "budget.checkpoint_every=10",
				    "budget.steps=50", "budget.keep=9",
				    "budget.back_every=5" };
enum { SETS = sizeof sets / sizeof *sets };

#ifdef TUTTI_SANITIZED
enum { ROUNDS = 1, STRIDE = 61, BRANCH_STRIDE = 23 };
#else
enum { ROUNDS = 8, STRIDE = 13, BRANCH_STRIDE = 3 };
#endif

static int run_number;
static char *was; /* the rows of a run that nobody disturbed */
static char was_run[PATH_MAX];

/* --- the rows, as text --- */

static void put_step(void *arg, const struct step_row *r)
{
	buf_addf(arg, "step %lld %a %a %d", (long long)r->step, (double)r->lr,
		 (double)r->grad_norm, r->n);
	for (int i = 0; i < r->n; i++)
		buf_addf(arg, " %d %a %a", r->task[i].task, (double)r->task[i].loss,
			 (double)r->task[i].weight);
	buf_addc(arg, '\n');
}

static void put_evals(struct store *s, struct buf *b)
{
	struct eval_row *e = NULL;
	int n = 0;

	assert_int_equal(store_evals_read(s, -1, &e, &n, NULL), ST_OK);
	for (int i = 0; i < n; i++)
		buf_addf(b, "eval %d %lld %d %d %a\n", e[i].timeline, (long long)e[i].step,
			 e[i].task, eval_row_sort(&e[i]), e[i].loss);
	xfree(e);
}

static void put_journal(struct store *s, struct buf *b)
{
	struct journal_entry *e = NULL;
	int n = 0;

	assert_int_equal(store_journal_read(s, 0, &e, &n, NULL), ST_OK);
	for (int i = 0; i < n; i++)
		buf_addf(b, "entry %d %lld %s '%s' '%s' '%s'\n", e[i].timeline,
			 (long long)e[i].step, journal_who_name(e[i].who), e[i].command,
			 e[i].before, e[i].after);
	xfree(e);
}

static void put_newest(const char *run, struct buf *b)
{
	struct checkpoint_info *c = NULL;
	int n = 0;

	assert_int_equal(checkpoint_list(run, &c, &n, NULL), ST_OK);
	assert_true(n > 0 && c[0].complete && !c[0].is_left);
	buf_addf(b, "newest %lld %d %s\n", (long long)c[0].step, c[0].timeline, c[0].state);
	xfree(c);
}

static char *rows_of(const char *run)
{
	struct store *s = NULL;
	struct buf b;

	assert_int_equal(run_store(run, &s, NULL), ST_OK);
	buf_init(&b);
	assert_int_equal(store_steps_read(s, 1, 100, 1, put_step, &b, NULL), ST_OK);
	put_evals(s, &b);
	put_journal(s, &b);
	put_newest(run, &b);
	store_close(s);
	return buf_take(&b);
}

static void assert_same_rows(const char *run)
{
	char *is = rows_of(run);
	const char *a = was, *b = is;

	while (*a && *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n))
			fail_msg("'%.*s' is not '%.*s'", (int)m, b, (int)n, a);
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
	if (*a || *b)
		fail_msg("rows too few or too many: '%.100s' '%.100s'", a, b);
	xfree(is);
}

/* --- runs in processes of their own --- */

static void die(void *arg)
{
	long us = *(long *)arg;
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
	kill(getpid(), SIGKILL);
}

static void train(const char *run, const char *moves, int call, long wait_us)
{
	char runs[PATH_MAX], plan[PATH_MAX + 16];
	struct trainer_options o = { .steps = -1, .script = moves, .workers = 2,
				     .given = fixture_plan_text };
	struct trainer *t = NULL;
	struct err err = { "" };

	str_format(runs, sizeof runs, "%s/runs", fixture_dir);
	str_format(plan, sizeof plan, "%s/plan.json", run);
	o.runs = runs;
	if (file_exists(plan)) {
		o.resume = run;
	} else {
		o.run = strrchr(run, '/') + 1;
		o.plan = fixture_plan(sets, SETS);
	}
	if (call)
		fault_set(FAULT_ANY, call, FAULT_KILL_BEFORE);
	if (trainer_start(&o, &t, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(3);
	}
	if (wait_us)
		die(&wait_us);
	if (trainer_join(t, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(4);
	}
	_exit(0);
}

/* True: it came to its end. */
static bool came_to_end(pid_t pid)
{
	int code = 0;

	waitpid(pid, &code, 0);
	if (WIFSIGNALED(code) || WEXITSTATUS(code) == FAULT_EXIT)
		return false;
	assert_int_equal(WEXITSTATUS(code), 0);
	return true;
}

static bool go_on(const char *run, int call, long wait_us)
{
	pid_t pid = fork();

	if (!pid)
		train(run, script, call, wait_us);
	return came_to_end(pid);
}

/* A branch has the other's moves up to its step; those to come are not its own. */
static bool go_on_without(const char *run)
{
	pid_t pid = fork();

	if (!pid)
		train(run, NULL, 0, 0);
	return came_to_end(pid);
}

static void new_run(char run[PATH_MAX])
{
	str_format(run, PATH_MAX, "%s/runs/r%d", fixture_dir, run_number++);
}

/* A run that was killed before its plan was on the disk never began. */
static void clear_unborn(const char *run)
{
	char plan[PATH_MAX + 16];

	str_format(plan, sizeof plan, "%s/plan.json", run);
	if (!file_exists(plan) && file_exists(run))
		assert_int_equal(file_remove_tree(run, NULL), ST_OK);
}

static void remove_run(const char *run)
{
	struct buf left;

	buf_init(&left);
	assert_int_equal(rundir_remove(run, &left, NULL), ST_OK);
	buf_release(&left);
}

/* --- the tests --- */

static void assert_made_again(const char *run)
{
	struct progress none = { 0 };
	struct replay_result r;

	assert_int_equal(replay_run(run, 2, &none, &r, NULL), ST_OK);
	if (!r.same)
		fail_msg("made again it differs at step %lld", (long long)r.differs);
	assert_int_equal(r.differs, -1);
	assert_true(r.checked >= 3);
}

static void test_undisturbed(void **state)
{
	(void)state;
	new_run(was_run);
	assert_true(go_on(was_run, 0, 0));
	was = rows_of(was_run);
	assert_non_null(strstr(was, "'back' 'step 22' 'step 20'"));
	assert_non_null(strstr(was, "'rollback 20!' 'step 33' 'step 20'"));
	assert_non_null(strstr(was, "timer 'rollback 30!' 'step 45' 'step 30'"));
	assert_non_null(strstr(was, "'rollback best!'"));
	assert_non_null(strstr(was, "timer 'share mood 0.5'"));
	assert_non_null(strstr(was, "timer 'mute count on'"));
	assert_non_null(strstr(was, "newest 50 "));
	if (getenv("TUTTI_TELL"))
		print_message("%s", strstr(was, "entry "));
	assert_made_again(was_run);
}

static void test_kill_at_calls(void **state)
{
	int stride = getenv("KILLS") ? 1 : STRIDE, kills = 0;
	char run[PATH_MAX];

	(void)state;
	for (int n = 1;; n += stride) {
		new_run(run);
		if (go_on(run, n, 0))
			break;
		kills++;
		clear_unborn(run);
		assert_true(go_on(run, 0, 0));
		assert_same_rows(run);
		remove_run(run);
	}
	assert_true(kills > 5);
	print_message("killed before each of %d calls\n", kills);
}

static void test_kills(void **state)
{
	const char *asked = getenv("KILLS");
	int rounds = asked ? (int)strtol(asked, NULL, 10) / 4 : ROUNDS, kills = 0;
	char run[PATH_MAX];

	(void)state;
	for (int i = 0; i < rounds; i++) {
		struct rng r = rng_stream(17, RNG_TEST, 3, (uint64_t)i);

		new_run(run);
		for (int k = 0; k < 8; k++) {
			clear_unborn(run);
			if (go_on(run, 0, 5000 + (long)rng_below(&r, (uint64_t)k, 150000)))
				break;
			kills++;
		}
		clear_unborn(run);
		assert_true(go_on(run, 0, 0));
		assert_same_rows(run);
		assert_made_again(run);
		remove_run(run);
	}
	assert_true(kills >= rounds);
	print_message("killed %d times in %d runs\n", kills, rounds);
}

/* --- branches --- */

static void branch(const char *name, int call, int64_t step, const char *const *set, int n)
{
	struct branch_wanted w = { .run = was_run, .name = name, .step = step,
				   .sets = set, .n_sets = n };
	struct branch_made made;
	struct err err = { "" };

	if (call)
		fault_set(FAULT_ANY, call, FAULT_KILL_BEFORE);
	if (branch_make(&w, &made, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(3);
	}
	_exit(0);
}

static bool make_branch(const char *name, int call, int64_t step)
{
	pid_t pid = fork();

	if (!pid)
		branch(name, call, step, NULL, 0);
	return came_to_end(pid);
}

/* The other run is as it was; of the new one there is all or nothing. */
static void test_kill_branch(void **state)
{
	int stride = getenv("KILLS") ? 1 : BRANCH_STRIDE, kills = 0;
	char run[PATH_MAX], name[32];

	(void)state;
	for (int n = 1;; n += stride) {
		bool is_done;

		str_format(name, sizeof name, "b%d", n);
		str_format(run, sizeof run, "%s/runs/%s", fixture_dir, name);
		is_done = make_branch(name, n, 30);
		kills += !is_done;
		assert_same_rows(was_run);
		if (!file_exists(run)) {
			assert_false(is_done);
			assert_true(make_branch(name, 0, 30));
		}
		if (is_done || n < 2 * stride) {
			assert_true(go_on_without(run));
			assert_made_again(run);
		}
		remove_run(run);
		if (is_done)
			break;
	}
	assert_true(kills > 5);
	print_message("killed before each of %d calls of a branch\n", kills);
}

/* What a branch cannot change, and what is not there. */
static void test_branch_refused(void **state)
{
	static const struct { const char *name, *set, *why; int64_t step; enum status st; }
	bad[] = {
		{ "x", "model.dim=32", "cannot change 'model.dim'", -1, ST_INVALID },
		{ "x", "seed=9", "cannot change 'seed'", -1, ST_INVALID },
		{ "x", "tasks.nobody.weight=1", "nobody", -1, ST_INVALID },
		{ "x", "budget.steps=10", "is past", 30, ST_INVALID },
		{ "x", "optimizer.lr=-1", "lr", -1, ST_INVALID },
		{ "x", NULL, "no checkpoint of step 31", 31, ST_NOT_FOUND },
		{ "r0", NULL, "r0", -1, ST_BUSY },
		{ "a/b", NULL, "a/b", -1, ST_INVALID },
	};
	char path[PATH_MAX];

	(void)state;
	str_format(path, sizeof path, "%s/runs/x", fixture_dir);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct branch_wanted w = { .run = was_run, .name = bad[i].name,
					   .step = bad[i].step, .sets = &bad[i].set,
					   .n_sets = bad[i].set != NULL };
		struct branch_made made;
		struct err err = { "" };
		enum status st = branch_make(&w, &made, &err);

		if (st != bad[i].st || !strstr(err.text, bad[i].why))
			fail_msg("case %zu: %d, '%s'", i, (int)st, err.text);
		assert_false(file_exists(path));
	}
	assert_same_rows(was_run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undisturbed),
		cmocka_unit_test(test_kill_at_calls),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_kill_branch),
		cmocka_unit_test(test_branch_refused),
	};
	int failed = cmocka_run_group_tests_name("time", tests, fixture_make_runs,
						 fixture_remove);

	xfree(was);
	return failed;
}
