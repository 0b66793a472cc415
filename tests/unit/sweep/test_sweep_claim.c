/*
 * test_sweep_claim.c - who may begin a run: one at a time, as long as the sweep or its
 * child lives; a run that begins just now is nobody else's folder; and how many runs a
 * machine takes at once.
 */
#include "fixture/engine_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep/sweep_jobs.h"
#include "sweep/sweep_look.h"

static void test_one_at_a_time(void **state)
{
	struct sweep_claim a, b, other;
	struct err err;

	(void)state;
	assert_int_equal(sweep_claim_take(&a, fixture_dir, "r", &err), ST_OK);
	assert_int_equal(sweep_claim_take(&b, fixture_dir, "r", &err), ST_BUSY);
	assert_non_null(strstr(err.text, "another sweep is at work on 'r'"));
	sweep_claim_drop(&b); /* it has none: the file stays */
	assert_int_equal(sweep_claim_take(&b, fixture_dir, "r", &err), ST_BUSY);
	assert_int_equal(sweep_claim_take(&other, fixture_dir, "r2", &err), ST_OK);
	sweep_claim_drop(&other);
	sweep_claim_drop(&a);
	assert_false(file_exists(a.path));
	assert_int_equal(sweep_claim_take(&b, fixture_dir, "r", &err), ST_OK);
	sweep_claim_drop(&b);
}

/* The sweep is gone, its child is not: the claim holds until it is. */
static void test_child_holds(void **state)
{
	struct sweep_claim a, b;
	int gate[2], status;
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(sweep_claim_take(&a, fixture_dir, "r", NULL), ST_OK);
	assert_int_equal(pipe(gate), 0);
	pid = fork();
	if (!pid) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0); /* until the parent closes it */
	}
	close(gate[0]);
	close(a.fd); /* as a kill would, the file's name left behind */
	assert_int_equal(sweep_claim_take(&b, fixture_dir, "r", NULL), ST_BUSY);
	close(gate[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(sweep_claim_take(&b, fixture_dir, "r", NULL), ST_OK);
	sweep_claim_drop(&b);
}

/* Exit status 0: whenever the claim was had, nobody else was in. */
static int crowd(int rounds)
{
	char inside[PATH_MAX];
	struct sweep_claim c;
	int had = 0;

	str_format(inside, sizeof inside, "%s/inside", fixture_dir);
	for (int tries = 0; had < rounds && tries < 1000 * rounds; tries++) {
		enum status st = sweep_claim_take(&c, fixture_dir, "crowd", NULL);
		int fd;

		if (st == ST_BUSY)
			continue;
		if (st)
			return 2;
		fd = open(inside, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0)
			return 3; /* two were in at once */
		close(fd);
		if (unlink(inside))
			return 4;
		sweep_claim_drop(&c);
		had++;
	}
	return had ? 0 : 5;
}

static void test_crowd(void **state)
{
	enum { PEOPLE = 4, ROUNDS = 300 };
	pid_t pid[PEOPLE];
	int status;

	(void)state;
	for (int i = 0; i < PEOPLE; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(crowd(ROUNDS));
	}
	for (int i = 0; i < PEOPLE; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
}

static void test_fit(void **state)
{
	(void)state;
	/* cores, workers, memory, one run's, runs */
	assert_int_equal(sweep_jobs_fit(8, 1, 0, 0, 100), 8);
	assert_int_equal(sweep_jobs_fit(8, 1, 0, 0, 3), 3);
	assert_int_equal(sweep_jobs_fit(8, 3, 0, 0, 100), 2);
	assert_int_equal(sweep_jobs_fit(2, 4, 0, 0, 100), 1);
	assert_int_equal(sweep_jobs_fit(8, 1, 1000, 300, 100), 3);
	assert_int_equal(sweep_jobs_fit(8, 1, 1000, 2000, 100), 1);
	assert_int_equal(sweep_jobs_fit(8, 1, 0, 300, 100), 8); /* not known */
	assert_int_equal(sweep_jobs_fit(8, 1, 1000, 300, 0), 1);
	assert_true(sweep_cores() >= 1);
	assert_true(sweep_free_memory() > 1 << 20);
}

/* A run that begins over and over: its folder, its plan, its checkpoints. */
static void begin_for_ever(const char *run)
{
	char away[PATH_MAX], plan[PATH_MAX], later[PATH_MAX];

	str_format(away, sizeof away, "%s.away", run);
	str_format(plan, sizeof plan, "%s/plan.json", run);
	str_format(later, sizeof later, "%s/checkpoints", run);
	for (;;) {
		mkdir(run, 0700);
		file_write(plan, fixture_plan_text, strlen(fixture_plan_text), NULL);
		mkdir(later, 0700);
		rename(run, away);
		file_remove_tree(away, NULL);
	}
}

static void test_begins(void **state)
{
	enum { LOOKS = 20000 };
	static const char text[] = "{\"sweep\": 1, \"plan\": \"plan.json\"}";
	char path[PATH_MAX];
	struct err err = { "" };
	struct point_look look;
	int seen = 0, status;
	bool wrong = false;
	struct sweep s;
	pid_t pid;

	(void)state;
	str_format(path, sizeof path, "%s/plan.json", fixture_dir);
	assert_int_equal(file_write(path, fixture_plan_text, strlen(fixture_plan_text),
				    NULL), ST_OK);
	if (sweep_parse(text, strlen(text), "exp.json", fixture_dir, NULL, &s, &err) ||
	    sweep_expand(&s, &err))
		fail_msg("%s", err.text);
	str_format(path, sizeof path, "%s/%s", fixture_dir, s.point[0].run);
	pid = fork();
	if (!pid)
		begin_for_ever(path);
	for (int i = 0; i < LOOKS && !wrong; i++) {
		sweep_look(&s, 0, fixture_dir, &look);
		seen += look.state == POINT_REMAINS;
		wrong = look.state == POINT_OTHER && strstr(look.why.text, "is no run");
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (wrong)
		fail_msg("%s", look.why.text);
	assert_true(seen > 0);
	sweep_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_child_holds),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests_name("sweep_claim", tests, fixture_make,
					   fixture_remove);
}
