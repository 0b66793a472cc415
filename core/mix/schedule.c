/*
 * schedule.c - warm-up, then constant, a line or half a cosine.
 */
#include "mix/schedule.h"

#include "base/status.h"

/*
 * (1 + cos(pi x)) / 2 for x in [0, 1], as (1 - sin(pi (x - 1/2))) / 2: the
 * argument stays within half a pi of 0, where sine's series to the 21st power
 * leaves nothing in a double.
 */
static double half_cosine(double x)
{
	double y = 3.14159265358979323846 * (x - 0.5);
	double term = y, sum = y;

	for (int k = 2; k <= 20; k += 2) {
		term *= -y * y / (double)(k * (k + 1));
		sum += term;
	}
	return 0.5 * (1.0 - sum);
}

double schedule_factor(enum schedule_kind k, int64_t step, int64_t warmup,
		       int64_t horizon, double floor)
{
	double x, down;

	if (step < warmup)
		return (double)(step + 1) / (double)warmup;
	if (k == SCHEDULE_CONSTANT)
		return 1.0;
	if (step >= horizon)
		return floor;
	x = (double)(step - warmup) / (double)(horizon - warmup);
	down = k == SCHEDULE_LINEAR ? 1.0 - x : half_cosine(x);
	return floor + (1.0 - floor) * down;
}
