/*
 * ring.h - the last states of a session, kept in memory: what `back` goes back to, and
 * what every arm of `fork` begins from. A state is all that has a row in state.c's table,
 * and the thresholds that evaluations fitted, so that whatever gets a row is kept, too.
 * Taking one reads the session and changes no bit of it. All memory is made by ring_new.
 * Trainer thread.
 */
#ifndef TUTTI_SESSION_RING_H
#define TUTTI_SESSION_RING_H

#include "session/session.h"

enum { RING_STATES = 8 };

struct ring;

/* Of one state; of as many as the plan has room for, at most RING_STATES. */
size_t ring_state_bytes(const struct session *s);
size_t ring_bytes(const struct session *s);
/* Room for these; for none is fine, too. */
struct ring *ring_new(const struct session *s);
/* Room for so many, whatever the plan says. */
struct ring *ring_new_of(const struct session *s, int states);
void ring_free(struct ring *r); /* NULL is fine */
int ring_size(const struct ring *r); /* that there is room for */

/* The state as it is; seq: the last journal entry in it. The oldest one makes room. */
void ring_take(struct ring *r, const struct session *s, int64_t seq);
/* The state of that step: its number for ring_restore, and its entry; -1: not here. */
int ring_find(const struct ring *r, int64_t step, int64_t *seq);
/* The step of the newest, or -1. */
int64_t ring_newest(const struct ring *r);
void ring_restore(const struct ring *r, int which, struct session *s);
/* States behind that step or entry go: the run is not at them any more. */
void ring_forget(struct ring *r, int64_t step, int64_t seq);

#endif
