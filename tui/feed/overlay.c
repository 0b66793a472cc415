/*
 * overlay.c - another run's picture, read by a job.
 */
#include "overlay.h"

#include <string.h>

#include "ask/job.h"
#include "base/mem.h"
#include "base/str.h"

struct overlay_work {
	struct feed feed;
	char run_path[512], name[128];
	struct snapshot snap;
	struct job *job;
	bool is_unwanted;
};

void overlay_init(struct overlay *o)
{
	memset(o, 0, sizeof *o);
	snapshot_init(&o->snap);
}

static void drop_work(struct overlay *o)
{
	if (!o->work)
		return;
	job_free(o->work->job);
	snapshot_release(&o->work->snap);
	xfree(o->work);
	o->work = NULL;
}

void overlay_release(struct overlay *o)
{
	drop_work(o);
	snapshot_release(&o->snap);
	o->is_on = false;
}

static enum status read_picture(void *arg, struct progress *pg, struct err *err)
{
	struct overlay_work *w = arg;

	progress_begin(pg, 0, "", "reading %s", w->name);
	return w->feed.picture(w->feed.arg, w->run_path, w->name, &w->snap, err);
}

enum status overlay_start(struct overlay *o, const struct feed *f, const char *run_path,
			  const char *name, int wake_fd, struct err *err)
{
	struct overlay_work *w;

	if (!f->picture)
		return err_set(err, ST_INVALID, "other runs cannot be read here");
	if (o->work)
		return err_set(err, ST_BUSY, "'%s' is still being read", o->work->name);
	w = xcalloc(1, sizeof *w);
	w->feed = *f;
	if (!str_copy(w->run_path, sizeof w->run_path, run_path) ||
	    !str_copy(w->name, sizeof w->name, name)) {
		xfree(w);
		return err_set(err, ST_INVALID, "the name is too long");
	}
	snapshot_init(&w->snap);
	o->work = w;
	w->job = job_start(read_picture, w, wake_fd);
	if (!w->job) {
		drop_work(o);
		return err_set(err, ST_FAILED, "no thread to read '%s' with", name);
	}
	return ST_OK;
}

/* A reading that is under way ends by itself; nobody waits for it here. */
void overlay_off(struct overlay *o)
{
	if (o->work)
		o->work->is_unwanted = true;
	snapshot_release(&o->snap);
	o->is_on = false;
}

enum status overlay_take(struct overlay *o, struct err *err)
{
	enum status st;

	if (!o->work || !job_is_done(o->work->job, &st, err))
		return ST_END;
	if (o->work->is_unwanted)
		st = ST_END;
	if (!st) {
		snapshot_release(&o->snap);
		o->snap = o->work->snap;
		snapshot_init(&o->work->snap);
		o->is_on = true;
	}
	drop_work(o);
	return st;
}

const struct channel *overlay_channel(const struct overlay *o, const char *name)
{
	for (int i = 0; o->is_on && i < o->snap.n_channels; i++)
		if (str_eq(o->snap.ch[i].name, name))
			return &o->snap.ch[i];
	return NULL;
}
