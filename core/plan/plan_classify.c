/*
 * plan_classify.c - classification in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_classify = {
	.traits = FOR_LABELS | FOR_SMOOTHED,
	.metrics = 1 << METRIC_LABELS,
	.draft_metrics = { "accuracy", "macro_f1" },
};
