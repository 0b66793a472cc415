/*
 * progress.h - how long work tells how far it is, and is told to stop.
 *
 * Every function that may run longer than a second takes a `struct progress *`
 * (NULL: nobody listens) and calls progress_tick() at least ten times a second;
 * when that returns true the function cleans up and returns ST_STOPPED.
 */
#ifndef TUTTI_BASE_PROGRESS_H
#define TUTTI_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	/* Called at most ~10 times a second; true asks the work to stop. */
	bool (*tick)(struct progress *p);
	void *arg;
	char what[96];        /* "reading samsum/train.jsonl" */
	uint64_t done, total; /* in the work's own unit; total 0: unknown */
	const char *unit;     /* "rows", "bytes", "examples" */
	double started, last; /* clock_now(); kept by progress_* */
};

void progress_begin(struct progress *p, uint64_t total, const char *unit,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool progress_tick(struct progress *p, uint64_t done);
/* Seconds left by the rate so far; negative: unknown. */
double progress_eta(const struct progress *p);

#endif
