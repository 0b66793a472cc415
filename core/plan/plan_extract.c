/*
 * plan_extract.c - what is kept of a text, in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_extract = {
	.traits = FOR_UNITS | FOR_THRESHOLD | FOR_ROUGE,
	.variant = {
		{ "max_source", "256",
		  "Longest source in pieces; longer ones lose their end." },
		{ "metrics", "[\"kept_f1\", \"rouge1\", \"rouge2\", \"rougeL\"]",
		  "Measures of what is kept on the dev rows." },
	},
	.metrics = 1 << METRIC_UNITS | 1 << METRIC_TEXTS,
	.draft_metrics = { "kept_f1", "rouge1", "rouge2" },
};
