/*
 * record_own.h - what record.c and record_follow.c share. Others include record.h.
 */
#ifndef TUTTI_TUI_RECORD_OWN_H
#define TUTTI_TUI_RECORD_OWN_H

#include "record.h"
#include "record_picture.h"

enum { WINDOW = 256, PLACES = 16 };

/* The next of each kind: what has been taken already lies before it. */
struct place {
	int eval, saved, entry;
	int64_t row; /* the first step that is not taken */
};

struct kept {
	struct picture *m;
	struct place next;
};

struct record {
	struct picture now;
	struct place next;
	struct store *db;
	int64_t last, until; /* until: told to end there, or -1 (store_until) */
	struct eval_row *eval;
	struct checkpoint_row *saved;
	struct journal_entry *entry;
	int n_evals, n_saved, n_entries;
	int64_t eval_step, saved_step, seq; /* the newest that were listed */
	struct step_row *row; /* [WINDOW] read ahead */
	int n_rows, at_row;
	struct gradient_row *gradient; /* of these steps */
	size_t n_gradients, at_gradient, cap_gradients;
	struct conflict_row **conflict; /* of these steps; each owned */
	size_t n_conflicts, at_conflict, cap_conflicts;
	/* kept places; the first is the beginning */
	struct kept kept[PLACES];
	int n_kept;
	int64_t apart;
	int timeline;           /* the newest when it was opened; -1: not yet */
	bool went_back;
	bool keeps, follows;
	enum status st;
	struct err err;
};

/*
 * Opens the store anew and puts what it has beyond what was listed to the end of
 * the lists, in order.
 */
enum status record_read_more(struct record *r, struct err *err);

#endif
