/*
 * checkpoint.h - a session's state on the disk, whole and checked.
 *
 *   checkpoints/step-000500/  model.safetensors      weights
 *                             optimizer.safetensors  m, v, counts
 *                             state.json             cursors, mix, step, journal place
 *                             config.json vocab.txt  what the model is
 *
 * The folder is written under a temporary name, every file flushed, then
 * renamed, the parent flushed, and only then recorded in the store and older
 * ones deleted (kept: the newest `keep` >= 2, the best, the named).
 */
#ifndef TUTTI_RUN_CHECKPOINT_H
#define TUTTI_RUN_CHECKPOINT_H

#include "run/session.h"
#include "run/store.h"

/* journal_seq: the last journal entry that is in this state. */
enum status checkpoint_save(struct session *s, struct store *st, const char *run,
			    const char *name, int64_t journal_seq, double score,
			    struct checkpoint_row *out, struct err *err);
/*
 * Loads the state from a checkpoint folder. Everything is checked (sums, names,
 * shapes) before anything is taken: on an error the session is as it was.
 */
enum status checkpoint_load(struct session *s, const char *folder,
			    int64_t *journal_seq, struct err *err);
/* Weights alone, for eval and predict. */
enum status checkpoint_load_weights(struct session *s, const char *folder,
				    struct err *err);
/*
 * The newest complete checkpoint at or below `step` (-1: newest; CHECKPOINT_BEST:
 * the best by dev metric, else the newest): its folder. ST_NOT_FOUND; ST_CORRUPT
 * when there are some and all are damaged. Damaged ones are passed over: whoever
 * wants to say so asks checkpoint_list().
 */
enum { CHECKPOINT_NEWEST = -1, CHECKPOINT_BEST = -2 };
enum status checkpoint_find(const char *run, int64_t step, char *folder, size_t cap,
			    struct err *err);
/* What a checkpoint says of itself, without loading it. */
struct checkpoint_info {
	char folder[64];    /* "step-000500" */
	int timeline, revision; /* revision: how often this step was written anew */
	int64_t step, journal_seq;
	char name[64], state[40];
	double score;       /* NaN: none */
	bool complete;      /* all files there, in their sizes */
	char trouble[160];  /* when not: why */
	bool other_format;  /* when not: not damaged, of another version's format */
};
/* All under a run, newest first; returns (caller frees). None is no error. */
enum status checkpoint_list(const char *run, struct checkpoint_info **out, int *n,
			    struct err *err);
/* Means and scales of the plan's tasks: what a session without data needs. */
enum status checkpoint_norms(const char *folder, const struct plan *p,
			     struct session_norm *out, struct err *err);
/* Removes half-written folders that a crash left. */
enum status checkpoint_sweep(const char *run, struct err *err);

#endif
