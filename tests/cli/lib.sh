# lib.sh - what the scripts beside share: a temporary folder, ok / not ok / skip.
# shellcheck shell=sh
set -u
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
bad=0
ok() { echo "ok $1"; }
not_ok() { echo "not ok $1"; bad=1; }
skip() { echo "skip $1"; }
# check NAME COMMAND...: ok when the command succeeds
check() { name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
# fails NAME STATUS 'pattern' COMMAND...: exits so, with a message like that
fails() {
	name=$1 want=$2 pattern=$3; shift 3
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	got=$?
	if [ $got = "$want" ] && grep -q -- "$pattern" "$TMP/err"; then ok "$name"
	else not_ok "$name (exit $got, want $want)"; sed 's/^/  /' "$TMP/err" | head -5; fi
}
# tiny_plan FILE [STEPS]: a plan of a few ms a step over rows of the demo's data
tiny_plan() {
	mkdir -p "$TMP/data"
	for f in topics.train topics.dev headlines.train headlines.dev; do
		[ -s "$TMP/data/$f.jsonl" ] || head -n 200 "build/demo/$f.jsonl" >"$TMP/data/$f.jsonl"
	done
	cat >"$1" <<PLAN
{ "tutti": 1, "seed": 7,
  "model": { "kind": "transformer", "dim": 16, "layers": 2, "heads": 2, "shared_layers": 1, "decoder_layers": 1 },
  "tokenizer": { "kind": "wordpiece", "size": 400 },
  "tasks": {
    "topic": { "kind": "classify", "train": "$TMP/data/topics.train.jsonl", "dev": "$TMP/data/topics.dev.jsonl",
               "text": "text", "label": "label", "max_source": 64 },
    "headline": { "kind": "summarize", "train": "$TMP/data/headlines.train.jsonl", "dev": "$TMP/data/headlines.dev.jsonl",
               "source": "report", "target": "headline", "max_source": 64, "max_target": 16 } },
  "mix": { "sampling": "uniform", "weighting": "uncertainty", "micro_batches": 4, "tokens": 128 },
  "optimizer": { "kind": "adamw", "lr": 0.003, "warmup": 5 },
  "budget": { "steps": ${2:-40}, "eval_every": 1000, "checkpoint_every": 10, "eval_examples": 8 } }
PLAN
}
# field NAME: the last value of "NAME" in the JSON lines on standard input
field() { sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p' | tail -n 1; }
# state_of ARGS...: trains quietly and prints the state at the end
state_of() { "$TUTTI" train "$@" --json --runs "$TMP/runs" 2>"$TMP/err" | field state; }

# vocab N: a vocabulary of so many pieces, 60 to 97 of them letters and words
vocab() {
	{
		printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'
		for c in a b c d e f g h i j k l m n o p q r s t u v w x y z; do echo $c; echo "##$c"; done
		for w in $(seq 1 60); do echo "word$w"; done
	} | head -"$1"
}
# folder FAMILY NAME N: a model from elsewhere, tests/golden/pretrained/FAMILY, as $TMP/NAME
folder() { cp -r "tests/golden/pretrained/$1" "$TMP/$2" && vocab "$3" >"$TMP/$2/vocab.txt"; }
