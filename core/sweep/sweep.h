/*
 * sweep.h - one plan, many runs: which fields vary, over which values, with which
 * seeds; spread out to a list of points, each one run with a name of its own.
 *
 * A sweep is a plan with values from the command line, or a sweep file:
 *
 *   { "sweep": 1, "note": "words", "plan": "PATH",
 *     "set": { "KEY": VALUE, ... },              for all runs
 *     "vary": { "KEY": [VALUE, ...], ... },      a grid: every combination
 *     "runs": [ { "name": "NAME", "set": { ... } }, ... ],   a list of systems
 *     "seeds": 5 | [1, 2, 3], "splits": 5 | [1, 2, 3],
 *     "report": { "at": "end" | "best", "level": 95, "metrics": ["TASK.METRIC"] } }
 *
 * KEY is a field of the plan or a ${NAME} in it, as for --set. PATH is relative to the
 * file's folder. A system is one entry of the list with one combination of the grid:
 * what is compared. Its points differ in seed and split alone: what is averaged.
 */
#ifndef TUTTI_SWEEP_SWEEP_H
#define TUTTI_SWEEP_SWEEP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/str.h"

enum { SWEEP_SETS = 64, SWEEP_AXES = 8, SWEEP_VALUES = 1000, SWEEP_RUNS = 1000,
       SWEEP_POINTS = 10000, SWEEP_METRICS = 16, SWEEP_NAME = 101,
       SWEEP_FILE_MAX = 4 << 20 };

/* "KEY=VALUE" texts, each key once, in the order they came. */
struct sweep_sets { int n; char *text[SWEEP_SETS]; };
/* A field that varies: its values as they stand behind "KEY=". */
struct sweep_axis { char *key; int n; char **value; };
struct sweep_entry { char *name; struct sweep_sets sets; };
/* Seeds or splits; n 0: not given, the plan's own. */
struct sweep_numbers { int n; uint64_t *value; };

enum sweep_at { SWEEP_AT_END, SWEEP_AT_BEST };

struct sweep_system {
	char *name;               /* "lr0.001", "together"; "": there is only one */
	char *label;              /* "optimizer.lr=0.001", for people */
	struct sweep_sets sets;   /* all that its runs are given, seed and split apart */
	int first, n;             /* its points */
};
struct sweep_point {
	char run[SWEEP_NAME];     /* name of the run, unique */
	int system;
	bool has_seed, has_split;
	uint64_t seed, split;
};

struct sweep {
	char name[64];            /* what names of runs begin with */
	char where[PATH_MAX];     /* the file it was read from, for messages */
	char plan[PATH_MAX];      /* absolute */
	char note[1024];
	struct sweep_sets sets;
	int n_axes;
	struct sweep_axis axis[SWEEP_AXES];
	int n_entries;
	struct sweep_entry *entry;
	struct sweep_numbers seeds, splits;
	enum sweep_at at;
	double level;             /* of intervals, percent */
	const char *runs;         /* borrowed: where runs that plans begin from are; NULL:
				     as rundir_root has it */
	bool is_afar;             /* only to be looked at: data may be elsewhere, and
				     paths are compared by their last two parts */
	int n_metrics;            /* 0: each task's first */
	char *metric[SWEEP_METRICS]; /* "TASK.METRIC" */
	/* what sweep_expand makes of it */
	int n_systems, n_points;
	struct sweep_system *system;
	struct sweep_point *point;
};

/* A plan or a sweep file; `name` NULL: the file's. Released on failure, too. */
enum status sweep_read(const char *path, const char *name, struct sweep *out,
		       struct err *err);
/* The same from text; `where` for messages, `folder` is what paths are relative to. */
enum status sweep_parse(const char *text, size_t len, const char *where,
			const char *folder, const char *name, struct sweep *out,
			struct err *err);
void sweep_release(struct sweep *s);

/* --- from the command line, over what the file says --- */
/* "KEY=VALUE": in place of what the file sets KEY to. */
enum status sweep_set(struct sweep *s, const char *text, struct err *err);
/* "KEY=V1,V2": commas inside of [], {} and "" part nothing. */
enum status sweep_vary(struct sweep *s, const char *text, struct err *err);
/* "5": 1 to 5; "3,7,9": these. `what`: "seeds" or "splits". */
enum status sweep_count(struct sweep *s, const char *what, const char *text,
			struct err *err);

/*
 * Makes systems and points, and reads each point's plan: ST_INVALID names the run
 * whose plan is no good. Once, when everything is said.
 */
enum status sweep_expand(struct sweep *s, struct err *err);
/*
 * What a point's run is given: settings of its system, seed and split. The texts are
 * borrowed from the sweep and from `own`.
 */
struct sweep_given {
	int n;
	const char *set[SWEEP_SETS + 2];
	char own[2][48];
};
void sweep_given(const struct sweep *s, int point, struct sweep_given *out);
/* The plan of a point's run. Caller frees. */
struct plan;
enum status sweep_plan(const struct sweep *s, int point, struct plan **out,
		       struct err *err);

#endif
