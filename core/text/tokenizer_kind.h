/*
 * tokenizer_kind.h - what one kind of tokenizer brings. For core/text, and for whoever
 * asks which kinds there are.
 *
 * A kind is a row: a new one is a file with its row and a line in TOKENIZER_KINDS.
 * tokenizer.c's functions call the row of the tokenizer they are given and do what all
 * kinds share: files and folders, and what stands in for a special that is not there.
 */
#ifndef TUTTI_TEXT_TOKENIZER_KIND_H
#define TUTTI_TEXT_TOKENIZER_KIND_H

#include "text/layout.h"
#include "text/tokenizer_train.h"

/* X(name in plans); its row is tokenizer_NAME. The first is a plan's default. */
#define TOKENIZER_KINDS(X) X(wordpiece) X(bpe)

#define TOKENIZER_KIND_ROW(name) extern const struct tokenizer_kind tokenizer_##name;
TOKENIZER_KINDS(TOKENIZER_KIND_ROW)

/* "wordpiece|..": the choices of a plan's field. */
#define TOKENIZER_KIND_CHOICE(name) "|" #name
#define TOKENIZER_KIND_CHOICES (&(TOKENIZER_KINDS(TOKENIZER_KIND_CHOICE))[1])

/* What every kind's own struct begins with. */
struct tokenizer {
	const struct tokenizer_kind *kind;
	const struct layout_set *layouts; /* how texts are laid out */
	int n;                            /* pieces */
	int32_t special[TOK_SPECIALS];    /* -1: it has none of this role */
};

struct tokenizer_trainer {
	const struct tokenizer_kind *kind;
	int size; /* pieces wanted */
	const char *needs; /* text whose characters are wanted; NULL: none */
};

/* The bytes of a file, s NULL: it is not there; `name` is for messages. */
struct tokenizer_file {
	const char *name, *s;
	size_t len;
};

struct tokenizer_kind {
	const char *name, *help;
	const char *json_type; /* model.type of a tokenizer.json; NULL: it has none */
	/* The files of a folder that hold it, in the order of parse(); NULL ends. */
	const char *file[TOKENIZER_FILES_MAX + 1];
	/*
	 * Bits of files: parse() does without it; it holds the pieces, so that whoever
	 * names it wants no other of these.
	 */
	unsigned may_lack, has_pieces;

	/* From the bytes of its files, and the bytes of file number `file`: appends. */
	enum status (*parse)(const struct tokenizer_file *file, struct tokenizer **out,
			     struct err *err);
	void (*print)(const struct tokenizer *t, int file, struct buf *out);
	/* Does t need this file to be read again? NULL: all. Its first one it always does. */
	bool (*writes)(const struct tokenizer *t, int file);
	void (*free)(struct tokenizer *t);
	struct hash (*hash)(const struct tokenizer *t); /* of all that ids follow from */

	const char *(*piece)(const struct tokenizer *t, int32_t id);
	int32_t (*id)(const struct tokenizer *t, const char *piece); /* or -1 */
	int (*encode)(const struct tokenizer *t, const char *text, size_t len, int32_t *ids,
		      struct token_span *spans, int cap, int *total);
	void (*decode)(const struct tokenizer *t, const int32_t *ids, int n,
		       struct buf *out);

	/* Of a piece as it is written, without its vocabulary (tokenizer.h). */
	int (*role)(const char *piece);
	bool (*begins_word)(const char *piece);
	bool (*places)(const char *text, size_t len, const char *const *piece, int n,
		       struct token_span *out);

	/* Training: all NULL when it cannot be trained here. */
	struct tokenizer_trainer *(*train_new)(void);
	void (*train_feed)(struct tokenizer_trainer *tr, const char *text, size_t len);
	enum status (*train_finish)(struct tokenizer_trainer *tr, struct progress *pg,
				    struct tokenizer **out, struct err *err);
	void (*train_free)(struct tokenizer_trainer *tr);
};

#endif
