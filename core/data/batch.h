/*
 * batch.h - packing: examples of one task, put end to end without padding.
 *
 * Shuffling is a keyed permutation of the examples per epoch (rng_permute). The
 * permuted order is cut into the fewest windows of at most PACK_WINDOW examples
 * (whose sizes differ by one at most); within a window examples are sorted by
 * source length, then target length, then place, and cut into micro-batches up
 * to the token budget (source plus target); the micro-batches of a window come
 * in a keyed order. So a task's micro-batch is a function of (data, seed, task,
 * budget, cursor) alone, and an epoch has every example exactly once.
 */
#ifndef TUTTI_DATA_BATCH_H
#define TUTTI_DATA_BATCH_H

#include <stdint.h>

#include "base/mem.h"
#include "data/dataset.h"

enum { PACK_WINDOW = 1024, BATCH_EXAMPLES_MAX = 512 };

/*
 * One micro-batch. B examples, N source tokens, T target tokens.
 * Rows of example b: off[b] .. off[b+1]. The decoder reads
 * in = [CLS] target[0..n-2] and predicts target[0..n-1].
 */
struct batch {
	int task;
	enum task_kind kind;
	int B, N, T;
	const int32_t *ids;      /* [N] */
	const int32_t *pos;      /* [N] place in its sequence */
	const int32_t *seg;      /* [N] 0 or 1 */
	const int32_t *ids_out;  /* [N] the piece that a row is to say, -1: none; NULL: the
				    kind's answers are no pieces of the text itself */
	const int *off;          /* [B+1] */
	const int32_t *dec_in;   /* [T] decoder input */
	const int32_t *dec_pos;  /* [T] */
	const int32_t *dec_out;  /* [T] what it must say; -1: not counted */
	const int *dec_off;      /* [B+1] */
	const int32_t *label;    /* [B] classify: its number; multilabel: how many there are;
				    -1: not known */
	const int32_t *set;      /* [set_off[B]] multilabel: numbers of labels, rising */
	const int *set_off;      /* [B+1] */
	/* extract: units that are read, in order; of unit u rows unit_row[u] and on */
	const int *unit_off;     /* [B+1] */
	const int *unit_row, *unit_rows; /* [unit_off[B]] the first one, and how many */
	const bool *unit_kept;   /* [unit_off[B]] */
	const bool *has_kept;    /* [B] is that known of the example? */
	const double *number;    /* [B] regress */
	const uint64_t *row;     /* [B] example numbers */
	uint64_t draw;           /* the task's micro-batch count: dropout's stream */
};

/* Where a task stands in its data: all that a checkpoint has to keep. */
struct cursor {
	uint64_t epoch;
	uint64_t window; /* number of the window in the epoch */
	uint32_t next;   /* micro-batch in the window */
	uint64_t draw;   /* micro-batches drawn since the start of the run */
	uint64_t examples, tokens; /* drawn since the start of the run */
};

struct packer;
/* Borrows the data set. `budget`: tokens of a micro-batch; one example may exceed it. */
struct packer *packer_new(const struct dataset *d, uint64_t seed, int task,
			  int budget, int32_t cls_id);
void packer_free(struct packer *p);
/*
 * Sets the rows of the micro-batch at the cursor (at most BATCH_EXAMPLES_MAX),
 * moves the cursor on. Cheap; recomputes a window when the cursor enters it.
 * No heap calls after packer_new. Trainer thread.
 */
int packer_draw(struct packer *p, struct cursor *c, uint64_t *rows);
/*
 * About how many micro-batches an epoch has, from packing the first windows of
 * one fixed order: a function of data set and budget alone, whatever the seed
 * and wherever the cursor stands.
 */
double packer_per_epoch(const struct packer *p);
/* Of which epoch packer_draw's last rows were. */
uint64_t packer_epoch(const struct packer *p);
/* How many units (dataset_units) such a micro-batch has in the mean: as above, > 0. */
double packer_units(const struct packer *p);

/*
 * Builds the batch of the given rows in the arena (borrowed until its reset).
 * Any thread. `draw` is copied in; what is hidden of a row follows from its number and
 * the epoch (masking.h).
 */
void batch_build(struct batch *out, struct arena *a, const struct dataset *d,
		 int task, const uint64_t *rows, int n, uint64_t epoch, uint64_t draw,
		 int32_t cls_id);
/* The same from examples that are in no data set ("try a text", predict). */
void batch_build_examples(struct batch *out, struct arena *a,
			  enum task_kind kind, int task,
			  const struct example *ex, int n, uint64_t draw,
			  int32_t cls_id);

#endif
