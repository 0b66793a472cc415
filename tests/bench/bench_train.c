/*
 * bench_train.c - training: real tokens a second, CPU time a token, useful work,
 * all cores against one, and speed beside a busy process. Steps are
 * session_step() of a session made as the trainer makes it.
 *
 * Useful work: the products of linear layers, of attention at each text's own
 * length and of the output layer, three times the forward pass. Efficiency: that
 * work at one core's sgemm rate on every worker, as a part of the time it took;
 * the rate is taken right before and right after the steps.
 */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "bench.h"
#include "session/workers.h"

struct training {
	const char *plan, *set, *label; /* label: ", dropout 0" */
	int shape, workers;             /* 0: all cores */
	bool is_beside;                 /* with a busy process */
};

static void step(struct session *s, struct step_report *r)
{
	struct err err;

	if (session_step(s, r, &err))
		bench_die("%s", err.text);
}

/* --- useful work --- */

/* Of the step just made, with its gradients. */
static double step_flops(const struct session *s)
{
	double flops = 0;

	for (int k = 0; k < s->plan->micro_batches; k++)
		for (int i = 0; i < s->job[k].n_rows; i++) {
			uint32_t n, t;

			dataset_lengths(s->task[0].train, s->job[k].rows[i], &n, &t);
			flops += model_flops(s->model, 0, n, t);
		}
	return 3 * flops;
}

/* --- timing --- */

struct pace {
	double tokens, flops, seconds, cpu; /* sums over the steps */
	int steps;
};

enum { WARM_STEPS = 6, WARM_QUICK = 2, STEPS_MIN = 2 };
#define SGEMM_SECONDS 0.2

static struct pace run_steps(const struct bench *b, struct session *s, double seconds)
{
	struct pace p = { 0 };
	struct step_report r;
	double from, cpu;

	for (int i = 0; i < (b->is_quick ? WARM_QUICK : WARM_STEPS); i++)
		step(s, &r);
	while (p.steps < STEPS_MIN || p.seconds < seconds) {
		from = clock_now();
		cpu = clock_process_cpu();
		step(s, &r);
		p.cpu += clock_process_cpu() - cpu;
		p.seconds += clock_now() - from;
		p.tokens += r.row.tokens;
		p.flops += step_flops(s);
		p.steps++;
	}
	return p;
}

static pid_t start_spinning(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		bench_die("no process to be had");
	if (!pid)
		while (getppid() == parent)
			for (volatile int i = 0; i < 10000000; i++)
				;
	if (!pid)
		_exit(0);
	return pid;
}

static void stop_spinning(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- cases --- */

/* On one core: CPU time, and what the core was not given to others. */
static void report_one(struct bench *b, const struct training *t, const char *name,
		       const struct pace *p)
{
	double all = bench_now(b, "train %s%s, all cores", t->plan, t->label);

	bench_figure(b, "us/token", p->cpu / p->tokens * 1e6, "%s, CPU", name);
	bench_figure(b, "%", 100 * p->cpu / p->seconds, "%s, of a core", name);
	if (!isnan(all))
		bench_figure(b, "x", all / (p->tokens / p->seconds),
			     "train %s%s, all cores : 1", t->plan, t->label);
}

static void report(struct bench *b, const struct training *t, const char *name,
		   const struct pace *p, double peak)
{
	double rate = p->flops / p->seconds * 1e-9;

	bench_figure(b, "tokens/s", p->tokens / p->seconds, "%s", name);
	bench_figure(b, "GF/s", rate, "%s, useful", name);
	bench_figure(b, "%", 100 * rate / peak, "%s, efficiency", name);
	if (t->workers == 1)
		report_one(b, t, name, p);
	else if (!b->round)
		bench_figure(b, "tokens", p->tokens / p->steps, "train %s%s, an update",
			     t->plan, t->label);
}

static void bench_training(struct bench *b, const void *arg)
{
	const struct training *t = arg;
	const struct bench_shape *shape = &bench_shapes[t->shape];
	struct session *s = bench_session(b, t->plan, t->set, t->workers, true);
	double sgemm = bench_sgemm_rate(shape, SGEMM_SECONDS);
	char name[BENCH_NAME];
	struct pace p = run_steps(b, s, b->seconds);

	sgemm = (sgemm + bench_sgemm_rate(shape, SGEMM_SECONDS)) / 2;
	snprintf(name, sizeof name, "train %s%s, %s", t->plan, t->label,
		 t->workers ? "1 core" : "all cores");
	report(b, t, name, &p, sgemm * workers_count(s->workers));
	session_free(s);
}

/* The clean speed is taken just before: the same session, the same minute. */
static void bench_beside(struct bench *b, const void *arg)
{
	const struct training *t = arg;
	struct session *s = bench_session(b, t->plan, t->set, t->workers, true);
	struct pace clean = run_steps(b, s, b->seconds / 2), busy;
	pid_t pid = start_spinning();
	double kept;

	busy = run_steps(b, s, b->seconds);
	stop_spinning(pid);
	kept = busy.tokens / busy.seconds / (clean.tokens / clean.seconds);
	bench_figure(b, "%", 100 * kept, "train %s, speed beside a busy process",
		     t->plan);
	session_free(s);
}

static void bench_same_bits(struct bench *b, const void *arg)
{
	char state[2][40];

	for (int i = 0; i < 2; i++) {
		struct session *s = bench_session(b, arg, NULL, i + 1, true);
		struct step_report r;

		for (int k = 0; k < WARM_STEPS; k++)
			step(s, &r);
		session_state(s, state[i]);
		session_free(s);
	}
	bench_figure(b, "yes/no", str_eq(state[0], state[1]),
		     "train %s, same bits on 1 and 2 workers", (const char *)arg);
	if (!str_eq(state[0], state[1]))
		bench_die("%s: 1 and 2 workers differ", (const char *)arg);
}

/* What somebody else's model of the same plan is compared with. */
static void bench_parity(struct bench *b, const void *arg)
{
	enum { STEPS = 12, LAST = 4 };
	const char *plan = arg;
	struct session *s = bench_session(b, plan, NULL, 0, true);
	struct step_report r;
	double last = 0, count = 0;

	for (int i = 0; i < s->params.n; i++)
		count += (double)param_count(&s->params, i);
	bench_figure(b, "numbers", count, "parity %s, parameters", plan);
	for (int i = 0; i < STEPS; i++) {
		step(s, &r);
		if (!i)
			bench_figure(b, "nats", (double)r.row.task[0].loss,
				     "parity %s, first loss", plan);
		if (i >= STEPS - LAST)
			last += (double)r.row.task[0].loss / LAST;
	}
	bench_figure(b, "nats", last, "parity %s, loss of steps 9 to 12", plan);
	session_free(s);
}

#define TRAIN(plan, shape, workers, cores, set, label)                         \
	{ "train " plan label ", " cores, bench_training,                      \
	  &(const struct training){ plan, set, label, shape, workers, false }, false }
#define BOTH(plan, shape)                                                      \
	TRAIN(plan, shape, 0, "all cores", NULL, ""),                          \
	TRAIN(plan, shape, 1, "1 core", NULL, "")
#define DRY(plan, shape)                                                       \
	TRAIN(plan, shape, 0, "all cores", "model.dropout=0", ", dropout 0"),  \
	TRAIN(plan, shape, 1, "1 core", "model.dropout=0", ", dropout 0")
#define PARITY(plan) { "parity " plan, bench_parity, plan, true }

const struct bench_case bench_train_cases[] = {
	BOTH("classify-tiny", SHAPE_TINY),
	BOTH("classify-small", SHAPE_SMALL),
	DRY("classify-small", SHAPE_SMALL),
	BOTH("classify-mini", SHAPE_MINI),
	BOTH("classify-bilstm", SHAPE_SMALL),
	BOTH("classify-even", SHAPE_SMALL),
	BOTH("classify-gpt", SHAPE_DEEP),
	BOTH("summarize-even", SHAPE_SMALL),
	DRY("summarize-even", SHAPE_SMALL),
	BOTH("summarize-real", SHAPE_SMALL),
	BOTH("summarize-gpt", SHAPE_DEEP),
	BOTH("summarize-prefix", SHAPE_DEEP),
	BOTH("summarize-masks", SHAPE_DEEP),
	PARITY("classify-tiny"), PARITY("classify-small"), PARITY("classify-mini"),
	PARITY("classify-bilstm"),
	PARITY("classify-even"), PARITY("summarize-even"), PARITY("summarize-real"),
	PARITY("classify-gpt"), PARITY("summarize-gpt"), PARITY("summarize-prefix"),
	PARITY("summarize-masks"),
	{ "train beside a busy process", bench_beside,
	  &(const struct training){ "classify-small", NULL, "", SHAPE_SMALL, 0, true },
	  false },
	{ "train same bits, classify", bench_same_bits, "classify-small", true },
	{ "train same bits, summarize", bench_same_bits, "summarize-real", true },
	{ NULL, NULL, NULL, false },
};
