/*
 * number_grid.c - see number_grid.h.
 */
#include "data/number_grid.h"

#include <math.h>

#include "base/mem.h"
#include "base/str.h"

enum { DECIMALS_MAX = 6 };

/* x / step; a whole number where it is one but for the rounding of both. */
static double steps_of(double x, double step)
{
	double q = x / step, whole = nearbyint(q);

	return fabs(q - whole) <= 1e-9 * fmax(1, fabs(q)) ? whole : q;
}

enum status number_grid_make(double step, double least, double most,
			     struct number_grid *g, struct err *err)
{
	double from = floor(steps_of(least, step)), to = ceil(steps_of(most, step));

	*g = (struct number_grid){ 0 };
	if (!(step > 0))
		return err_set(err, ST_INVALID, "%g is no step", step);
	if (!(least <= most))
		return err_set(err, ST_INVALID, "%g to %g is no range", least, most);
	if (!(fabs(from) < 1e9 && fabs(to) < 1e9))
		return err_set(err, ST_INVALID, "steps of %g are too small for numbers from "
			       "%g to %g", step, least, most);
	if (!(to > from))
		to = from + 1;
	if (to - from >= NUMBER_GRID_MAX)
		return err_set(err, ST_INVALID, "from %g to %g there are %.0f steps of %g, "
			       "which is more than %d numbers", least, most, to - from, step,
			       (int)NUMBER_GRID_MAX);
	*g = (struct number_grid){ step, (int64_t)from, (int)(to - from) + 1 };
	return ST_OK;
}

double number_grid_step(double least, double most)
{
	static const char *const steps[] = {
		"1e-6", "2e-6", "5e-6", "1e-5", "2e-5", "5e-5", "1e-4", "2e-4", "5e-4",
		"0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5",
		"1", "2", "5", "10", "20", "50", "100", "200", "500", "1e3", "2e3", "5e3",
		"1e4", "2e4", "5e4", "1e5", "2e5", "5e5", "1e6",
	};
	enum { STEPS_MOST = 100 };
	struct number_grid g;

	for (size_t i = 0; i < sizeof steps / sizeof *steps && most > least; i++) {
		double step = 0;

		BUG_IF(!parse_double(steps[i], &step));
		if (!number_grid_make(step, least, most, &g, NULL) && g.n <= STEPS_MOST + 1)
			return step;
	}
	return 0;
}

/* Of the step, as it is written. */
static int decimals(double step)
{
	double unit = step;
	int n = 0;

	while (n < DECIMALS_MAX && fabs(unit - nearbyint(unit)) > 1e-9 * unit) {
		unit *= 10;
		n++;
	}
	return n;
}

void number_grid_text(const struct number_grid *g, int k, char out[NUMBER_TEXT])
{
	str_format(out, NUMBER_TEXT, "%.*f", decimals(g->step),
		   (double)(g->first + k) * g->step);
}

double number_grid_value(const struct number_grid *g, int k)
{
	char text[NUMBER_TEXT];
	double x = 0;

	number_grid_text(g, k, text);
	BUG_IF(!parse_double(text, &x));
	return x;
}

int number_grid_nearest(const struct number_grid *g, double x)
{
	double q = steps_of(2 * x, g->step) / 2; /* halves are halves */
	double k = ceil(q - 0.5) - (double)g->first;

	return k < 0 ? 0 : k < g->n ? (int)k : g->n - 1;
}
