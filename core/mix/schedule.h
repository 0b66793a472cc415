/*
 * schedule.h - the learning rate as a factor of the step: warm-up, then down.
 *
 * The horizon is not where a run stops. It is the plan's budget until the command
 * `horizon` moves it (a journaled change of mix.horizon); `--steps` stops a run and
 * leaves it alone. So a run that is stopped early and resumed has the rates of one that
 * ran through (test_bits.sh, test_extended_bits in test_resume.c). Nothing is
 * remembered: a horizon that moves gives the next step the rate that a schedule of that
 * length has there. Skipped updates count as steps.
 */
#ifndef TUTTI_MIX_SCHEDULE_H
#define TUTTI_MIX_SCHEDULE_H

#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULES };

/*
 * Factor for update number step + 1 (step updates are done): rises linearly to
 * 1 over `warmup` updates, then stays, or falls to `floor` at `horizon` along a
 * line or half a cosine. Warm-up does not know the horizon and comes first, even where
 * it is longer. No libm (a polynomial cosine): same bits everywhere.
 */
double schedule_factor(enum schedule_kind k, int64_t step, int64_t warmup,
		       int64_t horizon, double floor);

#endif
