/*
 * gradients_pairs.c - who pulls against whom: the cosines of every two tasks' gradients as
 * a matrix, numbers below its diagonal and their histories above; the chosen pair in each
 * part of the model, and over the run.
 */
#include "view_gradients.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ui/keys.h"

static const char brief_text[] =
	"below the diagonal cosines, above it their course: -1 opposed, +1 alike.";
static const char full_text[] =
	"Cosines of the tasks' mean gradients on what they share, means over the last "
	"measurements: -1 they pull against each other, 0 they have nothing to do with each "
	"other, +1 they pull alike. Numbers below the diagonal, their course over the run above "
	"it. An estimate is off by less than its +- two times in three; a weighting method on "
	"gradients makes them exact. Noise pulls cosines towards 0.";

static const struct conflicts *of(const struct ui *ui)
{
	return &ui->pic->conflicts;
}

/* A cosine, or NaN: a store may hold anything. */
static double within_one(float x)
{
	return x >= -1.001f && x <= 1.001f ? (double)x : (double)NAN;
}

/* --- the pair --- */

static void fit_pair(struct gradients_view *v, const struct ui *ui)
{
	int n = ui->pic->n_channels;

	if (!v->is_chosen && conflicts_worst(of(ui), &v->column, &v->row))
		return;
	v->row = v->row < n ? v->row : n - 1;
	v->column = v->column < n ? v->column : n - 1;
	if (v->row == v->column && n > 1)
		v->column = v->row ? v->row - 1 : 1;
}

void pairs_recalc(struct ui *ui)
{
	struct gradients_view *v = gradients_view(ui);
	const struct conflicts *c = of(ui);
	double lo = INFINITY, hi = -INFINITY;

	if (ui->pic->n_channels < 2)
		return;
	fit_pair(v, ui);
	if (v->group >= c->groups)
		v->group = CONFLICT_ALL;
	for (int line = 0; line < (v->group < 0 ? 1 : 2); line++) {
		const float *h = conflicts_history(c, v->row, v->column,
						   line ? v->group : CONFLICT_ALL);

		for (int i = 0; h && i < c->points; i++) {
			double x = within_one(h[i]);

			lo = x < lo ? x : lo;
			hi = x > hi ? x : hi;
		}
	}
	if (lo <= hi)
		curve_range_fit(&v->cosines, lo < -0.1 ? lo : -0.1, hi > 0.1 ? hi : 0.1);
}

static void turn(int *at, int by, int not, int n)
{
	*at = ((*at + by) % n + n) % n;
	if (*at == not)
		*at = ((*at + (by < 0 ? -1 : 1)) % n + n) % n;
}

/* The pair that comes after this one by how little it agrees; its place among all. */
static void next_pair(struct gradients_view *v, const struct conflicts *c, int by)
{
	double now = conflicts_mean(c, v->row, v->column, v->group), best = NAN;
	int row = v->row, column = v->column;

	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < i; k++) {
			double x = conflicts_mean(c, i, k, v->group);

			if (!(by > 0 ? x > now : x < now) ||
			    (by > 0 ? x >= best : x <= best))
				continue;
			best = x;
			row = i;
			column = k;
		}
	v->row = row;
	v->column = column;
}

bool pairs_act(struct ui *ui, int action, int arg)
{
	struct gradients_view *v = gradients_view(ui);
	int n = ui->pic->n_channels, groups = of(ui)->groups;

	if (n < 2)
		return false;
	switch ((enum action)action) {
	case DO_MOVE: turn(&v->row, arg, v->column, n); break;
	case DO_SIDE: turn(&v->column, arg, v->row, n); break;
	case DO_END:
		v->row = arg < 0 ? 0 : n - 1;
		v->column = v->column == v->row ? (v->row ? v->row - 1 : 1) : v->column;
		break;
	case DO_NEXT: next_pair(v, of(ui), arg); break;
	case DO_CHOOSE:
		if (arg / CHANNELS_MAX >= n || arg % CHANNELS_MAX >= n)
			return true;
		v->row = arg / CHANNELS_MAX;
		v->column = arg % CHANNELS_MAX;
		break;
	case DO_PAN:
		v->group = (v->group + 1 + arg + 1 + groups) % (1 + groups) - 1;
		curve_range_clear(&v->cosines);
		return true;
	default: return false;
	}
	v->is_chosen = true;
	curve_range_clear(&v->cosines);
	return true;
}

/* --- words --- */

static enum ink ink_of(double x, double error)
{
	double least = 2 * error > 0.02 ? 2 * error : 0.02;

	return !isfinite(x) || fabs(x) < least ? INK_DIM : x < 0 ? INK_BAD : INK_GOOD;
}

void pairs_words(struct canvas *c, const struct snapshot *s, int y, int x, int w, int i, int k)
{
	const struct conflicts *f = &s->conflicts;
	double mean = conflicts_mean(f, i, k, CONFLICT_ALL);
	int end = x + w, room = w >= 76 ? 24 : 14;
	char words[96];

	x += draw_name(c, y, x, room, ink_channel(i), s->ch[i].name);
	x += draw_text(c, y, x, end - x, INK_TEXT, mean < 0 ? " against " : " with ");
	x += draw_name(c, y, x, room, ink_channel(k), s->ch[k].name);
	conflicts_words(f, i, k, words, sizeof words);
	x += draw_text(c, y, x, end - x, INK_TEXT, ": ");
	if ((int)strlen(words) > end - x && strchr(words, ','))
		*strchr(words, ',') = '\0'; /* where, rather than half of the word */
	draw_text(c, y, x, end - x, ink_of(mean, conflicts_error(f, i, k)), words);
}

static void show_ms(char out[24], double seconds)
{
	snprintf(out, 24, seconds < 0.00995 ? "%.1f" : "%.0f",
		 seconds > 0 && seconds < 1e6 ? 1000 * seconds : 0);
}

void pairs_cost(struct canvas *c, const struct snapshot *s, int y, int x, int w)
{
	const struct conflicts *f = &s->conflicts;
	char number[24], own[24], step[24], text[3][96];
	double part = s->train_seconds > 0 ? 100 * f->spent / s->train_seconds : 0;

	show_ms(own, f->seconds);
	show_ms(step, s->seconds_per_step);
	if (s->gradients_every > 0)
		str_format(text[2], sizeof text[2], "every %s steps",
			   fmt_count(number, s->gradients_every));
	else
		str_copy(text[2], sizeof text[2], "when asked");
	str_format(text[1], sizeof text[1], "%s, %s of %s ms", text[2], own, step);
	str_format(text[0], sizeof text[0], "%s, %.2g%% of the run", text[1], part);
	for (int i = f->rows && s->seconds_per_step > 0 ? 0 : 2; i < 3; i++) {
		if ((int)strlen(text[i]) > w)
			continue; /* a shorter one */
		draw_text(c, y, x, w, INK_DIM, text[i]);
		return;
	}
}

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct conflicts *f = of(ui);
	char group[CONFLICT_NAME], number[24];
	int x = r.x + 1, end = r.x + r.w - 1, g = gradients_view(ui)->group;

	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, end - x, INK_STRONG, r.w >= 100 ? "WHO PULLS AGAINST WHOM" :
		       "CONFLICT") + 2;
	c->flags = 0;
	x += draw_text(c, r.y, x, end - x, INK_KEY, g < 0 ? "in all" : conflicts_group(group, g));
	if (!f->n) {
		draw_text(c, r.y, x + 3, end - x - 3, INK_DIM,
			  ui->pic->n_channels < 2 ? "one task alone" : "not measured yet");
		return;
	}
	x += draw_text(c, r.y, x, end - x, INK_DIM, snapshot_shares_nothing(ui->pic) ?
		       "  frozen since" : f->is_exact ? "  exact" : "  estimated") + 2;
	x += draw_text(c, r.y, x, end - x, INK_DIM, "at ");
	if (f->from < f->step)
		x += draw_textf(c, r.y, x, end - x, INK_TEXT, "%s - ", fmt_count(number, f->from));
	x += draw_text(c, r.y, x, end - x, INK_TEXT, fmt_count(number, f->step)) + 3;
	if (end - x >= 10)
		pairs_cost(c, ui->pic, r.y, x, end - x);
}

/* --- a history in one row --- */

/* The row's upper and lower end: 0.1, 0.2, 0.4, 0.8, or 1. */
static double reach_of(const float *h, int n)
{
	double most = 0, reach = 0.1;

	for (int i = 0; i < n; i++)
		most = fabs((double)h[i]) > most ? fabs((double)h[i]) : most;
	while (reach < most && reach < 1)
		reach *= 2;
	return reach < 1 ? reach : 1;
}

/* The mean of part k of `parts` of a history; NaN: nothing is there. */
static double part_mean(const float *h, int n, int k, int parts)
{
	int from = (int)((int64_t)k * n / parts), to = (int)((int64_t)(k + 1) * n / parts), m = 0;
	double sum = 0;

	for (int i = from; i < (to > from ? to : from + 1); i++)
		if (!isnan(h[i])) {
			sum += (double)h[i];
			m++;
		}
	return m ? sum / m : (double)NAN;
}

static uint32_t dot_of(double x, double reach, bool is_right)
{
	static const uint32_t dot[2][4] = { { 0x40, 0x04, 0x02, 0x01 },
					    { 0x80, 0x20, 0x10, 0x08 } };
	int level = isnan(x) ? 0 : (int)floor((x / reach + 1) * 2);

	return isnan(x) ? 0 : dot[is_right][level < 0 ? 0 : level > 3 ? 3 : level];
}

/* Between two measurements the former holds; what comes after the last one is not known. */
static int hold(const float *h, int n, float out[CONFLICT_POINTS])
{
	int last = -1;

	for (int i = 0; i < n; i++) {
		out[i] = (float)within_one(h[i]);
		for (int k = last + 1; k < i && last >= 0 && !isnan(out[i]); k++)
			out[k] = out[last];
		last = isnan(out[i]) ? last : i;
	}
	return n;
}

/*
 * In braille two values to a cell, the middle is 0; else a sign for each: + above, - below,
 * . about 0.
 */
static void draw_course(struct canvas *c, int y, int x, int w, const float *history, int n,
			double error)
{
	float h[CONFLICT_POINTS];
	double reach;

	n = history ? hold(history, n, h) : 0;
	reach = reach_of(h, n);
	for (int i = 0; n && i < w; i++) {
		double a = part_mean(h, n, c->fancy ? 2 * i : i, c->fancy ? 2 * w : w);
		double b = c->fancy ? part_mean(h, n, 2 * i + 1, 2 * w) : a;
		double mean = isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
		enum ink ink = ink_of(mean, error);

		if (c->fancy && !isnan(mean))
			draw_cell(c, y, x + i, 0x2800 + (dot_of(a, reach, false) |
							  dot_of(b, reach, true)), ink);
		else
			draw_cell(c, y, x + i, isnan(mean) ? ' ' : ink == INK_DIM ? '.' :
				  mean < 0 ? '-' : '+', ink);
	}
}

/* --- the matrix --- */

/* ".05", "-.21", "?"; in cells with room "-0.21". */
static void show_cosine(char out[CONFLICT_NAME], double x, bool is_short)
{
	char *zero;

	conflicts_cosine(out, x);
	zero = is_short ? strstr(out, "0.") : NULL;
	if (zero)
		memmove(zero, zero + 1, strlen(zero));
	else if (is_short && isfinite(x))
		out[3] = '\0'; /* "+1.0": no room for more */
}

static void draw_pair(struct canvas *c, const struct ui *ui, int i, int k, int y, int x, int w)
{
	const struct gradients_view *v = gradients_view(ui);
	const struct conflicts *f = of(ui);
	bool is_it = (i == v->row && k == v->column) || (i == v->column && k == v->row);
	double mean = conflicts_mean(f, i, k, v->group), error = conflicts_error(f, i, k);
	char text[CONFLICT_NAME];

	draw_zone(c, (struct rect){y, x, 1, w}, -1, DO_CHOOSE, i * CHANNELS_MAX + k);
	if (is_it) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, x, 1, w});
		draw_text(c, y, x, 1, INK_STRONG, "▸");
	}
	c->flags = is_it ? CELL_BOLD : 0;
	if (i > k) {
		show_cosine(text, mean, w < 7);
		draw_right(c, y, x + w, w - 1, ink_of(mean, error), text);
	} else {
		draw_course(c, y, x + 1, w - 1, conflicts_history(f, i, k, v->group), f->points,
			    error);
	}
	c->flags = 0;
	c->paper = PAPER_NONE;
}

static void draw_matrix(struct canvas *c, const struct ui *ui, const struct pairs_layout *l)
{
	const struct gradients_view *v = gradients_view(ui);
	const struct snapshot *s = ui->pic;
	int n = s->n_channels, top = layout_first(n, l->rows, v->row), y = l->matrix.y;
	int left = layout_first(n, l->columns, v->column), x0 = l->matrix.x + l->name_w + 5;

	for (int k = 0; k < l->columns; k++)
		draw_textf(c, y, x0 + (k + 1) * l->cell - 1, 1, ink_channel(left + k), "%c",
			   channel_letter(left + k));
	if (left > 0)
		draw_text(c, y, x0 - 1, 1, INK_DIM, "←");
	if (left + l->columns < n)
		draw_text(c, y, x0 + l->columns * l->cell, 1, INK_DIM, "→");
	if (top > 0)
		draw_text(c, y, l->matrix.x, 1, INK_DIM, "↑");
	for (int r = 0; r < l->rows; r++) {
		int i = top + r;

		y++;
		draw_textf(c, y, l->matrix.x + 2, 1, ink_channel(i), "%c", channel_letter(i));
		draw_name(c, y, l->matrix.x + 4, l->name_w, s->ch[i].silent ? INK_DIM :
			  ink_channel(i), s->ch[i].name);
		for (int k = 0; k < l->columns; k++) {
			int x = x0 + k * l->cell;

			if (i == left + k)
				draw_right(c, y, x + l->cell, 1, INK_DIM, "·");
			else
				draw_pair(c, ui, i, left + k, y, x, l->cell);
		}
	}
	if (top + l->rows < n)
		draw_text(c, y, l->matrix.x, 1, INK_DIM, "↓");
}

/* --- the pair in each part of the model --- */

static void draw_group(struct canvas *c, const struct ui *ui, int g, struct rect r)
{
	const struct gradients_view *v = gradients_view(ui);
	const struct conflicts *f = of(ui);
	double x = conflicts_mean(f, v->row, v->column, g);
	double error = conflicts_error(f, v->row, v->column);
	char text[CONFLICT_NAME];

	if (g == v->group)
		draw_text(c, r.y, r.x, 1, INK_STRONG, "▸");
	draw_text(c, r.y, r.x + 2, 10, g == v->group ? INK_STRONG : INK_DIM,
		  conflicts_group(text, g));
	conflicts_cosine(text, x);
	draw_right(c, r.y, r.x + 18, 5, ink_of(x, error), text);
	draw_course(c, r.y, r.x + 19, r.w - 20, conflicts_history(f, v->row, v->column, g),
		    f->points, error);
}

static void draw_groups(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct gradients_view *v = gradients_view(ui);
	int n = 1 + of(ui)->groups, columns = r.w / 34, rows = r.h - 1, w, first;
	int a = v->row < v->column ? v->row : v->column, b = v->row + v->column - a;
	int x = r.x + 1;

	columns = columns < 1 ? 1 : columns;
	while (columns > 1 && (n + columns - 2) / (columns - 1) <= rows)
		columns--; /* fewer are wider */
	w = r.w / columns;
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 4, INK_STRONG, "PAIR") + 2;
	c->flags = 0;
	x += draw_name(c, r.y, x, 16, ink_channel(a), ui->pic->ch[a].name);
	x += draw_text(c, r.y, x, 3, INK_DIM, " · ");
	x += draw_name(c, r.y, x, 16, ink_channel(b), ui->pic->ch[b].name);
	first = layout_first(n, rows * columns, v->group + 1);
	if (n > rows * columns)
		draw_textf(c, r.y, x + 2, r.x + r.w - x - 2, INK_DIM, "+%d parts",
			   n - rows * columns);
	for (int i = 0; i < rows * columns && first + i < n; i++)
		draw_group(c, ui, first + i - 1,
			   (struct rect){r.y + 1 + i % rows, r.x + i / rows * w, 1, w});
}

/* --- and over the run --- */

/* The points of a history that there are, and where they stand; their number. */
static int known_points(const struct conflicts *f, const float *h, float *x, int64_t *at)
{
	int n = 0;

	for (int i = 0; h && i < f->points; i++) {
		int64_t end = (i + 1) * f->span;

		if (isnan(within_one(h[i])))
			continue;
		x[n] = h[i];
		at[n++] = end < f->step ? end : f->step;
	}
	return n;
}

static void draw_over_run(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct gradients_view *v = gradients_view(ui);
	const struct conflicts *f = of(ui);
	struct plot p = {.x_max = (double)axis_last(ui->pic), .range = v->cosines, .scale = 1};
	float x[CONFLICT_POINTS];
	int64_t at[CONFLICT_POINTS];

	if (!p.range.is_set)
		return;
	plot_begin(c, &p, r);
	plot_level(c, &p, 0, INK_DIM);
	for (int line = 0; line < (v->group < 0 ? 1 : 2); line++) {
		struct plot_line l = {.v = x, .at = at, .dotted = v->group >= 0 && !line,
				      .ink = line ? INK_STRONG : ink_channel(v->column),
				      .mark = line ? '*' : 'o'};

		l.n = known_points(f, conflicts_history(f, v->row, v->column,
				   line ? v->group : CONFLICT_ALL), x, at);
		plot_line(c, &p, &l);
	}
}

void pairs_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct conflicts *f = of(ui);
	struct pairs_layout l;
	int a, b;

	layout_pairs(body, ui->pic->n_channels, 1 + f->groups, &l);
	draw_head(c, ui, l.head);
	if (ui->pic->n_channels < 2)
		return;
	if (conflicts_worst(f, &a, &b))
		pairs_words(c, ui->pic, l.words.y, l.words.x + 1, l.words.w - 2, a, b);
	draw_matrix(c, ui, &l);
	if (!f->n)
		return;
	draw_groups(c, ui, l.groups);
	if (l.chart.h > 0)
		draw_over_run(c, ui, l.chart);
	if (l.help.h > 0)
		gradients_help(c, l.help, l.help.h > 2 ? full_text : brief_text);
}
