/*
 * run_group.h - which runs are seeds of one system.
 *
 * They are when their complete plans are equal but for `seed`, `split`, notes and
 * budget.eval_end, their data files have the same contents, and their journals have the
 * same commands at the same steps, notes apart. A run whose predictions were imported is
 * nobody's seed by its plan alone: its name without -seedN or -sN has to be the same.
 * Reads, never writes. Any thread.
 */
#ifndef TUTTI_LOOK_RUN_GROUP_H
#define TUTTI_LOOK_RUN_GROUP_H

#include "base/hash.h"
#include "base/status.h"
#include "plan/plan.h"
#include "store/store.h"

enum { SYSTEM_NAME = 128 };

/* What tells whose seed a run is. */
struct run_system {
	bool is_known;         /* else the run could not be read: a group of its own */
	bool is_imported;      /* its predictions came from elsewhere */
	struct hash key;       /* equal: seeds of one system */
	uint64_t seed;
	int64_t split;         /* -1: the plan has none */
	uint64_t unheard;      /* bit i: the plan mutes task i, and no hand ever let it be
				  heard: what its part says is what it was made with */
};
/* `name`: the run's. On failure *out is not known. */
enum status run_system_read(const char *name, const struct plan *plan, struct store *db,
			    struct run_system *out, struct err *err);

/* Seeds of one system. Its name is no other group's unless two runs have one name. */
struct run_group {
	char name[SYSTEM_NAME]; /* what the names begin with without -N, -seedN, -sN; of a
				   single run, and where they have nothing in common, the
				   first one's own */
	int n;
	int *member;            /* [n] places in the arrays given; by seed, split, place */
};
struct run_groups {
	int n;
	struct run_group *group; /* by the first place in the arrays given */
};
void run_groups_make(int n, const char *const *name, const struct run_system *system,
		     struct run_groups *out);
void run_groups_release(struct run_groups *g);

#endif
