#!/bin/sh
# What is kept of a text, from the file to the answer: words and sentences that can be
# found are found, the same bits again, from every form of target; eval, predict, compare,
# export, imports, new; the threshold; what is refused.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
cat >"$TMP/make.awk" <<'AWK'
# sentences of a core (who did what) with asides before, within and behind it, which go.
# Variables: seed, rows, form (mask, list, text, sentences).
function roll(n) { state = (state * 1103515245 + 12345) % 2147483648
	return int(state / 65536) % n }
function put(words, kept,  n, i, w) { n = split(words, w, " ")
	for (i = 1; i <= n; i++) { text = text (text == "" ? "" : " ") w[i]; mask = mask kept
		if (kept) left = left (left == "" ? "" : " ") w[i] } }
BEGIN {
	split("the council|a court|two banks|the airline|our team|the union", who, "|")
	split("approved|rejected|won|sold|cut|praised", did, "|")
	split("the plan|a budget|new rules|its shares|the appeal|a contract", what, "|")
	split("on monday ,|in a surprise move ,|according to officials ,|late last night ,", before, "|")
	split(", which was founded in 1912 ,|, to nobody 's surprise ,|, as reported ,", within, "|")
	split("after weeks of talks|in the capital|for the third time|amid protests", behind, "|")
	state = seed * 7919 + 17
	for (r = 0; r < rows; r++) {
		text = mask = left = ""
		if (form == "sentences") {
			k = 1 + roll(3)
			for (i = 1; i <= 4; i++) {
				if (i == k) { s = who[1 + roll(6)] " " did[1 + roll(6)] " " what[1 + roll(6)]; left = s }
				else s = before[1 + roll(4)] " it rained " behind[1 + roll(4)]
				text = text (i > 1 ? " " : "") toupper(substr(s, 1, 1)) substr(s, 2) "."; mask = mask (i == k)
			}
		} else {
			if (roll(2)) put(before[1 + roll(4)], 0)
			put(who[1 + roll(6)], 1)
			if (roll(2)) put(within[1 + roll(3)], 0)
			put(did[1 + roll(6)], 1); put(what[1 + roll(6)], 1)
			if (roll(2)) put(behind[1 + roll(4)], 0)
			put(".", 1)
		}
		if (form == "list") { gsub(/./, "&,", mask); mask = "[" substr(mask, 1, length(mask) - 1) "]" }
		else if (form == "text") mask = "\"" left "\""
		else mask = "\"" mask "\""
		printf "{\"words\": \"%s\", \"keep\": %s, \"left\": \"%s\"}\n", text, mask, left
	}
}
AWK
made() { awk -v seed="$1" -v rows="$2" -v form="$3" -f "$TMP/make.awk"; }
mkdir "$TMP/d"
for form in mask list text sentences; do
	made 1 600 $form >"$TMP/d/$form.train.jsonl"
	made 2 150 $form >"$TMP/d/$form.dev.jsonl"
done
plan() { # plan FILE FORM FIELDS
	cat >"$TMP/$1" <<PLAN
{ "tutti": 1, "seed": 3,
  "model": { "kind": "transformer", "dim": 32, "layers": 1, "heads": 2, "dropout": 0.1 },
  "tokenizer": { "size": 300 },
  "tasks": { "short": { "kind": "extract", "train": "d/$2.train.jsonl", "dev": "d/$2.dev.jsonl",
                        "source": "words", "target": "keep", "max_source": 64 $3 } },
  "mix": { "micro_batches": 2, "tokens": 512 },
  "optimizer": { "lr": 0.004, "warmup": 10 },
  "budget": { "steps": 120, "eval_every": 60, "checkpoint_every": 60 } }
PLAN
}
plan p.json mask ''
plan s.json sentences ', "unit": "sentences", "keep": 1'
cd "$TMP" || exit 1
train() { p=$1; shift; "$TUTTI" train "$p" --runs r --json "$@" 2>said; }
number() { tail -1 log | sed 's/.*"'"$2"'"://' | grep -o "\"$1\":[0-9.e-]*" | head -1 | cut -d: -f2; }
between() { awk -v x="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(x != "" && x > a && x < b) }'; }

# learned, with a bar that the first words or sentences are far from
train p.json --run a >log || { not_ok "it trains"; cat said; }
check "words are learned: $(number kept_f1 dev)" between "$(number kept_f1 dev)" 0.95 1.01
check "and the text that they make: $(number rouge2 dev)" between "$(number rouge2 dev)" 0.9 1.01
check "the first ten words are far below: $(number kept_f1 baseline)" between "$(number kept_f1 baseline)" 0.4 0.85
train s.json --run s >log || { not_ok "sentences train"; cat said; }
check "sentences are learned: $(number kept_f1 dev)" between "$(number kept_f1 dev)" 0.9 1.01
check "the first one is far below: $(number kept_f1 baseline)" between "$(number kept_f1 baseline)" 0.1 0.6

# the same bits
brief="--set budget.steps=20 --set budget.eval_every=10 --set budget.checkpoint_every=10"
# shellcheck disable=SC2086
again() { train p.json $brief "$@" | field state; }
state=$(again --run b)
[ -n "$state" ] && [ "$(again --run b1 --workers 1)" = "$state" ] && ok "by one worker: the same bits" || not_ok "other bits"
for form in list text; do
	[ "$(again --run b$form --set tasks.short.train=d/$form.train.jsonl --set tasks.short.dev=d/$form.dev.jsonl)" = "$state" ] &&
		ok "from a target of form $form: the same bits" || not_ok "a $form gives other bits"
done
check "it replays to the same bits" "$TUTTI" replay b --runs r
again --run b3 --steps 13 >/dev/null
[ "$("$TUTTI" resume b3 --steps 20 --runs r --json 2>said | field state)" = "$state" ] &&
	ok "resumed: the same bits" || not_ok "resumed: other bits"
[ "$(again --run b4 --set tasks.short.unit=sentences --set tasks.short.target=left)" != "$state" ] &&
	ok "sentences are another task" || not_ok "the unit does nothing"

# what is said of it
"$TUTTI" eval a --runs r >out 2>&1
check "eval measures four ways" grep -q 'kept_f1 .*rouge1 .*rouge2 .*rougeL .*loss' out
echo 'on monday , a court , as reported , rejected the plan amid protests .' | "$TUTTI" predict a --runs r --task short >out 2>said
check "predict says what is kept" grep -q '"text":"a court rejected the plan ."' out
check "of each word whether" grep -q '"keep":"00011000011100[01]*' out
check "and how likely" grep -q '"p":\[0' out
echo 'on' | "$TUTTI" predict a --runs r --task short >out 2>said
check "never nothing" grep -q '"text":"on","threshold":0.5,"keep":"1"' out
printf 'It rained. The union won a contract. In the capital it rained.\n' | "$TUTTI" predict s --runs r --task short >out 2>said
check "of sentences one" grep -q '"text":"The union won a contract.","keep":"010"' out
"$TUTTI" compare a b --runs r --draws 200 >out 2>&1
check "runs are compared by kept_f1" grep -q 'short by kept_f1 in percent, 150 dev rows' out
check "and by ROUGE" grep -q 'short by rouge2 in percent, 150 dev rows' out
fails "but not by words and sentences" 1 "task 'short': words are kept in 'a' and sentences in 'b4'" \
	"$TUTTI" compare a b4 --runs r --draws 200

# the threshold: figures and kept predictions are those that it makes
train p.json --run auto --set budget.steps=12 --set budget.eval_every=6 --set tasks.short.threshold=auto >log
check "a threshold is fitted before much is learned: $(number kept_f1 dev)" between "$(number kept_f1 dev)" 0.3 1.01
fitted=$(sed -n 's/.*"threshold": \(0[.0-9]*\).*/\1/p' r/auto/checkpoints/step-000012/config.json)
check "its checkpoint keeps it: $fitted" between "$fitted" 0.05 0.95
"$TUTTI" eval auto --step 12 --runs r >out 2>&1
for m in kept_f1 rouge1 rouge2; do
	check "eval has training's $m" grep -q "$m $(number $m dev | awk '{ printf "%.2f%%", 100 * $1 }') " out
done
check "and says what it was fitted to" grep -q 'the threshold was fitted to dev rows' out

# exported
again --run post --set model.norm=post >/dev/null
"$TUTTI" export post "$TMP/folder" --runs r >out 2>&1 || cat out
check "a folder of words has their class" grep -q 'BertForTokenClassification' folder/config.json
check "and its two labels" grep -q '"1": "KEEP"' folder/config.json
check "nothing is left over" [ ! -e folder/tutti.safetensors ]
"$TUTTI" inspect folder >out 2>&1 || cat out
check "its head is known again" grep -q '^taken .*; and the head, for an extract task of words$' out
check "and nothing is not taken" grep -q '^not taken  nothing' out
grep -v '"tokenizer"' p.json >q.json
train q.json --run reread --set model.init=folder --steps 0 >out || tail -3 said
for run in post reread; do
	"$TUTTI" eval $run --runs r --json 2>/dev/null | grep -o '"kept_f1":[^,]*,\|"loss":[^,]*,' >$run.got
done
[ -s post.got ] && cmp -s post.got reread.got && ok "a run that begins from it says the same" || { not_ok "a run from it says something else"; cat post.got reread.got; }
train s.json --run spost --set model.norm=post --set budget.steps=2 >/dev/null
"$TUTTI" export spost "$TMP/sfolder" --runs r >out 2>&1 || cat out
check "of sentences there is no class, which is said" grep -q 'no class there keeps sentences' out
check "and its head is ours" [ -s sfolder/tutti.safetensors ]

# predictions of another system
figures() { sed -n 's/^short  *//p' | sed 's/  [0-9.]* s$//; s/ *loss .*//'; }
"$TUTTI" eval a --runs r 2>/dev/null | figures >want
"$TUTTI" predict a --runs r --task short d/mask.dev.jsonl >said.jsonl 2>/dev/null
import() { "$TUTTI" import-predictions "$@" --task short --like a --runs r; }
import ours said.jsonl >out 2>said; figures <out >got
check "our own, imported, have eval's figures" cmp -s want got
sed 's/"keep":"[01]*",//' said.jsonl >texts.jsonl
import texts texts.jsonl >out 2>said; figures <out >got
check "from their texts alone, too" cmp -s want got
"$TUTTI" compare a texts --runs r --draws 200 >out 2>&1
check "and can be compared" grep -q 'short by kept_f1 in percent, 150 dev rows' out
sed '3s/"keep":"[01]*"/"keep":"01"/' said.jsonl >wrong.jsonl
fails "too few are told with their line" 1 "wrong.jsonl:3: not as many 0 and 1 as the [0-9]* words" import w wrong.jsonl
sed '3s/"keep":"[01]*"/"keep":3/' said.jsonl >wrong.jsonl
fails "what is no answer, too" 1 "wrong.jsonl:3: what is kept is a number" import w wrong.jsonl
sed '3s/.*/{"line":3,"error":"none"}/' said.jsonl >hole.jsonl
import hole hole.jsonl --missing wrong >out 2>said
check "a row without an answer may count as wrong" grep -q '1 rows without an answer count as wrong' said

# new proposes it
cut -d, -f1,2 d/mask.train.jsonl | sed 's/$/}/' >d/two.jsonl
awk -F'"' '{ printf "{\"words\": \"%s\", \"keep\": \"%s\"}\n", $4, $8 }' d/mask.train.jsonl >d/two.jsonl
"$TUTTI" new d/two.jsonl --yes --out n.json >out 2>said || cat said
check "new proposes it where a column is 0 and 1" grep -q '"kind": "extract"' n.json
check "with its columns" sh -c 'grep -q "\"source\": \"words\"" n.json && grep -q "\"target\": \"keep\"" n.json'
"$TUTTI" check n.json >out 2>&1
check "which is a plan" grep -q '^two (extract)' out

# rows that say something else
sed 's/"left": "/"left": "so /' d/mask.train.jsonl >d/near.jsonl
"$TUTTI" check p.json --set tasks.short.train=d/near.jsonl --set tasks.short.target=left >out 2>&1
check "targets of other words are counted" grep -q '600 of 600 targets have words that the text has not in that order' out
sed '5s/"keep": "./"keep": "/' d/mask.train.jsonl >d/bad.jsonl
"$TUTTI" check p.json --set tasks.short.train=d/bad.jsonl >out 2>&1
check "a row with too few is skipped, and said" grep -q '599 rows, 1 skipped: not as many 0 and 1 as there are words or sentences 1 (line 5: ' out
sed 's/"keep": "[01]*"/"keep": "00"/' d/mask.train.jsonl >d/bad.jsonl
fails "a file of such rows is refused" 1 "no usable rows.*not as many 0 and 1" "$TUTTI" check p.json --set tasks.short.train=d/bad.jsonl

# what is refused
no() { fails "$1" 2 "$2" "$TUTTI" check p.json --set "$3"; }
no "a model that says its answers" "a 'gpt' model has no answers for 'extract'" 'model.kind=gpt'
no "keep of words" "is for unit sentences" 'tasks.short.keep=2'
no "an unknown unit" "words" 'tasks.short.unit=letters'
no "metrics of one label" "metric 'accuracy' does not fit a extract task\|metric 'accuracy' does not fit an extract task" 'tasks.short.metrics=["accuracy"]'
no "labels" "'labels' is for tasks of kind classify or multilabel, not extract" 'tasks.short.labels=["a","b"]'
no "beams" "'beams' is for tasks of kind summarize or denoise, not extract" 'tasks.short.beams=2'
fails "a threshold of sentences" 2 "is for unit words" "$TUTTI" check s.json --set tasks.short.threshold=0.4
fails "unit of another kind" 2 "'unit' is for tasks of kind extract" "$TUTTI" check s.json --set tasks.short.kind=summarize
exit $bad
