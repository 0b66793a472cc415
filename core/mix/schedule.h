/*
 * schedule.h - the learning rate as a factor of the step: warm-up, then down.
 */
#ifndef TUTTI_MIX_SCHEDULE_H
#define TUTTI_MIX_SCHEDULE_H

#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULES };

/*
 * Factor for update number step + 1 (step updates are done): rises linearly to
 * 1 over `warmup` updates, then stays, or falls to `floor` at `horizon` along a
 * line or half a cosine. No libm (a polynomial cosine): same bits everywhere.
 */
double schedule_factor(enum schedule_kind k, int64_t step, int64_t warmup,
		       int64_t horizon, double floor);

#endif
