#!/bin/sh
# Texts with gaps (denoise) and next pieces (lm) as channels: they are learned, the same bits
# with any workers, resumed, replayed; a decoder of two tasks; refused in words.
. tests/cli/lib.sh
mkdir -p "$TMP/data"
awk 'BEGIN { n = split("ash birch cedar elm fir hazel ivy juniper larch maple oak pine rowan spruce thorn willow", w)
	for (i = 0; i < 960; i++) { s = ""
		for (k = 0; k < 6 + i % 11; k++) s = s " " w[(i * 7 + int(i / 11) + k) % n + 1]
		printf "{\"text\":\"%s\"}\n", substr(s, 2) } }' >"$TMP/data/woods.jsonl"
woods() { # woods MODEL FIELDS: a plan whose one task is learned in a moment
	cat >"$TMP/woods.json" <<PLAN
{ "tutti": 1, "seed": 3, "model": { $1"dim": 32, "layers": 2, "heads": 4, "dropout": 0 },
  "tokenizer": { "size": 200 },
  "tasks": { "gaps": { "train": "$TMP/data/woods.jsonl", "dev_share": 0.2, $2 } },
  "mix": { "micro_batches": 4, "tokens": 256 },
  "optimizer": { "lr": 0.004, "warmup": 20 },
  "budget": { "steps": 250, "eval_every": 0, "checkpoint_every": 0, "eval_examples": 100 } }
PLAN
}
learned() { # learned RUN: its perplexity, and that of what is trivial
	"$TUTTI" train "$TMP/woods.json" --run "$1" --runs "$TMP/runs" --json >"$TMP/log" 2>"$TMP/err" ||
		not_ok "$1 trains: $(cat "$TMP/err")"
	dev=$(tail -n 1 "$TMP/log" | sed 's/"baseline".*//' | field perplexity)
	base=$(tail -n 1 "$TMP/log" | sed 's/.*"baseline"//' | field perplexity)
}
woods '"decoder_layers": 1, ' '"kind": "denoise", "how": "spans", "mask": 0.3, "smoothing": 0, "metrics": ["perplexity", "rouge1"]'
learned gapped
check "spans are learned: perplexity $dev" awk "BEGIN { exit !($dev >= 1 && $dev < 3) }"
echo "ash birch [MASK] hazel ivy juniper larch maple oak pine rowan spruce" |
	"$TUTTI" predict gapped --runs "$TMP/runs" --task gaps >"$TMP/out" 2>"$TMP/err"
check "what was taken out is written: $(cat "$TMP/out")" grep -q '"text":"cedar elm fir' "$TMP/out"
woods '"kind": "gpt", ' '"kind": "lm"'
learned next
check "next pieces are learned: perplexity $dev, by frequencies alone $base" \
	awk "BEGIN { exit !($dev >= 1 && $dev < 2.2 && $base > 10) }"
perplexity() { echo "$1" | "$TUTTI" predict next --runs "$TMP/runs" --task gaps 2>"$TMP/err" | field perplexity; }
sense=$(perplexity "ash birch cedar elm fir") no=$(perplexity "fir ash elm birch cedar")
check "a text has a perplexity: $sense, out of order $no" awk "BEGIN { exit !($sense * 3 < $no) }"

plan=$TMP/tiny.json
with() { # with FIELDS: the tiny plan, and a task with gaps
	tiny_plan "$plan" 60
	sed -i "s|\"tasks\": {|&\n    \"gaps\": { \"kind\": $1 },|" "$plan"
}
for how in sentences spans; do
	with '"denoise", "from": "headline", "decoder_of": "headline", "max_source": 64, "max_target": 16, "how": "'$how'"'
	whole=$(state_of "$plan" --run $how --workers 1)
	[ ${#whole} = 32 ] && ok "$how beside other tasks" || { not_ok "$how: '$whole'"; cat "$TMP/err"; }
	check "2 workers, the same state" [ "$(state_of "$plan" --workers 2)" = "$whole" ]
	check "it replays" "$TUTTI" replay $how --runs "$TMP/runs" --workers 2
	state_of "$plan" --run $how-half --steps 17 >/dev/null
	again=$("$TUTTI" resume $how-half --runs "$TMP/runs" --steps 60 --json 2>"$TMP/err" | field state)
	check "it resumes to the same state" [ "$again" = "$whole" ]
done
saved=$TMP/runs/spans/checkpoints/step-000060/model.safetensors
check "one decoder for both" sh -c 'grep -aq "tasks.headline.decoder" "$1" && ! grep -aq "tasks.gaps.decoder" "$1"' - "$saved"
with '"denoise", "from": "headline", "max_source": 64, "max_target": 16'
own=$(state_of "$plan" --run own)
check "or one each" grep -aq "tasks.gaps.decoder" "$TMP/runs/own/checkpoints/step-000060/model.safetensors"
check "which is another run" [ "$own" -a "$own" != "$whole" ]
check "summarizers of other kinds have gaps" "$TUTTI" train "$plan" --steps 3 --run prefix --runs "$TMP/runs" \
	--set model.decoder=prefix
check "and gpt" "$TUTTI" train "$plan" --steps 3 --run gpt --runs "$TMP/runs" --set model.kind=gpt
check "check reads its rows" sh -c '"$1" check "$2" >"$3" 2>&1 && grep -q "^gaps (denoise)" "$3"' - \
	"$TUTTI" "$plan" "$TMP/out"

with '"denoise", "from": "headline", "decoder_of": "topic"'
fails "a decoder of a task without one" 2 "no decoder of its own.*at tasks.gaps.decoder_of" "$TUTTI" check "$plan"
with '"denoise", "from": "headline", "decoder_of": "sum"'
fails "of none" 2 "no such task in the plan at tasks.gaps.decoder_of" "$TUTTI" check "$plan"
with '"denoise", "from": "headline", "how": "words"'
fails "another way" 2 "unknown 'words' (there is: spans, sentences) at tasks.gaps.how" "$TUTTI" check "$plan"
with '"lm", "from": "topic"'
fails "the next piece, which the model sees" 2 "a 'transformer' model has no answers for 'lm' at tasks.gaps.kind" \
	"$TUTTI" check "$plan"
with '"lm", "from": "topic", "mask": 0.5'
fails "nothing is hidden of it" 2 "'mask' is for tasks of kind" "$TUTTI" check "$plan"
with '"lm", "from": "topic", "max_source": 64'
check "lm beside what is said" "$TUTTI" train "$plan" --steps 3 --run lm --runs "$TMP/runs" --set model.kind=gpt
awk 'BEGIN { for (i = 0; i < 40; i++) print i % 4 ? "One two. Three." : "One." }' >"$TMP/data/short.txt"
with '"denoise", "train": "'"$TMP"'/data/short.txt", "format": "lines", "max_bad": 0.5'
"$TUTTI" check "$plan" >"$TMP/out" 2>&1
check "texts of one sentence are counted" grep -q "nothing that could be hidden 10" "$TMP/out"
exit $bad
