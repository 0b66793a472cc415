/*
 * layout_history.c - the views of time: Curves and Journal.
 */
#include "layout.h"

#include <string.h>

void layout_curves(struct rect body, int tasks, struct curves_layout *out)
{
	int w = body.w >= 130 ? 38 : 34;

	memset(out, 0, sizeof *out);
	out->is_wide = body.w >= 110 && body.h >= 18;
	out->legend = rect_top(&body, 1);
	if (out->is_wide) {
		out->values = body;
		out->values.x = body.x + body.w - w;
		out->values.w = w;
		body.w -= w + 1;
		out->chart = body;
		out->entries = rect_bottom(&out->values, out->values.h / 3);
		if (tasks + 4 < out->values.h) { /* the list needs no more */
			struct rect rest = out->values;

			out->values = rect_top(&rest, tasks + 4);
			out->entries.h += rest.h;
			out->entries.y = rest.y;
		}
		return;
	}
	out->entries = rect_bottom(&body, body.h >= 14 ? 1 : 0);
	out->values = rect_bottom(&body, body.h >= 16 && tasks > 6 ? 2 : 1);
	out->chart = body;
}

void layout_journal(struct rect body, struct journal_layout *out)
{
	memset(out, 0, sizeof *out);
	out->timeline = rect_top(&body, body.h >= 30 ? 4 : body.h >= 18 ? 3 : 2);
	out->legend = rect_top(&body, body.h >= 12 ? 1 : 0);
	if (body.h >= 20)
		rect_top(&body, 1); /* air */
	out->detail = rect_bottom(&body, body.h >= 24 ? 13 : body.h >= 14 ? 7 :
					body.h >= 9 ? 4 : 0);
	if (body.h >= 16)
		rect_bottom(&body, 1);
	out->list = body;
}
