/*
 * sweep_jobs.c - who runs, who waits, who has failed.
 *
 * A point is begun with its claim in hand (sweep_look.h): claimed, looked at, then the
 * child gets the claim with it. What another sweep has claimed, or another engine has
 * locked, is looked at again every second until it is finished or free.
 */
#include "sweep/sweep_jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "sweep/sweep_child.h"
#include "sweep/sweep_look.h"

enum { EXIT_SIGNALLED = 128 };
#define LOOK_AGAIN 1.0 /* seconds between two looks at what others do */

/* A child and the point it is for. */
struct job {
	struct sweep_child child;
	struct sweep_claim claim;
	int point;
};

struct jobs {
	const struct sweep_jobs *o;
	struct sweep_run *run;
	struct job *job;      /* [o->jobs]; child.pid 0: free */
	int n_running;
	bool is_stopping;
	double next_look;     /* at runs that are elsewhere */
};

bool fate_is_final(enum run_fate f)
{
	return f == RUN_WAS_DONE || f == RUN_DONE || f == RUN_FAILED || f == RUN_STOPPED;
}

/* --- words --- */

static void add_word(char ***words, int *n, const char *text)
{
	*words = xreallocarray(*words, (size_t)*n + 2, sizeof **words);
	(*words)[(*n)++] = xstrdup(text);
	(*words)[*n] = NULL;
}

char **sweep_words(const struct sweep_jobs *j, int point, bool resume, bool json)
{
	const struct sweep_point *p = &j->sweep->point[point];
	struct sweep_given given;
	char **words = NULL, number[24];
	int n = 0;

	add_word(&words, &n, j->exe);
	add_word(&words, &n, resume ? "resume" : "train");
	add_word(&words, &n, resume ? p->run : j->sweep->plan);
	if (!resume) {
		add_word(&words, &n, "--run");
		add_word(&words, &n, p->run);
	}
	add_word(&words, &n, "--runs");
	add_word(&words, &n, j->root);
	sweep_given(j->sweep, point, &given);
	for (int i = 0; !resume && i < given.n - p->has_seed; i++) {
		add_word(&words, &n, "--set");
		add_word(&words, &n, given.set[i]);
	}
	if (!resume && p->has_seed) {
		str_format(number, sizeof number, "%llu", (unsigned long long)p->seed);
		add_word(&words, &n, "--seed");
		add_word(&words, &n, number);
	}
	if (j->workers > 0) {
		str_format(number, sizeof number, "%d", j->workers);
		add_word(&words, &n, "--workers");
		add_word(&words, &n, number);
	}
	if (json)
		add_word(&words, &n, "--json");
	return words;
}

void sweep_words_free(char **words)
{
	for (int i = 0; words && words[i]; i++)
		xfree(words[i]);
	xfree(words);
}

/* --- one point --- */

static void set_fate(struct jobs *s, int point, enum run_fate fate)
{
	if (s->run[point].fate == fate)
		return;
	s->run[point].fate = fate;
	s->o->tell(s->o->arg, s->run, point);
}

static void fail(struct jobs *s, int point, const char *why)
{
	str_copy(s->run[point].error, sizeof s->run[point].error, why);
	set_fate(s, point, RUN_FAILED);
}

static struct job *free_job(struct jobs *s)
{
	for (int i = 0; i < s->o->jobs; i++)
		if (!s->job[i].child.pid)
			return &s->job[i];
	return NULL;
}

static enum status begin(struct jobs *s, struct job *job, int point, bool resume,
			 struct err *err)
{
	char **words = sweep_words(s->o, point, resume, true);
	struct sweep_run *r = &s->run[point];
	enum status st = sweep_child_start(&job->child, s->o->exe, words, job->claim.fd,
					   err);

	sweep_words_free(words);
	if (st)
		return st;
	job->point = point;
	r->began = clock_now();
	r->left = -1;
	r->is_resumed = resume;
	s->n_running++;
	set_fate(s, point, RUN_RUNS);
	return ST_OK;
}

/* With its claim: begins it, or says why not. */
static void take_up(struct jobs *s, struct job *job, int point)
{
	struct point_look look;
	struct err err = { "" };
	enum status st = ST_OK;
	bool is_ours = false;

	sweep_look(s->o->sweep, point, s->o->root, &look);
	s->run[point].step = look.step;
	switch (look.state) {
	case POINT_FINISHED:
		set_fate(s, point, RUN_WAS_DONE);
		break;
	case POINT_LIVE:
		set_fate(s, point, RUN_ELSEWHERE);
		break;
	case POINT_OTHER:
		fail(s, point, look.why.text);
		break;
	case POINT_REMAINS:
		st = sweep_clear(look.path, &err);
		/* fall through */
	case POINT_ABSENT:
	case POINT_UNFINISHED:
		if (!st)
			st = begin(s, job, point, look.state == POINT_UNFINISHED, &err);
		is_ours = !st;
		break;
	}
	if (st == ST_BUSY)
		set_fate(s, point, RUN_ELSEWHERE);
	else if (st)
		fail(s, point, err.text);
	if (!is_ours)
		sweep_claim_drop(&job->claim);
}

static void try_point(struct jobs *s, struct job *job, int point)
{
	struct err err;
	enum status st = sweep_claim_take(&job->claim, s->o->root,
					  s->o->sweep->point[point].run, &err);

	if (!st)
		take_up(s, job, point);
	else if (st == ST_BUSY)
		set_fate(s, point, RUN_ELSEWHERE);
	else
		fail(s, point, err.text);
}

/* Points that wait, in order; now and then those that others had. */
static void start_more(struct jobs *s)
{
	bool look_again = clock_now() >= s->next_look;

	if (look_again)
		s->next_look = clock_now() + LOOK_AGAIN;
	for (int i = 0; i < s->o->sweep->n_points; i++) {
		enum run_fate fate = s->run[i].fate;
		struct job *job = free_job(s);

		if (!job)
			return;
		if (fate == RUN_WAITS || (fate == RUN_ELSEWHERE && look_again))
			try_point(s, job, i);
	}
}

/* --- children --- */

static void take_number(const struct json *event, const char *key, int64_t *out)
{
	const struct json *n = json_get(event, key);

	if (n)
		json_int(n, out);
}

static void hear(void *arg, const struct json *event)
{
	struct sweep_run *r = arg;
	const struct json *left = json_get(event, "seconds_left");

	take_number(event, "step", &r->step);
	take_number(event, "steps", &r->steps);
	if (left && json_type(left) == JSON_NUMBER)
		r->left = json_number(left);
}

/*
 * What became of it. One that found its name taken has lost a race against a run
 * begun by hand, which is then waited for.
 */
static void judge(struct jobs *s, int point, int code, const char *last)
{
	struct point_look look;
	char why[ERR_MAX];

	sweep_look(s->o->sweep, point, s->o->root, &look);
	if (look.state == POINT_FINISHED) {
		s->run[point].step = look.step;
		set_fate(s, point, RUN_DONE);
	} else if (s->is_stopping) {
		set_fate(s, point, RUN_STOPPED);
	} else if (look.state == POINT_LIVE) {
		set_fate(s, point, RUN_ELSEWHERE);
	} else if (code >= EXIT_SIGNALLED) {
		str_format(why, sizeof why, "ended by signal %d%s", code - EXIT_SIGNALLED,
			   code == EXIT_SIGNALLED + SIGKILL ? " (out of memory?)" : "");
		fail(s, point, why);
	} else if (*last) {
		fail(s, point, last);
	} else {
		str_format(why, sizeof why, "ended with status %d before its last step",
			   code);
		fail(s, point, why);
	}
}

static void reap(struct jobs *s, struct job *job)
{
	char last[ERR_MAX];
	int code;

	str_copy(last, sizeof last, job->child.last);
	code = sweep_child_wait(&job->child);
	s->n_running--;
	s->run[job->point].seconds = clock_now() - s->run[job->point].began;
	judge(s, job->point, code, last);
	sweep_claim_drop(&job->claim);
}

static void listen(struct jobs *s)
{
	struct pollfd p[2 * SWEEP_JOBS + 1];
	int n = 0;

	for (int i = 0; i < s->o->jobs; i++) {
		const struct sweep_child *c = &s->job[i].child;

		if (!c->pid)
			continue;
		p[n++] = (struct pollfd){ .fd = c->out, .events = POLLIN };
		p[n++] = (struct pollfd){ .fd = c->err, .events = POLLIN };
	}
	p[n++] = (struct pollfd){ .fd = s->is_stopping ? -1 : s->o->stop_fd,
				  .events = POLLIN };
	if (poll(p, (nfds_t)n, (int)(1000 * LOOK_AGAIN)) < 0 && errno != EINTR)
		return;
	for (int i = 0; i < s->o->jobs; i++) {
		struct job *job = &s->job[i];

		if (job->child.pid &&
		    !sweep_child_read(&job->child, hear, &s->run[job->point]))
			reap(s, job);
	}
	s->o->tell(s->o->arg, s->run, -1);
}

static bool must_stop(const struct jobs *s)
{
	struct pollfd p = { .fd = s->o->stop_fd, .events = POLLIN };

	return s->o->stop_fd >= 0 && poll(&p, 1, 0) > 0;
}

/* Each finishes its step and saves; what has not begun need not. */
static void stop_all(struct jobs *s)
{
	s->is_stopping = true;
	for (int i = 0; i < s->o->jobs; i++)
		if (s->job[i].child.pid)
			kill(s->job[i].child.pid, SIGTERM);
	for (int i = 0; i < s->o->sweep->n_points; i++)
		if (s->run[i].fate == RUN_WAITS || s->run[i].fate == RUN_ELSEWHERE)
			s->run[i].fate = RUN_STOPPED;
}

static bool is_over(const struct jobs *s)
{
	for (int i = 0; i < s->o->sweep->n_points; i++)
		if (!fate_is_final(s->run[i].fate))
			return false;
	return true;
}

enum status sweep_jobs_run(const struct sweep_jobs *o, struct sweep_run *run,
			   struct err *err)
{
	struct jobs s = { .o = o, .run = run };

	BUG_IF(o->jobs < 1 || o->jobs > SWEEP_JOBS);
	s.job = xcalloc((size_t)o->jobs, sizeof *s.job);
	for (int i = 0; i < o->sweep->n_points; i++)
		run[i] = (struct sweep_run){ .left = -1 };
	while (!is_over(&s)) {
		if (!s.is_stopping && must_stop(&s))
			stop_all(&s);
		if (!s.is_stopping)
			start_more(&s);
		if (!is_over(&s))
			listen(&s);
	}
	xfree(s.job);
	if (s.is_stopping)
		return err_set(err, ST_STOPPED, "stopped");
	return ST_OK;
}
