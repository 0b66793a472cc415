/*
 * test_fork.c - a fork of a run that lets go of its checkpoints meanwhile: whenever that
 * is, all arms begin in one state, and come to what a fork of a run that rests does. Of
 * the folder that is forked no byte moves.
 */
#include "fixture/live_run.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "fixture/folder.h"
#include "session/session.h"
#include "trainer/fork.h"

enum { NEWEST = 20, OLDER = 15, STEPS = 4, ARMS = 4 };
static const char *const methods[ARMS - 1] = { "uniform", "pcgrad", "uncertainty lr=0.1" };

/* --- all that a folder is: names and bytes, in whatever order --- */

static uint64_t hash_of(const char *path, const char *name)
{
	uint64_t sum = hash64_bytes(name, strlen(name));
	char below[PATH_MAX];
	struct file_map m;
	struct dirent *e;
	DIR *d = opendir(path);

	if (!d) {
		assert_int_equal(file_map(path, &m, NULL), ST_OK);
		sum ^= 3 * hash64_bytes(m.p, m.len);
		file_unmap(&m);
		return sum;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			str_format(below, sizeof below, "%s/%s", path, e->d_name);
			sum += 5 * hash_of(below, e->d_name);
		}
	closedir(d);
	return sum;
}

/* --- who lets go of the newest at the n-th report, whatever is done just then --- */

struct spoiler {
	int reports, at;
	bool is_training;  /* at that report */
	char folder[PATH_MAX];
};

static bool spoil(struct progress *p)
{
	struct spoiler *x = p->arg;

	if (++x->reports != x->at)
		return false;
	x->is_training = str_eq(p->unit, "steps");
	assert_int_equal(folder_remove(x->folder), 0);
	return false;
}

static void copy_run(const char *to)
{
	char line[2 * PATH_MAX + 64];
	pid_t pid = fork();
	int status = 0;

	str_format(line, sizeof line, "cp -r '%s' '%s'", live_path, to);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void fork_at(const char *run, int64_t step, struct progress *pg,
		    struct fork_result *out)
{
	struct err err = { "" };

	if (fork_run(run, step, STEPS, methods, ARMS - 1, 1, pg, out, &err))
		fail_msg("%s", err.text);
	assert_int_equal(out->n_arms, ARMS);
}

static void assert_same_arms(const struct fork_result *a, const struct fork_result *b)
{
	assert_int_equal(a->from, b->from);
	for (int i = 0; i < ARMS; i++) {
		assert_string_equal(a->arm[i].why, "");
		assert_string_equal(a->arm[i].state, b->arm[i].state);
		for (int t = 0; t < a->n_tasks; t++)
			assert_true(a->arm[i].task[t].dev.loss == b->arm[i].task[t].dev.loss);
	}
}

static void test_let_go(void **state)
{
	static const char *const sets[] = { "budget.eval_every=1000", "budget.keep=2",
					    "budget.checkpoint_every=5", "mix.micro_batches=4" };
	static struct fork_result rests[2], got;
	char run[PATH_MAX];
	uint64_t before;
	int training = 0;
	bool done = false;

	(void)state;
	assert_int_equal(live_finish(live_begin(sets, 4, NEWEST, false, NULL)), ST_OK);
	before = hash_of(live_path, "");
	fork_at(live_path, -1, NULL, &rests[0]);
	fork_at(live_path, OLDER, NULL, &rests[1]);
	assert_true(before == hash_of(live_path, ""));
	assert_int_equal(rests[0].from, NEWEST);
	assert_int_equal(rests[1].from, OLDER);
	assert_true(rests[0].held > 4 * rests[0].s->params.size); /* weights and moments */
	assert_string_not_equal(rests[0].arm[0].state, rests[0].arm[2].state);
	str_format(run, sizeof run, "%s/runs/spoilt", fixture_dir);
	for (int at = 1; !done; at++) {
		struct spoiler x = { .at = at };
		struct progress pg = { .tick = spoil, .arg = &x };

		copy_run(run);
		str_format(x.folder, sizeof x.folder, "%s/checkpoints/step-%06d", run, NEWEST);
		fork_at(run, -1, &pg, &got);
		assert_same_arms(&got, &rests[0]);
		done = x.reports < at;
		training += x.is_training;
		fork_release(&got);
		assert_int_equal(folder_remove(run), 0);
	}
	assert_true(training >= ARMS);
	fork_release(&rests[0]);
	fork_release(&rests[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_let_go) };

	return cmocka_run_group_tests(tests, fixture_make_runs, fixture_remove);
}
