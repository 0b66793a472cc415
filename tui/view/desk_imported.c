/*
 * desk_imported.c - what was imported: a block a task, its file, its rows, its metrics
 * beside the baseline's.
 */
#include "desk_imported.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui/keys.h"

enum { NAME_COLS = 12, VALUE_COLS = 8, BLOCK_LEAST = 1 };

struct desk_imported {
	char path[512];              /* whose it is; "": nobody's */
	struct imported_task *task;  /* by channel */
	int n;
	struct err why;              /* there is none: why */
};

static struct desk_imported *own_of(const struct ui *ui)
{
	return ui->own[VIEW_DESK];
}

void *desk_imported_new(void)
{
	return xcalloc(1, sizeof(struct desk_imported));
}

void desk_imported_free(void *own)
{
	struct desk_imported *d = own;

	xfree(d->task);
	xfree(d);
}

void desk_imported_recalc(struct ui *ui)
{
	struct desk_imported *d = own_of(ui);

	if (!ui->pic->is_imported || !ui->feed.imported ||
	    str_eq(d->path, ui->pic->run_path))
		return;
	xfree(d->task);
	*d = (struct desk_imported){ 0 };
	str_copy(d->path, sizeof d->path, ui->pic->run_path);
	ui->feed.imported(ui->feed.arg, d->path, &d->task, &d->n, &d->why);
}

/* NULL: nothing is known of it. */
static const struct imported_task *task_of(const struct ui *ui, int channel)
{
	const struct desk_imported *d = own_of(ui);

	return channel < d->n && d->task[channel].is_known ? &d->task[channel] : NULL;
}

/* --- one task --- */

static int block_rows(const struct imported_task *t)
{
	return t ? 4 + (t->missing > 0) + (t->note[0] != 0) + t->n : BLOCK_LEAST;
}

static void line(struct canvas *c, struct rect *r, const char *name, const char *text)
{
	if (r->h < 1)
		return;
	draw_text(c, r->y, r->x + 4, NAME_COLS, INK_DIM, name);
	draw_foreign(c, r->y, r->x + 4 + NAME_COLS, r->w - 4 - NAME_COLS, INK_TEXT, text);
	rect_top(r, 1);
}

/* Of a long path the end matters: the file's own name. */
static void file_line(struct canvas *c, struct rect *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool fits = foreign_columns(path, strlen(path)) <= r->w - 4 - NAME_COLS;

	line(c, r, "file", fits || !slash || !slash[1] ? path : slash + 1);
}

static void time_line(struct canvas *c, struct rect *r, int64_t unix_ms)
{
	time_t t = (time_t)(unix_ms / 1000);
	char text[32];
	struct tm tm;

	if (unix_ms <= 0 || !localtime_r(&t, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm))
		str_copy(text, sizeof text, "-");
	line(c, r, "imported", text);
}

/* "accuracy     87.2   baseline  50.9   +36.3", what is gained in its colour. */
static void metric_line(struct canvas *c, struct rect *r, const struct imported_task *t,
			int i)
{
	enum metric_id m = t->of[i].metric;
	double value = t->of[i].value, base = t->of[i].baseline;
	int x = r->x + 4 + NAME_COLS, end = r->x + r->w;
	char text[24];

	if (r->h < 1)
		return;
	draw_text(c, r->y, r->x + 4, NAME_COLS, INK_DIM, metric_table[m].name);
	x += draw_textf(c, r->y, x, end - x, INK_STRONG, "%-*s", VALUE_COLS,
			isnan(value) ? "-" : fmt_score(text, m, value));
	if (!isnan(base)) {
		bool is_better = metric_is_better(m, value, base);

		x += draw_textf(c, r->y, x, end - x, INK_DIM, "baseline %-*s", VALUE_COLS,
				fmt_score(text, m, base));
		if (!isnan(value))
			draw_text(c, r->y, x, end - x, is_better ? INK_GOOD : INK_BAD,
				  fmt_gain(text, m, value - base));
	}
	rect_top(r, 1);
}

static void draw_block(struct canvas *c, const struct ui *ui, int i, struct rect r)
{
	const struct imported_task *t = task_of(ui, i);
	const struct channel *ch = &ui->pic->ch[i];
	char text[96];
	int x = r.x;

	draw_zone(c, r, i, DO_NONE, 0);
	draw_text(c, r.y, x, 1, INK_STRONG, i == ui->channel ? "▸" : " ");
	c->flags = CELL_BOLD;
	draw_cell(c, r.y, x + 2, (uint32_t)channel_letter(i), ink_channel(i));
	x += 4;
	x += draw_foreign(c, r.y, x, 32, INK_STRONG, ch->name) + 2;
	c->flags = 0;
	draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, t ? task_kind_name(ch->kind) :
		  "nothing was imported of it");
	rect_top(&r, 1);
	if (!t)
		return;
	file_line(c, &r, t->file);
	str_format(text, sizeof text, "%lld, matched by %s", (long long)t->rows, t->by);
	line(c, &r, "rows", text);
	if (t->missing > 0) {
		str_format(text, sizeof text, "%lld had no answer, and count as wrong",
			   (long long)t->missing);
		line(c, &r, "missing", text);
	}
	time_line(c, &r, t->unix_ms);
	if (t->note[0])
		line(c, &r, "note", t->note);
	for (int k = 0; k < t->n; k++)
		metric_line(c, &r, t, k);
}

/* --- all of them --- */

/* The first block so that the chosen one's is whole, or is first itself. */
static int first_block(const struct ui *ui, int rows)
{
	int first = ui->channel, used = block_rows(task_of(ui, first));

	while (first > 0) {
		used += 1 + block_rows(task_of(ui, first - 1));
		if (used > rows)
			break;
		first--;
	}
	return first;
}

void draw_imported(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct desk_imported *d = own_of(ui);
	int n = ui->pic->n_channels;
	struct rect r = rect_cut(body, 0, 1, 0, 1);

	draw_text(c, r.y, r.x, r.w, INK_DIM, "another system said this of its rows: no model to "
		  "steer, train or ask");
	rect_top(&r, 2);
	if (d->why.text[0]) {
		draw_foreign(c, r.y, r.x, r.w, INK_BAD, d->why.text);
		return;
	}
	for (int i = n ? first_block(ui, r.h) : 0; i < n && r.h > 0; i++) {
		int h = block_rows(task_of(ui, i));

		draw_block(c, ui, i, rect_top(&r, h < r.h ? h : r.h));
		rect_top(&r, 1);
	}
}
