#!/bin/sh
# Sets of labels from the file to the answer: a task that can be learned is learned, the
# same bits again; tables, eval, predict, compare, export, a folder that is begun from,
# imports, new; the threshold and class weights; what is refused.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
cat >"$TMP/make.awk" <<'AWK'
# requests to a help desk, each with 0 to 3 of 8 topics: a phrase a topic, in any order,
# between words of none. Variables: seed, rows, form (jsonl or tsv).
function roll(n) { state = (state * 1103515245 + 12345) % 2147483648
	return int(state / 65536) % n }
BEGIN {
	n = split("billing delivery login refund printer holiday contract password", name, " ")
	split("the invoice is wrong|you charged me twice|my bill is too high", w1, "|")
	split("the parcel never came|where is my package|the courier was late", w2, "|")
	split("i cannot sign in|the account is locked|the site throws me out", w3, "|")
	split("i want my money back|please return the amount|give me a refund", w4, "|")
	split("the printer is jammed|there is no toner left|pages come out blank", w5, "|")
	split("i am away next week|who stands in for me|my days off are not entered", w6, "|")
	split("the agreement ends in may|when can i cancel the subscription|i never signed that", w7, "|")
	split("reset my secret word|the passphrase has expired|i forgot my pin", w8, "|")
	split("hello|good morning|thank you|it rained all day|this is urgent|as i said", filler, "|")
	state = seed * 7919 + 17
	for (r = 0; r < rows; r++) {
		k = roll(4); text = filler[1 + roll(6)]; labels = ""; split("", has)
		for (i = 0; i < k; i++) {
			t = 1 + roll(n); if (t in has) continue
			has[t] = 1; v = 1 + roll(3)
			p = t == 1 ? w1[v] : t == 2 ? w2[v] : t == 3 ? w3[v] : t == 4 ? w4[v] : \
			    t == 5 ? w5[v] : t == 6 ? w6[v] : t == 7 ? w7[v] : w8[v]
			text = text (roll(2) ? " and " : " , ") p
			labels = labels (labels == "" ? "" : ",") name[t]
		}
		if (form == "tsv") printf "%s\t%s\n", text, labels
		else { gsub(/,/, "\",\"", labels)
			printf "{\"text\": \"%s\", \"labels\": [%s]}\n", text, labels == "" ? "" : "\"" labels "\"" }
	}
}
AWK
made() { awk -v seed="$1" -v rows="$2" -v form="$3" -f "$TMP/make.awk"; }
mkdir "$TMP/d"
made 1 800 jsonl >"$TMP/d/train.jsonl"
made 2 200 jsonl >"$TMP/d/dev.jsonl"
{ printf 'text\tlabels\n'; made 1 800 tsv; } >"$TMP/d/train.tsv"
{ printf 'text\tlabels\n'; made 2 200 tsv; } >"$TMP/d/dev.tsv"
cat >"$TMP/p.json" <<'PLAN'
{ "tutti": 1, "seed": 3,
  "model": { "kind": "transformer", "dim": 48, "layers": 1, "heads": 2, "dropout": 0 },
  "tokenizer": { "size": 300 },
  "tasks": { "topics": { "kind": "multilabel", "train": "d/train.jsonl", "dev": "d/dev.jsonl",
                         "label": "labels", "max_source": 48 } },
  "mix": { "micro_batches": 2, "tokens": 1024 },
  "optimizer": { "lr": 0.003, "warmup": 10 },
  "budget": { "steps": 300, "eval_every": 100, "checkpoint_every": 100 } }
PLAN
cd "$TMP" || exit 1
train() { "$TUTTI" train p.json --runs r --json "$@" 2>said; }
# number NAME PART: NAME of the last line of `log` behind the member PART
number() { tail -1 log | sed 's/.*"'"$2"'"://' | grep -o "\"$1\":[0-9.e-]*" | head -1 | cut -d: -f2; }
between() { awk -v x="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(x != "" && x > a && x < b) }'; }

# learned, with a bar that a head which knows nothing of the text fails: the best constant
# answer has 0.31
train --run a >log || { not_ok "it trains"; cat said; }
check "it is learned: $(number micro_f1 dev)" between "$(number micro_f1 dev)" 0.85 1.01
check "and whole sets: $(number exact_match dev)" between "$(number exact_match dev)" 0.7 1.01
check "the constant answer is far below: $(number micro_f1 baseline)" between "$(number micro_f1 baseline)" 0.25 0.4

# the same bits
brief="--set budget.steps=20 --set budget.eval_every=10 --set budget.checkpoint_every=10"
# shellcheck disable=SC2086
state=$(train --run s $brief | field state)
# shellcheck disable=SC2086
again() { train $brief "$@" | field state; }
[ -n "$state" ] && [ "$(again --run s1 --workers 1)" = "$state" ] && ok "by one worker: the same bits" || not_ok "other bits"
[ "$(again --run s2 --set tasks.topics.train=d/train.tsv --set tasks.topics.dev=d/dev.tsv)" = "$state" ] &&
	ok "from a table: the same bits" || not_ok "a table gives other bits"
check "it replays to the same bits" "$TUTTI" replay s --runs r
again --run s3 --steps 13 >/dev/null
[ "$("$TUTTI" resume s3 --steps 20 --runs r --json 2>said | field state)" = "$state" ] &&
	ok "resumed: the same bits" || not_ok "resumed: other bits"
[ "$(again --run s4 --set tasks.topics.class_weights=balanced)" != "$state" ] && ok "class weights are felt" || not_ok "weights do nothing"
[ "$(again --run s5 --set 'tasks.topics.class_weights=[1,1,1,1,1,1,1,1]')" = "$state" ] && ok "weights of 1 are not" || not_ok "weights of 1"
[ "$(again --run s6 --set tasks.topics.smoothing=0.1)" != "$state" ] && ok "smoothing is felt" || not_ok "smoothing does nothing"

# what is said of it
"$TUTTI" check p.json >out 2>&1
check "check says which rows have no label" grep -q '191 of 800 train rows have no label' out
"$TUTTI" eval a --runs r >out 2>&1
check "eval measures three ways" grep -q 'micro_f1 .*macro_f1 .*exact_match .*loss' out
echo 'hello , i want my money back and the printer is jammed' | "$TUTTI" predict a --runs r --task topics >out 2>said
check "predict says the set" grep -q '"labels":\["printer","refund"\],"threshold":0.5' out
check "and every probability" grep -q '"p":{"billing":' out
echo 'it rained all day' | "$TUTTI" predict a --runs r --task topics >out 2>said
check "the empty set, too" grep -q '"labels":\[\]' out
"$TUTTI" compare a s --runs r --draws 200 >out 2>&1
check "runs are compared by micro_f1" grep -q 'topics by micro_f1 in percent, 200 dev rows' out
check "and by exact_match" grep -q 'topics by exact_match' out
check "what cannot be is said" grep -q "macro_f1 of 'topics' is left out" out

# the threshold
train --run auto --set budget.steps=60 --set budget.eval_every=30 --set tasks.topics.threshold=auto >log
check "a threshold that is fitted is better than 0.5 before much is learned: $(number micro_f1 dev)" \
	between "$(number micro_f1 dev)" 0.32 1.01
fitted=$(sed -n 's/.*"threshold": \(0[.0-9]*\).*/\1/p' r/auto/checkpoints/step-000060/config.json)
check "its checkpoint keeps it: $fitted" between "$fitted" 0.05 0.49
"$TUTTI" eval auto --runs r >out 2>&1
check "eval has the figures of training" grep -q "micro_f1 $(number micro_f1 dev | awk '{ printf "%.2f%%", 100 * $1 }') " out
check "and says what the threshold was fitted to" grep -q 'the threshold was fitted to dev rows' out
echo 'hello' | "$TUTTI" predict auto --runs r --task topics 2>said >out
check "predict goes by it" grep -q "\"threshold\":$fitted" out

# exported, and begun from
post="--set model.norm=post --set model.pool=first"
# shellcheck disable=SC2086
again --run post $post >/dev/null
"$TUTTI" export post "$TMP/folder" --runs r >out 2>&1 || cat out
check "a folder has the problem's name" grep -q '"problem_type": "multi_label_classification"' folder/config.json
check "and its labels" grep -q '"0": "billing"' folder/config.json
sed 's/"model": .*/"model": { "init": "folder", "dropout": 0 },/; /"tokenizer"/d' p.json >i.json
"$TUTTI" train i.json --runs r --run init --set budget.steps=1 --set optimizer.lr=0 --json >log 2>said || cat said
loss() { "$TUTTI" eval "$1" --runs r --json 2>/dev/null | field loss | cut -c1-7; }
[ -n "$(loss post)" ] && [ "$(loss post)" = "$(loss init)" ] && ok "its head is taken where labels agree" ||
	not_ok "the folder's head: $(loss init) is not $(loss post)"
sed -i 's/multi_label_classification/single_label_classification/' folder/config.json
"$TUTTI" train i.json --runs r --run init2 --set budget.steps=1 --set optimizer.lr=0 --json >log 2>said || cat said
[ "$(loss post)" != "$(loss init2)" ] && ok "but that of a folder of classes is not" || not_ok "a head of classes was taken"

# predictions of another system
figures() { sed -n 's/^topics  *//p' | sed 's/  [0-9.]* s$//'; }
"$TUTTI" eval a --runs r 2>/dev/null | figures >want
"$TUTTI" predict a --runs r --task topics d/dev.jsonl >said.jsonl 2>/dev/null
import() { "$TUTTI" import-predictions "$@" --task topics --like a --runs r; }
import ours said.jsonl 2>said | figures >got
check "our own, imported, have eval's figures" cmp -s want got
sed 's/,"p":.*/}/' said.jsonl >bare.jsonl
import bare bare.jsonl >out 2>said
check "without probabilities the same but the loss" grep -q "^topics .*$(cut -d' ' -f1-6 want | cut -c1-40)" out
"$TUTTI" compare a bare --runs r --draws 200 >out 2>&1
check "and can be compared" grep -q 'topics by micro_f1 in percent, 200 dev rows' out
sed '3s/"labels":\[[^]]*\]/"labels":["weather"]/' bare.jsonl >wrong.jsonl
fails "an unknown label is told with its line" 1 "wrong.jsonl:3: unknown label 'weather'" import w wrong.jsonl
sed '3s/.*/{"line":3,"error":"none"}/' bare.jsonl >hole.jsonl
import hole hole.jsonl --missing wrong >out 2>said
check "a row without an answer may count as wrong" grep -q '1 rows without an answer count as wrong' said

# new proposes it
"$TUTTI" new d/train.jsonl --yes --out n.json >out 2>said
check "new proposes it where a column is a list" grep -q '"kind": "multilabel"' n.json
check "with its column" grep -q '"label": "labels"' n.json

# what is refused
no() { fails "$1" 2 "$2" "$TUTTI" check p.json --set "$3"; }
fails "too few weights" 1 "class_weights: 2 weights for 8 labels" "$TUTTI" check p.json --set 'tasks.topics.class_weights=[1,2]'
no "a weight below 0" "no number from 0 to" 'tasks.topics.class_weights=[1,1,1,1,1,1,1,-1]'
no "all weights 0" "nothing would be learned" 'tasks.topics.class_weights=[0,0,0,0,0,0,0,0]'
no "a word that is none" 'neither a list of numbers nor "balanced"' 'tasks.topics.class_weights=even'
no "a threshold above 1" "out of range" 'tasks.topics.threshold=1.5'
no "metrics of one label" "metric 'accuracy' does not fit a multilabel task" 'tasks.topics.metrics=["accuracy"]'
no "a model that says its answers" "a 'gpt' model has no answers for 'multilabel'" 'model.kind=gpt'
fails "a label without rows has no balanced weight" 1 "no train row has the label 'weather'" "$TUTTI" check p.json \
	--set tasks.topics.class_weights=balanced \
	--set 'tasks.topics.labels=["billing","delivery","login","refund","printer","holiday","contract","password","weather"]'
sed 's/"labels": \[\([^]]*\)\]/"labels": 3.5/; s/multilabel/regress/' d/train.jsonl | sed 's/"labels"/"label"/' >d/numbers.jsonl
sed 's/multilabel/regress/; s/train.jsonl/numbers.jsonl/; s/"dev": [^,]*,//; s/"label": "labels",//' p.json >q.json
fails "numbers are not smoothed" 2 "'smoothing' is for tasks of kind classify or summarize or multilabel or denoise, not regress" \
	"$TUTTI" check q.json --set tasks.topics.smoothing=0.1
fails "nor weighted" 2 "'class_weights' is for tasks of kind classify or multilabel, not regress" \
	"$TUTTI" check q.json --set tasks.topics.class_weights=balanced
sed 's/"login"/"log in"/' d/train.jsonl >d/other.jsonl
fails "labels beyond the plan's list are bad rows" 1 "too many bad rows.*unknown label" "$TUTTI" check p.json \
	--set tasks.topics.train=d/other.jsonl \
	--set 'tasks.topics.labels=["billing","delivery","login","refund","printer","holiday","contract","password"]'
exit $bad
