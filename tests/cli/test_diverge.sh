#!/bin/sh
# A run that diverges in earnest: AdamW without a memory of squares (beta2 0) meets a
# weight that falls from a million to nothing, its steps are ten orders too long, and soon no
# loss is finite. What guard finite says and does there; that it is the same run by any
# workers, replayed, stopped, killed and resumed, whatever mixes and averages beside.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/wild.json
runs="--runs $TMP/runs"
for f in train dev; do
	head -n 150 "build/demo/topics.$f.jsonl" >"$TMP/topics.$f.jsonl"
	awk -v n=$([ $f = train ] && echo 300 || echo 60) 'BEGIN { print "text\tlabel"
		for (x = i = 0; i < n; i++) {
			m = 1 + (i * 7 + x) % 9; s = ""
			for (k = 0; k < m; k++) { x = (x * 13 + 5) % 31; s = s "w" x " " }
			print s "\t" m
		} }' >"$TMP/long.$f.tsv"
done
cat >"$plan" <<PLAN
{ "tutti": 1, "seed": 7,
  "model": { "kind": "transformer", "dim": 16, "layers": 2, "heads": 2, "shared_layers": 2 },
  "tokenizer": { "kind": "wordpiece", "size": 300 },
  "tasks": {
    "topic": { "kind": "classify", "train": "$TMP/topics.train.jsonl", "dev": "$TMP/topics.dev.jsonl",
               "text": "text", "label": "label", "max_source": 64 },
    "long": { "kind": "regress", "train": "$TMP/long.train.tsv", "dev": "$TMP/long.dev.tsv",
              "text": "text", "label": "label", "max_source": 64 } },
  "mix": { "sampling": "uniform", "weighting": "fixed", "micro_batches": 4, "tokens": 128 },
  "optimizer": { "kind": "adamw", "lr": 0.003, "beta2": 0, "warmup": 0, "clip": 0, "schedule": "constant" },
  "budget": { "steps": 60, "eval_every": 20, "checkpoint_every": 10, "eval_examples": 20 } }
PLAN
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
journal() { "$TUTTI" curves "$1" $runs --table journal; }
# jumps RUN: "FROM>TO RATE ..." of each
jumps() {
	journal "$1" | awk -F, '$7 == "rollback" { sub("step ", "", $9); at = $2 ">" $9; next }
		at { sub("lr ", "", $7); printf "%s %s ", at, $7; at = "" }'
}
went() { got=$(jumps "$2"); [ "$got" = "$3 " ] && ok "$1" || { not_ok "$1: '$got'"; journal "$2" | cut -c 1-120; }; }
replays() { name=$1; shift; check "$name" [ "$("$TUTTI" replay "$@" $runs 2>&1 | grep -c 'the same bits')" = 1 ]; }
printf '%s\n' '23 weight long 1000000!' '26 weight long 0.000001!' >"$TMP/hands"
act() { state_of "$plan" --script "$TMP/hands" --set guards.transfer=off --set "guards.finite=act n=2" "$@"; }
wild="--set mix.weighting=pcgrad"
# who only warns: it is said every three, and after ten the run ends
"$TUTTI" train "$plan" --run warns $runs $wild --script "$TMP/hands" >/dev/null 2>"$TMP/err"
check "it ends by itself, which is a failure" [ $? = 1 ]
check "after three in a row, six, nine" [ "$(journal warns | grep -c 'note finite: divergence: .* in [369] steps in a row')" = 3 ]
grep -q '10 updates in a row skipped.*tutti branch.*--step [0-9][0-9]*) with a lower lr' "$TMP/err" && ok "and why" || not_ok "and why: $(tail -1 "$TMP/err")"

# who acts: before the first update that was not made, whatever checkpoint is newer
whole=$(act --run whole $wild --workers 1)
went "it goes back to before the hand" whole "31>20 0.0015"
check "and comes to the end" [ "$("$TUTTI" curves whole $runs --table steps | tail -n 1 | cut -d, -f1)" = 60 ]
check "no update is left out on the way that stands" [ "$("$TUTTI" curves whole $runs --table steps | awk -F, '$5 == 1' | wc -l)" = 0 ]
replays "it replays, by 2 workers" whole --workers 2
is "so it does with 3" "$(act $wild --workers 3)" "$whole"
is "and from folders alone" "$(act $wild --set budget.back_every=0)" "$whole"

# stopped around it, and resumed
journal whole | cut -d, -f2,3,6- >"$TMP/said"
for at in 20 29 30 31; do
	act --run "at$at" $wild --steps $at >/dev/null
	is "stopped at $at and resumed" "$("$TUTTI" resume "at$at" $runs --steps 60 --script "$TMP/hands" --json 2>"$TMP/err" | field state)" "$whole"
	journal "at$at" | cut -d, -f2,3,6- >"$TMP/again"
	check "with the same journal" cmp "$TMP/said" "$TMP/again"
done
# killed when it is heard of, and when it has gone back
for word in 'step 30: .* skipped' 'divergence' 'back at step'; do
	: >"$TMP/killed"
	"$TUTTI" train "$plan" --run killed $runs $wild --set guards.transfer=off --set "guards.finite=act n=2" \
		--script "$TMP/hands" >/dev/null 2>"$TMP/killed" &
	pid=$! i=0
	while [ $i -lt 6000 ] && ! grep -q "$word" "$TMP/killed" && kill -0 $pid 2>/dev/null; do i=$((i + 1)); sleep 0.005; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	is "killed at '$word'" "$("$TUTTI" resume killed $runs --script "$TMP/hands" --json 2>"$TMP/err" | field state)" "$whole"
	rm -rf "$TMP/runs/killed"
done

# to no avail: further back; and where it is at once, to its beginning, not for ever
upgrad=$(act --run further --set mix.weighting=upgrad)
[ ${#upgrad} = 32 ] && jumps further | tr ' >' '\n\n' | awk 'NR == 2 { to = $1 } NR == 5 { exit !($1 < to) } END { if (NR < 5) exit 1 }' &&
	ok "twice, further back" || not_ok "twice, further back: $(jumps further)"
replays "it replays" further --workers 2
set -- --set optimizer.lr=10 --set optimizer.eps=1e-20 --set tasks.long.lr=1000 --set "optimizer.rates=long 1000"
early=$(timeout 120 "$TUTTI" train "$plan" --run early $runs --set "guards.finite=act n=2" "$@" --json 2>"$TMP/err" | field state)
jumped=$(jumps early | sed 's/[0-9]*>/>/g')
[ "$jumped" = '>0 5! >0 2.5! >0 1.25! ' ] && ok "without a checkpoint between it goes to step 0, and stops at the least rate" || not_ok "early: $(jumps early)"
check "the last is a word alone" [ "$(journal early | tail -n 1 | grep -c 'note finite')" = 1 ]
replays "that replays, too" early

# what learns and averages beside has no trace of what was taken back
for of in mix.weighting=famo mix.weighting=uncertainty mix.weighting=gradnorm model.precision=bf16 optimizer.average=0.9; do
	case $of in mix*) set -- --set "$of" ;; *) set -- $wild --set "$of" ;; esac
	first=$(act --run beside "$@")
	is "$of with 2 workers" "$(act "$@" --workers 2)" "$first"
	[ -n "$(jumps beside)" ] && ok "$of goes back" || not_ok "$of goes back"
	replays "$of replays" beside
	rm -rf "$TMP/runs/beside"
done
exit $bad
