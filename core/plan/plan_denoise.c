/*
 * plan_denoise.c - texts with gaps in plans.
 */
#include "plan/plan_kind.h"

const struct plan_kind plan_kind_denoise = {
	.traits = FOR_SMOOTHED | FOR_DECODES | FOR_TEXTS | FOR_MASKED | FOR_GAPS |
		  FOR_ROUGE,
	.variant = {
		{ "train", "null", "Rows of texts, as of other tasks; null: those of the task "
		  "that 'from' names." },
		{ "mask", "0.3", "Share of a text's sentences, or of its words, that is taken "
		  "out (PEGASUS: 0.3 of the sentences; T5: 0.15 of the words)." },
		{ "max_source", "256",
		  "Longest source in pieces; longer ones lose their end." },
		{ "max_target", "96",
		  "Longest target in pieces, its end mark included." },
		{ "smoothing", "0.1",
		  "Label smoothing of the loss of a target's pieces; losses are shown "
		  "without." },
		{ "metrics", "[\"rouge1\", \"rouge2\", \"rougeL\"]",
		  "Measures of what is written for the gaps of the dev rows." },
	},
	.prompt = "{text}\ngaps:",
	.metrics = 1 << METRIC_TEXTS | 1 << METRIC_LOSSES,
	.draft_metrics = { "rouge1", "rouge2", "rougeL" },
	.is_pretraining = true,
};
