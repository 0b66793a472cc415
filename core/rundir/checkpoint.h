/*
 * checkpoint.h - a session's state on the disk, whole and checked.
 *
 *   checkpoints/step-000500/  model.safetensors      weights
 *                             optimizer.safetensors  m, v, counts
 *                             average.safetensors    the weights' average, where the plan
 *                                                    has one, by the weights' names
 *                             state.json             cursors, mix, step, journal place
 *                             config.json            what the model is
 *                             vocab.txt              the tokenizer's own files
 *
 * With budget.checkpoint `changed` the tensors of parameters that no update has touched are
 * left out; state.json has the hash of the init that they are of.
 *
 * The folder is written under a temporary name, every file flushed, then
 * renamed, the parent flushed, and only then recorded in the store and older
 * ones deleted (kept: the newest `keep` >= 2, the best, the named). The best is the
 * one of the highest score (store.h), scored by the evaluation of its very step.
 */
#ifndef TUTTI_RUNDIR_CHECKPOINT_H
#define TUTTI_RUNDIR_CHECKPOINT_H

#include "session/session.h"
#include "store/store.h"

/* journal_seq: the last journal entry that is in this state. */
enum status checkpoint_save(struct session *s, struct store *st, const char *run,
			    const char *name, int64_t journal_seq,
			    struct checkpoint_row *out, struct err *err);
/*
 * The store's rows as the folders are (what a crash left between a folder and its
 * row), the word "best" where it belongs, and what need not be kept is removed.
 */
enum status checkpoint_settle(const char *run, struct store *st, int keep,
			      struct err *err);
/*
 * Loads the state from a checkpoint folder. Everything is checked (sums, names,
 * shapes) before anything is taken: on an error the session is as it was, but for an init
 * that is gone or has changed since, where a checkpoint holds what has changed alone
 * (budget.checkpoint): then it is of no more use.
 */
enum status checkpoint_load(struct session *s, const char *folder,
			    int64_t *journal_seq, struct err *err);
/* Weights alone, for eval and predict, and the step they are of. */
enum status checkpoint_load_weights(struct session *s, const char *folder,
				    struct err *err);
/*
 * The same, of the weights' average. ST_INVALID: the run has none.
 */
enum status checkpoint_load_average(struct session *s, const char *folder,
				    struct err *err);
/*
 * The newest checkpoint that stands, at or below `step` (-1: newest; CHECKPOINT_BEST: the best by
 * its score, else the newest). ST_NOT_FOUND; ST_CORRUPT, with its name and the sound
 * one before it, when the one that is meant is damaged: none is passed over.
 */
enum { CHECKPOINT_NEWEST = -1, CHECKPOINT_BEST = -2 };
struct checkpoint_choice {
	char folder[PATH_MAX];
	int64_t step, asked;
	bool is_scored;     /* asked for the best, and it is */
	double score;
};
enum status checkpoint_choose(const char *run, int64_t step,
			      struct checkpoint_choice *out, struct err *err);
/* "step 40, the best (score 0.8120)", "step 20: no checkpoint of step 30 is kept". */
void checkpoint_words(const struct checkpoint_choice *c, char out[128]);
/*
 * Is every file of the folder there, in its size and with its sum? ST_CORRUPT names
 * it as above. Asked by whoever opens one, before anything of it is read.
 */
enum status checkpoint_sound(const char *folder, struct err *err);
/*
 * Chooses one, asks whether it is sound, and calls `use` with its folder. A live run may
 * let go of it on the way: then another is chosen, which is what is wanted of the newest
 * and the best, and at or below a step what `out` says. `use` cleans up where it fails.
 */
typedef enum status (*checkpoint_user)(void *arg, const char *folder, struct err *err);
enum status checkpoint_with(const char *run, int64_t step, struct checkpoint_choice *out,
			    checkpoint_user use, void *arg, struct err *err);
/* The folder alone. */
enum status checkpoint_find(const char *run, int64_t step, char *folder, size_t cap,
			    struct err *err);
/*
 * May it be the best? LAST: it is the newest, scored by an evaluation that the plan
 * did not schedule (at a stop); that counts until the run has gone on.
 */
enum checkpoint_rank { RANK_NONE, RANK_LAST, RANK_PLAN };
/* What a checkpoint says of itself, without loading it. */
struct checkpoint_info {
	char folder[64];    /* "step-000500" */
	int timeline, revision; /* revision: how often this step was written anew */
	int64_t step, journal_seq, horizon;
	char name[64], state[40];
	bool complete;      /* all files there, in their sizes */
	double score, loss; /* checkpoint_best.c alone fills these in */
	enum checkpoint_rank rank;
	char trouble[160];  /* when not: why */
	bool other_format;  /* when not: not damaged, of another version's format */
	bool is_left;       /* of a timeline that was left: stands no more (line.h) */
};
/*
 * All under a run, newest first, those that were left at the end; returns (caller frees).
 * None is no error.
 */
enum status checkpoint_list(const char *run, struct checkpoint_info **out, int *n,
			    struct err *err);
/* Removes half-written folders that a crash left. */
enum status checkpoint_sweep(const char *run, struct err *err);

#endif
