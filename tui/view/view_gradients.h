/*
 * view_gradients.h - what the files of the Gradients view share: its own data, and the
 * page of pairs (gradients_pairs.c) beside that of tasks.
 */
#ifndef TUTTI_TUI_VIEW_GRADIENTS_H
#define TUTTI_TUI_VIEW_GRADIENTS_H

#include "ui/ui.h"

struct gradients_view {
	struct curve_range norms;    /* its axis stands still */
	bool shows_pairs;            /* the page of pairs, else of tasks */
	bool is_chosen;              /* the pair is the person's; else the one that agrees least */
	int row, column;             /* the pair */
	int group;                   /* whose cosines: CONFLICT_ALL, or a group */
	struct curve_range cosines;
};

static inline struct gradients_view *gradients_view(const struct ui *ui)
{
	return ui->own[VIEW_GRADIENTS];
}

void pairs_recalc(struct ui *ui);
void pairs_draw(struct canvas *c, const struct ui *ui, struct rect body);
bool pairs_act(struct ui *ui, int action, int arg);
/* "sst2 against samsum: -0.21, most in layer 3", in at most w columns. */
void pairs_words(struct canvas *c, const struct snapshot *s, int y, int x, int w, int i, int k);
/* How often measuring is done, and what it costs: the end of a head line. */
void pairs_cost(struct canvas *c, const struct snapshot *s, int y, int x, int w);
/* Explains in r, dimmed. */
void gradients_help(struct canvas *c, struct rect r, const char *text);

#endif
