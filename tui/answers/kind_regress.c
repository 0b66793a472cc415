/*
 * kind_regress.c - numbers on the screen: no answer is wrong, it is near or far.
 */
#include <math.h>

#include "ask/ask_regress.h"
#include "base/json.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"

enum { NUMBER_COLS = 11, TRIED_NUMBERS = 4 };

/* A number that might have been said, as it is said, and its probability. */
static void draw_number(struct canvas *c, int y, int x, int w, double number, double p,
			enum ink bar, enum ink ink)
{
	draw_textf(c, y, x, NUMBER_COLS, ink, "%.10g", number);
	draw_bar(c, y, x + NUMBER_COLS + 1, w - NUMBER_COLS - 8, p, bar);
	draw_textf(c, y, x + w - 6, 6, INK_TEXT, "%.3f", p);
}

/* [[number, probability], ..] of a model that says its answers. */
static int draw_said(struct canvas *c, struct rect r, int y, const struct json *said,
		     enum ink bar)
{
	int w = r.w - 14 < 44 ? r.w - 14 : 44, left = TRIED_NUMBERS;

	for (const struct json *k = json_first(said); k && left-- && y < r.y + r.h;
	     k = json_next(k)) {
		const struct json *number = json_type(k) == JSON_ARRAY ? json_first(k) : NULL;
		const struct json *p = number ? json_next(number) : NULL;

		if (!p || json_type(number) != JSON_NUMBER || json_type(p) != JSON_NUMBER)
			break;
		draw_number(c, y++, r.x + 14, w, json_number(number), json_number(p), bar,
			    k == json_first(said) ? INK_STRONG : INK_DIM);
	}
	return y;
}

static int draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *value = json_get(answer, "value");

	const struct json *said = json_get(answer, "said");

	if (said && json_type(said) == JSON_ARRAY && json_first(said))
		return draw_said(c, r, y, said, ink);
	if (value && json_type(value) == JSON_NUMBER)
		draw_textf(c, y, r.x + 14, 20, INK_STRONG, "%.3f", json_number(value));
	return y + 1;
}

static double distance(const struct prediction *p)
{
	return fabs(number_guess(p) - number_gold(p));
}

static void draw_figures(struct canvas *c, const struct ui *ui,
			 const struct inspect_layout *l)
{
	inspect_draw_scatter(c, ui, l->matrix);
	if (l->calibration.w)
		inspect_draw_residuals(c, ui, l->calibration);
}

/* --- the list --- */

static void list_title(const struct results *d, char out[128])
{
	(void)d;
	str_copy(out, 128, "rows");
}

static void list_names(const struct results *d, char out[96], bool wide)
{
	(void)d;
	(void)wide;
	str_copy(out, 96, "row     gold   guess ");
}

static int draw_columns(struct canvas *c, const struct results *d,
			const struct prediction *p, int y, int x, bool wide)
{
	char text[24];

	(void)d;
	(void)wide;
	draw_right(c, y, x + 7, 7, INK_TEXT, fmt_value(text, number_gold(p)));
	draw_right(c, y, x + 15, 7, INK_TEXT, fmt_value(text, number_guess(p)));
	return x + 17;
}

/* --- one row --- */

static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	double off = number_guess(p) - number_gold(p);

	(void)d;
	(void)room;
	if (number_said_count(p))
		str_format(out, REMARK, "gold %.3g · says %.10g, %.2f · off by %+.3g",
			   number_gold(p), number_guess(p), number_said_p(p, 0), off);
	else
		str_format(out, REMARK, "gold %.3g · guess %.3g · off by %+.3g",
			   number_gold(p), number_guess(p), off);
	return false;
}

/* What might have been said, the likeliest first; * stands where it is right. */
static void draw_numbers(struct canvas *c, struct rect r, const struct prediction *p,
			 enum ink ink)
{
	int w = r.w - 3 < 62 ? r.w - 3 : 62, nearest = 0;

	for (int k = 1; k < number_said_count(p); k++)
		if (fabs(number_said(p, k) - number_gold(p)) <
		    fabs(number_said(p, nearest) - number_gold(p)))
			nearest = k;
	for (int y = 0; y < number_said_count(p) && y < r.h; y++) {
		int k = y == r.h - 1 && nearest > y ? nearest : y;

		draw_number(c, r.y + y, r.x, w, number_said(p, k), number_said_p(p, k), ink,
			    k == nearest ? INK_STRONG : INK_DIM);
		if (k == nearest)
			draw_text(c, r.y + y, r.x + w, 1, INK_GOOD, "*");
	}
}

static int low_lines(const struct results *d, const struct prediction *p)
{
	(void)d;
	return number_said_count(p);
}

static void draw_low(struct canvas *c, const struct results *d,
		     const struct prediction *p, struct rect r, enum ink ink)
{
	int half = r.w / 2;

	if (!number_said_count(p)) {
		inspect_draw_past(c, d, r);
		return;
	}
	draw_numbers(c, (struct rect){r.y, r.x, r.h, half - 2}, p, ink);
	inspect_draw_past(c, d, (struct rect){r.y, r.x + half + 1, r.h, r.w - half - 1});
}

static void put_row(struct json_out *j, const struct results *d,
		    const struct prediction *p)
{
	(void)d;
	json_put_num(j, "gold", number_gold(p));
	json_put_num(j, "predicted", number_guess(p));
	if (!number_said_count(p))
		return;
	json_open(j, "said", '[');
	for (int k = 0; k < number_said_count(p); k++) {
		json_open(j, NULL, '[');
		json_put_num(j, NULL, number_said(p, k));
		json_put_num(j, NULL, number_said_p(p, k));
		json_close(j, ']');
	}
	json_close(j, ']');
}

const struct view_kind view_kind_regress = {
	.view = VIEW_INSPECT,
	.draw_tried = draw_tried,
	.confidence = distance,
	.confidence_name = "distance",
	.draw_figures = draw_figures,
	.list_title = list_title,
	.list_names = list_names,
	.draw_columns = draw_columns,
	.remark = remark,
	.low_lines = low_lines,
	.draw_low = draw_low,
	.past_value = number_guess,
	.past_name = "guess  ",
	.is_past_scaled = true,
	.put_row = put_row,
};
