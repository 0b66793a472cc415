/*
 * unknown.h - what a model is to say and has no pieces for.
 */
#ifndef TUTTI_ASK_UNKNOWN_H
#define TUTTI_ASK_UNKNOWN_H

#include "session/session.h"

/*
 * Words of a task's prompt, and of what is said for its labels, that the run's tokenizer
 * reads as [UNK]: a line for each text that has any, with its first. A vocabulary that
 * was trained has all of their characters, as far as its size goes; a given one may not.
 * Nothing of models that say no answers. Appends to out.
 */
void unknown_words(const struct session *s, int task, struct buf *out);

#endif
