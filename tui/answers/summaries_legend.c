/*
 * summaries_legend.c - what the marks in the texts mean.
 */
#include "kind_view.h"
#include "summaries_own.h"

/* What the marks mean, where the output leaves a line free. */
void draw_legend(struct canvas *c, struct rect r, const struct summaries_view *v,
		 bool has_before)
{
	int y = r.y + r.h - 2, x = r.x + 3, end = r.x + r.w - 2;
	bool shines = words_shine(c);

	if (v->shows_change) {
		draw_text(c, y, x, end - x, INK_DIM,
			  !has_before ? "no evaluation before this one" :
			  shines ? "+new+ −gone− since the evaluation before" :
			  "{+new+} [-gone-] since the evaluation before");
	} else if (v->mode == READ_COPIED && summaries_keeps(v)) {
		draw_text(c, y, x, end - x, INK_DIM,
			  shines ? "bold: rightly kept   +wrongly kept+   −missed−" :
			  "[rightly kept] {+wrongly kept+} (-missed-)");
	} else if (v->mode == READ_MATCHED) {
		draw_text(c, y, x, end - x, INK_DIM,
			  shines ? "underlined: what ROUGE-1 counts as found" :
			  "=word=: what ROUGE-1 counts as found");
	} else if (v->mode != READ_PLAIN) {
		if (v->mode == READ_COPIED && v->token < 0)
			x += draw_text(c, y, x, end - x, INK_DIM,
				       shines ? "¹ copied from the source" :
				       "<1> copied from the source") + 3;
		if (!shines)
			x += draw_text(c, y, x, end - x, INK_DIM, "+");
		x += draw_text(c, y, x, end - x, INK_NOVEL, "novel");
		draw_text(c, y, x, end - x, INK_DIM,
			  shines ? ": not in it" : "+: not in it");
	}
}
