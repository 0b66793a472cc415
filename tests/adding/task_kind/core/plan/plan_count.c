/*
 * plan_count.c - counts in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_count = {
	.variant = { { "metrics", "[\"spearman\"]", "Measures on the dev rows of counts." },
		     { "max_source", "64", NULL } },
	.metrics = 1 << METRIC_NUMBERS,
	.draft_metrics = { "spearman" },
};
