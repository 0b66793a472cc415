/*
 * number_grid.h - numbers in steps, as texts: what a model that says its answers can
 * say of a number (T5 writes similarities in steps of 0.2: Raffel et al. 2020, 2.4).
 *
 * Points are whole multiples of the step, written with as many decimals as the step
 * has, six at most; a point's number is what its text says. Any thread.
 */
#ifndef TUTTI_DATA_NUMBER_GRID_H
#define TUTTI_DATA_NUMBER_GRID_H

#include <stdint.h>

#include "base/status.h"

enum { NUMBER_GRID_MAX = 512, NUMBER_TEXT = 40 };

/* n points from first x step on; n 0: no grid. */
struct number_grid {
	double step;
	int64_t first;
	int n;
};

/*
 * From least to most, both rounded outwards to the grid; two points at least.
 * ST_INVALID: a step that is not above 0, most below least, more points than
 * NUMBER_GRID_MAX, or numbers of which a double cannot tell such steps.
 */
enum status number_grid_make(double step, double least, double most,
			     struct number_grid *g, struct err *err);
/*
 * A step for such numbers: the least of 1, 2, 5 times a power of ten that gives at most
 * 100 steps; 0: there is none (most is not above least, or out of what a plan takes).
 */
double number_grid_step(double least, double most);
/* What point k, 0 .. n - 1, says. */
void number_grid_text(const struct number_grid *g, int k, char out[NUMBER_TEXT]);
double number_grid_value(const struct number_grid *g, int k);
/* The point next to x: the lower one of two, the end's beyond it. */
int number_grid_nearest(const struct number_grid *g, double x);

#endif
