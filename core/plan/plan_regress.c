/*
 * plan_regress.c - regression in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_regress = {
	.traits = FOR_NUMBERS,
	.prompt = "{text}\nnumber:",
	.prompt_pair = "{text} {text_b}\nnumber:",
	.variant = { { "metrics", "[\"pearson\", \"spearman\"]",
		       "Measures on the dev rows of a regression." } },
	.metrics = 1 << METRIC_NUMBERS,
	.draft_metrics = { "pearson", "spearman" },
};
