/*
 * sweep_plot.c - gnuplot's words. Data stand in the script itself; labels are in single
 * quotes, where gnuplot takes nothing for a command of its own.
 */
#include "sweep/sweep_plot.h"

#include <math.h>
#include <string.h>

enum { PANEL_WIDTH = 480, PANEL_HEIGHT = 400 };

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && str_eq(s + n - m, end);
}

enum status sweep_plot_check(const char *file, struct err *err)
{
	if (!ends_with(file, ".svg") && !ends_with(file, ".png"))
		return err_set(err, ST_INVALID, "--plot draws FILE.svg or FILE.png, not "
			       "'%.100s'", file);
	if (strpbrk(file, "\n\r"))
		return err_set(err, ST_INVALID, "--plot: a line break in the file's name");
	return ST_OK;
}

static void put_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '\'');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\'')
			buf_adds(out, "''");
		else
			buf_addc(out, c < ' ' || c == 0x7f ? ' ' : *text);
	}
	buf_addc(out, '\'');
}

/* One field alone varies, and all its values are numbers? */
static bool is_numeric(const struct sweep *s)
{
	double x;

	if (s->n_axes != 1 || s->n_entries)
		return false;
	for (int i = 0; i < s->axis[0].n; i++)
		if (!parse_double(s->axis[0].value[i], &x))
			return false;
	return true;
}

static double place_of(const struct sweep *s, int system)
{
	double x = system;

	if (is_numeric(s))
		parse_double(s->axis[0].value[system], &x);
	return x;
}

/* x, mean, low, high; without an interval its ends are the mean. */
static void put_data(const struct sweep *s, const struct sweep_table *t, int column,
		     struct buf *out)
{
	double scale = t->column[column].unit == METRIC_SHARE ? 100 : 1;

	buf_addf(out, "$m%d << END\n", column);
	for (int y = 0; y < s->n_systems; y++) {
		const struct mean_interval *m = &sweep_table_cell(t, y, column)->m;

		if (m->n)
			buf_addf(out, "%.10g %.10g %.10g %.10g\n", place_of(s, y),
				 scale * m->mean, scale * (m->n > 1 ? m->low : m->mean),
				 scale * (m->n > 1 ? m->high : m->mean));
	}
	buf_adds(out, "END\n");
}

static void put_axis(const struct sweep *s, struct buf *out)
{
	if (is_numeric(s)) {
		buf_adds(out, "set xlabel ");
		put_quoted(out, s->axis[0].key);
		buf_adds(out, "\nset offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n");
		return;
	}
	buf_addf(out, "set xrange [-0.5:%d.5]\nset xtics rotate by -30 (", s->n_systems - 1);
	for (int y = 0; y < s->n_systems; y++) {
		const char *name = s->system[y].name; /* its label has no room */

		buf_adds(out, y ? ", " : "");
		put_quoted(out, *name ? name : s->name);
		buf_addf(out, " %d", y);
	}
	buf_adds(out, ")\nset offsets 0, 0, graph 0.05, graph 0.05\n");
}

static bool has_any(const struct sweep *s, const struct sweep_table *t, int column)
{
	for (int y = 0; y < s->n_systems; y++)
		if (sweep_table_cell(t, y, column)->m.n)
			return true;
	return false;
}

static void put_panel(const struct sweep *s, const struct sweep_table *t, int column,
		      struct buf *out)
{
	const struct sweep_column *c = &t->column[column];
	char title[64];

	str_format(title, sizeof title, "%s %s", c->task, c->metric);
	buf_adds(out, "set title ");
	put_quoted(out, title);
	buf_addc(out, '\n');
	if (has_any(s, t, column))
		buf_addf(out, "plot $m%d using 1:2:3:4 with yerrorbars pointtype 7 notitle\n",
			 column);
	else
		buf_adds(out, "plot [0:1] [0:1] 2 notitle # nothing is finished\n");
}

void sweep_plot_write(const struct sweep *s, const struct sweep_table *t,
		      const char *file, struct buf *out)
{
	buf_addf(out, "set terminal %s noenhanced size %d,%d\n",
		 ends_with(file, ".svg") ? "svg" : "pngcairo", PANEL_WIDTH * t->n_columns,
		 PANEL_HEIGHT);
	buf_adds(out, "set output ");
	put_quoted(out, file);
	buf_adds(out, "\nset grid ytics\n");
	for (int c = 0; c < t->n_columns; c++)
		put_data(s, t, c, out);
	put_axis(s, out);
	buf_addf(out, "set multiplot layout 1,%d\n", t->n_columns);
	for (int c = 0; c < t->n_columns; c++)
		put_panel(s, t, c, out);
	buf_adds(out, "unset multiplot\nunset output\n");
}
