/*
 * test_figures.c - I15: after kills and resumes every row of the store is the row of
 * an undisturbed run, times excepted. Kills fall anywhere and, every other one, into
 * an evaluation.
 */
#include "fixture/engine_fixture.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "base/fault.h"
#include "base/mem.h"
#include "rundir/rundir.h"
#include "trainer/trainer.h"

/* The set of counted tasks changes, once exactly where an evaluation falls. */
static const char script[] = "7 eval\n10 eval\n10 weight mood 2\n15 mute count on\n"
			     "23 gradients\n30 mute count off\n30 eval\n33 note half\n"
			     "40 lr 0.001\n41 horizon 62\n61 mute sum on\n";
static const char *const sets[] = { "budget.eval_every=5", "budget.checkpoint_every=20",
				    "budget.steps=50", "budget.eval_end=all" };
enum { SETS = sizeof sets / sizeof *sets };

#ifdef TUTTI_SANITIZED
enum { ROUNDS = 1, STRIDE = 53 };
#else
enum { ROUNDS = 6, STRIDE = 11 };
#endif
static int run_number;

/* --- the rows, as text --- */

static void put_step(void *arg, const struct step_row *r)
{
	struct buf *b = arg;

	buf_addf(b, "step %lld %a %a %u %d", (long long)r->step, (double)r->lr,
		 (double)r->grad_norm, (unsigned)r->tokens, r->skipped);
	for (int i = 0; i < r->n; i++)
		buf_addf(b, " [%d %d %d %a %a]", r->task[i].task, r->task[i].count,
			 (int)r->task[i].examples, (double)r->task[i].loss,
			 (double)r->task[i].weight);
	buf_addc(b, '\n');
}

static void put_gradient(void *arg, const struct gradient_row *r)
{
	/* one that a hand asked for waits for its task: it is no state, and may get lost */
	if (r->scheduled)
		buf_addf(arg, "gradient %lld %d %d %a\n", (long long)r->step, r->task,
			 r->count, r->norm);
}

static void put_evals(struct store *s, struct buf *b)
{
	struct eval_row *e = NULL;
	int n = 0;

	assert_int_equal(store_evals_read(s, -1, &e, &n, NULL), ST_OK);
	for (int i = 0; i < n; i++) {
		buf_addf(b, "eval %lld %d %d %d %a", (long long)e[i].step, e[i].task,
			 eval_row_sort(&e[i]), e[i].n_examples, e[i].loss);
		for (int m = 0; m < e[i].n_metrics; m++)
			buf_addf(b, " %s %a", e[i].metric[m].name, e[i].metric[m].value);
		buf_addc(b, '\n');
	}
	xfree(e);
}

static void put_scores(struct store *s, struct buf *b)
{
	struct score_row r, best;

	for (int64_t at = 0; at <= 70; at++) {
		if (!store_score(s, 0, at, &r, NULL))
			buf_addf(b, "score %lld %d %a %a %llu %lld\n", (long long)at,
				 r.scheduled, r.score, r.loss,
				 (unsigned long long)r.counted, (long long)r.since);
		if (!store_score_best(s, 0, at, &best, NULL))
			buf_addf(b, "best %lld %lld\n", (long long)at,
				 (long long)best.step);
	}
}

static void put_predictions(struct store *s, struct buf *b)
{
	for (int task = 0; task < 3; task++)
		for (int64_t at = 0; at <= 70; at++) {
			struct prediction_set set;

			if (store_predictions_read(s, task, at, &set, NULL))
				continue;
			for (int i = 0; i < set.n; i++)
				buf_addf(b, "prediction %d %lld %lld %d %d %a %a %s %s\n",
					 task, (long long)at, (long long)set.p[i].row,
					 set.p[i].n, label_pred(&set.p[i]),
					 number_guess(&set.p[i]), set.p[i].loss,
					 set.p[i].text ? set.p[i].text : "-",
					 set.row[i].text);
			prediction_set_release(&set);
		}
}

static void put_journal(struct store *s, struct buf *b)
{
	struct journal_entry *e = NULL;
	int n = 0;

	assert_int_equal(store_journal_read(s, 0, &e, &n, NULL), ST_OK);
	for (int i = 0; i < n; i++)
		buf_addf(b, "journal %lld %lld %s '%s' '%s' '%s'\n", (long long)e[i].seq,
			 (long long)e[i].step, journal_who_name(e[i].who), e[i].command,
			 e[i].before, e[i].after);
	xfree(e);
}

static void put_checkpoints(struct store *s, struct buf *b)
{
	struct checkpoint_row *r = NULL;
	int n = 0;

	assert_int_equal(store_checkpoints_read(s, &r, &n, NULL), ST_OK);
	for (int i = 0; i < n; i++)
		buf_addf(b, "checkpoint %lld %s %s '%s' %a %d\n", (long long)r[i].step,
			 r[i].folder, r[i].state, r[i].name, r[i].score, r[i].best);
	xfree(r);
}

static char *rows_of(const char *run)
{
	char path[PATH_MAX + 16], *mixed;
	struct store *s = NULL;
	struct buf b;

	str_format(path, sizeof path, "%s/run.db", run);
	assert_int_equal(store_open_readonly(path, &s, NULL), ST_OK);
	buf_init(&b);
	assert_int_equal(store_steps_read(s, 1, 100, 1, put_step, &b, NULL), ST_OK);
	assert_int_equal(store_gradients_read(s, 1, 100, put_gradient, &b, NULL), ST_OK);
	put_evals(s, &b);
	put_scores(s, &b);
	put_predictions(s, &b);
	put_journal(s, &b);
	put_checkpoints(s, &b);
	mixed = store_fact(s, "mixed"); /* all on one machine: replay may compare */
	buf_addf(&b, "mixed %s\n", mixed ? mixed : "-");
	xfree(mixed);
	store_close(s);
	return buf_take(&b);
}

/* --- runs in processes of their own --- */

struct kill {
	int call;           /* > 0: before this call that changes the disk */
	bool in_evaluation; /* else: in an evaluation after `skip` others, or anywhere */
	int skip;
	long wait_us;
};

static bool has_ended(const struct snapshot *s)
{
	return s->phase == PHASE_DONE || s->phase == PHASE_STOPPED ||
	       s->phase == PHASE_FAILED;
}

static void die(long wait_us)
{
	struct timespec t = { .tv_nsec = wait_us * 1000 };

	nanosleep(&t, NULL);
	kill(getpid(), SIGKILL);
}

/* Looks on; kills this process at the `skip`-th evaluation it sees, or after a while. */
static void watch(struct trainer *t, const struct kill *k)
{
	struct snapshot s;
	int seen = 0;
	bool was_in = false;

	snapshot_init(&s);
	if (k && !k->call && !k->in_evaluation)
		die(k->wait_us);
	while (!has_ended(&s)) {
		struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

		poll(&fd, 1, 1000);
		trainer_snapshot(t, &s);
		seen += s.phase == PHASE_EVALUATING && !was_in;
		was_in = s.phase == PHASE_EVALUATING;
		if (k && !k->call && was_in && seen > k->skip)
			die(k->wait_us % 4000);
	}
	snapshot_release(&s);
}

/* Other kinds of models and what writes; NULL: the fixture's own. */
static const struct kind_case {
	const char *name, *set[2];
} kinds[] = {
	{ "gpt", { "model.kind=gpt", "tasks.count.number_step=1" } },
	{ "bilstm, lstm", { "model.kind=bilstm", "model.decoder=lstm" } },
	{ "prefix, last", { "model.decoder=prefix", "model.predict_from=last" } },
	{ "prefix, mask", { "model.decoder=prefix", "model.predict_from=mask" } },
};
static const struct kind_case *kind_now;

static struct plan *plan_of_kind(void)
{
	const char *all[SETS + 2];

	memcpy(all, sets, sizeof sets);
	for (int i = 0; i < 2 && kind_now; i++)
		all[SETS + i] = kind_now->set[i];
	return fixture_plan(all, kind_now ? SETS + 2 : SETS);
}

static void child(const char *run, const struct kill *k)
{
	char runs[PATH_MAX], plan[PATH_MAX + 16];
	struct trainer_options o = { .steps = -1, .script = script, .workers = 2,
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
		o.plan = plan_of_kind();
	}
	if (k && k->call)
		fault_set(FAULT_ANY, k->call, FAULT_KILL_BEFORE);
	if (trainer_start(&o, &t, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(3);
	}
	watch(t, k);
	_exit(trainer_join(t, &err) ? 4 : 0);
}

/* True: it came to its end. */
static bool go_on(const char *run, const struct kill *k)
{
	pid_t pid = fork();
	int code = 0;

	if (!pid)
		child(run, k);
	waitpid(pid, &code, 0);
	if (WIFSIGNALED(code) || WEXITSTATUS(code) == FAULT_EXIT)
		return false;
	assert_int_equal(WEXITSTATUS(code), 0);
	return true;
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

static void show_difference(const char *a, const char *b)
{
	while (*a && *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n))
			fail_msg("'%.*s' is not '%.*s'", (int)m, b, (int)n, a);
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
	fail_msg("rows too few or too many: '%.100s' '%.100s'", a, b);
}

static char *was; /* the rows of a run that nobody disturbed */

static void test_undisturbed(void **state)
{
	char run[PATH_MAX];

	(void)state;
	new_run(run);
	assert_true(go_on(run, NULL));
	was = rows_of(run);
	assert_non_null(strstr(was, "begins afresh"));
	assert_non_null(strstr(was, "eval 60 0 1"));
	/* at the end all rows, beside the schedule's ten, and a prediction of each */
	assert_non_null(strstr(was, "eval 62 0 1 10"));
	assert_non_null(strstr(was, "eval 62 0 2 40"));
	assert_non_null(strstr(was, "eval 62 2 2 12"));
	assert_non_null(strstr(was, "prediction 0 62 39 "));
	assert_null(strstr(was, "prediction 0 60 39 "));
}

static void end_and_compare(const char *run)
{
	struct buf left;
	char *is;

	clear_unborn(run);
	assert_true(go_on(run, NULL));
	is = rows_of(run);
	if (!str_eq(is, was))
		show_difference(was, is);
	xfree(is);
	buf_init(&left);
	assert_int_equal(rundir_remove(run, &left, NULL), ST_OK);
	buf_release(&left);
}

/* Between any two calls that change the disk: a folder and its row, say. */
static void test_kill_at_calls(void **state)
{
	const char *asked = getenv("KILLS");
	int stride = asked ? 1 : STRIDE, kills = 0;
	char run[PATH_MAX];

	(void)state;
	for (int n = 1;; n += stride) {
		struct kill how = { .call = n };

		new_run(run);
		if (go_on(run, &how))
			break;
		kills++;
		end_and_compare(run);
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
		struct rng r = rng_stream(11, RNG_TEST, 3, (uint64_t)i);

		new_run(run);
		for (int k = 0; k < 6; k++) {
			struct kill how = { .in_evaluation = k % 2,
					    .skip = (int)rng_below(&r, (uint64_t)k, 4),
					    .wait_us = 2000 + (long)rng_below(&r,
						    (uint64_t)k + 50, 90000) };

			clear_unborn(run);
			if (go_on(run, &how))
				break;
			kills++;
		}
		end_and_compare(run);
	}
	assert_true(kills >= rounds);
	print_message("killed %d times in %d runs\n", kills, rounds);
}

/* Killed within the first, second, .. evaluation: of labels, numbers, summaries. */
static void check_kind(const struct kind_case *c)
{
	enum { AIMED = 3 };
	char run[PATH_MAX];
	int kills = 0;

	kind_now = c;
	xfree(was);
	new_run(run);
	assert_true(go_on(run, NULL));
	was = rows_of(run);
	for (int i = 0; i < AIMED; i++) {
		struct kill how = { .in_evaluation = true, .skip = i,
				    .wait_us = 300 + 900L * i };

		new_run(run);
		kills += !go_on(run, &how);
		end_and_compare(run);
	}
	print_message("%s: killed in %d evaluations\n", c->name, kills);
	assert_true(kills > 0);
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		check_kind(&kinds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undisturbed),
		cmocka_unit_test(test_kill_at_calls),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_kinds),
	};

	int failed = cmocka_run_group_tests_name("figures", tests, fixture_make_runs,
						 fixture_remove);

	xfree(was);
	return failed;
}
