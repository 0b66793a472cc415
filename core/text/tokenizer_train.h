/*
 * tokenizer_train.h - a tokenizer made from texts, where its kind can be.
 */
#ifndef TUTTI_TEXT_TOKENIZER_TRAIN_H
#define TUTTI_TEXT_TOKENIZER_TRAIN_H

#include "base/progress.h"
#include "text/tokenizer.h"

/*
 * What is wanted when there is no file: a kind, how many pieces, and a text whose every
 * character is to be in them, however rare (NULL: none; borrowed until the finish).
 */
struct tokenizer_wish {
	const struct tokenizer_kind *kind;
	int size;
	const char *needs;
};
/*
 * Feed every text, then finish. Deterministic: the same texts in the same order give
 * the same vocabulary. A small text yields fewer than `size` pieces.
 */
struct tokenizer_trainer;
/* ST_INVALID: the kind cannot be trained. */
enum status tokenizer_trainer_new(struct tokenizer_wish w, struct tokenizer_trainer **out,
				  struct err *err);
void tokenizer_trainer_feed(struct tokenizer_trainer *tr, const char *text,
			    size_t len);
/* Frees tr in every case. ST_INVALID when there was no text, or size too small. */
enum status tokenizer_trainer_finish(struct tokenizer_trainer *tr,
				     struct progress *pg,
				     struct tokenizer **out, struct err *err);
void tokenizer_trainer_free(struct tokenizer_trainer *tr); /* NULL is fine */

#endif
