/*
 * models.h - which model answers the desk's questions: the live one, or that of a
 * checkpoint, opened beside it (ask/reader.h). One at a time.
 */
#ifndef TUTTI_TUI_MODELS_H
#define TUTTI_TUI_MODELS_H

#include "ui.h"

/* True: questions go to the run itself. Never so when it has ended. */
bool models_is_live(const struct ui *ui);
/* Asks the chosen checkpoint (the best one unless there was a choice). */
bool models_ask(struct ui *ui, const char *line, ui_taker *take);
/* Gives answers to whoever waits for them; true: there was one. */
bool models_update(struct ui *ui);
void models_release(struct ui *ui);
/* A live run's desk gives a checkpoint's memory back when nobody looks any more. */
void models_rest(struct ui *ui);
/* "the live model", "best checkpoint, step 500". */
void models_name(const struct ui *ui, char out[64]);
/* The prompt's "model live|best|next|STEP"; a text that is being tried is asked again. */
void models_choose(struct ui *ui, const char *word);

#endif
