/*
 * plan_lm.c - next pieces in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_lm = {
	.traits = FOR_TEXTS,
	.variant = {
		{ "train", "null", "Rows of texts, as of other tasks; null: those of the task "
		  "that 'from' names." },
		{ "metrics", "[\"perplexity\", \"piece_accuracy\"]",
		  "Measures of the pieces of the dev rows, each from those before it." },
	},
	.metrics = 1 << METRIC_PIECES | 1 << METRIC_LOSSES,
	.draft_metrics = { "perplexity", "piece_accuracy" },
	.is_pretraining = true,
};
