/*
 * layout_data.c - where the parts of the Data view and of the Runs view stand.
 */
#include <string.h>

#include "layout.h"

static struct rect take_top(struct rect *r, int h)
{
	struct rect top = *r;

	top.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->y += top.h;
	r->h -= top.h;
	return top;
}

static struct rect take_bottom(struct rect *r, int h)
{
	struct rect low = *r;

	low.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->h -= low.h;
	low.y = r->y + r->h;
	return low;
}

static struct rect take_left(struct rect *r, int w)
{
	struct rect left = *r;

	left.w = w < 0 ? 0 : w < r->w ? w : r->w;
	r->x += left.w;
	r->w -= left.w;
	return left;
}

/* Lengths, labels and, where there is room, skipped rows side by side. */
static void layout_panes(struct rect r, struct data_layout *out)
{
	bool wide = r.w >= 110;

	out->lengths = take_left(&r, wide ? r.w * 45 / 100 : r.w / 2);
	if (out->lengths.w > 1)
		out->lengths.w--; /* air */
	out->side = r;
	if (wide) {
		out->side = take_left(&r, r.w * 52 / 100);
		out->side.w--;
		out->skips = r;
	}
}

void layout_data(struct rect body, bool is_open, struct data_layout *out)
{
	bool tall = body.h >= 30;

	memset(out, 0, sizeof *out);
	out->head = take_top(&body, 1);
	take_top(&body, tall);
	out->splits = take_top(&body, 3);
	take_top(&body, tall);
	if (is_open) {
		out->detail = body;
		return;
	}
	if (body.h >= 15)
		layout_panes(take_top(&body, tall ? 10 : 5), out);
	out->detail = take_bottom(&body, tall ? (body.h >= 18 ? 9 : 7) :
				   body.h >= 12 ? 5 : 0);
	out->list = body;
}

/* The table has its runs, up to half of the room; the chart gets the rest. */
void layout_runs(struct rect body, int runs, struct runs_layout *out)
{
	bool tall = body.h >= 30;
	int most, detail = tall ? 7 : body.h >= 18 ? 4 : 0;

	memset(out, 0, sizeof *out);
	out->head = take_top(&body, 1);
	take_top(&body, tall);
	out->detail = take_bottom(&body, detail);
	most = body.h / 2 > 4 ? body.h / 2 : body.h;
	out->table = take_top(&body, runs + 3 < 6 ? (6 < most ? 6 : most) :
			      runs + 3 < most ? runs + 3 : most);
	if (body.h >= 5) {
		out->legend = take_top(&body, 1);
		out->chart = body;
	}
}
