/*
 * blind.h - references in which ROUGE finds no word: whatever a model writes, it
 * scores 0 there, and nobody could tell that from a bad summary.
 */
#ifndef TUTTI_RUN_BLIND_H
#define TUTTI_RUN_BLIND_H

#include "base/str.h"
#include "run/session.h"

struct rouge_blind {
	uint64_t n, of; /* n of so many references have no word; 0 of 0: no summaries */
};
/* Of the task's dev rows (else of train), at most a few thousand, evenly spread. */
struct rouge_blind rouge_blind_count(const struct session *s, int task);
/* Appends it as one line of words; false: there is nothing to say. */
bool rouge_blind_words(const struct plan_task *t, struct rouge_blind b, struct buf *out);

#endif
