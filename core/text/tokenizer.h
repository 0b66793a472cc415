/*
 * tokenizer.h - WordPiece: text to ids as BERT's uncased tokenizer does it, a
 * vocabulary read from vocab.txt or trained from the tasks' own text.
 *
 * Encoding = clean, lower-case, NFD, drop combining marks, split on white
 * space, punctuation and CJK, then greedy longest match with "##" pieces
 * (Devlin et al. 2019; Wu et al. 2016). Same ids as Hugging Face's
 * BertTokenizer(do_lower_case=True) over the same vocabulary, which includes
 * that a text which says "[MASK]" (or another special, in just these letters)
 * gets that special's id. No special tokens are added here. Immutable once
 * made: any thread may read.
 */
#ifndef TUTTI_TEXT_TOKENIZER_H
#define TUTTI_TEXT_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"
#include "base/str.h"

struct tokenizer;

/* The ids every vocabulary must have; a vocab.txt that lacks one is refused. */
enum special { TOK_PAD, TOK_UNK, TOK_CLS, TOK_SEP, TOK_MASK, TOK_SPECIALS };

/*
 * A piece's place in the text it came from: bytes [start, end). `word` counts
 * the words (pre-tokens) of the text, so that pieces of one word share it.
 */
struct token_span {
	uint32_t start, end, word;
};

enum status tokenizer_load(const char *vocab_path, struct tokenizer **out,
			   struct err *err);
enum status tokenizer_save(const struct tokenizer *t, const char *vocab_path,
			   struct err *err);
/* The same from and to text: one piece a line. `name` is for messages; appends. */
enum status tokenizer_from_lines(const char *lines, size_t len, const char *name,
				 struct tokenizer **out, struct err *err);
void tokenizer_lines(const struct tokenizer *t, struct buf *out);
void tokenizer_free(struct tokenizer *t);

/*
 * Training: feed every text, then finish. Deterministic: the same texts in the
 * same order give the same vocabulary. Pieces: specials in the order of enum
 * special, the characters seen (alone and as "##" continuation; the most
 * frequent ones when there are too many), then merges of the pair with the
 * largest count, ties by the older pieces, while a pair occurs twice or more.
 * A small text yields fewer than `size` pieces.
 */
struct tokenizer_trainer;
struct tokenizer_trainer *tokenizer_trainer_new(int size);
void tokenizer_trainer_feed(struct tokenizer_trainer *tr, const char *text,
			    size_t len);
/* Frees tr in every case. ST_INVALID when there was no text, or size too small. */
enum status tokenizer_trainer_finish(struct tokenizer_trainer *tr,
				     struct progress *pg,
				     struct tokenizer **out, struct err *err);
void tokenizer_trainer_free(struct tokenizer_trainer *tr);

int tokenizer_size(const struct tokenizer *t);
int32_t tokenizer_special(const struct tokenizer *t, enum special s);
/* Borrowed; "##" in front of a continuation. */
const char *tokenizer_piece(const struct tokenizer *t, int32_t id);
int32_t tokenizer_id(const struct tokenizer *t, const char *piece); /* or -1 */
struct hash tokenizer_hash(const struct tokenizer *t);

/*
 * Writes up to `cap` ids and returns how many were written; stops there (a
 * text longer than the limit loses its end). `spans` may be NULL. `*total`
 * (may be NULL) gets the number of tokens of the whole text.
 * The text must be valid UTF-8 (utf8_valid); never allocates more than O(len).
 */
int tokenizer_encode(const struct tokenizer *t, const char *text, size_t len,
		     int32_t *ids, struct token_span *spans, int cap,
		     int *total);
/*
 * Joins pieces to words and words to a line as a person would write it: no
 * space before . , ! ? ; : % ) ] }, none after ( [ { $ #, quotes hug what they
 * quote, contractions ("don't", "o'clock"), hyphens, slashes and underscores
 * join their neighbours, so do points, colons and thousands' commas between
 * digits. Specials (and ids that are none) are left out. Appends to out, in NFC.
 */
void tokenizer_decode(const struct tokenizer *t, const int32_t *ids, int n,
		      struct buf *out);

#endif
