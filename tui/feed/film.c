/*
 * film.c - time passes over a record.
 */
#include "film.h"

#include <math.h> /* fmin, fmax */
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "record.h"
#include "store_visit.h"

static const double SLICE = 0.012; /* seconds of work at once, between two keys */
static const double LAG = 0.5;     /* of a watch: what is late by more is let go */
enum { TICK_MS = 100, SEEK_TICK_MS = 1 };

struct film {
	struct record *record;
	int fd;                   /* a timerfd */
	double speed, last;       /* last: clock_now() of the last look, < 0: none */
	double credit;            /* recorded seconds that may pass */
	bool is_paused, is_seeking, is_over, is_evaluating;
	int64_t target;
	uint64_t serial;
};

static void set_timer(struct film *f)
{
	int ms = f->is_seeking ? SEEK_TICK_MS : f->is_paused || f->is_over ? 0 : TICK_MS;
	struct itimerspec t = { .it_value.tv_nsec = ms * 1000000L,
				.it_interval.tv_nsec = ms * 1000000L };

	timerfd_settime(f->fd, 0, &t, NULL);
}

enum status film_open(const char *run, double speed, struct film **out, struct err *err)
{
	struct film *f = xcalloc(1, sizeof *f);
	enum status st = record_open(run, &f->record, err);

	*out = NULL;
	f->serial = 1;
	f->last = -1;
	f->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (!st && f->fd < 0)
		st = err_sys(err, "cannot make a clock for the film");
	if (st) {
		film_close(f);
		return st;
	}
	record_keep_places(f->record);
	film_set_speed(f, speed);
	*out = f;
	return ST_OK;
}

void film_close(struct film *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	record_close(f->record);
	xfree(f);
}

/* --- the clock --- */

static int64_t film_now(const struct film *f)
{
	return record_picture(f->record)->step;
}

double film_speed(const struct film *f)
{
	return f->speed;
}

void film_set_speed(struct film *f, double speed)
{
	f->speed = fmin(fmax(speed, FILM_SPEED_MIN), FILM_SPEED_MAX);
	f->serial++;
	set_timer(f);
}

void film_pause(struct film *f, bool yes)
{
	f->is_paused = yes;
	f->last = -1;
	f->serial++;
	set_timer(f);
}

bool film_is_over(const struct film *f)
{
	return f->is_over;
}

int64_t film_last(const struct film *f)
{
	return record_last(f->record);
}

void film_word(const struct film *f, char out[24])
{
	if (f->is_seeking)
		str_copy(out, 24, "FILM seek");
	else if (f->is_over)
		str_copy(out, 24, "FILM end");
	else if (f->is_paused)
		str_copy(out, 24, "FILM pause");
	else
		snprintf(out, 24, "FILM %.3gx", f->speed);
}

void film_seek(struct film *f, int64_t step)
{
	int64_t last = record_last(f->record);

	f->target = step < 0 ? 0 : step > last ? last : step;
	if (f->target < film_now(f))
		record_rewind(f->record, f->target);
	f->is_seeking = true;
	f->is_over = false;
	f->credit = 0;
	f->serial++;
	set_timer(f);
}

/* Takes what belongs to steps up to the target; to the last: all that is left. */
static void seek_on(struct film *f)
{
	double until = clock_now() + SLICE;
	bool to_end = f->target >= record_last(f->record);
	struct record_event e;

	f->serial++;
	for (int i = 0;; i++) {
		if (!record_next(f->record, &e)) {
			f->is_over = true;
			break;
		}
		if (!to_end && e.step > f->target)
			break;
		if (i % 64 == 63 && clock_now() >= until)
			return;
		record_take(f->record);
	}
	f->is_seeking = false;
	f->last = -1;
	set_timer(f);
}

/* What happens is shown when the time that it took has passed. */
static void play_on(struct film *f, double seconds)
{
	double until = clock_now() + SLICE;
	struct record_event e = { 0 };
	bool more;

	f->credit += seconds * f->speed;
	for (int i = 0; (more = record_next(f->record, &e)) && e.seconds <= f->credit; i++) {
		if (i % 64 == 63 && clock_now() >= until)
			break;
		f->credit -= e.seconds;
		record_take(f->record);
		f->serial++;
	}
	f->credit = fmin(f->credit, fmax(f->speed * LAG, e.seconds)); /* no catching up */
	f->is_evaluating = more && e.kind == EVENT_EVAL && e.seconds > 0;
	if (!more) {
		f->is_over = true;
		f->serial++;
		set_timer(f);
	}
}

void film_advance(struct film *f, double seconds)
{
	if (f->is_seeking)
		seek_on(f);
	else if (!f->is_paused && !f->is_over)
		play_on(f, seconds);
}

/* --- the feed --- */

static int film_fd(void *arg)
{
	return ((struct film *)arg)->fd;
}

static enum phase phase_of(const struct film *f)
{
	if (record_trouble(f->record, NULL))
		return PHASE_FAILED;
	if (f->is_over)
		return record_ending(f->record);
	if (f->is_paused)
		return PHASE_PAUSED;
	return f->is_evaluating ? PHASE_EVALUATING : PHASE_RUNNING;
}

static bool film_snapshot(void *arg, struct snapshot *dst)
{
	struct film *f = arg;
	double now = clock_now(), passed = f->last < 0 ? 0 : now - f->last;
	struct snapshot *s;
	struct err err = { "" };
	uint64_t ticks;

	if (read(f->fd, &ticks, sizeof ticks) < 0)
		ticks = 0; /* the desk came by itself */
	f->last = now;
	film_advance(f, fmin(passed, LAG));
	if (f->serial <= dst->serial)
		return false;
	s = record_picture(f->record);
	s->serial = f->serial;
	s->phase = phase_of(f);
	s->message[0] = '\0';
	if (record_trouble(f->record, &err))
		str_copy(s->message, sizeof s->message, err.text);
	snapshot_copy(dst, s);
	return true;
}

static enum status film_predictions(void *arg, const char *run_path, int task,
				    struct prediction_set *out, struct err *err)
{
	return visit_predictions(run_path, task, film_now(arg), out, err);
}

static enum status film_history(void *arg, const char *run_path, int task, int64_t row,
				struct prediction_set *out, int64_t **steps,
				struct err *err)
{
	return visit_history(run_path, task, row, film_now(arg), out, steps, err);
}

static enum status film_journal(void *arg, const char *run_path,
				struct journal_entry **out, int *n, struct err *err)
{
	struct film *f = arg;

	(void)run_path;
	(void)err;
	*out = record_journal(f->record, n);
	return ST_OK;
}

void feed_film(struct feed *out, struct film *f)
{
	*out = (struct feed){ .arg = f, .fd = film_fd, .snapshot = film_snapshot,
			      .predictions = film_predictions,
			      .predictions_before = feed_store_before, .history = film_history,
			      .journal = film_journal, .checkpoints = visit_checkpoints,
			      .steps = feed_store_steps, .picture = feed_store_picture,
			      .film = f };
}
