/*
 * clock.h - wall and CPU time, where time is the point. Never part of a step.
 */
#ifndef TUTTI_BASE_CLOCK_H
#define TUTTI_BASE_CLOCK_H

#include <stdint.h>

double clock_now(void);       /* seconds, monotonic, from an arbitrary origin */
int64_t clock_unix_ms(void);  /* milliseconds since 1970 */
/* CPU seconds of the calling thread, of the whole process: tests, benchmarks. */
double clock_thread_cpu(void);
double clock_process_cpu(void);
/* "2026-05-04T12:01:02Z"; out holds 32. */
void clock_iso(int64_t unix_ms, char out[32]);

#endif
