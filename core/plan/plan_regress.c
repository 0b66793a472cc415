/*
 * plan_regress.c - regression in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_regress = {
	.variant = { { "metrics", "[\"pearson\", \"spearman\"]",
		       "Measures on the dev rows of a regression." } },
	.metrics = 1 << METRIC_NUMBERS,
	.draft_metrics = { "pearson", "spearman" },
};
