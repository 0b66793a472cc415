/*
 * layout_data.c - where the parts of the Data view and of the Runs view stand.
 */
#include <string.h>

#include "layout.h"

/* Lengths, labels and, where there is room, skipped rows side by side. */
static void layout_panes(struct rect r, struct data_layout *out)
{
	bool wide = r.w >= 110;

	out->lengths = rect_left(&r, wide ? r.w * 45 / 100 : r.w / 2);
	if (out->lengths.w > 1)
		out->lengths.w--; /* air */
	out->side = r;
	if (wide) {
		out->side = rect_left(&r, r.w * 52 / 100);
		out->side.w--;
		out->skips = r;
	}
}

void layout_data(struct rect body, bool is_open, struct data_layout *out)
{
	bool tall = body.h >= 30;

	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, 1);
	rect_top(&body, tall);
	out->splits = rect_top(&body, 3);
	rect_top(&body, tall);
	if (is_open) {
		out->detail = body;
		return;
	}
	if (body.h >= 15)
		layout_panes(rect_top(&body, tall ? 10 : 5), out);
	out->detail = rect_bottom(&body, tall ? (body.h >= 18 ? 9 : 7) :
				   body.h >= 12 ? 5 : 0);
	out->list = body;
}

/* The table has its runs, up to half of the room; the chart gets the rest. */
void layout_runs(struct rect body, int runs, struct runs_layout *out)
{
	bool tall = body.h >= 30;
	int most, detail = tall ? 7 : body.h >= 18 ? 4 : 0;

	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, 1);
	rect_top(&body, tall);
	out->detail = rect_bottom(&body, detail);
	most = body.h / 2 > 4 ? body.h / 2 : body.h;
	out->table = rect_top(&body, runs + 3 < 6 ? (6 < most ? 6 : most) :
			      runs + 3 < most ? runs + 3 : most);
	if (body.h >= 5) {
		out->legend = rect_top(&body, 1);
		out->chart = body;
	}
}
