/*
 * line.h - which of a run's rows stand. A run may go back to a state that it has been
 * in. What it did after that state stays in the store and stands no more: it is of
 * a timeline that was left. Each time is a jump, a fact of the store:
 *
 *   "timeline.N" = "STEP SEQ ENTRY"
 *
 * timeline N began at STEP, from the state whose last journal entry was SEQ (0: none);
 * ENTRY is the journal entry that says so. It is written with that entry, both or
 * neither. Timelines are counted on; the newest goes on.
 *
 * A row of timeline t and of a step stands when no later timeline began before that
 * step; an entry of the journal when it was in every state that was gone back to after
 * it. A run that never went back has no jumps, and all its rows stand.
 */
#ifndef TUTTI_STORE_LINE_H
#define TUTTI_STORE_LINE_H

#include "store/store.h"

struct jump {
	int timeline;
	int64_t step, seq, entry;
};
struct line {
	int n;
	struct jump *jump; /* owned; by timeline, rising */
};

/* Released in any case. */
enum status store_line(struct store *s, struct line *out, struct err *err);
void line_release(struct line *l);

bool line_has_step(const struct line *l, int timeline, int64_t step);
bool line_has_entry(const struct line *l, int64_t seq);
/* A state of that step, with that last entry in it. */
bool line_has_state(const struct line *l, int timeline, int64_t step, int64_t seq);
int line_newest(const struct line *l); /* timeline; 0: never went back */
/* The jump that an entry of the journal made, or NULL. */
const struct jump *line_jump(const struct line *l, int64_t entry);

/*
 * Journals the entry (its seq is set) with the jump that it makes (its timeline and entry
 * are set). `then`, where it is not NULL, is an entry that follows on the new timeline: what
 * is said there is not left behind.
 */
enum status store_jump(struct store *s, struct journal_entry *e, struct jump *j,
		       struct journal_entry *then, struct err *err);

/*
 * Hashes of the state along the way, one with each checkpoint, which stay when it goes:
 * by these a run that is made again is compared with what it was. dev_step: the last
 * evaluation that methods had seen (mix.h).
 */
struct mark {
	int timeline;
	int64_t step, seq, dev_step;
	char state[40];
};
enum status store_mark(struct store *s, const struct mark *m, struct err *err);
/* Those that stand, by step and entry; caller frees. None in older stores. */
enum status store_marks(struct store *s, struct mark **out, int *n, struct err *err);

/*
 * The journal as a run is made again from it: the entries that stand, with seq > after,
 * in order. Of one that went back, step and timeline are those it went to.
 */
enum status store_path(struct store *s, int64_t after, struct journal_entry **out, int *n,
		       struct err *err);

#endif
