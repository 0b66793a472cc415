/*
 * reader.c - one thread, one session at a time, a small ring of questions.
 */
#include "ask/reader.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

#include "ask/open.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "command/command.h"

enum place { PLACE_FREE, PLACE_WAITS, PLACE_ANSWERED };

struct question {
	enum place place;
	uint64_t ticket;
	int64_t step;
	char *line;
	enum status st;
	struct err err;
	struct buf text;
};

struct reader {
	char *run;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	/* under the lock */
	struct question q[READER_QUEUE_MAX];
	uint64_t last;        /* ticket given */
	bool is_ending, may_rest;
	/* the thread's own */
	struct session *s;    /* NULL: nothing is held */
	char folder[PATH_MAX];/* of its checkpoint */
};

/* --- the thread --- */

static void let_go(struct reader *r)
{
	if (!r->s)
		return;
	session_free(r->s);
	mem_give_back();
	r->s = NULL;
	r->folder[0] = '\0';
}

/* The folder says the step: "step-000500", "step-000500-t1". */
static bool is_of_step(const char *folder, int64_t step)
{
	const char *name = strrchr(folder, '/');
	char want[40];
	size_t n;

	str_format(want, sizeof want, "/step-%06lld", (long long)step);
	n = strlen(want);
	return name && str_starts(name, want) && !(name[n] >= '0' && name[n] <= '9');
}

static enum status refuse(int64_t step, struct err *err)
{
	return err_set(err, ST_NOT_FOUND, "no sound checkpoint of step %lld is kept",
		       (long long)step);
}

/* A run that goes on may have removed the checkpoint meanwhile, or may while it is read. */
static enum status hold(struct reader *r, int64_t step, struct err *err)
{
	struct session_wanted w = { .run = r->run, .step = step, .workers = 1 };
	struct checkpoint_choice c;
	enum status st = checkpoint_choose(r->run, step, &c, err);

	if (st == ST_NOT_FOUND || (!st && !is_of_step(c.folder, step)))
		return refuse(step, err);
	if (st || (r->s && str_eq(c.folder, r->folder)))
		return st;
	let_go(r); /* first: two models may be more than there is room for */
	st = session_open(&w, NULL, &c, &r->s, err);
	str_copy(r->folder, sizeof r->folder, c.folder);
	if (st && st != ST_NOT_FOUND)
		return st;
	if (!st && is_of_step(c.folder, step))
		return ST_OK;
	let_go(r);
	return refuse(step, err);
}

static enum status answer(struct reader *r, int64_t step, const char *line,
			  struct buf *text, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	enum status st = command_parse(line, c, err);

	if (!st)
		st = hold(r, step, err);
	if (!st)
		st = c->row->ask(r->s, c, text, err);
	xfree(c);
	return st;
}

/* The oldest that waits. */
static struct question *first_waiting(struct reader *r)
{
	struct question *best = NULL;

	for (int i = 0; i < READER_QUEUE_MAX; i++)
		if (r->q[i].place == PLACE_WAITS &&
		    (!best || r->q[i].ticket < best->ticket))
			best = &r->q[i];
	return best;
}

/* The lock is held on entry and on return; the question's place stays its own. */
static void answer_one(struct reader *r, struct question *q)
{
	char *line = q->line;
	int64_t step = q->step;
	struct err err = { "" };
	struct buf text;
	enum status st;

	pthread_mutex_unlock(&r->lock);
	buf_init(&text);
	st = answer(r, step, line, &text, &err);
	pthread_mutex_lock(&r->lock);
	q->st = st;
	q->err = err;
	q->text = text;
	q->place = PLACE_ANSWERED;
	if (r->wake_fd >= 0)
		eventfd_write(r->wake_fd, 1);
}

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->is_ending) {
		struct question *q = first_waiting(r);

		if (q) {
			answer_one(r, q);
		} else if (r->may_rest) {
			r->may_rest = false;
			pthread_mutex_unlock(&r->lock);
			let_go(r);
			pthread_mutex_lock(&r->lock);
		} else {
			pthread_cond_wait(&r->work, &r->lock);
		}
	}
	pthread_mutex_unlock(&r->lock);
	let_go(r);
	return NULL;
}

/* --- the callers' side --- */

struct reader *reader_new(const char *run, int wake_fd)
{
	struct reader *r = xcalloc(1, sizeof *r);
	sigset_t all, before;
	int failed;

	r->run = xstrdup(run);
	r->wake_fd = wake_fd;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	sigfillset(&all); /* signals are the screen's business */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&r->thread, NULL, reader_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return r;
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	xfree(r->run);
	xfree(r);
	return NULL;
}

static void forget(struct question *q)
{
	xfree(q->line);
	if (q->place == PLACE_ANSWERED)
		buf_release(&q->text);
	memset(q, 0, sizeof *q);
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	for (int i = 0; i < READER_QUEUE_MAX; i++)
		forget(&r->q[i]);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	xfree(r->run);
	xfree(r);
}

static enum status check(const char *line, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	enum status st = command_parse(line, c, err);

	if (!st && !(c->row->flags & CMD_ASKS))
		st = err_set(err, ST_INVALID, "'%s' is no question: a checkpoint cannot be "
			     "steered", c->row->name);
	xfree(c);
	return st;
}

enum status reader_ask(struct reader *r, int64_t step, const char *line,
		       uint64_t *ticket, struct err *err)
{
	struct question *q = NULL;
	enum status st = check(line, err);

	if (st)
		return st;
	pthread_mutex_lock(&r->lock);
	for (int i = 0; i < READER_QUEUE_MAX && !q; i++)
		if (r->q[i].place == PLACE_FREE)
			q = &r->q[i];
	if (q) {
		q->place = PLACE_WAITS;
		q->ticket = *ticket = ++r->last;
		q->step = step;
		q->line = xstrdup(line);
		r->may_rest = false;
		pthread_cond_signal(&r->work);
	} else {
		st = err_set(err, ST_FULL, "%d questions are waiting already",
			     READER_QUEUE_MAX);
	}
	pthread_mutex_unlock(&r->lock);
	return st;
}

enum status reader_answer(struct reader *r, uint64_t ticket, struct buf *text,
			  struct err *err)
{
	struct question *q = NULL;
	enum status st;

	pthread_mutex_lock(&r->lock);
	for (int i = 0; i < READER_QUEUE_MAX && !q; i++)
		if (r->q[i].place != PLACE_FREE && r->q[i].ticket == ticket)
			q = &r->q[i];
	if (!q) {
		st = err_set(err, ST_NOT_FOUND, "no question of ticket %llu",
			     (unsigned long long)ticket);
	} else if (q->place == PLACE_WAITS) {
		st = err_set(err, ST_BUSY, "ticket %llu is waiting",
			     (unsigned long long)ticket);
	} else {
		st = q->st ? err_set(err, q->st, "%s", q->err.text) : ST_OK;
		buf_add(text, buf_str(&q->text), q->text.len);
		forget(q);
	}
	pthread_mutex_unlock(&r->lock);
	return st;
}

void reader_rest(struct reader *r)
{
	pthread_mutex_lock(&r->lock);
	r->may_rest = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
}
