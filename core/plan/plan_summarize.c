/*
 * plan_summarize.c - summaries in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_summarize = {
	.traits = FOR_SMOOTHED | FOR_DECODES | FOR_ROUGE,
	.variant = {
		{ "max_source", "256",
		  "Longest source in pieces; longer ones lose their end." },
		{ "smoothing", "0.1",
		  "Label smoothing of the loss of a summary's pieces; losses are shown "
		  "without." },
		{ "metrics", "[\"rouge1\", \"rouge2\", \"rougeL\"]",
		  "Measures of summaries on the dev rows." },
	},
	.prompt = "{source}\nTL;DR:",
	.metrics = 1 << METRIC_TEXTS | 1 << METRIC_LOSSES,
	.draft_metrics = { "rouge1", "rouge2", "rougeL" },
};
