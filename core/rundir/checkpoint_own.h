/*
 * checkpoint_own.h - what the files of the checkpoint share among themselves.
 * Everybody else includes checkpoint.h.
 */
#ifndef TUTTI_RUNDIR_CHECKPOINT_OWN_H
#define TUTTI_RUNDIR_CHECKPOINT_OWN_H

#include <math.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/safetensors.h"
#include "rundir/checkpoint.h"
#include "session/state.h"

enum { CHECKPOINT_VERSION = 2, CHECKPOINT_STATE_MAX = 8 << 20 };

/*
 * The files beside state.json, in the order they are written. The tokenizer's are as
 * many as its kind has: the places behind them have no name (NULL) and no file.
 */
enum checkpoint_file { FILE_CONFIG, FILE_TOKENIZER,
		       FILE_MODEL = FILE_TOKENIZER + TOKENIZER_FILES_MAX,
		       FILE_OPTIMIZER, FILE_AVERAGE, CHECKPOINT_FILES };
const char *checkpoint_file_name(const struct tokenizer_kind *k, enum checkpoint_file f);
/* The one that holds the state's tensors of that file, and its name. */
enum checkpoint_file checkpoint_file_of(enum state_file file);
const char *checkpoint_tensor_file(enum state_file file);

struct checkpoint_task {
	char name[TASK_NAME_MAX];
	char train[HASH_TEXT], dev[HASH_TEXT]; /* content of the data; "": none */
	double mean, scale;
};

/* state.json, read or about to be written. */
struct checkpoint_state {
	int64_t step, journal_seq;
	int timeline;
	char name[64], state[40], vocab[HASH_TEXT];
	double score;
	char init[HASH_TEXT]; /* what is left out is of this init; "": nothing is */
	const struct tokenizer_kind *tokenizer;
	struct session *held; /* owned: a shell, all of STATE_JSON in it */
	int n_tasks;
	struct checkpoint_task *task; /* owned */
	struct {
		uint64_t bytes;
		char sum[HASH_TEXT]; /* "": it is not among the files */
	} file[CHECKPOINT_FILES];
};
/* The name of one of its files; NULL: its tokenizer does without it. */
const char *checkpoint_has_file(const struct checkpoint_state *c, enum checkpoint_file f);
void checkpoint_state_free(struct checkpoint_state *c); /* NULL is fine */

/* How state.json ends: SUM_HEAD, 32 digits, SUM_TAIL. */
#define SUM_HEAD "\"sum\": \""
#define SUM_TAIL "\"\n}\n"
/* The text of state.json, its own sum at the end. */
void checkpoint_state_write(const struct checkpoint_state *c, struct buf *out);
/*
 * Checks sum, keys, types and ranges; messages begin with "state.json". ST_INVALID: it
 * is of another version of the format.
 */
enum status checkpoint_state_parse(const char *text, size_t len,
				   struct checkpoint_state **out, struct err *err);
enum status checkpoint_state_load(const char *folder, struct checkpoint_state **out,
				  struct err *err);

/* The model's fields of config.json, into an open object. */
void checkpoint_put_model(struct json_out *o, const struct session *s);
/*
 * Of tensors that do not fit (st, err): when config.json is of another model than the
 * session's, ST_INVALID that names both; else st and err as they are.
 */
enum status checkpoint_other_model(const struct session *s, const char *folder,
				   enum status st, struct err *err);

/* Parameter i of `block` as a tensor of a file, called `name`. */
struct st_entry checkpoint_entry(const struct param_set *ps, int i, const float *block,
				 const char *name);
/* A tensor of ours against what is to have it: numbers of F32 in that shape; no NaN, no
 * infinity, nothing below 0 either when `is_square`. */
bool checkpoint_has_shape(const struct st_entry *e, const struct param *p);
bool checkpoint_has_good_values(const struct st_entry *e, bool is_square);

/* Thresholds that were fitted, from config.json; what it does not say stays. */
void checkpoint_take_thresholds(struct session *s, const char *folder);

/* Size and sum of a file in a checkpoint's folder. */
enum status checkpoint_measure(const char *folder, const char *name, uint64_t *bytes,
			       char sum[HASH_TEXT], struct err *err);
/* The file, if there is to be one, is what state.json says; ST_CORRUPT names it. */
enum status checkpoint_verify(const char *folder, const struct checkpoint_state *c,
			      enum checkpoint_file f, struct err *err);

/* "<folder>/<name>"; ST_INVALID when it is too long. */
enum status checkpoint_path(const char *folder, const char *name, char out[PATH_MAX],
			    struct err *err);
/* A list is made anew this often when checkpoints go away under it. */
enum { CHECKPOINT_TRIES = 20 };

/* checkpoint_list() with the run's store at hand; NULL: opened for reading, if there. */
enum status checkpoint_list_of(const char *run, struct store *st,
			       struct checkpoint_info **out, int *n, struct err *err);
/* Makes the folder of a run's checkpoints; not again the run's own, if somebody removed it. */
enum status checkpoint_place(const char *run, const char *checkpoints, struct err *err);
/* "step-000500", "step-000500-t1", "step-000500.2" and back. */
void checkpoint_folder_name(int64_t step, int timeline, int revision, char out[64]);
bool checkpoint_folder_parse(const char *name, struct checkpoint_info *out);
/*
 * checkpoint_best.c: scores and ranks of a list as the store has them (NULL: that of
 * the run, opened for reading; where there is none nobody has a score), and who is
 * the best of those of a rank or a higher one, or -1.
 */
enum status checkpoint_scores(struct checkpoint_info *list, int n, const char *run,
			      struct store *st, struct err *err);
int checkpoint_best(const struct checkpoint_info *list, int n,
		    enum checkpoint_rank least);
/* "damaged checkpoint 'step-000500': <err>", and which one before it is sound. */
enum status checkpoint_damaged(const char *folder, enum status st, struct err *err);

#endif
