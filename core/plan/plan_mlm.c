/*
 * plan_mlm.c - hidden pieces in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_mlm = {
	.traits = FOR_TEXTS | FOR_MASKED,
	.variant = {
		{ "train", "null", "Rows of texts, as of other tasks; null: those of the task "
		  "that 'from' names." },
		{ "metrics", "[\"piece_accuracy\", \"perplexity\"]",
		  "Measures of the pieces that are asked for on the dev rows." },
	},
	.metrics = 1 << METRIC_PIECES | 1 << METRIC_LOSSES,
	.draft_metrics = { "piece_accuracy", "perplexity" },
	.is_pretraining = true,
};
