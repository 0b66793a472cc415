/*
 * clock.c - the clocks of the system, in plain units.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static double seconds(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double clock_now(void)
{
	return seconds(CLOCK_MONOTONIC);
}

int64_t clock_unix_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t))
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double clock_thread_cpu(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double clock_process_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_iso(int64_t unix_ms, char out[32])
{
	int64_t s = unix_ms / 1000 - (unix_ms % 1000 < 0);
	time_t t = (time_t)s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 32, "?");
}
