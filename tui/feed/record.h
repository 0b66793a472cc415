/*
 * record.h - what a run's folder tells of it, in the order in which it happened:
 * a step, then its evaluation, its checkpoint, and what hands did before the next
 * step. Taken one by one they make the picture of any moment; ended_run.c goes to the
 * last one, film.c lets them pass, follow.c waits for more of them.
 *
 * Memory does not grow with the number of steps: their rows are read by windows.
 * No statement is under way between two calls, so nobody is made to wait.
 */
#ifndef TUTTI_TUI_RECORD_H
#define TUTTI_TUI_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "look/snapshot.h"

struct record;

/* Nothing has happened yet in the picture of a record just opened. */
enum status record_open(const char *run, struct record **out, struct err *err);
void record_close(struct record *r); /* NULL is fine */
int64_t record_last(const struct record *r); /* the last step with figures */

enum event_kind { EVENT_STEP, EVENT_EVAL, EVENT_SAVED, EVENT_ENTRY };
struct record_event {
	enum event_kind kind;
	int64_t step;
	double seconds; /* that it took, or that nothing happened before it */
};
/* What comes next, without taking it. False at the end, and after a failure. */
bool record_next(struct record *r, struct record_event *out);
void record_take(struct record *r);
/*
 * What was written since. What was taken is let go of, so there is no rewinding
 * and no glance from then on. A failure is the record's trouble until the next call.
 */
enum status record_follow(struct record *r, struct err *err);
/* The run began again before what was taken, or went back: to be opened anew. */
bool record_went_back(const struct record *r);
/* ST_OK, or why the record cannot be read any further. */
enum status record_trouble(const struct record *r, struct err *err);

/*
 * Back to the nearest place kept at or before `step`; taking goes on from there.
 * Places are kept from the first call on that asks for them: at most 16, ever
 * further apart.
 */
void record_keep_places(struct record *r);
void record_rewind(struct record *r, int64_t step);

/*
 * The picture as it is now, with all that is derived; it stays the record's. Its
 * serial and phase are the caller's to set.
 */
struct snapshot *record_picture(struct record *r);
/* Of the end of the run as far as a few thousand rows tell; for long records. */
enum status record_glance(struct record *r, struct snapshot *out, struct err *err);

/* The journal up to the picture's moment; returns (caller frees) array. */
struct journal_entry *record_journal(const struct record *r, int *n);
const char *record_path(const struct record *r);
/* The phase a run ends in: all steps done, or stopped before. */
enum phase record_ending(const struct record *r);

#endif
