#!/bin/sh
# A trunk: 'bow' trains under every head and the decoder, falls in loss, evaluates,
# predicts and resumes to the same state.
TUTTI=$1
. tests/cli/lib.sh

tiny_plan "$TMP/rows.json" # its rows
awk 'BEGIN { srand(3); for (i = 0; i < 200; i++) { n = 1 + int(rand() * 6); s = ""
	for (k = 0; k < 8; k++) s = s (k < n ? "red " : "blue ")
	printf "{\"text\":\"%s\",\"label\":%d}\n", s, n } }' >"$TMP/data/reds.jsonl"
cat >"$TMP/plan.json" <<PLAN
{ "tutti": 1, "seed": 7,
  "model": { "kind": "bow", "dim": 24, "decoder_layers": 1, "heads": 2, "ff": 48 },
  "tokenizer": { "kind": "wordpiece", "size": 400 },
  "tasks": {
    "topic": { "kind": "classify", "train": "$TMP/data/topics.train.jsonl", "dev": "$TMP/data/topics.train.jsonl",
               "max_source": 64 },
    "reds": { "kind": "regress", "train": "$TMP/data/reds.jsonl", "dev": "$TMP/data/reds.jsonl" },
    "headline": { "kind": "summarize", "train": "$TMP/data/headlines.train.jsonl", "dev": "$TMP/data/headlines.dev.jsonl",
               "source": "report", "target": "headline", "max_source": 64, "max_target": 16 } },
  "mix": { "sampling": "uniform", "micro_batches": 4, "tokens": 256 },
  "optimizer": { "kind": "adamw", "lr": 0.01, "warmup": 5, "schedule": "constant" },
  "budget": { "steps": 120, "eval_every": 20, "checkpoint_every": 5, "keep": 30, "eval_examples": 8 } }
PLAN
whole=$(state_of "$TMP/plan.json" --run whole)
[ "$whole" ] && ok "it trains" || not_ok "it trains: $(cat "$TMP/err")"
loss() { "$TUTTI" eval whole --runs "$TMP/runs" --task "$1" --step "$2" --json 2>/dev/null | field loss; }
for t in topic reds headline; do
	from=$(loss $t 5) to=$(loss $t 120)
	check "the loss of $t falls: $from to $to" \
		awk "BEGIN { exit !($to > 0 && $to < 0.85 * $from) }"
done
predict() { "$TUTTI" predict whole --runs "$TMP/runs" --task "$@" 2>"$TMP/err"; }
check "it says a label" sh -c 'grep -q "\"label\":"' <<OUT
$(head -n 1 "$TMP/data/topics.dev.jsonl" | predict topic)
OUT
many=$(echo '{"text":"red red red red red red blue blue"}' | predict reds | field value)
few=$(echo '{"text":"red blue blue blue blue blue blue blue"}' | predict reds | field value)
check "it counts: $many and $few" awk "BEGIN { exit !($many > $few + 2) }"
check "it writes" sh -c 'grep -q "\"text\""' <<OUT
$(head -n 1 "$TMP/data/headlines.dev.jsonl" | predict headline)
OUT
half=$(state_of "$TMP/plan.json" --run half --steps 60)
again=$("$TUTTI" resume half --runs "$TMP/runs" --steps 120 --json 2>/dev/null | field state)
check "it resumes to the same state" [ "$half" != "$whole" -a "$again" = "$whole" ]
check "1 worker, the same state" \
	[ "$(state_of "$TMP/plan.json" --run one --workers 1)" = "$whole" ]
fails "it has no layers that could write" 2 "'bow' has none.*at model.decoder" \
	"$TUTTI" check "$TMP/plan.json" --set model.decoder=prefix
fails "it is among the kinds there are" 2 "'perceptron' (there is: .*bow" \
	"$TUTTI" check "$TMP/plan.json" --set model.kind=perceptron
exit $bad
