/*
 * view_help.h - help on one word, and what the Help view keeps.
 */
#ifndef TUTTI_TUI_VIEW_HELP_H
#define TUTTI_TUI_VIEW_HELP_H

#include "ui/ui.h"

struct help_view {
	char word[64];           /* :help WORD; "": the page of the view below */
	int top;                 /* line */
	int cols, rows;          /* of the page when it was drawn; 0: it was not yet */
};

static inline struct help_view *help_of(const struct ui *ui)
{
	return ui->own[VIEW_HELP];
}

/* Shows the help; `word`: a command, or a short word of the screen; "": of the view. */
void help_show(struct ui *ui, const char *word);

#endif
