/*
 * label_texts.h - what a model that says its answers says for each label, or each number
 * of a grid, in pieces of the run's tokenizer.
 */
#ifndef TUTTI_SESSION_LABEL_TEXTS_H
#define TUTTI_SESSION_LABEL_TEXTS_H

#include "session/session.h"

/*
 * Fills text and text_off of mt [n_tasks] in the arena, from the plan's label_texts or
 * the labels themselves, or from the numbers of the task's grid. Where the model says
 * its answers, a text of no or too many pieces and two of one text are refused.
 */
enum status label_texts_read(const struct session *s, struct arena *a, struct model_task *mt,
			     struct err *err);

/* How many texts a task has, and text k: borrowed, or of a number, in `number`. */
int label_texts_count(const struct session *s, int task);
const char *label_text(const struct session *s, int task, int k, char number[NUMBER_TEXT]);
/* The field of the plan's task that they come from. */
const char *label_texts_field(const struct session *s, int task);

#endif
