/*
 * layout.c - sizes to rectangles, for each view.
 */
#include "layout.h"

#include <string.h>

static int least(int a, int b)
{
	return a < b ? a : b;
}

void layout_page(int rows, int cols, struct page *out)
{
	struct rect all = {.h = rows, .w = cols};

	memset(out, 0, sizeof *out);
	out->too_small = rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS;
	if (out->too_small) {
		out->body = all;
		return;
	}
	out->title = rect_top(&all, 1);
	out->tabs = rect_top(&all, 1);
	out->foot = rect_bottom(&all, 1);
	if (rows >= 30)
		rect_top(&all, 1); /* air */
	out->body = all;
}

static void layout_strips(struct rect *body, int channels, struct desk_layout *out)
{
	bool has_mix;
	struct rect rest;
	int w, room;

	out->tall = true;
	rest = rect_top(body, STRIP_ROWS);
	has_mix = rest.w >= 100;
	room = rest.w - (has_mix ? MIX_LEAST + 2 : 0);
	w = room / (channels > 0 ? channels : 1);
	w = w > 30 ? 30 : w < STRIP_COLS ? STRIP_COLS : w;
	out->strip_cols = w;
	out->visible = least(channels, room / w);
	if (channels <= out->visible)
		room = out->visible * w;
	out->strips = rect_left(&rest, room);
	if (has_mix) { /* beside the last strip, and as wide as its words like it */
		out->mix = rect_cut(rest, 0, 1, 0, 1);
		out->mix.w = least(out->mix.w, MIX_MOST);
	}
}

void layout_desk(struct rect body, int channels, struct desk_layout *out)
{
	int lines;

	memset(out, 0, sizeof *out);
	lines = body.h >= 30 ? 3 : body.h >= 20 ? 2 : body.h >= 15 ? 1 : 0;
	out->journal = rect_bottom(&body, lines);
	if (body.h >= STRIP_ROWS + 12 && body.w >= 5 * STRIP_COLS) {
		layout_strips(&body, channels, out);
		if (body.h > 12)
			rect_bottom(&body, 1);
	} else {
		int room = body.h - 1 - 6; /* head line; a chart wants six */

		if (room < 2)
			room = body.h - 1;
		out->visible = least(channels, room);
		if (out->visible < 0)
			out->visible = 0;
		out->strips = rect_top(&body, out->visible + 1);
	}
	if (body.h >= 4) {
		out->legend = rect_top(&body, 1);
		out->chart = body;
	}
}

struct rect layout_strip(const struct desk_layout *l, int i)
{
	struct rect r = l->strips;

	r.x += i * l->strip_cols;
	r.w = l->strip_cols;
	return r;
}

int layout_first(int n, int visible, int chosen)
{
	int first = chosen - visible / 2;

	if (first > n - visible)
		first = n - visible;
	return first < 0 ? 0 : first;
}

/* Columns that a matrix of so many classes likes to have. */
static int matrix_columns(int classes, int w)
{
	int cell = w >= 110 ? 10 : 8, want = 39 + classes * cell;

	if (classes == 0)
		return w / 2;
	return want;
}

void layout_inspect(struct rect body, int classes, int columns, struct inspect_layout *out)
{
	bool tall = body.h >= 30, fair = body.h >= 18;
	int rows = classes ? least(classes, tall ? body.h / 3 - 4 : body.h / 3 - 2) : 4, w;
	struct rect band;

	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, body.h >= 26 ? 2 : 1);
	rows = rows < 1 ? 1 : rows;
	if (tall && rows < 5)
		rows = 5; /* a calibration wants some height */
	band = rect_top(&body, least(rows + (fair ? 4 : 3), body.h));
	w = least(columns ? columns : matrix_columns(classes, band.w),
		  band.w - (band.w >= 76 ? 22 : 0));
	out->matrix = rect_left(&band, w);
	if (band.w >= 20) {
		rect_left(&band, 1); /* air */
		out->calibration = band;
	} else {
		out->matrix.w += band.w;
	}
	if (tall)
		rect_top(&body, body.h >= 26 ? 1 : 0);
	out->detail = rect_bottom(&body, tall ? 13 : fair ? 6 : 0);
	if (tall && out->detail.h > 0 && body.h > 12)
		rect_bottom(&body, 1);
	out->list = body;
}

static void summary_wide(struct rect body, struct summary_layout *out)
{
	struct rect left, right = body, low;

	out->wide = true;
	low = rect_bottom(&right, body.h >= 34 ? 12 : body.h >= 28 ? 10 : 8);
	left = rect_left(&right, body.w / 2);
	out->source = left;
	out->source.w--; /* air */
	out->reference = rect_top(&right, right.h >= 20 ? 5 : 4);
	out->words = rect_bottom(&right, right.h >= 15 ? 8 : right.h >= 12 ? 5 : 0);
	out->output = right;
	out->rouge = rect_left(&low, body.w / 2);
	out->rouge.w--;
	out->low = low;
}

/* Two rectangles, one right below the other, change places. */
static void swap_up(struct rect *below, struct rect *above)
{
	below->y = above->y;
	above->y = below->y + below->h;
}

void layout_summary(struct rect body, struct summary_layout *out)
{
	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, body.h >= 26 ? 2 : 1);
	if (body.w >= 100 && body.h >= 24) {
		summary_wide(body, out);
		return;
	}
	out->low = rect_bottom(&body, body.h >= 16 ? 5 : 4);
	out->rouge = rect_left(&out->low, 36);
	out->words = rect_bottom(&body, body.h >= 12 ? 2 : 0);
	out->reference = rect_bottom(&body, body.h >= 26 ? 5 : body.h >= 12 ? 3 : 2);
	out->output = rect_bottom(&body, body.h >= 20 ? 6 : body.h >= 9 ? 4 : 3);
	out->source = body;
	swap_up(&out->reference, &out->output);
}
