/*
 * bpe.h - what the files of byte-level BPE share among themselves: its tables, the
 * alphabet that its pieces are written in, merging. Everybody else includes tokenizer.h.
 *
 * A text is cut into words by GPT-2's pattern; each word's bytes are pieces at first,
 * and the pair of neighbours whose merge stands first in the list becomes one, until
 * there is none (Sennrich, Haddow, Birch 2016; Radford et al. 2019).
 */
#ifndef TUTTI_TEXT_BPE_H
#define TUTTI_TEXT_BPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "text/strings.h"
#include "text/tokenizer_kind.h"

enum { BPE_BYTES = 256, BPE_SHORT = 48, BPE_MERGES_MAX = 4000000 };

struct bpe_pair {
	int32_t left, right;
};

/* One merge in the table: what two neighbours become. */
struct bpe_merge {
	uint64_t key; /* left, right */
	int32_t rank; /* its place in the list, the lowest first; -1: empty */
	int32_t id;   /* of both together */
};

struct bpe_pattern; /* GPT-2's, compiled */

struct bpe {
	struct tokenizer base;
	struct layout_set layouts; /* base.layouts */
	struct strings piece;      /* as written: "\u0120the" */
	struct strings raw;        /* the bytes that piece i stands for: " the" */
	struct string_index names; /* of piece */
	struct string_index whole; /* of raw: those that their own bytes merge into */
	int32_t byte[BPE_BYTES];   /* the piece of a byte; -1: there is none */
	struct bpe_pair *pair;     /* merges in their order */
	int n_pairs;
	size_t pair_cap;
	struct bpe_merge *merge; /* the table of them */
	size_t merge_mask;
	struct bpe_pattern *pattern;
	bool prefix_space; /* a text is read as if it began with a blank */
	bool fuse_unk;     /* bytes without pieces, one after the other, are one unk */
	int32_t unk;       /* what they are; -1: nothing */
};

static inline const struct bpe *bpe_of(const struct tokenizer *t)
{
	return (const struct bpe *)t;
}

/* bpe_bytes.c: the alphabet. A piece's bytes; of one in other letters its own. */
void bpe_raw(const char *piece, struct buf *out);
void bpe_letter(unsigned char byte, char out[4]); /* with a NUL */
void bpe_decode(const struct tokenizer *t, const int32_t *ids, int n, struct buf *out);

/* bpe_pattern.c: words. NULL never: the pattern is ours. */
struct bpe_pattern *bpe_pattern_new(void);
void bpe_pattern_free(struct bpe_pattern *p); /* NULL is fine */
/* Words of a text that must stay where it is, one after the other. */
struct bpe_words {
	const struct bpe_pattern *pattern;
	const char *text;
	size_t len, pos, valid; /* to `valid` it is UTF-8; behind it a byte is a word */
	void *match;
};
void bpe_words_init(struct bpe_words *w, const struct bpe_pattern *p, const char *text,
		    size_t len);
/* False at the end of the text. */
bool bpe_words_next(struct bpe_words *w, size_t *from, size_t *to);
void bpe_words_release(struct bpe_words *w);

/* bpe_merge.c */
void bpe_index_merges(struct bpe *t); /* from t->pair; a pair's last one counts */
/* A piece of a word: its id and how many of the word's bytes it has. */
struct bpe_part {
	int32_t id;
	uint32_t len;
};
/* Room for a word's parts, kept from word to word. */
struct bpe_work {
	struct bpe_part few[BPE_SHORT];
	struct bpe_part *part; /* the answer: in `few` or in `many` */
	struct bpe_part *many;
	size_t cap;
};
void bpe_work_init(struct bpe_work *w);
void bpe_work_release(struct bpe_work *w);
/* Returns the number of parts, in w->part. O(len log len). */
size_t bpe_split(const struct bpe *t, const char *word, size_t len, struct bpe_work *w);

/* bpe_read.c: from files and to them. */
enum status bpe_parse(const struct tokenizer_file *file, struct tokenizer **out,
		      struct err *err);
bool bpe_writes(const struct tokenizer *t, int file);
void bpe_print(const struct tokenizer *t, int file, struct buf *out);
struct hash bpe_hash(const struct tokenizer *t);
void bpe_free(struct tokenizer *t);

#endif
