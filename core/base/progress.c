/*
 * progress.c - rate limiting of progress reports.
 */
#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

static const double INTERVAL = 0.1; /* seconds between two reports */

void progress_begin(struct progress *p, uint64_t total, const char *unit,
		    const char *fmt, ...)
{
	va_list ap;

	if (!p)
		return;
	va_start(ap, fmt);
	vsnprintf(p->what, sizeof p->what, fmt, ap);
	va_end(ap);
	p->done = 0;
	p->total = total;
	p->unit = unit;
	p->started = clock_now();
	p->last = p->started - INTERVAL; /* the first tick reports at once */
}

bool progress_tick(struct progress *p, uint64_t done)
{
	double now;

	if (!p)
		return false;
	p->done = done;
	if (!p->tick)
		return false;
	now = clock_now();
	if (now - p->last < INTERVAL)
		return false;
	p->last = now;
	return p->tick(p);
}

double progress_eta(const struct progress *p)
{
	double spent;

	if (!p || !p->total || !p->done)
		return -1;
	if (p->done >= p->total)
		return 0;
	spent = clock_now() - p->started;
	return spent * (double)(p->total - p->done) / (double)p->done;
}
