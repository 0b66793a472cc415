#!/bin/sh
# model.kind gpt: labels and numbers that are said, and summaries that go on from their
# source, in one model: the same bits, resumed and replayed; evaluated, predicted; refused where it cannot.
. tests/cli/lib.sh
plan=$TMP/tiny.json
tiny_plan "$plan" 60
awk 'BEGIN { for (i = 0; i < 120; i++) {
	s = i; for (k = 0; k < i % 6; k++) s = s " good"
	printf "{\"text\":\"%s film\",\"stars\":%.2f}\n", s, 1.1 + i % 6 * 0.47 } }' >"$TMP/data/stars.jsonl"
stars='"stars": { "kind": "regress", "train": "'$TMP'/data/stars.jsonl", "dev_share": 0.2, "label": "stars", "number_step": 0.5 }'
sed -i "s|\"tasks\": {|&\n    $stars,|" "$plan"
sed -i 's/"kind": "transformer", \(.*\), "decoder_layers": 1/"kind": "gpt", \1/' "$plan"
whole=$(state_of "$plan" --run whole --workers 1)
[ ${#whole} = 32 ] && ok "it trains" || { not_ok "it trains: '$whole'"; cat "$TMP/err"; }
check "4 workers, the same state" [ "$(state_of "$plan" --workers 4)" = "$whole" ]
check "it replays" "$TUTTI" replay whole --runs "$TMP/runs" --workers 2
state_of "$plan" --run half --steps 17 >/dev/null
again=$("$TUTTI" resume half --runs "$TMP/runs" --steps 60 --json 2>"$TMP/err" | field state)
check "it resumes to the same state" [ "$again" = "$whole" ]
loss() { "$TUTTI" eval whole --runs "$TMP/runs" --task "$1" --step "$2" --json 2>"$TMP/err" | field loss; }
for t in topic headline stars; do
	from=$(loss $t 50) to=$(loss $t 60)
	check "a loss of $t: $from, $to" awk "BEGIN { exit !($from > 0 && $to > 0) }"
done
head -n 3 "$TMP/data/topics.dev.jsonl" |
	"$TUTTI" predict whole --runs "$TMP/runs" --task topic >"$TMP/out" 2>"$TMP/err"
check "it says labels" [ "$(grep -c '"label":' "$TMP/out")" = 3 ]
head -n 3 "$TMP/data/headlines.dev.jsonl" |
	"$TUTTI" predict whole --runs "$TMP/runs" --task headline >"$TMP/out" 2>"$TMP/err"
check "it writes" [ "$(grep -c '"text":' "$TMP/out")" = 3 ]
head -n 20 "$TMP/data/stars.jsonl" |
	"$TUTTI" predict whole --runs "$TMP/runs" --task stars >"$TMP/out" 2>"$TMP/err"
check "it says numbers of the grid" \
	[ "$(grep -c '"value":[1-4]\(\.5\)\{0,1\}[,}]' "$TMP/out")" = 20 ]
check "whose range is in the run's plan" sh -c \
	'tr -d " \n" <"$1" | grep -q "\"number_range\":\[1,3.5\]"' - "$TMP/runs/whole/plan.json"
mv "$TMP/data/stars.jsonl" "$TMP/data/gone"
check "they are said without the rows" sh -c \
	'echo good film | "$1" predict whole --runs "$2" --task stars | grep -q value' - "$TUTTI" "$TMP/runs"
mv "$TMP/data/gone" "$TMP/data/stars.jsonl"
prompts=$(state_of "$plan" --set model.prompt_loss=true)
check "with prompt_loss it is another run" [ "$prompts" -a "$prompts" != "$whole" ]
saved=$TMP/runs/whole/checkpoints/step-000060/model.safetensors
check "the checkpoint says how it is laid out" grep -q '"copy": false' "${saved%/*}/config.json"
check "no heads are saved" sh -c '! grep -q "tasks.topic.head" "$1"' - "$saved"
awk 'BEGIN { for (i = 0; i < 20; i++) printf "{\"text\":\"red blue\",\"label\":%d}\n", i * 10 }' >"$TMP/data/reds.jsonl"
reds() { # reds FIELDS: a plan with a task of numbers from 0 to 190
	sed 's|"stars": .*|"reds": { "kind": "regress", "train": "'"$TMP"'/data/reds.jsonl", '"$1"' },|' "$plan" >"$TMP/reds.json"
}
reds '"number_step": 10'
check "whole numbers" "$TUTTI" train "$TMP/reds.json" --steps 3 --run tens --runs "$TMP/runs"
check "in steps of ten" grep -q '"number_step": 10' "$TMP/runs/tens/plan.json"
reds '"number_step": 0'
fails "steps of nothing" 2 "0 is out of range.*at tasks.reds.number_step" "$TUTTI" check "$TMP/reds.json"
reds '"number_step": -1'
fails "steps back" 2 "-1 is out of range.*at tasks.reds.number_step" "$TUTTI" check "$TMP/reds.json"
reds '"max_source": 32'
fails "too many steps in the data" 1 \
	"tasks.reds.number_step: from 0 to 190 there are 950 steps of 0.2, which is more than 512 numbers" \
	"$TUTTI" check "$TMP/reds.json"
reds '"number_range": [0, 190]'
fails "too many steps in the plan" 2 "950 steps of 0.2.*at tasks.reds.number_step" "$TUTTI" check "$TMP/reds.json"
reds '"number_range": [3, 1]'
fails "a range that is none" 2 "3 is not less than 1 at tasks.reds.number_range" "$TUTTI" check "$TMP/reds.json"
reds '"number_range": [3]'
fails "half a range" 2 "not two numbers.*at tasks.reds.number_range" "$TUTTI" check "$TMP/reds.json"
fails "a norm of another kind" 2 "'norm' is for models of kind transformer" "$TUTTI" check "$plan" --set model.norm=post
fails "a prompt without a text" 2 'no {text} in a prompt.*at tasks.topic.prompt' \
	"$TUTTI" check "$plan" --set 'tasks.topic.prompt=label:'
fails "a prompt of two texts where there is one" 2 '{text_b} where rows have no.*at tasks.topic.prompt' \
	"$TUTTI" check "$plan" --set 'tasks.topic.prompt={text} {text_b} label:'
fails "a prompt longer than the texts" 1 'tasks.topic.prompt: a prompt of .* leaves no room.*max_source is 4' \
	"$TUTTI" check "$plan" --set tasks.topic.max_source=4 --set 'tasks.topic.prompt=a a a {text} a a'
fails "texts of less than 4 pieces" 2 "3 is out of range, 4 to 8192 at tasks.topic.max_source" \
	"$TUTTI" check "$plan" --set tasks.topic.max_source=3
tiny_plan "$TMP/encoder.json"
fails "a prompt for an encoder" 2 "'transformer' model reads no prompts at tasks.topic.prompt" \
	"$TUTTI" check "$TMP/encoder.json" --set 'tasks.topic.prompt={text} label:'
other=$(state_of "$plan" --set 'tasks.topic.prompt=which of them is it about? {text} it is')
check "with another prompt it is another run" [ "$other" -a "$other" != "$whole" ]
check "prompts are in the run's plan" grep -q '{source}.nTL;DR:' "$TMP/runs/whole/plan.json"
printf '{"text":"a b","label":"Red"}\n{"text":"c d","label":"red"}\n' >"$TMP/data/twice.jsonl"
sed 's|"topic": { "kind": "classify", "train": "[^"]*", "dev": "[^"]*"|"topic": { "kind": "classify", "train": "'"$TMP"'/data/twice.jsonl"|' \
	"$plan" >"$TMP/twice.json"
"$TUTTI" train "$TMP/twice.json" --runs "$TMP/runs" >"$TMP/out" 2>"$TMP/err"
check "two labels with one text" \
	grep -q "tasks.topic.labels: 'Red' and 'red' are one text.*label_texts can" "$TMP/err"
texts() { # texts TEXT TEXT: what is said of a run with these
	sed 's|"topic": { |&"labels": ["Red", "red"], "label_texts": ["'"$1"'", "'"$2"'"], |' "$TMP/twice.json" >"$TMP/texts.json"
	"$TUTTI" train "$TMP/texts.json" --steps 3 --runs "$TMP/runs" >"$TMP/out" 2>&1
}
check "unless other texts are said" texts great awful
check "and are kept in the run's plan" sh -c 'grep -q "\"great\"" "$1"/*/plan.json' - "$TMP/runs"
texts "great" "$(printf 'a %.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)"
check "a text of too many pieces" grep -q "tasks.topic.label_texts: 'a a .* more than 32 pieces" "$TMP/out"
texts "great" 'fine", "so'
check "a text too many" grep -q "3 texts for 2 labels at tasks.topic.label_texts" "$TMP/out"
fails "texts for an encoder's labels" 2 "'transformer' model says no labels at tasks.topic.label_texts" \
	"$TUTTI" check "$TMP/encoder.json" --set 'tasks.topic.label_texts=["a","b"]'
texts "great" ""
check "a text of nothing" grep -q "tasks.topic.label_texts: '' has no piece .*nothing to say" "$TMP/out"
texts "a b" "A  b"
check "two texts with one row of pieces" grep -q "tasks.topic.label_texts: 'a b' and 'A  b' are one text" "$TMP/out"
sed 's|"topic": { |&"labels": ["Red", "red"], "label_texts": ["\\u00fe", "z\\u0416z"], "prompt": "\\u00a7 {text}\\n\\u00bfwhat?", |' \
	"$TMP/twice.json" >"$TMP/rare.json"
"$TUTTI" train "$TMP/rare.json" --steps 3 --runs "$TMP/runs" --run rare >"$TMP/out" 2>&1
vocab=$(ls -d "$TMP"/runs/rare/checkpoints/step-000003)/vocab.txt
for c in þ '##ж' § ¿; do check "$c of a prompt or a text is a piece" grep -qx "$c" "$vocab"; done
check "so nothing is unknown" sh -c '! "$1" check "$2" | grep "UNK"' - "$TUTTI" "$TMP/rare.json"
grep -vx -e '##ж' -e § "$vocab" >"$TMP/poor.txt"
"$TUTTI" check "$TMP/rare.json" --set tokenizer.vocab="$TMP/poor.txt" >"$TMP/out" 2>&1
check "of a given vocabulary it is told: a text" \
	grep -q "tasks.topic.label_texts: the vocabulary has no pieces for 'zЖz' in 'zЖz'" "$TMP/out"
check "and a prompt" grep -q "tasks.topic.prompt: the vocabulary has no pieces for '§' in '§ '" "$TMP/out"
sed 's|"topic": {|"reds": { "kind": "regress", "train": "'"$TMP"'/data/reds.jsonl", "number_step": 1 }, &|' \
	"$TMP/encoder.json" >"$TMP/reds.json"
fails "steps for an encoder's numbers" 2 "'transformer' model says no numbers at tasks.reds.number_step" \
	"$TUTTI" check "$TMP/reds.json"
exit $bad
