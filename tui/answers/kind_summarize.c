/*
 * kind_summarize.c - summaries on the screen: they are read, one at a time.
 */
#include "base/json.h"
#include "base/mem.h"
#include "kind_view.h"
#include "summaries_own.h"
#include "widget/words.h"

int summaries_draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *text = json_get(answer, "text");
	struct rect in = {y, r.x + 14, r.y + r.h - y, r.w - 16};
	struct word *w;
	int n, lines;

	(void)ink;
	if (!text || json_type(text) != JSON_STRING)
		return y + 1;
	w = words_cut(json_string(text), &n);
	lines = words_draw(c, in, w, n, 0, false);
	xfree(w);
	return y + (lines ? lines : 1);
}

#define WRITES                                                                 \
	.view = VIEW_SUMMARIES, .draw_tried = summaries_draw_tried,                      \
	.unexplained = "a summary has no one answer to explain: j k choose another task"
const struct view_kind view_kind_summarize = { WRITES }, view_kind_denoise = { WRITES };
