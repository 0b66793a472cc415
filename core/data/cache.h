/*
 * cache.h - the token cache as it stands in the file, and who makes, finds and
 * reads it. Internal to dataset*.c and cache*.c; the format is the banner of
 * dataset.c.
 */
#ifndef TUTTI_DATA_CACHE_H
#define TUTTI_DATA_CACHE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"
#include "data/dataset.h"

enum { CACHE_VERSION = 6, CACHE_ENDIAN = 0x01020304 };

struct cache_header {
	char magic[8];                 /* "TUTTITOK" */
	uint32_t version, endian;
	uint64_t file_size;            /* of the cache */
	uint64_t tail_at;              /* where label counts and index begin */
	uint64_t n;                    /* examples */
	uint64_t tokens;               /* sum of their costs */
	struct hash spec, state;       /* what it was made from (cache.c) */
	struct hash content;           /* of the data file */
	struct hash body_sum, tail_sum;
	double mean;                   /* of the numbers */
	int32_t n_labels, vocab, unk, kind;
	struct row_report report;
	uint64_t sum;                  /* of everything before */
};

struct cache_record {
	uint64_t at, line;
	union {
		int32_t label;          /* of a set: how many there are; -1: not known */
		double number;
		uint32_t read;          /* units that are read */
	} value;
	uint32_t n_ids, second, n_target; /* n_target: pieces, or labels of a set, or the
					     numbers of units (text/units.h) */
	uint32_t text_len, pair_len, target_len;
};

_Static_assert(sizeof(struct cache_header) == 2216, "no padding in the header");
_Static_assert(sizeof(struct cache_record) == 48, "no padding in a record");

/* Bytes of the example before its padding. */
uint64_t cache_record_size(const struct cache_record *r);
/* Pieces of the target: n_target numbers of another kind are none. */
uint32_t cache_record_pieces(enum task_kind k, const struct cache_record *r);
/* Tokens that count for packing: source and the target's pieces. */
uint32_t cache_record_cost(enum task_kind k, const struct cache_record *r);

struct dataset {
	struct file_map map;
	const struct cache_header *h;
	const uint64_t *counts;        /* [n_labels] */
	const struct cache_record *record; /* [n] */
	struct masking *masking;       /* owned; NULL: nothing is hidden */
};

/* Where the cache of one data set is, and what it must say it was made from. */
struct cache_place {
	struct hash spec, state;
	struct file_id id;             /* of the data file */
	char dir[PATH_MAX], name[64], path[PATH_MAX];
};

struct hash cache_state_key(const struct file_id *id);
/* From the two keys. */
void cache_place_name(struct cache_place *pl, const char *ending);

/* The keys and the name; the folder comes by cache_place_in. */
enum status cache_place_of(const struct dataset_spec *spec,
			   const struct tokenizer *tok, struct cache_place *pl,
			   struct err *err);
enum status cache_place_in(struct cache_place *pl, const char *dir,
			   struct err *err);
/* A fresh private folder under TMPDIR. */
enum status cache_place_temporary(struct cache_place *pl, struct err *err);
/* Maps it when it is there, whole, and made from the same. */
enum status cache_map(const struct cache_place *pl, struct dataset **out,
		      struct err *err);
/*
 * Removes caches of the same spec in another state, caches that nobody used for
 * two months, and what dead writers left.
 */
void cache_drop_old(const struct cache_place *pl);
void cache_used(const struct cache_place *pl); /* now, for the two months */

/*
 * Reads the data file and writes the cache. `*at_fault` tells whether an error
 * came from writing the cache (another folder may do better).
 */
enum status cache_build(const struct cache_place *pl,
			const struct dataset_spec *spec,
			const struct tokenizer *tok, struct progress *pg,
			bool *at_fault, struct err *err);

/* Whether the rows are good enough; else what is wrong with them. */
enum status cache_check_rows(const struct cache_header *h,
			     const struct dataset_spec *spec, struct err *err);

/* How the columns of a spec are asked for, and where they come in a row. */
struct dataset_columns {
	struct source_spec source;
	int text, pair, target; /* index in the row, or -1; a target that is made is none of
				   the source's fields */
};
void dataset_columns(const struct dataset_spec *spec, struct dataset_columns *c);
/* False for a good row that is on the other side of held_share. */
bool dataset_has_row(const struct dataset_spec *spec, const struct dataset_columns *c,
		     const struct source_row *row);
enum { LABEL_BYTES_MAX = 256 };
/*
 * Marks a row that no task of this kind can use: no text, or no such target
 * (data_kind.h). Whether a label is a known one is not looked at.
 */
void dataset_check_row(const struct dataset_spec *spec, const struct dataset_columns *c,
		       struct source_row *row);
/*
 * Of a kind that makes a source and a target of a row's text: the row's text becomes the
 * source, field c->target the target, both in `made`; or the row is marked. Before
 * dataset_check_row, which then finds a target. `made` is the caller's, used again for
 * each row.
 */
struct made_texts {
	struct buf source, target;
};
void dataset_corrupt(const struct dataset_spec *spec, const struct dataset_columns *c,
		     struct source_row *row, struct made_texts *made);
void made_texts_release(struct made_texts *made);
/* What chooses the rows, as part of a key; nothing where all are taken. */
void dataset_key_rows(const struct dataset_spec *spec, struct hasher *h);
/* Opens the file and begins the progress "reading FILE". */
enum status dataset_source(const struct dataset_spec *spec,
			   const struct dataset_columns *c, struct progress *pg,
			   struct source **out, struct err *err);

#endif
