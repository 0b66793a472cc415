/*
 * ended_run.c - the last picture of a run that has ended, built from its folder.
 *
 * Every row of every step counts for it. A record so long that reading it would
 * be felt is shown from a few thousand of them first; the rest is read between
 * two keys, and then the exact picture takes the place of the first one.
 */
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "feed.h"
#include "record.h"
#include "store_visit.h"

enum { READ_AT_ONCE = 16384, TICK_MS = 1 };
static const double SLICE = 0.012, TELL = 0.2; /* seconds */

struct ended_run {
	struct record *record; /* NULL: read to its end */
	struct snapshot snap;
	int fd;                /* a timerfd while there is more to read, or -1 */
	double told;
};

static void finish(struct ended_run *l)
{
	uint64_t serial = l->snap.serial;
	struct err err;

	snapshot_copy(&l->snap, record_picture(l->record));
	l->snap.phase = record_ending(l->record);
	l->snap.serial = serial + 1;
	l->snap.seconds_left = -1;
	if (record_trouble(l->record, &err)) {
		l->snap.phase = PHASE_FAILED;
		str_copy(l->snap.message, sizeof l->snap.message, err.text);
	}
	record_close(l->record);
	l->record = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* Until `until`; the end may come before. */
static void read_on(struct ended_run *l, double until)
{
	struct record_event e;

	for (int i = 1; record_next(l->record, &e); i++) {
		record_take(l->record);
		if (i % 64 == 0 && clock_now() >= until)
			return;
	}
	finish(l);
}

static void tell(struct ended_run *l)
{
	double now = clock_now();

	if (now - l->told < TELL)
		return;
	l->told = now;
	l->snap.work_done = (uint64_t)record_picture(l->record)->step;
	l->snap.serial++;
}

/* The first picture of a long record, and a clock that asks for more. */
static enum status glance(struct ended_run *l, struct err *err)
{
	struct snapshot *s = &l->snap;
	enum status st = record_glance(l->record, s, err);
	struct itimerspec t = { .it_value.tv_nsec = TICK_MS * 1000000L,
				.it_interval.tv_nsec = TICK_MS * 1000000L };

	if (st)
		return st;
	s->phase = record_ending(l->record);
	s->serial = 1;
	s->seconds_left = -1;
	str_copy(s->work, sizeof s->work, "reading every step");
	str_copy(s->work_unit, sizeof s->work_unit, "steps");
	s->work_total = (uint64_t)record_last(l->record);
	l->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->fd < 0 || timerfd_settime(l->fd, 0, &t, NULL))
		return err_sys(err, "cannot make a clock to read by");
	return ST_OK;
}

enum status ended_run_open(const char *run, struct ended_run **out, struct err *err)
{
	struct ended_run *l = xcalloc(1, sizeof *l);
	enum status st = record_open(run, &l->record, err);

	snapshot_init(&l->snap);
	l->fd = -1;
	if (!st && record_last(l->record) > READ_AT_ONCE) {
		st = glance(l, err);
	} else if (!st) {
		struct record_event e;

		while (record_next(l->record, &e))
			record_take(l->record);
		st = record_trouble(l->record, err);
		finish(l);
	}
	if (st) {
		ended_run_close(l);
		return st;
	}
	*out = l;
	return ST_OK;
}

void ended_run_close(struct ended_run *l)
{
	if (!l)
		return;
	record_close(l->record);
	if (l->fd >= 0)
		close(l->fd);
	snapshot_release(&l->snap);
	xfree(l);
}

enum status ended_run_read(const char *run, struct snapshot *out, struct err *err)
{
	struct record *r = NULL;
	struct record_event e;
	enum status st = record_open(run, &r, err);

	while (!st && record_next(r, &e))
		record_take(r);
	if (!st)
		st = record_trouble(r, err);
	if (!st) {
		snapshot_copy(out, record_picture(r));
		out->phase = record_ending(r);
	}
	record_close(r);
	return st;
}

static int look_fd(void *arg)
{
	return ((struct ended_run *)arg)->fd;
}

static bool look_snapshot(void *arg, struct snapshot *dst)
{
	struct ended_run *l = arg;
	uint64_t ticks;

	if (l->record) {
		if (read(l->fd, &ticks, sizeof ticks) < 0)
			ticks = 0; /* the desk came by itself */
		read_on(l, clock_now() + SLICE);
	}
	if (l->record)
		tell(l);
	if (dst->serial >= l->snap.serial)
		return false;
	snapshot_copy(dst, &l->snap);
	return true;
}

void feed_ended_run(struct feed *f, struct ended_run *l)
{
	*f = (struct feed){ .arg = l, .fd = look_fd, .snapshot = look_snapshot,
			    .predictions = feed_store_predictions,
			    .predictions_before = feed_store_before,
			    .history = feed_store_history, .journal = feed_store_journal,
			    .checkpoints = visit_checkpoints,
			    .steps = feed_store_steps, .picture = feed_store_picture,
			    .imported = feed_store_imported };
}
