/*
 * effect_draw.h - what came after a journal entry (effect.h) on a canvas. `e` is the
 * entry, `f` its effect, or NULL while it is not measured; the picture has the tasks'
 * names.
 */
#ifndef TUTTI_TUI_EFFECT_DRAW_H
#define TUTTI_TUI_EFFECT_DRAW_H

#include "screen/canvas.h"
#include "feed/effect.h"

/*
 * "samsum −0.051 ↓ /300" at the right end of r, which is one row: the task, by how much
 * its loss changed, the steps that it is over.
 */
void draw_effect(struct canvas *c, const struct snapshot *s, struct rect r,
		 const struct journal_entry *e, const struct effect *f);
/*
 * The smoothed loss of one task from as many steps before the entry as after it, and
 * the trend before it drawn on.
 */
void draw_effect_path(struct canvas *c, const struct snapshot *s, struct rect r,
		      const struct journal_entry *e, const struct effect *f);
/* Every task's losses, their change, and what the trend leaves of it. */
void draw_effects(struct canvas *c, const struct snapshot *s, struct rect r,
		  const struct journal_entry *e, const struct effect *f);

#endif
