#!/bin/sh
# Pre-training as a channel: hidden pieces of another task's texts, or of a file's. They
# are learned, the same bits with any workers, resumed, replayed; tried; refused in words.
. tests/cli/lib.sh
plan=$TMP/tiny.json
tiny_plan "$plan" 300
# gaps FIELDS: the plan with one more task
gaps() {
	tiny_plan "$plan" 300
	sed -i "s|\"tasks\": {|&\n    \"gaps\": { \"kind\": \"mlm\"$1 },|" "$plan"
}
# what stands between two words follows from them: an alphabet of words, from any of them on
awk 'BEGIN { n = split("ash birch cedar elm fir hazel ivy juniper larch maple oak pine rowan spruce thorn willow", w)
	for (i = 0; i < 400; i++) { s = ""
		for (k = 0; k < 12; k++) s = s " " w[(i * 7 + k) % n + 1]
		printf "{\"text\":\"%s\"}\n", substr(s, 2) } }' >"$TMP/data/woods.jsonl"
cat >"$TMP/woods.json" <<PLAN
{ "tutti": 1, "seed": 3, "model": { "dim": 32, "layers": 2, "heads": 4, "dropout": 0 },
  "tokenizer": { "size": 200 },
  "tasks": { "gaps": { "kind": "mlm", "train": "$TMP/data/woods.jsonl", "dev": "$TMP/data/woods.jsonl" } },
  "mix": { "micro_batches": 4, "tokens": 256 },
  "optimizer": { "lr": 0.004, "warmup": 20 },
  "budget": { "steps": 250, "eval_every": 0, "checkpoint_every": 0, "eval_examples": 100 } }
PLAN
"$TUTTI" train "$TMP/woods.json" --run learns --runs "$TMP/runs" --json >"$TMP/log" 2>"$TMP/err" ||
	not_ok "it trains: $(cat "$TMP/err")"
dev=$(tail -n 1 "$TMP/log" | sed 's/"baseline".*//' | field perplexity)
base=$(tail -n 1 "$TMP/log" | sed 's/.*"baseline"//' | field perplexity)
check "hidden words are learned: perplexity $dev, by frequencies alone $base" \
	awk "BEGIN { exit !($dev >= 1 && $dev < 2 && $base > 14) }"
right=$(tail -n 1 "$TMP/log" | sed 's/"baseline".*//' | field piece_accuracy)
check "and said: $right" awk "BEGIN { exit !($right > 0.9) }"

gaps ', "from": "topic", "max_source": 64'
whole=$(state_of "$plan" --run whole --steps 40 --workers 1)
[ ${#whole} = 32 ] && ok "beside other tasks" || { not_ok "beside other tasks: '$whole'"; cat "$TMP/err"; }
check "2 workers, the same state" [ "$(state_of "$plan" --steps 40 --workers 2)" = "$whole" ]
check "4 workers, the same state" [ "$(state_of "$plan" --steps 40 --workers 4)" = "$whole" ]
check "it replays" "$TUTTI" replay whole --runs "$TMP/runs" --workers 2
state_of "$plan" --run half --steps 17 >/dev/null
again=$("$TUTTI" resume half --runs "$TMP/runs" --steps 40 --json 2>"$TMP/err" | field state)
check "it resumes to the same state" [ "$again" = "$whole" ]
often="--set budget.checkpoint_every=3 --set budget.steps=400"
# shellcheck disable=SC2086
"$TUTTI" train "$plan" --run killed --runs "$TMP/runs" $often >/dev/null 2>&1 &
pid=$!
until ls "$TMP/runs/killed/checkpoints" 2>/dev/null | grep -q step-00000[6-9] || ! kill -0 $pid 2>/dev/null; do
	sleep 0.02
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
# shellcheck disable=SC2086
again=$("$TUTTI" resume killed --runs "$TMP/runs" --json 2>"$TMP/err" | field state) alive=$(state_of "$plan" $often)
check "killed with -9 and resumed: the same state" [ "$again" -a "$again" = "$alive" ]
other=$(state_of "$plan" --steps 40 --set tasks.gaps.mask=0.3)
check "another share is another run" [ "$other" -a "$other" != "$whole" ]

check "the run's plan says whose texts" grep -q '"from": "topic"' "$TMP/runs/whole/plan.json"
check "and where they are" sh -c 'grep -c "topics.train.jsonl" "$1" | grep -q 2' - "$TMP/runs/whole/plan.json"
evaluated() { "$TUTTI" eval whole --runs "$TMP/runs" --task gaps "$@" --json 2>"$TMP/err" | field perplexity; }
check "every evaluation asks for the same" [ "$(evaluated)" = "$(evaluated)" ]
echo "ash [MASK] cedar elm fir [MASK] ivy" |
	"$TUTTI" predict learns --runs "$TMP/runs" --task gaps >"$TMP/out" 2>"$TMP/err"
check "masks that are typed are filled" sh -c 'grep -q "\"hidden\":\[\[\[.*\]\],\[\[" "$1"' - "$TMP/out"
check "with what belongs there" grep -q '"text": *"ash birch cedar elm fir hazel ivy"' "$TMP/out"
check "and no mask is left" sh -c '! sed "s/\"hidden\".*//" "$1" | grep -q MASK' - "$TMP/out"
check "check counts what it needs" sh -c '"$1" check "$2" >"$3" 2>&1 && grep -q "^gaps (mlm)" "$3"' - \
	"$TUTTI" "$plan" "$TMP/out"

# a text file, a line a row, and a pair of texts
head -n 80 "$TMP/data/topics.train.jsonl" | sed 's/.*"text": *"\([^"]*\)".*/\1/' | tr -d '\t' >"$TMP/data/lines.txt"
gaps ', "train": "'"$TMP"'/data/lines.txt", "format": "lines", "max_source": 64'
check "lines of a text file" "$TUTTI" train "$plan" --steps 3 --run lines --runs "$TMP/runs"
check "all of them" sh -c '"$1" check "$2" 2>&1 | grep -A1 "^gaps" | grep -q "80 rows"' - "$TUTTI" "$plan"
awk '{ print; if (NR % 4 == 0) print "" }' "$TMP/data/lines.txt" >"$TMP/data/paragraphs.txt"
gaps ', "train": "'"$TMP"'/data/paragraphs.txt", "format": "paragraphs", "max_source": 64'
check "paragraphs of one" sh -c '"$1" check "$2" 2>&1 | grep -A1 "^gaps" | grep -q "20 rows"' - "$TUTTI" "$plan"
check "are trained on" "$TUTTI" train "$plan" --steps 3 --run paragraphs --runs "$TMP/runs"
fails "a text file has no labels" 1 "a file of texts has no column 'label'" \
	"$TUTTI" check "$plan" --set tasks.topic.format=lines
gaps ', "from": "headline", "max_source": 64'
check "texts that are summarized elsewhere" "$TUTTI" train "$plan" --steps 3 --run long --runs "$TMP/runs"

gaps ', "from": "topic", "mask": 0'
fails "nothing hidden" 2 "0 is out of range, 0.001 to 0.999 at tasks.gaps.mask" "$TUTTI" check "$plan"
gaps ', "from": "topic", "mask": 1'
fails "all hidden" 2 "1 is out of range, 0.001 to 0.999 at tasks.gaps.mask" "$TUTTI" check "$plan"
gaps ', "from": "gaps"'
fails "its own texts" 2 "a task cannot read its own texts.*at tasks.gaps.from" "$TUTTI" check "$plan"
gaps ', "from": "topics"'
fails "a task that is not there" 2 "no task 'topics' in the plan (did you mean 'topic'?) at tasks.gaps.from" \
	"$TUTTI" check "$plan"
gaps ', "from": "topic", "train": "'"$TMP"'/data/lines.txt"'
fails "texts of two places" 2 "a task with 'from' has that task's rows.*at tasks.gaps.train" "$TUTTI" check "$plan"
gaps ', "from": "topic", "text": "label"'
fails "another column of them" 2 "read as they are there: leave it out (--set tasks.gaps.text=null) at tasks.gaps.text" "$TUTTI" check "$plan"
gaps ''
fails "texts of no place" 2 "missing 'train', or 'from'.*at tasks.gaps.train" "$TUTTI" check "$plan"
gaps ', "from": "topic", "label": "x"'
fails "it has no labels" 2 "'label' is for tasks of kind classify or regress or multilabel, not mlm" "$TUTTI" check "$plan"
gaps ', "from": "topic", "metrics": ["accuracy"]'
fails "its metrics are its own" 2 "'accuracy' does not fit a mlm task" "$TUTTI" check "$plan"
gaps ', "from": "topic"'
fails "a causal model" 2 "a 'gpt' model has no answers for 'mlm' at tasks.gaps.kind" \
	"$TUTTI" check "$plan" --set model.kind=gpt
fails "a tokenizer without a mask" 1 "the tokenizer has no piece that stands for a hidden one" \
	"$TUTTI" check "$plan" --set tokenizer.kind=bpe --set tokenizer.vocab="$PWD/tests/golden/tokenizer/gpt"
awk 'BEGIN { for (i = 0; i < 40; i++) print i % 4 ? "one two three" : "☃☃☃" }' >"$TMP/data/snow.txt"
gaps ', "train": "'"$TMP"'/data/snow.txt", "format": "lines", "max_bad": 0.5'
"$TUTTI" check "$plan" --set tokenizer.vocab="$PWD/tests/golden/tokenizer/vocab.txt" >"$TMP/out" 2>&1
check "rows with nothing to hide are counted" grep -q "nothing that could be hidden 10" "$TMP/out"
fails "new makes none" 2 "put into a plan by hand" "$TUTTI" new "$TMP/data/topics.train.jsonl" \
	--set kind=mlm --yes --out "$TMP/no.json"
exit $bad
