/*
 * examples.c - an example or more for each sub-command, in an order in which each
 * finds what it needs: reviews.csv holds texts in a column 'review' and labels in
 * 'mood', demo-1 is a live run, bert is a folder of a model from elsewhere.
 */
#include "usage.h"

const struct example_row example_table[] = {
	{ "new", "tutti new reviews.csv -o plan.json" },
	{ "check", "tutti check plan.json" },
	{ "train", "tutti train plan.json --run first --steps 60" },
	{ "train", "tutti train plan.json --run heavy --set tasks.reviews.weight=2" },
	{ "resume", "tutti resume first --steps 90" },
	{ "sweep", "tutti sweep plan.json --seeds 3 --set budget.steps=20" },
	{ "sweep", "tutti sweep plan.json --seeds 3 --set budget.steps=20 --gather --markdown" },
	{ "sweep", "tutti sweep plan.json --vary optimizer.lr=0.0003,0.001 --seeds 2 --commands" },
	{ "", "tutti plan.json" },
	{ "", "tutti first" },
	{ "attach", "tutti attach demo-1" },
	{ "attach", "tutti attach demo-1 --view" },
	{ "send", "tutti send demo-1 weight reviews 0.5" },
	{ "send", "tutti send demo-1 --actor tuner --reason 'it lags' weight reviews 2" },
	{ "actions", "tutti actions demo-1" },
	{ "actions", "tutti actions demo-1 --actor tuner --json" },
	{ "watch", "tutti watch demo-1 --json | head -n 3" },
	{ "eval", "tutti eval first" },
	{ "eval", "tutti eval first --task reviews --data reviews.csv --json" },
	{ "predict", "echo 'a long wait in the rain' | tutti predict first --task reviews" },
	{ "predict", "echo 'a long wait' | tutti predict first --task reviews --top 2" },
	{ "score", "tutti score accuracy,macro_f1 references.txt predictions.txt" },
	{ "score", "tutti score rouge references.txt predictions.txt --json" },
	{ "import-predictions",
	  "tutti import-predictions gpt --task reviews --like first said.jsonl" },
	{ "import-predictions",
	  "tutti import-predictions gpt --task reviews --plan plan.json said.jsonl "
	  "--missing wrong --replace --note 'five examples in the prompt'" },
	{ "ls", "tutti ls" },
	{ "curves", "tutti curves first > steps.csv" },
	{ "curves", "tutti curves first --table evals --json" },
	{ "compare", "tutti compare first heavy" },
	{ "compare", "tutti compare first heavy --baseline first --markdown" },
	{ "replay", "tutti replay first" },
	{ "fork", "tutti fork first --methods fixed,uncertainty --steps 10" },
	{ "branch", "tutti branch first other --set optimizer.lr=0.0001" },
	{ "schedule", "tutti schedule first > moves.txt" },
	{ "play", "tutti play first --speed 5" },
	{ "export", "tutti export first first-hf --task reviews" },
	{ "tokenize", "echo 'a long wait' | tutti tokenize first" },
	{ "inspect", "tutti inspect bert" },
	{ "inspect", "tutti inspect bert --json" },
	{ "completion", "source <(tutti completion bash)" },
	{ "rm", "tutti rm heavy --force" },
};
const int example_count = sizeof example_table / sizeof *example_table;
