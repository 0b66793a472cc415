/*
 * sweep_look.h - how far a point's run is, from its folder alone, wherever it ran;
 * and who may begin it.
 */
#ifndef TUTTI_SWEEP_SWEEP_LOOK_H
#define TUTTI_SWEEP_SWEEP_LOOK_H

#include "sweep/sweep.h"

enum point_state {
	POINT_ABSENT,      /* no folder of that name */
	POINT_REMAINS,     /* what a start left that was killed: nothing to go on from */
	POINT_UNFINISHED,  /* can be resumed */
	POINT_LIVE,        /* an engine is at work on it */
	POINT_FINISHED,    /* all steps, evaluated and saved */
	POINT_OTHER,       /* something else of that name: a run of another plan, ... */
};

struct point_look {
	enum point_state state;
	char path[PATH_MAX];   /* the run's folder, there or not */
	int64_t step;          /* of the newest checkpoint; 0: none */
	int interventions;     /* what hands and scripts changed (not live runs) */
	struct err why;        /* POINT_OTHER: what is wrong; else "" */
};
/* Looks in `root`. Takes no lock, changes nothing. Any thread. */
void sweep_look(const struct sweep *s, int point, const char *root,
		struct point_look *out);
/*
 * Removes what a killed start left behind. Only with the point's claim; refused where
 * an engine holds the run's lock (ST_BUSY).
 */
enum status sweep_clear(const char *run, struct err *err);

/*
 * The right to begin or go on with a run of this name below `root`: a lock on the file
 * .NAME.claim there that belongs to the open file. A child that inherits `fd` holds it,
 * too: it lasts until the sweep and the child are both gone, so that no other sweep
 * begins a run between a child's birth and its own lock, nor while one whose sweep was
 * killed still saves.
 */
struct sweep_claim { int fd; char path[PATH_MAX]; };
/* ST_BUSY: somebody has it. */
enum status sweep_claim_take(struct sweep_claim *c, const char *root, const char *run,
			     struct err *err);
/* Removes the file: no child may hold it any more. Nothing when it is not held. */
void sweep_claim_drop(struct sweep_claim *c);

#endif
