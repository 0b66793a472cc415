/*
 * blind.h - references in which ROUGE finds no word: whatever a model writes, it
 * scores 0 there, and nobody could tell that from a bad summary.
 */
#ifndef TUTTI_ASK_BLIND_H
#define TUTTI_ASK_BLIND_H

#include "base/str.h"
#include "metric/rouge.h"
#include "session/session.h"

struct rouge_blind {
	uint64_t n, of; /* n of so many references have no word; 0 of 0: no summaries */
	uint64_t foreign; /* of the n: every script's letters would be words there */
};
/* One reference more. */
void rouge_blind_add(struct rouge_blind *b, struct rouge_scorer *rs, const char *text);
/* Of the task's dev rows (else of train), at most a few thousand, evenly spread. */
struct rouge_blind rouge_blind_count(const struct session *s, int task);
/*
 * Appends it as one line of words, with what to say for every script's letters;
 * false: there is nothing to say.
 */
bool rouge_blind_words(struct rouge_blind b, const char *remedy, struct buf *out);
#define ROUGE_REMEDY "\"rouge\": \"unicode\"" /* in a plan */

#endif
