/*
 * layout_history.c - the views of time: Curves and Journal.
 */
#include "layout.h"

#include <string.h>

static struct rect cut_top(struct rect *r, int h)
{
	struct rect top = *r;

	top.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->y += top.h;
	r->h -= top.h;
	return top;
}

static struct rect cut_bottom(struct rect *r, int h)
{
	struct rect low = *r;

	low.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->h -= low.h;
	low.y = r->y + r->h;
	return low;
}

void layout_curves(struct rect body, int tasks, struct curves_layout *out)
{
	int w = body.w >= 130 ? 38 : 34;

	memset(out, 0, sizeof *out);
	out->is_wide = body.w >= 110 && body.h >= 18;
	out->legend = cut_top(&body, 1);
	if (out->is_wide) {
		out->values = body;
		out->values.x = body.x + body.w - w;
		out->values.w = w;
		body.w -= w + 1;
		out->chart = body;
		out->entries = cut_bottom(&out->values, out->values.h / 3);
		if (tasks + 4 < out->values.h) { /* the list needs no more */
			struct rect rest = out->values;

			out->values = cut_top(&rest, tasks + 4);
			out->entries.h += rest.h;
			out->entries.y = rest.y;
		}
		return;
	}
	out->entries = cut_bottom(&body, body.h >= 14 ? 1 : 0);
	out->values = cut_bottom(&body, body.h >= 16 && tasks > 6 ? 2 : 1);
	out->chart = body;
}

void layout_journal(struct rect body, struct journal_layout *out)
{
	memset(out, 0, sizeof *out);
	out->timeline = cut_top(&body, body.h >= 30 ? 4 : body.h >= 18 ? 3 : 2);
	out->legend = cut_top(&body, body.h >= 12 ? 1 : 0);
	if (body.h >= 20)
		cut_top(&body, 1); /* air */
	out->detail = cut_bottom(&body, body.h >= 24 ? 13 : body.h >= 14 ? 7 :
					body.h >= 9 ? 4 : 0);
	if (body.h >= 16)
		cut_bottom(&body, 1);
	out->list = body;
}
