#!/bin/sh
# `score`: what it reads, what it refuses, what it says beside the figures.
. tests/cli/lib.sh

put() { printf '%b' "$2" >"$TMP/$1"; }
# scores NAME 'pattern in the output' 'pattern on stderr, - for silence' ARGS...
scores() {
	name=$1 out=$2 word=$3; shift 3
	"$TUTTI" score "$@" >"$TMP/out" 2>"$TMP/err"
	got=$?
	if [ $got != 0 ] || ! grep -qE -- "$out" "$TMP/out"; then
		not_ok "$name (exit $got)"; cat "$TMP/out" "$TMP/err"
	elif [ "$word" = - ] && [ -s "$TMP/err" ] || { [ "$word" != - ] && ! grep -q -- "$word" "$TMP/err"; }; then
		not_ok "$name: words"; cat "$TMP/err"
	else ok "$name"; fi
}
cd "$TMP" || exit 1
case $TUTTI in /*) ;; *) TUTTI=$OLDPWD/$TUTTI ;; esac

# the same items, however they are written
put gold 'good\nbad\ngood\n'
put bom '\357\273\277good\nbad\ngood\n'
put crlf 'good \r\nbad\t\r\ngood'
put strings '"good"\n" bad"\n"good"\n'
put lines '{"line":1,"label":"good","p":{"good":0.9,"bad":0.1}}\n{"line":2,"label":"bad"}\n{"line":3,"label":"good"}\n'
put blank 'good\nbad\ngood\n\n\n'
for form in bom crlf strings lines blank; do
	scores "$form: the same labels" '^accuracy +1\.0000$' - accuracy gold $form
	scores "$form: as references" '"accuracy":1[,}]' - accuracy $form gold --json
done
put big1 '{"label":123456789012345678}\n{"label":123456789012345679}\n'
put big2 '123456789012345679\n123456789012345679\n'
scores "18 digits stay 18" '^accuracy +0\.5000$' - accuracy big1 big2

# labels that are not those of the references
put renamed 'Good\nBad\nGood\n'
scores "no prediction among the references" '^accuracy +0\.0000$' "no prediction occurs among the references: 'Good' beside 'good'" accuracy gold renamed
put partly 'good\nneutral\ngood\n'
scores "some are not" '^accuracy +0\.6667$' "1 of 3 predictions occur in no reference, the first is 'neutral' in line 2" accuracy gold partly

# f1 is of two labels, and it is said of which
put two 'good\ngood\nbad\n'
scores "f1: the second by bytes" "^f1 +0\.5000  of 'good', the second of two labels" - f1 gold two
scores "f1: the other one" "^f1 +0\.0000  of 'bad'$" - f1 gold two --positive bad
scores "f1: JSON says of which" '"f1":0\.5,"positive":"good"' - f1 gold two --json
put three_g 'a\nb\nc\na\n'; put three_p 'a\nb\nb\nc\n'
fails "a metric that no file has" 2 "no metric .perplexity.; there are: rouge accuracy" "$TUTTI" score perplexity gold gold
fails "f1 of three labels" 1 "f1 is of two labels, here are 3: 'a', 'b', 'c'; macro_f1" "$TUTTI" score f1 three_g three_p
scores "f1 of one against the rest" "^f1 +0\.6667  of 'b'$" - f1 three_g three_p --positive b
scores "macro_f1 of three" '^macro_f1 +0\.4444$' - macro_f1 three_g three_p
put one 'good\ngood\n'
fails "f1 of one label" 1 "here is one, 'good'" "$TUTTI" score f1 one one
scores "one label that is looked for" "^f1 +1\.0000  of 'good'$" - f1 one one --positive good
fails "f1 of a label that is nowhere" 1 "no item is 'great', the positive label: there are 'bad', 'good'" "$TUTTI" score f1 gold two --positive great

# correlations that are none
put num '1\n2\n4\n'; put same '3\n3\n3\n'; put one_num '3\n'
scores "a constant prediction" '^pearson +undefined: the predictions are all the same$' - pearson,spearman num same
scores "constant references" '^spearman +undefined: the references are all the same$' - pearson,spearman same num
scores "one row" '^pearson +undefined: one row alone$' - pearson one_num one_num
scores "null in JSON" '"pearson":null,"undefined":\{"pearson":"the predictions are all the same"\}' - pearson num same --json
put lines_num '{"line":1,"value":2}\n{"line":2,"value":4.0}\n{"line":3,"value":8e0}\n'
scores "predict's numbers" '^pearson +1\.0000$' - pearson num lines_num
fails "what is no number" 1 "gold:1: 'good' is not a number" "$TUTTI" score pearson gold gold
put huge '1\n1e400\n4\n'
fails "a number too large" 1 "huge:2: '1e400' is too large a number" "$TUTTI" score pearson num huge
put gap '1\n\n4\n'
fails "a number is missing" 1 "gap:2: empty, where a number is wanted" "$TUTTI" score pearson num gap

# line breaks for Lsum
put flat_g 'the cat sat down. a dog ran off.\n'; put flat_p 'a dog ran. the cat sat.\n'
scores "Lsum of one line is said" '^rougeLsum +0\.4286$' 'no item has a line break, so rougeLsum is rougeL' rougeL,rougeLsum flat_g flat_p
scores "rougeL alone needs none" '^rougeL +0\.4286$' - rougeL flat_g flat_p
scores "Lsum, split" '^rougeLsum +0\.8571$' - rougeLsum flat_g flat_p --split
put cut_g '"the cat sat down.\\na dog ran off."\n'; put cut_p '{"line":1,"text":"a dog ran.\\nthe cat sat."}\n'
scores "Lsum of JSON strings" '^rougeLsum +0\.8571$' - rougeLsum cut_g cut_p
scores "Lsum, one side in lines" '^rougeLsum' 'no prediction has a line break' rougeLsum cut_g flat_p
put quoted '"Go!"\n"Go," he said.\n'; put unquoted 'Go!\nGo, he said.\n'
scores "plain text in quotes" '^rouge1 +1\.0000$' 'quoted:2 is no JSON string, so all lines of this file are plain text' rouge1 unquoted quoted

# signatures
scores "ROUGE's settings" '^rouge-score: F1 mean, Porter stems, words \[a-z0-9\]\+, Lsum by lines$' - rouge1 gold gold
scores "with --split" 'Lsum by lines and sentences$' - rouge1 gold gold --split
scores "with --unicode" '^rouge: .*words of every script' - rouge1 gold gold --unicode
scores "in JSON" '"signature":"rouge-score: ' - rouge2 gold gold --json

# other scripts
put ru_g 'кот спит дома\nпёс ест\n'; put ru_p 'дома спит Кот\nпёс ест\n'
scores "what ROUGE is blind to" '^rouge1 +0\.0000$' 'rouge counts a-z and 0-9 only: 2 of 2 references have none (--unicode' rouge1 ru_g ru_p
scores "every script's letters" '^rouge1 +1\.0000$' - rouge1 ru_g ru_p --unicode
put marks '...\nwell\n'; put mixed '...\nкот\nwell\n'
scores "what no script has is not for --unicode" '^rouge1' '^1 of 2 references have no letter and no digit: rouge is 0 there$' rouge1 marks marks
scores "the same with --unicode" '^rouge1' '^1 of 2 references have no letter and no digit' rouge1 marks marks --unicode
scores "both are told apart" '^rouge1' '1 of 3 references have none (--unicode .*); 1 of 3 references have no letter' rouge1 mixed mixed

# counts and empty files
put short 'good\nbad\n'
fails "counts differ" 1 "'gold' has 3 items, 'short' has 2: one item a line in both$" "$TUTTI" score accuracy gold short
put long 'good\nbad\n\n'
fails "a blank line more" 1 "'short' has 2 items, 'long' has 3.*the last line of the longer one is blank" "$TUTTI" score rouge1 short long
: >empty
fails "an empty file" 1 "'empty'" "$TUTTI" score accuracy gold empty
put blanks '\n\n'
fails "blank lines alone" 1 "'blanks' has blank lines alone" "$TUTTI" score accuracy gold blanks
put hole 'good\n\ngood\n'
fails "an empty label" 1 "hole:2: an empty label" "$TUTTI" score accuracy gold hole
put failed '{"line":1,"label":"good"}\n{"line":2,"error":"empty text"}\n{"line":3,"label":"good"}\n'
fails "a line that predict could not answer" 1 "failed:2: no answer here: empty text" "$TUTTI" score accuracy gold failed
put nul 'good\nb\0ad\ngood\n'
fails "a NUL" 1 "nul:2: NUL byte" "$TUTTI" score accuracy gold nul
put latin 'good\nb\344d\ngood\n'
fails "no UTF-8" 1 "latin:2: invalid UTF-8" "$TUTTI" score accuracy gold latin

# members of objects
put both '{"text":"a long story","summary":"a story"}\n'; put pred '{"line":1,"text":"a story"}\n'
fails "two members may be it" 1 "more than one may be: 'text', 'summary' (say so with --field)" "$TUTTI" score rouge1 both pred
scores "--field names it, where there is one" '^rouge1 +1\.0000$' - rouge1 both pred --field summary
fails "--field that no file has" 1 "no member 'headline' in 'pred', nor in 'pred' (--field)" "$TUTTI" score rouge1 pred pred --field headline
fails "--field of plain lines" 1 "--field is for JSON objects, and neither 'gold' nor 'two' has any" "$TUTTI" score accuracy gold two --field label
scores "a metric named twice counts once" '^\{"schema":1,"event":"score","n":3,"accuracy":1\}$' - accuracy,accuracy gold gold --json
fails "--positive without f1" 2 "is for f1" "$TUTTI" score accuracy gold gold --positive good
fails "--split without rouge" 2 "--split is for rouge" "$TUTTI" score accuracy gold gold --split

# a plan's metrics: as many labels as they are of, in the plan or found in the data
cd "$OLDPWD" || exit 1
tiny_plan "$TMP/p.json" 6
fails "check: f1 on eight labels of the data" 1 "tasks.topic.metrics: f1 is of 2 labels, not 8 (use macro_f1)" \
	"$TUTTI" check "$TMP/p.json" --set 'tasks.topic.metrics=["accuracy","f1"]'
fails "train: the same" 1 "f1 is of 2 labels, not 8" "$TUTTI" train "$TMP/p.json" --runs "$TMP/runs" --set 'tasks.topic.metrics=["f1"]'
[ -d "$TMP/runs" ] && [ -n "$(ls "$TMP/runs")" ] && not_ok "and no run is left" || ok "and no run is left"
fails "f1 on three labels of the plan" 2 "f1 is of 2 labels, not 3" "$TUTTI" check "$TMP/p.json" \
	--set 'tasks.topic.metrics=["f1"]' --set 'tasks.topic.labels=["a","b","c"]'

# what a run says of itself is what \`score\` says of its predictions
long='tasks.headline.metrics=["rougeLsum","rouge1"]'
awk '{ a = $0; if (getline) { sub(/.*"headline": *"/, ""); sub(/"}$/, "", a); print a ".\\n" $0 } }' \
	"$TMP/data/headlines.dev.jsonl" >"$TMP/two.jsonl"
state_of "$TMP/p.json" --run sum --set "$long" >/dev/null
"$TUTTI" eval sum --runs "$TMP/runs" --task headline --data "$TMP/two.jsonl" --json >"$TMP/eval" 2>"$TMP/err"
sed 's/,"baseline":.*//' "$TMP/eval" >"$TMP/model"; mv "$TMP/model" "$TMP/eval" # the figures alone
"$TUTTI" predict sum --runs "$TMP/runs" --task headline "$TMP/two.jsonl" >"$TMP/said" 2>"$TMP/err"
"$TUTTI" score rougeLsum,rouge1 "$TMP/two.jsonl" "$TMP/said" --field headline --split --json >"$TMP/scored" 2>"$TMP/err"
grep -o '"signature":"[^"]*"' "$TMP/eval" >"$TMP/s1"; grep -o '"signature":"[^"]*"' "$TMP/scored" >"$TMP/s2"
check "eval and score have one signature" cmp -s "$TMP/s1" "$TMP/s2"
check "and it is of sentences" grep -q 'Lsum by lines and sentences' "$TMP/s1"
sed -i 's/,"baseline".*/}/' "$TMP/eval" # of others than the model
for m in rougeLsum rouge1; do
	case $(field $m <"$TMP/eval") in "" | 0) false ;; esac && [ "$(field $m <"$TMP/eval")" = "$(field $m <"$TMP/scored")" ] && ok "eval and score agree on $m" \
		|| { not_ok "eval and score differ on $m"; cat "$TMP/eval" "$TMP/scored" "$TMP/err"; }
done

# a metric without a value travels as null, and no baseline is invented
for i in $(seq 40); do echo "{\"text\":\"row $i\",\"label\":$((i % 7))}"; done >"$TMP/num.jsonl"
for i in $(seq 9); do echo "{\"text\":\"row $i\",\"label\":3}"; done >"$TMP/flat.jsonl"
cat >"$TMP/flat.json" <<PLAN
{ "tutti": 1, "model": { "kind": "transformer", "dim": 16, "layers": 1, "heads": 2 }, "tokenizer": { "kind": "wordpiece", "size": 100 },
  "tasks": { "n": { "kind": "regress", "train": "$TMP/num.jsonl", "dev": "$TMP/flat.jsonl", "text": "text", "label": "label" } },
  "mix": { "sampling": "uniform", "weighting": "fixed", "micro_batches": 2, "tokens": 64 },
  "optimizer": { "kind": "adamw", "lr": 0.003 }, "budget": { "steps": 6, "eval_every": 3, "checkpoint_every": 3 } }
PLAN
"$TUTTI" train "$TMP/flat.json" --run flat --runs "$TMP/runs" --json >"$TMP/flat.out" 2>"$TMP/err"
check "null at every evaluation" [ "$(grep '"event":"eval"' "$TMP/flat.out" | grep -c '"pearson":null')" = 2 ]
check "and at the end, in dev and baseline" grep -q '"event":"end".*"dev":{"n":{"pearson":null,"spearman":null}},"baseline":{"n":{"pearson":null,"spearman":null}}' "$TMP/flat.out"
"$TUTTI" eval flat --runs "$TMP/runs" >"$TMP/out" 2>"$TMP/err"
check "eval says undefined" grep -q 'pearson undefined (baseline undefined)  spearman undefined (baseline undefined)' "$TMP/out"
"$TUTTI" train "$TMP/flat.json" --run flat2 --runs "$TMP/runs" >"$TMP/text.out" 2>"$TMP/err"
grep -qi '[^a-z]nan[^a-z]\|-nan' "$TMP/text.out" "$TMP/flat.out" "$TMP/out" "$TMP/err" && not_ok "no nan is printed" || ok "no nan is printed"
"$TUTTI" eval flat --runs "$TMP/runs" --json >"$TMP/out" 2>"$TMP/err"
check "eval's JSON says null" grep -q '"pearson":null,"spearman":null,"loss":' "$TMP/out"

# ROUGE that sees nothing is said before and beside the training
for i in $(seq 90); do echo "{\"s\":\"кот $i спит дома\",\"t\":\"кот спит\"}"; done >"$TMP/ru.jsonl"
"$TUTTI" new "$TMP/ru.jsonl" --out "$TMP/ru.json" --set kind=summarize --set source=s --set target=t >/dev/null 2>"$TMP/err"
check "new says what ROUGE is blind to" grep -q 'rouge counts a-z and 0-9 only, 100% of the summaries have none: the plan says "rouge": "unicode"' "$TMP/err"
check "and the plan counts every script" grep -q '"rouge": "unicode"' "$TMP/ru.json"
"$TUTTI" check "$TMP/ru.json" >"$TMP/out" 2>/dev/null
grep -q 'rouge counts' "$TMP/out" && not_ok "check has nothing to say of it" || ok "check has nothing to say of it"
"$TUTTI" check "$TMP/ru.json" --set tasks.ru.rouge=ascii >"$TMP/out" 2>/dev/null
check "check says it of a-z0-9" grep -q 'rouge counts a-z and 0-9 only: \([0-9]*\) of \1 references have none' "$TMP/out"
"$TUTTI" train "$TMP/ru.json" --run ru --runs "$TMP/runs" --steps 1 --set tasks.ru.rouge=ascii >"$TMP/out" 2>"$TMP/err"
check "train says it" grep -q 'ru: rouge counts a-z and 0-9 only' "$TMP/err"
exit $bad
