/*
 * run_diff.h - what two runs were given and told differently: their plans field
 * by field, their data, their journals entry by entry.
 */
#ifndef TUTTI_LOOK_RUN_DIFF_H
#define TUTTI_LOOK_RUN_DIFF_H

#include "base/status.h"
#include "store/store.h"

enum { DIFF_PATH = 96, DIFF_VALUE = 160 };

struct plan_change {
	char path[DIFF_PATH];               /* "tasks.sum.weight", "data.sum.train" */
	char a[DIFF_VALUE], b[DIFF_VALUE];  /* texts, or JSON; "" where there is none */
};
struct run_diff {
	int n_changes;
	struct plan_change *change;
	int n_entries;                      /* that one run alone has, by step */
	struct diff_entry {
		bool is_b;                  /* the second run's; else the first's */
		struct journal_entry e;
	} *entry;
};

/* Two run folders. The fields come from the plan's table, in its order. */
enum status run_diff_make(const char *a, const char *b, struct run_diff *out,
			  struct err *err);
void run_diff_release(struct run_diff *d);

#endif
