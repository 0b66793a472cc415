/*
 * dataset.h - one split of one task, tokenized and mapped from the token cache.
 *
 * The cache is a file in $XDG_CACHE_HOME/tutti/, found by what the file is
 * (path, size, times, inode), which columns are read, the limits and the
 * vocabulary; inside stands the content hash of the data file. A second start
 * maps it and is done. The format is the banner of dataset.c. Examples are read
 * straight from the mapping: memory does not grow with the data.
 */
#ifndef TUTTI_DATA_DATASET_H
#define TUTTI_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"
#include "text/masking.h"
#include "text/units.h"
#include "data/source.h"
#include "data/task_kind.h"
#include "text/tokenizer_train.h"

/* What is read from a file and how. Strings are borrowed during the call. */
struct dataset_spec {
	enum task_kind kind;
	const char *path;
	enum source_format format;
	int header;             /* as in source_spec */
	const char *text;       /* column of the text, or of the source */
	const char *pair;       /* second text, or NULL */
	const char *target;     /* label, number or summary column */
	int n_labels;           /* of a kind with labels, in class order; 0 = none yet */
	const char *const *labels;
	const char *separator;  /* multilabel: between labels of one text; NULL: "," */
	enum unit_kind unit;    /* extract: of what the text is made */
	int keep;               /* extract: sentences that an oracle keeps at most */
	const char *prompt;     /* what stands around the text (text/layout.h); NULL:
				   the tokenizer's own templates */
	int max_source;         /* tokens, specials included */
	int max_target;         /* tokens, [SEP] at the end included */
	double max_bad;         /* share of bad rows: row_report_allowed */
	bool unlabelled;        /* rows need no target (prediction) */
	struct masking_spec mask; /* of kinds that hide pieces (masking.h) */
	/*
	 * A file for two splits: above 0, `is_held` chooses between this share of
	 * the rows and the others. A row's text alone decides, so that copies of
	 * a text are on one side and the order of the rows does not matter. Another
	 * `held_draw`, other rows; two of them are independent draws.
	 */
	double held_share;
	uint64_t held_draw;
	bool is_held;
};

/*
 * One example, borrowed from the mapping. `ids`: the text, or text and pair, as the
 * tokenizer's templates have them (text/layout.h); the pair begins at `second` (= n_ids
 * when there is none). `target`: summary ids with the closing token, no opening one.
 */
struct example {
	const int32_t *ids;
	int n_ids, second;
	const int32_t *target;
	int n_target;
	int label;              /* classify; -1: none */
	const int32_t *set;     /* [n_set] multilabel: its labels' numbers, rising, but for
				   what a damaged cache may hold */
	int n_set;              /* -1: no set is known */
	const struct unit_place *unit; /* [n_unit] extract: its units, in order */
	int n_unit;
	bool has_kept;          /* extract: is it known which are kept? */
	double number;          /* regress */
	uint64_t line;          /* in the data file */
	const char *text, *pair, *target_text; /* raw UTF-8, not terminated */
	uint32_t text_len, pair_len, target_len;
};

struct dataset;

/* ST_INVALID: beside what stands around it no text would fit. No prompt is well. */
enum status dataset_check_prompt(const struct dataset_spec *spec,
				 const struct tokenizer *tok, struct err *err);
/*
 * Opens from the cache, or reads the file and writes the cache first (in a
 * folder given by cache_dir; NULL: the XDG one). A damaged or stale cache is
 * made anew without a word; where none can be written, one without a name in
 * TMPDIR serves. Many threads may read one data set at once.
 * ST_INVALID: the file, its columns or too many of its rows are no good;
 * classify needs labels unless unlabelled; kinds that hide pieces want a tokenizer with a
 * piece for a mask.
 */
enum status dataset_open(const struct dataset_spec *spec,
			 const struct tokenizer *tok, const char *cache_dir,
			 struct progress *pg, struct dataset **out,
			 struct err *err);
void dataset_close(struct dataset *d); /* NULL is fine */

uint64_t dataset_size(const struct dataset *d);
void dataset_get(const struct dataset *d, uint64_t i, struct example *out);
/* Tokens of example i that count for packing: source plus target, if that is a text. */
uint32_t dataset_cost(const struct dataset *d, uint64_t i);
void dataset_lengths(const struct dataset *d, uint64_t i, uint32_t *n_ids,
		     uint32_t *n_target);
/* What of example i counts in its task's loss: the units of its kind. */
uint32_t dataset_units(const struct dataset *d, uint64_t i);
uint64_t dataset_tokens(const struct dataset *d); /* sum of the costs; tests ask */
enum task_kind dataset_kind(const struct dataset *d);
/* How pieces of its rows are hidden; NULL: they are not. Borrowed. */
const struct masking *dataset_masking(const struct dataset *d);
/* `id`, or [UNK]'s when it is outside the vocabulary (a damaged cache). */
int32_t dataset_safe_id(const struct dataset *d, int32_t id);
struct hash dataset_content(const struct dataset *d); /* of the data file */
const struct row_report *dataset_report(const struct dataset *d);
/* Rows that have each label, n_labels numbers, borrowed; NULL: no labels here. */
const uint64_t *dataset_label_counts(const struct dataset *d);
int dataset_labels(const struct dataset *d); /* how many; 0: none here */
double dataset_mean(const struct dataset *d); /* regress */
/* regress: the least and the greatest number; 0, 0 of no rows. */
void dataset_range(const struct dataset *d, double *least, double *greatest);

/*
 * The distinct labels of a file, sorted by bytes: what a plan without `labels`
 * has. At most `cap`; returns (caller frees each and the array). Kept in the
 * folder of the token caches, so that the same file is looked through once.
 */
enum status dataset_scan_labels(const struct dataset_spec *spec,
				const char *cache_dir, struct progress *pg,
				int cap, char ***labels, int *n, struct err *err);
/*
 * A tokenizer of the wished kind and size, trained from every text (source, pair,
 * summary; digits, where numbers are said behind a prompt) of n files in this order;
 * kept in the same way.
 */
enum status dataset_vocabulary(const struct dataset_spec *spec, int n,
			       struct tokenizer_wish wish, const char *cache_dir,
			       struct progress *pg, struct tokenizer **out,
			       struct err *err);

#endif
