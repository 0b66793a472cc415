/*
 * plan_multilabel.c - sets of labels in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_multilabel = {
	.traits = FOR_LABELS | FOR_SMOOTHED | FOR_WEIGHED | FOR_SETS | FOR_THRESHOLD,
	.prompt = "{text}\nlabels:",
	.prompt_pair = "{text} {text_b}\nlabels:",
	.variant = { { "metrics", "[\"micro_f1\", \"macro_f1\", \"exact_match\"]",
		       "Measures of sets of labels on the dev rows." } },
	.metrics = 1 << METRIC_SETS,
	.draft_metrics = { "micro_f1", "macro_f1", "exact_match" },
};
