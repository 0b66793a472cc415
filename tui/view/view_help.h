/*
 * view_help.h - help on one word.
 */
#ifndef TUTTI_TUI_VIEW_HELP_H
#define TUTTI_TUI_VIEW_HELP_H

struct ui;

/* Shows the help; `word`: a command, or a short word of the screen; "": of the view. */
void help_show(struct ui *ui, const char *word);

#endif
