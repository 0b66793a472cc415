/*
 * bench_program.c - the program as a whole: how soon it trains, how much memory
 * it takes, and what it spends beside the steps.
 *
 * Start-up is that of datasets/demo.json: the vocabulary is trained and the
 * texts are tokenized on the way; "again" finds the token caches of before.
 * Beside the steps: the trainer's wall time outside session_step() (journal,
 * store, snapshots; the workers wait meanwhile), the time of the mixing inside
 * it, and the share of the CPU time that the thread of the desk takes.
 */
#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "bench.h"
#include "trainer/trainer.h"

/* --- folders of runs --- */

static int remove_one(const char *path, const struct stat *sb, int flag,
		      struct FTW *ftw)
{
	(void)sb, (void)flag, (void)ftw;
	return remove(path);
}

/* FOLDER/name, new and empty. */
static void fresh_folder(const struct bench *b, const char *name, char out[600])
{
	struct err err;

	snprintf(out, 600, "%s/%s", b->folder, name);
	nftw(out, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (file_mkdirs(out, 0755, &err))
		bench_die("%s", err.text);
}

static void remove_folder(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- `tutti train PLAN --json`, to its end --- */

struct outcome {
	double begin, end;  /* seconds from the command to the lines */
	double peak_mb;
};

static void take_line(struct outcome *o, const char *line, double at)
{
	struct json *j = NULL;
	const struct json *event, *peak;

	if (json_parse(line, strlen(line), "tutti", &j, NULL))
		return;
	event = json_get(j, "event");
	peak = json_get(j, "peak_mb");
	if (event && str_eq(json_string(event), "begin"))
		o->begin = at;
	if (event && str_eq(json_string(event), "end"))
		o->end = at;
	if (peak)
		o->peak_mb = json_number(peak);
	json_free(j);
}

static _Noreturn void be_program(const struct bench *b, char *const argv[])
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(b->program, argv);
	bench_die("cannot run '%s'", b->program);
}

/* Runs the plan until the script ends it. */
static struct outcome run_program(const struct bench *b, const char *plan,
				  const char *runs, const char *script)
{
	char *argv[] = { "tutti", "train", (char *)plan, "--json", "--runs",
			 (char *)runs, "--script", (char *)script, NULL };
	struct outcome o = { NAN, NAN, NAN };
	double from = clock_now();
	char line[4096];
	int fd[2], status;
	pid_t pid;
	FILE *f;

	if (pipe(fd) || (pid = fork()) < 0)
		bench_die("no process to be had");
	if (!pid) {
		dup2(fd[1], STDOUT_FILENO);
		be_program(b, argv);
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	while (f && fgets(line, sizeof line, f))
		take_line(&o, line, clock_now() - from);
	if (f)
		fclose(f);
	waitpid(pid, &status, 0);
	if (isnan(o.end))
		bench_die("'%s train %s' ended with status %d", b->program, plan,
			  status);
	return o;
}

/* "STEP stop" in a file: a run of that many steps without an evaluation. */
static void write_script(const char *runs, int step, char out[620])
{
	FILE *f;

	snprintf(out, 620, "%s/script", runs);
	f = fopen(out, "w");
	if (!f || fprintf(f, "%d stop\n", step) < 0 || fclose(f))
		bench_die("cannot write '%s'", out);
}

/* --- start-up --- */

/* The trainer as `tutti train` starts it, until a snapshot shows the step. */
static struct trainer *start_trainer(const char *plan, const char *runs)
{
	struct trainer_options o = { .given = "", .runs = runs, .steps = -1 };
	struct trainer *t;
	struct err err;

	if (plan_load(plan, NULL, 0, &o.plan, &err) || trainer_start(&o, &t, &err))
		bench_die("%s", err.text);
	return t;
}

/* The next snapshot; false when the run has ended. */
static bool next_snapshot(struct trainer *t, struct snapshot *s)
{
	struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

	poll(&fd, 1, 1000);
	trainer_snapshot(t, s);
	if (s->phase == PHASE_FAILED)
		bench_die("%s", s->message);
	return s->phase != PHASE_DONE && s->phase != PHASE_STOPPED;
}

static const char demo[] = "datasets/demo.json";

/* arg: "" with nothing prepared, ", again" with the caches that left. */
static void bench_first_step(struct bench *b, const void *arg)
{
	struct trainer *t;
	struct snapshot s;
	char runs[600], cache[600];
	double from;

	fresh_folder(b, "runs", runs);
	snprintf(cache, sizeof cache, "%s/cold", b->folder);
	if (!*(const char *)arg)
		fresh_folder(b, "cold", cache);
	setenv("XDG_CACHE_HOME", cache, 1);
	snapshot_init(&s);
	from = clock_now();
	t = start_trainer(demo, runs);
	while (!s.step && next_snapshot(t, &s))
		;
	bench_figure(b, "s", clock_now() - from, "start-up, first step%s",
		     (const char *)arg);
	remove_folder(runs);
}

/* The same by the program's own lines; the end has a checkpoint written. */
static void bench_start_up(struct bench *b, const void *arg)
{
	char runs[600], script[620];
	struct outcome o;

	(void)arg;
	fresh_folder(b, "runs", runs);
	write_script(runs, 1, script);
	o = run_program(b, demo, runs, script);
	bench_figure(b, "s", o.begin, "start-up, tutti train says begin");
	bench_figure(b, "s", o.end, "start-up, one step made and saved");
	remove_folder(runs);
}

/* --- memory --- */

static void bench_memory(struct bench *b, const void *arg)
{
	char plan[600], runs[600], script[620];
	struct outcome o;

	bench_plan_path(b, arg, plan);
	fresh_folder(b, "runs", runs);
	write_script(runs, b->is_quick ? 4 : 8, script);
	o = run_program(b, plan, runs, script);
	bench_figure(b, "MB", o.peak_mb, "memory %s, peak", (const char *)arg);
	remove_folder(runs);
}

/* --- beside the steps --- */

static void bench_trainer(struct bench *b, const void *arg)
{
	char plan[600], runs[600];
	struct snapshot s;
	struct trainer *t;
	double from, spent, steps_took;

	bench_plan_path(b, arg, plan);
	fresh_folder(b, "runs", runs);
	t = start_trainer(plan, runs);
	snapshot_init(&s);
	while (s.step < 4 && next_snapshot(t, &s))
		;
	from = clock_now();
	steps_took = s.train_seconds;
	do {
		next_snapshot(t, &s);
		spent = clock_now() - from;
	} while (spent < b->seconds);
	steps_took = s.train_seconds - steps_took;
	bench_figure(b, "%", 100 * (spent - steps_took) / spent,
		     "beside the steps, trainer, %s", (const char *)arg);
	remove_folder(runs);
}

/* What a step asks of the mixing: shares, draws, weights, what methods learn. */
static double mixing_seconds(struct session *s)
{
	const double loss[MIX_TASKS_MAX] = { 1 };
	const int count[MIX_TASKS_MAX] = { 4 };
	const bool regress[MIX_TASKS_MAX] = { false };
	const struct mix_seen seen = { .count = count, .regress = regress, .loss = loss };
	double share[MIX_TASKS_MAX], from = clock_now();
	enum { TIMES = 2000 };

	for (int i = 0; i < TIMES; i++) {
		mix_shares(&s->mix, share);
		for (int k = 0; k < s->plan->micro_batches; k++)
			mix_loss_weight(&s->mix, mix_draw(&s->mix));
		s->mix.step = i;
		for (int role = 0; role < METHOD_ROLES; role++)
			mix_learn(&s->mix, (enum method_role)role, &seen);
	}
	return (clock_now() - from) / TIMES;
}

static double packing_seconds(struct session *s)
{
	struct cursor c = s->task[0].cursor;
	uint64_t rows[BATCH_EXAMPLES_MAX];
	double from = clock_now();
	enum { TIMES = 500 };

	for (int i = 0; i < TIMES; i++)
		packer_draw(s->task[0].packer, &c, rows);
	return (clock_now() - from) / TIMES * s->plan->micro_batches;
}

static void bench_mixing(struct bench *b, const void *arg)
{
	struct session *s = bench_session(b, arg, NULL, 1, true);

	bench_figure(b, "us/step", 1e6 * mixing_seconds(s), "beside the steps, mixing");
	bench_figure(b, "us/step", 1e6 * packing_seconds(s),
		     "beside the steps, packing");
	session_free(s);
}

/* --- the desk --- */

/* Nanoseconds that a thread has run so far. */
static double thread_ran(pid_t pid, const char *tid)
{
	char path[96];
	double ns = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid, tid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%lf", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return ns;
}

/* Of the first thread, which draws the desk, and of all. */
static void cpu_times(pid_t pid, double *first, double *all)
{
	char path[64], tid[24];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	snprintf(tid, sizeof tid, "%d", (int)pid);
	*first = thread_ran(pid, tid);
	*all = 0;
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			*all += thread_ran(pid, e->d_name);
	if (d)
		closedir(d);
}

/* Takes what the terminal is sent, and forgets it. */
static void drain(int fd, double seconds)
{
	double end = clock_now() + seconds;
	char bytes[4096];

	while (clock_now() < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 50) > 0 && read(fd, bytes, sizeof bytes) <= 0)
			return;
	}
}

static void bench_desk(struct bench *b, const void *arg)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char plan[600], runs[600];
	char *argv[] = { "tutti", plan, "--runs", runs, NULL };
	double first[2], all[2];
	pid_t pid;
	int fd;

	bench_plan_path(b, arg, plan);
	fresh_folder(b, "runs", runs);
	setenv("TERM", "xterm-256color", 1);
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		bench_die("no terminal to be had");
	if (!pid)
		be_program(b, argv);
	drain(fd, 1.5);
	cpu_times(pid, &first[0], &all[0]);
	drain(fd, b->seconds);
	cpu_times(pid, &first[1], &all[1]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (all[1] > all[0])
		bench_figure(b, "%", 100 * (first[1] - first[0]) / (all[1] - all[0]),
			     "beside the steps, desk, %s", (const char *)arg);
	remove_folder(runs);
}

const struct bench_case bench_program_cases[] = {
	{ "start-up, first step", bench_first_step, "", false },
	{ "start-up, first step again", bench_first_step, ", again", false },
	{ "start-up, program", bench_start_up, NULL, false },
	{ "memory classify-small", bench_memory, "classify-small", true },
	{ "memory classify-mini", bench_memory, "classify-mini", true },
	{ "memory summarize-even", bench_memory, "summarize-even", true },
	{ "memory summarize-real", bench_memory, "summarize-real", true },
	{ "beside the steps, trainer", bench_trainer, "classify-small", false },
	{ "beside the steps, mixing", bench_mixing, "classify-small", true },
	{ "beside the steps, desk", bench_desk, "classify-small", false },
	{ NULL, NULL, NULL, false },
};
