/*
 * plan_classify.c - classification in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_classify = {
	.traits = FOR_LABELS | FOR_SMOOTHED | FOR_WEIGHED,
	.prompt = "{text}\nlabel:",
	.prompt_pair = "{text} {text_b}\nlabel:",
	.metrics = 1 << METRIC_LABELS,
	.draft_metrics = { "accuracy", "macro_f1" },
};
