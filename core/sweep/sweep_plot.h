/*
 * sweep_plot.h - the table as a picture: a script for gnuplot (5.0 or later), a panel a
 * measure, a point with its interval a system.
 */
#ifndef TUTTI_SWEEP_SWEEP_PLOT_H
#define TUTTI_SWEEP_SWEEP_PLOT_H

#include "sweep/sweep_table.h"

/* By the file's end: .svg or .png. ST_INVALID: another one, or a name with a break. */
enum status sweep_plot_check(const char *file, struct err *err);
/*
 * The script that draws into `file`. Along x are the values where one field alone
 * varies and all of them are numbers, else the systems in their order.
 */
void sweep_plot_write(const struct sweep *s, const struct sweep_table *t,
		      const char *file, struct buf *out);

#endif
