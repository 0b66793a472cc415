/*
 * test_checkpoint_crash.c - a checkpoint is whole or not there, whichever call
 * that changes the disk is the last one or fails.
 */
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "fixture/checkpoint_run.h"
#include "rundir/checkpoint_own.h"

/*
 * Killed before or after every single call that changes the disk: the run opens
 * at a checkpoint that is whole, the old one or the new one (I1, I4).
 */
static void test_killed_anywhere(void **state)
{
	struct session *b = fixture_session(NULL, 0, 1);
	char folder[PATH_MAX], before[40], after[40], is[40];
	int calls = 0;

	(void)state;
	session_state(trained, before);
	for (int n = 1; n <= 200; n++) {
		for (int what = FAULT_KILL_BEFORE; what >= FAULT_KILL_AFTER; what--) {
			const char *run = new_run();
			struct err err = { "" };
			int code;
			pid_t pid;

			save_checkpoint(trained, NULL, run, NULL, 0, NAN);
			pid = fork();
			if (!pid) {
				fixture_steps(trained, 1);
				fault_set(FAULT_ANY, n, what);
				checkpoint_save(trained, NULL, run, NULL, 0, NULL, NULL);
				_exit(0);
			}
			waitpid(pid, &code, 0);
			assert_true(WIFEXITED(code));
			checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
			if (checkpoint_load(b, folder, NULL, &err))
				fail_msg("call %d: %s", n, err.text);
			session_state(b, is);
			if (!str_eq(is, before) && b->step != trained->step + 1)
				fail_msg("call %d: neither old nor new", n);
			if (WEXITSTATUS(code) == 0) {
				assert_true(b->step == trained->step + 1);
				n = 200;
				break;
			}
			calls = n;
			assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
		}
	}
	session_state(trained, after);
	assert_string_equal(before, after);
	assert_true(calls > 10);
	print_message("killed around each of %d calls\n", calls);
	session_free(b);
}

/* A call that fails: a message, and the old checkpoint. */
static void test_failing_calls(void **state)
{
	static const int codes[] = { 28, 5 }; /* ENOSPC, EIO */
	struct session *s = fixture_session(NULL, 0, 1);
	char folder[PATH_MAX];

	(void)state;
	fixture_steps(s, 1);
	for (int n = 1; n <= 40; n++) {
		const char *run = new_run();
		struct err err = { "" };
		enum status st;

		save_checkpoint(trained, NULL, run, NULL, 0, NAN);
		fault_set(FAULT_ANY, n, codes[n % 2]);
		st = checkpoint_save(s, NULL, run, NULL, 0, NULL, &err);
		fault_off();
		if (st)
			assert_true(err.text[0] != '\0');
		checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
		assert_int_equal(checkpoint_load(s, folder, NULL, NULL), ST_OK);
		assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
		fixture_steps(s, 1);
	}
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_anywhere),
		cmocka_unit_test(test_failing_calls),
	};

	return cmocka_run_group_tests_name("checkpoint_crash", tests,
					   checkpoint_set_up, checkpoint_tear_down);
}
