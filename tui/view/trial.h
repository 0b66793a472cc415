/*
 * trial.h - "try a text": a layer over any view.
 */
#ifndef TUTTI_TUI_TRIAL_H
#define TUTTI_TUI_TRIAL_H

#include "command/command.h"
#include "ui/ui.h"

struct trial {
	bool is_waiting;
	char text[COMMAND_TEXT];
	struct buf answer;      /* JSON */
	int scroll;             /* the task at the top, and which is explained */
	int64_t serial;         /* of the text: what its attributions are kept by */
};

static inline struct trial *trial_of(const struct ui *ui)
{
	return ui->own[VIEW_TRY];
}

/* Asks every task what it says of a text, or TASK of "TASK TEXT"; borrows it. */
void trial_start(struct ui *ui, const char *text);
/* Asks which words of the text made the answer of that channel. */
void trial_explain(struct ui *ui, int task);

#endif
