/*
 * kind_count.c - counts on the screen: near or far, by their ratio.
 */
#include <math.h>

#include "base/json.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"
#include "ask/ask_regress.h"

static int draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *value = json_get(answer, "value");

	(void)ink;
	if (value && json_type(value) == JSON_NUMBER)
		draw_textf(c, y, r.x + 14, 20, INK_STRONG, "%.1f", json_number(value));
	return y + 1;
}

static double distance(const struct prediction *p)
{
	return fabs(log1p(number_guess(p)) - log1p(number_gold(p)));
}

static void draw_figures(struct canvas *c, const struct ui *ui,
			 const struct inspect_layout *l)
{
	inspect_draw_scatter(c, ui, l->matrix);
}

static void list_title(const struct results *d, char out[128])
{
	(void)d;
	str_copy(out, 128, "counts");
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

static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	(void)d;
	(void)room;
	str_format(out, REMARK, "gold %.3g · guess %.3g", number_gold(p), number_guess(p));
	return false;
}

static void draw_low(struct canvas *c, const struct results *d,
		     const struct prediction *p, struct rect r, enum ink ink)
{
	(void)p;
	(void)ink;
	inspect_draw_past(c, d, r);
}

static void put_row(struct json_out *j, const struct results *d,
		    const struct prediction *p)
{
	(void)d;
	json_put_num(j, "gold", number_gold(p));
	json_put_num(j, "predicted", number_guess(p));
}

const struct view_kind view_kind_count = {
	.view = VIEW_INSPECT,
	.draw_tried = draw_tried,
	.confidence = distance,
	.confidence_name = "ratio",
	.draw_figures = draw_figures,
	.list_title = list_title,
	.list_names = list_names,
	.draw_columns = draw_columns,
	.remark = remark,
	.draw_low = draw_low,
	.past_value = number_guess,
	.past_name = "guess  ",
	.is_past_scaled = true,
	.put_row = put_row,
};
