/*
 * tokenizer.h - text to ids and back, whatever the kind of the tokenizer.
 *
 * A tokenizer is of a kind (tokenizer_kind.h: one row each), read from the kind's files
 * or trained from the tasks' own text (tokenizer_train.h). No special tokens are added
 * here: layout.h does; and no text gives one, whatever it says: "[SEP]" in a text is
 * cut into pieces as any other word. Immutable once made: any thread may read.
 */
#ifndef TUTTI_TEXT_TOKENIZER_H
#define TUTTI_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"

struct tokenizer;
struct tokenizer_kind;

/* Roles of pieces that no text gives. CLS begins, SEP ends (BOS and EOS elsewhere). */
enum special { TOK_PAD, TOK_UNK, TOK_CLS, TOK_SEP, TOK_MASK, TOK_SPECIALS };

/*
 * A piece's place in the text it came from: bytes [start, end). `word` counts
 * the words (pre-tokens) of the text, so that pieces of one word share it.
 */
struct token_span {
	uint32_t start, end, word;
};

/* --- kinds --- */

/* Kind number i; NULL behind the last. By name: NULL when there is none. */
const struct tokenizer_kind *tokenizer_kind_at(int i);
const struct tokenizer_kind *tokenizer_kind_find(const char *name);
const char *tokenizer_kind_name(const struct tokenizer_kind *k);
/* File i < TOKENIZER_FILES_MAX of a folder that has one ("vocab.txt"); NULL: no more. */
enum { TOKENIZER_FILES_MAX = 4 };
const char *tokenizer_file(const struct tokenizer_kind *k, int i);

/*
 * Of a piece as it is written, where only texts of pieces are left: its enum special
 * or -1; whether it begins a word. k NULL: nobody knows, so the first kind.
 */
int tokenizer_role(const struct tokenizer_kind *k, const char *piece);
bool tokenizer_begins_word(const struct tokenizer_kind *k, const char *piece);
/*
 * Where the pieces of a text stand in it: out[i] gets the bytes of piece i's
 * whole word (start == end: a mark like [CLS], or more pieces than text).
 * Returns true when the text goes on after the last piece: it was cut.
 */
bool tokenizer_places(const struct tokenizer_kind *k, const char *text, size_t len,
		      const char *const *piece, int n, struct token_span *out);

/* --- files --- */

/*
 * From a folder's files: tokenizer.json if there is one, else the kind's others
 * (vocab.txt; vocab.json with merges.txt), with what tokenizer_config.json says.
 * ST_NOT_FOUND: it has none; ST_INVALID: not this kind's, or none of ours.
 */
enum status tokenizer_open_folder(const struct tokenizer_kind *k, const char *folder,
				  struct tokenizer **out, struct err *err);
/* The kind whose files a folder has, the first of several; the first kind if none. */
const struct tokenizer_kind *tokenizer_kind_in(const char *folder);
/*
 * From a folder, or from a file that may have any name: its content says which of the
 * kind's it is; those beside it have the names of the row. k NULL: any kind.
 */
enum status tokenizer_load(const struct tokenizer_kind *k, const char *path,
			   struct tokenizer **out, struct err *err);
/* Is file i of its kind one that this tokenizer is saved as? The first always is. */
bool tokenizer_has_file(const struct tokenizer *t, int file);
/* May file i of the kind be missing where one was saved? */
bool tokenizer_file_may_lack(const struct tokenizer_kind *k, int file);
/* Can it be made from texts (tokenizer_train.h)? */
bool tokenizer_is_trained(const struct tokenizer_kind *k);
enum status tokenizer_save_file(const struct tokenizer *t, int file, const char *path,
				struct err *err);
/*
 * All files in one text and back, for whoever keeps it elsewhere: one after the other
 * with a NUL between two. pack appends; `name` is for messages.
 */
void tokenizer_pack(const struct tokenizer *t, struct buf *out);
enum status tokenizer_unpack(const struct tokenizer_kind *k, const char *s, size_t len,
			     const char *name, struct tokenizer **out, struct err *err);
void tokenizer_free(struct tokenizer *t); /* NULL is fine */

/* --- pieces --- */

const struct tokenizer_kind *tokenizer_kind_of(const struct tokenizer *t);
int tokenizer_size(const struct tokenizer *t);
const char *tokenizer_piece(const struct tokenizer *t, int32_t id); /* borrowed */
/* Or -1. For tests of vocabularies; encoding has its own way. */
int32_t tokenizer_id(const struct tokenizer *t, const char *piece);
struct hash tokenizer_hash(const struct tokenizer *t);

/* The id of a role; -1: this tokenizer has none. */
int32_t tokenizer_special(const struct tokenizer *t, enum special s);
/* What a decoder reads first, and what it writes last: there is always one. */
int32_t tokenizer_start(const struct tokenizer *t);
int32_t tokenizer_end(const struct tokenizer *t);
/* In place of a token that is none (UNK), or is hidden (MASK): or what comes near. */
int32_t tokenizer_stand_in(const struct tokenizer *t);
int32_t tokenizer_hidden(const struct tokenizer *t);
/* The ids that no text ends up with: all specials but the end. Returns how many. */
int tokenizer_never_written(const struct tokenizer *t, int32_t out[TOK_SPECIALS]);

/* --- text to ids and back --- */

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
 * The text that ids stand for, as a person would write it (the kind's file says how),
 * in NFC. Specials (and ids that are none) are left out. Appends to out.
 */
void tokenizer_decode(const struct tokenizer *t, const int32_t *ids, int n,
		      struct buf *out);

#endif
