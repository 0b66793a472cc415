/*
 * effect_draw.h - what came after a journal entry (effect.h) on a canvas. `mark` is
 * the entry's place in the marks.
 */
#ifndef TUTTI_TUI_EFFECT_DRAW_H
#define TUTTI_TUI_EFFECT_DRAW_H

#include "journal_view.h"

/* "samsum −0.051 ↓ /300" in w columns before `end`: the steps that it is over. */
void draw_effect(struct canvas *c, const struct ui *ui, int y, int end, int w, int mark);
/*
 * The smoothed loss of one task from as many steps before the entry as after it, and
 * the trend before it drawn on.
 */
void draw_effect_path(struct canvas *c, const struct ui *ui, struct rect r, int mark);
/* Every task's losses, their change, and what the trend leaves of it. */
void draw_effects(struct canvas *c, const struct ui *ui, struct rect r, int mark);

#endif
