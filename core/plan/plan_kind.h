/*
 * plan_kind.h - what a kind of task is in plans: the rows of this floor.
 *
 * A field of a task is for a trait (plan_table.c), and a kind lists the traits it
 * has; where the default or the meaning of a field is the kind's own, its row has a
 * variant of it. Each kind of task_kind.h has a row, in a file of its own.
 */
#ifndef TUTTI_PLAN_PLAN_KIND_H
#define TUTTI_PLAN_PLAN_KIND_H

#include "plan/plan_table.h"

enum plan_trait {
	FOR_EVERY = 1 << 0,    /* task, whatever its kind: not listed by kinds */
	FOR_COLUMN = 1 << 1,   /* the columns of data_kind.h: nor this one */
	FOR_LABELS = 1 << 2,   /* the target is one of a list of labels */
	FOR_SMOOTHED = 1 << 3, /* the loss may be smoothed */
	FOR_DECODES = 1 << 4,  /* the answer is a text that a search writes */
	FOR_NUMBERS = 1 << 5,  /* the target is a number */
	FOR_SETS = 1 << 6,     /* the target is any number of labels */
	FOR_THRESHOLD = 1 << 11, /* what is said are those that are likely enough */
	FOR_UNITS = 1 << 12,   /* parts of the text are kept */
	FOR_ROUGE = 1 << 13,   /* the answer is a text that is held against another */
	FOR_WEIGHED = 1 << 7,  /* its labels may count differently in the loss */
	FOR_TEXTS = 1 << 8,    /* texts are all it needs: they may be another task's */
	FOR_MASKED = 1 << 9,   /* a share of the text is hidden */
	FOR_GAPS = 1 << 10,    /* parts of the text are taken out and written */
};

enum { PLAN_VARIANTS = 6, DRAFT_METRICS = 3 };

/* A field as this kind has it. */
struct plan_variant {
	const char *key;       /* "smoothing"; NULL: no more */
	const char *fallback, *help; /* as in plan_field; NULL: the field's own */
};

struct plan_kind {
	unsigned traits;
	struct plan_variant variant[PLAN_VARIANTS];
	const char *prompt, *prompt_pair; /* of models that say their answers: of a text,
					     of two */
	unsigned metrics;      /* 1 << METRIC_LABELS, ...: of what its metrics may be */
	const char *draft_metrics[DRAFT_METRICS]; /* in a first plan; NULL: no more */
	bool is_pretraining;   /* there for what others learn of it: not in the mean that
				  says which checkpoint is the best, while others are */
};

#define PLAN_KIND(constant, name) extern const struct plan_kind plan_kind_##name;
TASK_KIND_LIST(PLAN_KIND)
#undef PLAN_KIND

const struct plan_kind *plan_kind(enum task_kind k);

bool plan_kind_measures(enum task_kind k, enum metric_id m);

static inline bool plan_has_trait(enum task_kind k, enum plan_trait trait)
{
	return (plan_kind(k)->traits & (unsigned)trait) != 0;
}

#endif
