/*
 * follow.c - once a second the store is asked for what was written since. It is
 * read in short visits and drawn from copies; a store that cannot be read now is
 * asked again. The socket is looked at by the way.
 */
#include "follow.h"

#include <limits.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "record.h"
#include "rundir/rundir.h"
#include "status_packet.h"
#include "store_visit.h"
#include "trainer/control.h"

enum { TICK_MS = 250, BUSY_TICK_MS = 2, READ_AT_ONCE = 16384 };
static const double SLICE = 0.012, VISIT = 1, CALL = 5, TELL = 0.2; /* seconds */

struct follow {
	char run[PATH_MAX];
	struct record *record;  /* NULL: the run has not begun, or has ended */
	struct snapshot snap;   /* what is shown */
	int fd;                 /* a timerfd */
	int tick_ms;
	double next_visit, next_call, told;
	bool is_behind;         /* there are rows to take still */
	bool is_first;          /* never was at the record's end: a glance is shown */
	bool is_new;            /* snap is to be made anew */
	bool is_over;           /* the run has ended */
	/* the engine's socket, or -1, and what came over it last */
	int socket;
	struct control_message in;
	struct buf status;
	struct snapshot said;   /* that alone, in its fields */
	/* after the end; NULL: there is nothing to look at */
	struct ended_run *ended_run;
	struct feed ended;
	uint64_t ended_serial;
};

static void set_tick(struct follow *f, int ms)
{
	struct itimerspec t = { .it_value.tv_nsec = ms * 1000000L,
				.it_interval.tv_nsec = ms * 1000000L };

	if (f->tick_ms != ms)
		timerfd_settime(f->fd, 0, &t, NULL);
	f->tick_ms = ms;
}

/* --- what the engine tells --- */

static bool says_ended(const struct follow *f)
{
	return f->said.phase >= PHASE_DONE;
}

/* What was told last is no news any more, but for the end. */
static void hang_up(struct follow *f)
{
	if (f->socket >= 0)
		close(f->socket);
	f->socket = -1;
	if (!says_ended(f))
		buf_clear(&f->status);
	f->is_new = true;
}

static void take_packet(struct follow *f)
{
	control_drop(&f->in);
	if (f->in.type != CONTROL_STATUS || f->in.more)
		return;
	buf_clear(&f->status);
	buf_adds(&f->status, f->in.text);
	status_packet_read(f->in.text, &f->said);
	f->is_new = true;
}

/* Of many packets the last one counts. */
static void listen_to(struct follow *f, double now)
{
	enum status st = ST_OK;

	if (f->socket < 0 && now >= f->next_call) {
		f->next_call = now + CALL;
		control_watch(f->run, &f->socket, NULL);
	}
	while (f->socket >= 0 && !st) {
		st = control_read(f->socket, &f->in, NULL);
		if (!st)
			take_packet(f);
	}
	if (st && st != ST_BUSY)
		hang_up(f);
}

/* Without an engine that tells, a live run is one that runs. */
static void take_status(struct follow *f, struct snapshot *s)
{
	s->phase = s->n_channels ? PHASE_RUNNING : PHASE_PREPARING;
	status_packet_read(buf_str(&f->status), s);
}

/* --- the record --- */

/* A run that prepares has no plan in its folder. */
static void begin(struct follow *f)
{
	uint64_t serial = f->snap.serial;
	struct err err = { "" };

	f->is_new = true;
	if (record_open(f->run, &f->record, &err)) {
		str_copy(f->snap.message, sizeof f->snap.message, err.text);
		return;
	}
	f->is_behind = true;
	f->is_first = record_last(f->record) > READ_AT_ONCE &&
		      !record_glance(f->record, &f->snap, &err);
	f->snap.serial = serial;
}

static void begin_again(struct follow *f)
{
	record_close(f->record);
	f->record = NULL;
	begin(f);
}

/* Rows that wait, for a moment's work at most. */
static void read_on(struct follow *f)
{
	double until = clock_now() + SLICE;
	struct record_event e;

	for (int i = 1; record_next(f->record, &e); i++) {
		record_take(f->record);
		f->is_new = true;
		if (i % 64 == 0 && clock_now() >= until)
			return;
	}
	f->is_behind = false;
	if (record_trouble(f->record, NULL))
		f->is_new = true; /* it is tried again, and said */
	else
		f->is_first = false;
}

/* The whole of it, as any ended run is shown; what failed is the engine's to say. */
static void end(struct follow *f)
{
	struct err err = { "" };

	record_close(f->record);
	f->record = NULL;
	hang_up(f);
	f->is_over = true;
	set_tick(f, TICK_MS);
	if (!ended_run_open(f->run, &f->ended_run, &err)) {
		feed_ended_run(&f->ended, f->ended_run);
		return;
	}
	status_packet_read(buf_str(&f->status), &f->snap);
	f->snap.phase = says_ended(f) ? f->said.phase : PHASE_STOPPED;
	if (!f->snap.message[0])
		str_copy(f->snap.message, sizeof f->snap.message, err.text);
	f->snap.serial++;
}

/* Asked before the store is: what was written before the end is there then. */
static bool has_ended(const struct follow *f)
{
	return says_ended(f) || (f->socket < 0 && !run_is_live(f->run));
}

static void visit(struct follow *f, double now)
{
	bool is_over = has_ended(f);

	f->next_visit = now + VISIT;
	if (is_over)
		end(f);
	else if (!f->record)
		begin(f);
	else if (!f->is_behind)
		f->is_behind = !record_follow(f->record, NULL);
	if (f->record && record_went_back(f->record))
		begin_again(f);
	f->is_new = true;
}

/* --- pictures --- */

/* Of the reading itself, where there is something to say. */
static void tell_work(struct follow *f, struct snapshot *s)
{
	struct err err = { "" };

	if (record_trouble(f->record, &err)) {
		str_format(s->work, sizeof s->work, "asking again: %.80s", err.text);
		s->work_total = 0;
	} else if (f->is_first) {
		str_copy(s->work, sizeof s->work, "reading every step");
		str_copy(s->work_unit, sizeof s->work_unit, "steps");
		s->work_total = (uint64_t)record_last(f->record);
		s->work_done = (uint64_t)record_picture(f->record)->step;
		s->work_left = -1;
	}
}

static void publish(struct follow *f, double now)
{
	uint64_t serial = f->snap.serial;

	if (f->is_first && now - f->told < TELL)
		return;
	f->told = now;
	f->is_new = false;
	if (f->record && !f->is_first) {
		snapshot_copy(&f->snap, record_picture(f->record));
		f->snap.work[0] = '\0';
	}
	take_status(f, &f->snap);
	if (f->record)
		tell_work(f, &f->snap);
	f->snap.serial = serial + 1;
}

static void look_on(struct follow *f)
{
	uint64_t serial = f->snap.serial;
	struct snapshot *s = &f->snap;

	s->serial = f->ended_serial;
	if (!f->ended.snapshot(f->ended.arg, s)) {
		s->serial = serial;
		return;
	}
	f->ended_serial = s->serial;
	if (f->said.phase == PHASE_FAILED) {
		s->phase = PHASE_FAILED;
		str_copy(s->message, sizeof s->message, f->said.message);
	}
	s->serial = serial + 1;
}

static void go_on(struct follow *f, double now)
{
	listen_to(f, now);
	if (now >= f->next_visit || says_ended(f))
		visit(f, now);
	if (f->record && f->is_behind)
		read_on(f);
	if (f->is_over)
		return;
	set_tick(f, f->is_behind ? BUSY_TICK_MS : TICK_MS);
	if (f->is_new)
		publish(f, now);
}

static void turn(struct follow *f)
{
	uint64_t ticks;

	if (read(f->fd, &ticks, sizeof ticks) < 0)
		ticks = 0; /* the desk came by itself */
	if (!f->is_over)
		go_on(f, clock_now());
	if (f->ended_run)
		look_on(f);
}

/* --- the feed --- */

static int follow_fd(void *arg)
{
	struct follow *f = arg;

	return f->ended_run ? f->ended.fd(f->ended.arg) : f->fd;
}

static bool follow_snapshot(void *arg, struct snapshot *dst)
{
	struct follow *f = arg;

	turn(f);
	if (dst->serial >= f->snap.serial)
		return false;
	snapshot_copy(dst, &f->snap);
	return true;
}

enum status follow_open(const char *run, struct follow **out, struct err *err)
{
	struct follow *f = xcalloc(1, sizeof *f);
	const char *slash = strrchr(run, '/');
	enum status st = ST_OK;

	snapshot_init(&f->snap);
	snapshot_init(&f->said);
	buf_init(&f->status);
	f->socket = -1;
	f->is_new = true;
	f->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (f->fd < 0)
		st = err_sys(err, "cannot make a clock to read by");
	else if (!str_copy(f->run, sizeof f->run, run) ||
		 !str_copy(f->snap.run_path, sizeof f->snap.run_path, run))
		st = err_set(err, ST_INVALID, "path too long: '%s'", run);
	if (st) {
		follow_close(f);
		return st;
	}
	str_copy(f->snap.run, sizeof f->snap.run, slash && slash[1] ? slash + 1 : run);
	set_tick(f, TICK_MS);
	*out = f;
	return ST_OK;
}

void follow_close(struct follow *f)
{
	if (!f)
		return;
	hang_up(f);
	if (f->fd >= 0)
		close(f->fd);
	record_close(f->record);
	ended_run_close(f->ended_run);
	snapshot_release(&f->snap);
	snapshot_release(&f->said);
	buf_release(&f->status);
	xfree(f);
}

void feed_follow(struct feed *out, struct follow *f)
{
	*out = (struct feed){ .arg = f, .is_live = true, .fd = follow_fd,
			      .snapshot = follow_snapshot,
			      .predictions = feed_store_predictions,
			      .predictions_before = feed_store_before,
			      .history = feed_store_history, .journal = feed_store_journal,
			      .checkpoints = visit_checkpoints,
			      .steps = feed_store_steps, .picture = feed_store_picture };
}
