/*
 * wordpiece_train.h - what the two files of WordPiece's training share: the words.
 */
#ifndef TUTTI_TEXT_WORDPIECE_TRAIN_H
#define TUTTI_TEXT_WORDPIECE_TRAIN_H

#include "text/wordpiece.h"

struct trainer_word {
	uint64_t count;
	uint32_t at, len; /* its bytes in wordpiece_trainer.bytes */
};

struct wordpiece_trainer {
	struct tokenizer_trainer base;
	char *bytes;
	size_t used, bytes_cap;
	struct trainer_word *words; /* in the order first seen */
	size_t n, words_cap;
	uint32_t *slots; /* hash table: number of the word + 1 */
	size_t mask;
};

enum { CODE_POINTS = 0x110000 };

struct letter {
	uint32_t cp;
	uint64_t count;
};

/* All letters of the words, most frequent first; caller frees. */
struct letter *trainer_letters(const struct wordpiece_trainer *tr, size_t *n);
/*
 * Those of the text that is needed come first, unless all are among the first `kept`;
 * the others keep their order. Says whether that changed anything.
 */
bool trainer_need_letters(const struct wordpiece_trainer *tr, struct letter **letters,
			  size_t *n, size_t kept);
/* By code point. */
void trainer_sort_letters(struct letter *letters, size_t n);

#endif
