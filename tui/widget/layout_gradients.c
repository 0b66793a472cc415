/*
 * layout_gradients.c - the Gradients view: the page of tasks, the page of pairs.
 */
#include "layout.h"

#include <string.h>

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int within(int x, int lo, int hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

void layout_gradients(struct rect body, int tasks, struct gradients_layout *out)
{
	bool roomy = body.h >= 28;
	int room;

	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, 1);
	if (roomy)
		rect_top(&body, 1);
	out->help = rect_bottom(&body, roomy ? 4 : body.h >= 18 ? 2 : 0);
	if (roomy)
		rect_bottom(&body, 1);
	room = body.h - 2 - 7; /* head line, words; legend and a chart of six */
	if (room < 2)
		room = body.h - 2;
	out->visible = within(tasks, 0, room < 0 ? 0 : room);
	out->table = rect_top(&body, out->visible + 1);
	if (tasks > 1)
		out->words = rect_top(&body, 1);
	if (roomy && body.h >= 10)
		rect_top(&body, 1);
	if (body.h >= 4) {
		out->legend = rect_top(&body, 1);
		out->chart = body;
	}
}

/* Of few tasks the matrix leaves room beside it. */
static bool place_matrix(struct rect body, int tasks, struct pairs_layout *out)
{
	int left, room;

	out->name_w = body.w >= 100 ? 14 : body.w >= 76 ? 9 : 7;
	left = out->name_w + 5;
	out->is_beside = tasks <= 4 && body.w - left - 7 * tasks >= 32;
	room = body.w - left - 1;
	out->cell = out->is_beside ? within((room - 34) / within(tasks, 1, 4), 7, 11) :
				     within(room / (tasks ? tasks : 1), 5, 12);
	out->columns = within(tasks, 0, room > 0 ? room / out->cell : 0);
	return out->is_beside;
}

void layout_pairs(struct rect body, int tasks, int parts, struct pairs_layout *out)
{
	bool roomy = body.h >= 28, is_beside;
	int columns = body.w / 34, low, room;

	memset(out, 0, sizeof *out);
	out->head = rect_top(&body, 1);
	if (roomy)
		rect_top(&body, 1);
	out->words = rect_top(&body, 1);
	if (roomy)
		rect_top(&body, 1);
	out->help = rect_bottom(&body, roomy ? 4 : body.h >= 17 ? 1 : 0);
	is_beside = place_matrix(body, tasks, out);
	low = is_beside ? 0 : 1 + (parts + columns - 1) / (columns ? columns : 1);
	low = least(low, body.h / 2 > 3 ? 1 + (body.h >= 17 ? 4 : 2) : 0);
	if (roomy && !is_beside)
		low = least(low + 1, body.h / 3);
	room = is_beside && parts > tasks ? parts : tasks; /* rows side by side */
	room = least(room, body.h - 1 - low);
	out->rows = within(tasks, 0, room > 0 ? room : 0);
	out->matrix = rect_top(&body, room + 1);
	if (is_beside) {
		out->groups = out->matrix;
		out->matrix = rect_left(&out->groups, out->name_w + 5 + out->cell * tasks + 2);
	} else {
		if (roomy && low > 3) {
			rect_top(&body, 1);
			low--;
		}
		out->groups = rect_top(&body, low);
	}
	if (roomy && body.h >= 10)
		rect_top(&body, 1);
	if (body.h >= 5) {
		if (roomy)
			rect_bottom(&body, 1);
		out->chart = body;
	}
}
