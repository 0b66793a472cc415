/*
 * wordpiece.h - what the files of WordPiece share among themselves: the words of a
 * text after normalisation, and the parts of the row. Everybody else includes
 * tokenizer.h.
 */
#ifndef TUTTI_TEXT_WORDPIECE_H
#define TUTTI_TEXT_WORDPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "text/strings.h"
#include "text/tokenizer_kind.h"

enum {
	WORD_CHARS = 100, /* a longer word is one [UNK] */
	VOCAB_PIECES_MAX = 1000000,
};

/* What BERT's normaliser does; BertNormalizer's fields elsewhere. */
struct bert_rules {
	bool clean; /* controls go, every white space is a blank (clean_text) */
	bool cjk;   /* an ideograph is a word (handle_chinese_chars) */
	bool strip; /* decomposed, nonspacing marks dropped (strip_accents) */
	bool lower; /* (lowercase) */
};
extern const struct bert_rules bert_uncased; /* all of them */

struct wordpiece_slot {
	uint32_t tag;
	int32_t id; /* -1: empty */
};

struct wordpiece {
	struct tokenizer base;
	struct layout_set layouts; /* base.layouts */
	struct strings piece;
	struct bert_rules rules;
	int word_max;  /* a longer word is one [UNK]; up to WORD_CHARS */
	bool is_plain; /* BERT's uncased one in everything: vocab.txt says all */
	struct wordpiece_slot *slots;
	size_t mask;
	size_t longest; /* bytes of the longest piece, without "##" */
};

/* No pieces yet; wordpiece_index() once they are there, and what it must have is set. */
struct wordpiece *wordpiece_new(void);
void wordpiece_free(struct tokenizer *base);
/* Of pieces that stand twice the later has the id. Returns one such, or -1. */
int32_t wordpiece_index(struct wordpiece *t);

/* wordpiece_read.c: one piece a line; `name` is for messages. */
enum status wordpiece_from_lines(const char *lines, size_t len, const char *name,
				 struct tokenizer **out, struct err *err);
enum status wordpiece_parse(const struct tokenizer_file *file, struct tokenizer **out,
			    struct err *err);
bool wordpiece_writes(const struct tokenizer *t, int file);
void wordpiece_print(const struct tokenizer *t, int file, struct buf *out);
struct hash wordpiece_hash(const struct tokenizer *t);
bool wordpiece_goes_on(const char *piece);          /* is it "##ing"? */
const char *wordpiece_body(const char *piece);      /* "ing" */
/* decode.c, wordpiece_count.c and wordpiece_merges.c: what stands in the row. */
void wordpiece_decode(const struct tokenizer *t, const int32_t *ids, int n,
		      struct buf *out);
struct tokenizer_trainer *wordpiece_train_new(void);
void wordpiece_train_feed(struct tokenizer_trainer *tr, const char *text, size_t len);
enum status wordpiece_train_finish(struct tokenizer_trainer *tr, struct progress *pg,
				   struct tokenizer **out, struct err *err);
void wordpiece_train_free(struct tokenizer_trainer *tr);

extern const char *const special_names[TOK_SPECIALS]; /* "[PAD]" ... */

/* How BERT's normaliser and pre-tokenizer see a code point. */
enum char_kind {
	CHAR_LETTER, /* part of a word */
	CHAR_SPACE,  /* ends a word */
	CHAR_ALONE,  /* punctuation, CJK ideographs: a word by itself */
	CHAR_GONE,   /* control and format characters: as if not there */
};

/* bert_chars.c: single characters. */
enum char_kind char_kind(uint32_t cp, const struct bert_rules *rules); /* as read */
bool char_is_dropped_mark(uint32_t cp);
bool char_is_punctuation(uint32_t cp);
int char_order(uint32_t cp); /* canonical combining class; 0: a starter */
uint32_t char_lower(uint32_t cp);
enum { CHAR_PARTS = 4 };
int char_decompose(uint32_t cp, uint32_t out[CHAR_PARTS]); /* NFD of one */

/*
 * A word: normalised bytes, where each of its characters begins in them, and
 * the bytes [from, to) of the text that each came from. Of a word longer than
 * WORD_CHARS only the count and the place are kept.
 */
struct word {
	int chars;
	uint32_t start, end;
	int run; /* first character of the run of marks at the end */
	uint16_t at[WORD_CHARS + 1];
	uint8_t order[WORD_CHARS];
	uint32_t from[WORD_CHARS], to[WORD_CHARS];
	char bytes[WORD_CHARS * 4];
};

struct word_char {
	uint32_t cp, from, to;
	uint8_t kind; /* enum char_kind, or internal */
};

/* The words of a text, one after the other. Borrows the text. */
struct words {
	struct bert_rules rules;
	const char *text;
	size_t len, pos;
	int queued, taken;
	struct word_char queue[CHAR_PARTS];
};
void words_init(struct words *it, const struct bert_rules *rules, const char *text,
		size_t len);
bool words_next(struct words *it, struct word *w);

#endif
