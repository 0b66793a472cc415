/*
 * trainer.c - the callers' side of the training thread.
 */
#include "trainer/trainer_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "rundir/run_open.h"

/* --- start --- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum status write_in_run(const struct trainer *t, const char *name,
				const char *text, struct err *err)
{
	char path[PATH_MAX];
	enum status st = run_file(t->run_path, name, path, err);

	return st ? st : file_write(path, text, strlen(text), err);
}

static enum status open_folder(struct trainer *t, const struct trainer_options *o,
			       struct err *err)
{
	char root[PATH_MAX];
	enum status st;

	if (!t->is_new) {
		if (!str_copy(t->run_path, sizeof t->run_path, o->resume))
			return err_set(err, ST_INVALID, "path too long: '%s'", o->resume);
		while (strlen(t->run_path) > 1 &&
		       t->run_path[strlen(t->run_path) - 1] == '/')
			t->run_path[strlen(t->run_path) - 1] = '\0';
		return ST_OK;
	}
	st = rundir_root(o->runs, root, err);
	return st ? st : rundir_create(root, o->run, o->plan->name, t->run_path, err);
}

/* Was it killed while it prepared, before there was a state to go on from? */
static enum status check_began(const struct trainer *t, struct err *err)
{
	char path[PATH_MAX];
	enum status st = run_file(t->run_path, "plan.json", path, err);

	if (st || t->is_new || file_exists(path))
		return st;
	return err_set(err, ST_NOT_FOUND, "the run never began: no '%s'; 'tutti rm %s' removes "
		       "what is left of it", path, t->run_name);
}

static enum status open_run(struct trainer *t, const struct trainer_options *o,
			    struct err *err)
{
	char db[PATH_MAX];
	enum status st = open_folder(t, o, err);

	if (st)
		return st;
	str_copy(t->run_name, sizeof t->run_name, base_name(t->run_path));
	st = run_lock_take(&t->lock, t->run_path, err);
	if (st)
		return st;
	st = check_began(t, err);
	if (!st)
		st = run_file(t->run_path, "run.db", db, err);
	if (!st && t->is_new && o->given)
		st = write_in_run(t, "plan.given.json", o->given, err);
	if (!st)
		st = store_open(db, t->is_new, &t->store, err);
	if (!st)
		store_on_wait(t->store, trainer_waits, t);
	if (st) {
		run_lock_drop(&t->lock);
		if (t->is_new)
			file_remove_tree(t->run_path, NULL);
	}
	return st;
}

/* The thread gets no signals: handlers run where they were meant to. */
static enum status start_thread(struct trainer *t, struct err *err)
{
	sigset_t all, before;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	e = pthread_create(&t->thread, NULL, trainer_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!e)
		return ST_OK;
	errno = e;
	return err_sys(err, "cannot start the training thread");
}

static void release(struct trainer *t)
{
	for (int i = 0; i < t->queue_n; i++)
		xfree(t->queue[(t->queue_head + i) % TRAINER_QUEUE_MAX].line);
	for (int i = 0; i < ANSWERS_KEPT; i++)
		buf_release(&t->answer[i].text);
	for (int i = 0; i < t->n_script; i++)
		xfree(t->script[i].text);
	xfree(t->script);
	buf_release(&t->refused);
	actors_release(&t->actors);
	xfree(t->pending);
	snapshot_release(&t->shared);
	snapshot_release(&t->live);
	pthread_mutex_destroy(&t->mutex);
	if (t->wake_fd >= 0)
		close(t->wake_fd);
	if (t->picture_fd >= 0)
		close(t->picture_fd);
	plan_free(t->plan);
	xfree(t);
}

static struct trainer *make(const struct trainer_options *o)
{
	struct trainer *t = xcalloc(1, sizeof *t);

	t->plan = o->plan;
	t->is_new = !o->resume;
	t->steps_asked = o->steps;
	t->must_extend = o->extend && o->steps >= 0;
	t->says_plan = o->says_plan;
	t->workers = o->workers;
	t->is_paused = o->start_paused;
	t->saved_step = t->guards_at = -1;
	t->lock.fd = -1;
	snapshot_init(&t->shared);
	snapshot_init(&t->live);
	telemetry_init(&t->tele);
	pthread_mutex_init(&t->mutex, NULL);
	t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->picture_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return t;
}

enum status trainer_start(const struct trainer_options *o, struct trainer **out,
			  struct err *err)
{
	struct trainer *t = make(o);
	enum status st = ST_OK;

	BUG_IF(!o->plan == !o->resume);
	*out = NULL;
	if (t->wake_fd < 0 || t->picture_fd < 0)
		st = err_sys(err, "cannot make a descriptor to wake the trainer");
	if (!st && o->plan)
		st = actors_check_plan(o->plan, err);
	if (!st)
		st = trainer_read_script(t, o->script, o->plan, err);
	if (!st)
		st = open_run(t, o, err);
	if (!st)
		st = start_thread(t, err);
	if (st) {
		store_close(t->store);
		run_lock_drop(&t->lock);
		release(t);
		return st;
	}
	*out = t;
	return ST_OK;
}

/* --- commands and answers --- */

static enum status enqueue(struct trainer *t, const char *line, const struct asker *by,
			   uint64_t *ticket, struct err *err)
{
	struct waiting *w;

	if (t->has_ended)
		return err_set(err, ST_END, "the run has ended");
	if (t->queue_n == TRAINER_QUEUE_MAX)
		return err_set(err, ST_FULL, "%d commands are waiting already",
			       TRAINER_QUEUE_MAX);
	w = &t->queue[(t->queue_head + t->queue_n++) % TRAINER_QUEUE_MAX];
	*w = (struct waiting){ xstrdup(line), *by, ++t->next_ticket };
	if (ticket)
		*ticket = w->ticket;
	return ST_OK;
}

static void wake(int fd)
{
	uint64_t one = 1;
	int saved = errno;

	if (write(fd, &one, sizeof one) < 0)
		errno = 0; /* full: it is readable already */
	errno = saved;
}

static enum status post(struct trainer *t, const char *line, const struct asker *by,
			bool cuts, uint64_t *ticket, struct err *err)
{
	enum status st;

	pthread_mutex_lock(&t->mutex);
	st = enqueue(t, line, by, ticket, err);
	pthread_mutex_unlock(&t->mutex);
	if (st)
		return st;
	if (cuts)
		atomic_store(&t->interrupt, 1);
	wake(t->wake_fd);
	return ST_OK;
}

enum status trainer_post(struct trainer *t, const char *line, enum journal_who who,
			 uint64_t *ticket, struct err *err)
{
	return trainer_post_as(t, line, &(struct asker){ .who = who }, ticket, err);
}

/* What an actor asks for may be refused: it cuts nothing short while it waits. */
enum status trainer_post_as(struct trainer *t, const char *line, const struct asker *by,
			    uint64_t *ticket, struct err *err)
{
	bool is_actor = by->who == WHO_ACTOR;
	struct command *c = xmalloc(sizeof *c);
	enum status st = is_actor ? ST_OK : command_parse(line, c, err);

	if (!st)
		st = post(t, line, by, !is_actor && c->row->flags & CMD_CUTS, ticket, err);
	xfree(c);
	return st;
}

enum status trainer_answer(struct trainer *t, uint64_t ticket, struct buf *text,
			   struct err *err)
{
	struct answer *a = &t->answer[ticket % ANSWERS_KEPT];
	enum status st;

	pthread_mutex_lock(&t->mutex);
	if (!ticket || ticket > t->next_ticket) {
		st = err_set(err, ST_NOT_FOUND, "no ticket %llu",
			     (unsigned long long)ticket);
	} else if (ticket > t->answered) {
		st = err_set(err, ST_BUSY, "ticket %llu is waiting",
			     (unsigned long long)ticket);
	} else if (a->ticket != ticket) {
		st = err_set(err, ST_NOT_FOUND, "the answer to ticket %llu is gone",
			     (unsigned long long)ticket);
	} else {
		st = a->st ? err_set(err, a->st, "%s", a->err.text) : ST_OK;
		if (text)
			buf_add(text, buf_str(&a->text), a->text.len);
	}
	pthread_mutex_unlock(&t->mutex);
	return st;
}

/* --- pictures --- */

bool trainer_snapshot(struct trainer *t, struct snapshot *dst)
{
	uint64_t n;
	bool is_newer;

	pthread_mutex_lock(&t->mutex);
	if (read(t->picture_fd, &n, sizeof n) < 0)
		n = 0; /* nothing was there */
	is_newer = t->shared.serial > dst->serial;
	if (is_newer)
		snapshot_copy(dst, &t->shared);
	pthread_mutex_unlock(&t->mutex);
	return is_newer;
}

const char *trainer_run_path(const struct trainer *t)
{
	return t->run_path;
}

int trainer_fd(const struct trainer *t)
{
	return t->picture_fd;
}

/* --- the end --- */

void trainer_stop(struct trainer *t)
{
	atomic_store(&t->stop, 1);
	wake(t->wake_fd);
}

enum status trainer_join(struct trainer *t, struct err *err)
{
	if (!t->is_joined)
		pthread_join(t->thread, NULL);
	t->is_joined = true;
	return t->result ? err_set(err, t->result, "%s", t->err.text) : ST_OK;
}

void trainer_free(struct trainer *t)
{
	if (!t)
		return;
	trainer_stop(t);
	trainer_join(t, NULL);
	release(t);
}
