/*
 * models.h - which model answers the desk's questions: the live one, or that of a
 * checkpoint, opened beside it (ask/reader.h). One at a time.
 */
#ifndef TUTTI_TUI_MODELS_H
#define TUTTI_TUI_MODELS_H

#include <stdbool.h>
#include <stdint.h>

#include "ask/reader.h"
#include "base/status.h"

struct ui;

/* Takes the answer to a question: the text when st is ST_OK, else why there is none. */
typedef void ui_taker(struct ui *ui, enum status st, const char *text);

struct model_question {
	uint64_t ticket;
	ui_taker *take;
};
enum { MODEL_LIVE = -1 };
struct models {
	struct reader *reader;  /* NULL until one is asked */
	int64_t step;           /* of the checkpoint that was chosen, or MODEL_LIVE */
	bool is_best;
	struct model_question waiting[READER_QUEUE_MAX];
	int n_waiting;
};

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
