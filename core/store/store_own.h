/*
 * store_own.h - what store.c and store_read.c share. Others include store.h.
 */
#ifndef TUTTI_STORE_STORE_OWN_H
#define TUTTI_STORE_STORE_OWN_H

#include "store/db.h"
#include "store/store.h"

/*
 * A step as bytes, little-endian:
 *   u8 version (3), u8 flags (1: skipped), u32 tokens, f32 lr, f32 norm, f32 seconds,
 *   then per task u8 task, u16 count, u32 examples, f32 loss, f32 weight.
 * Version 2 has per task u8 task, u8 count, f32 loss, f32 weight, u16 examples (at
 * most 65 535, whatever there were), version 1 the same without examples; both are
 * still read.
 */
enum { STEP_VERSION = 3, STEP_HEAD = 18, STEP_TASK = 15, STEP_TASK_2 = 12,
       STEP_TASK_1 = 10, STEP_BYTES = STEP_HEAD + STEP_TASK * MIX_TASKS_MAX };

/*
 * A row of `t` stands (line.h): no later timeline began before its step. The words of a
 * fact's value begin with that step.
 */
#define STANDS(t)                                                              \
	" " t ".step <= ifnull((SELECT min(CAST(value AS INTEGER)) FROM fact"       \
	" WHERE key > 'timeline.' AND key < 'timeline/'"                           \
	" AND CAST(substr(key, 10) AS INTEGER) > " t ".timeline),"                 \
	" 9223372036854775807) "

struct step_wait { /* a step that waits for the next flush */
	int timeline;
	int64_t step;
	int len;
	unsigned char bytes[STEP_BYTES];
};

struct conflict_wait { /* a measurement that does, store_conflict.c */
	int timeline;
	int64_t step;
	size_t len;
	unsigned char *bytes; /* owned */
};

struct store {
	struct db *db;
	char *path;
	struct step_wait *wait;
	size_t n_wait, cap_wait;
	double since;       /* of the first that waits */
	double retry, gap;  /* somebody held the file: not before; s between tries */
	struct gradient_row *gradient; /* wait too */
	size_t n_gradients, cap_gradients;
	struct conflict_wait *conflict;
	size_t n_conflicts, cap_conflicts;
};

/*
 * store_schema.c: the tables of a new store; is an old one's version ours, or an older
 * one? That of a writer is brought to ours.
 */
enum status schema_make(struct store *s, struct err *err);
enum status schema_check(struct store *s, bool is_writer, struct err *err);
/* The version as the file has it now: a reader's may be brought to ours meanwhile. */
enum status schema_version(struct store *s, int *out, struct err *err);
/* What reads the journal of a store of its version, whole and by the page. */
enum status journal_select(struct store *s, const char **sql_all, const char **sql_page,
			   struct err *err);
/*
 * The outcome of a prediction of version 1, from its eight columns (PREDICTION_1) that
 * begin at `column`; false: they cannot be. Text and detail are elsewhere.
 */
#define PREDICTION_1 " p.p, gold, pred, number, guess, rouge1, rouge2, rougeL"
bool schema_take_outcome_1(const struct db_rows *q, int column, bool has_text,
			   struct prediction *p);

/* store_eval.c: a prediction as a row of `sql`, which has this version's columns. */
enum status store_put_prediction(struct store *s, const char *sql,
				 const struct eval_row *e, const struct prediction *p,
				 struct err *err);

/* store_gradient.c: its table, where a store is without; what waits, written. */
enum status gradient_table(struct store *s, struct err *err);
enum status gradient_flush(struct store *s, struct err *err);

/* store_conflict.c: likewise; and what was written, or will not be, is let go. */
enum status conflict_table(struct store *s, struct err *err);
enum status conflict_flush(struct store *s, struct err *err);
void conflict_drop(struct store *s);

/* line.c: its table, likewise. */
enum status mark_table(struct store *s, struct err *err);

/* store_eval.c: its tables, where a store is without, and is there one of that name? */
bool store_has_table(struct store *s, const char *name);
enum status score_table(struct store *s, struct err *err);

unsigned char *store_put_f32(unsigned char *p, float x); /* returns the place behind */
float store_get_f32(const unsigned char *p);
int step_pack(const struct step_row *r, unsigned char *out);
/* false: these are no bytes of a step. */
bool step_unpack(const unsigned char *p, size_t len, struct step_row *r);
/* Rows of the columns that store_read.c asks for; false: they cannot be. */
bool store_take_entry(const struct db_rows *q, struct journal_entry *e);
bool store_take_eval(const struct db_rows *q, struct eval_row *r);
enum status store_damaged(const struct store *s, const char *what, struct err *err);

#endif
