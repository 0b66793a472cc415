#!/bin/sh
# The weights' average: the same bits through workers, replay, resume and kill -9; measured
# beside the weights; eval, predict and export take it; damage is found.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
sed "s/\"eval_every\": 1000/\"eval_every\": 20/" "$plan" >"$TMP/x" && mv "$TMP/x" "$plan"
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
other() { [ ${#2} = 32 ] && [ "$2" != "$3" ] && ok "$1" || not_ok "$1: '$2'"; }
some="--set optimizer.average=0.9 --set optimizer.lr=0.02"

base=$(state_of "$plan" --run base --set optimizer.lr=0.02)
state=$(state_of "$plan" --run a $some --workers 1)
other "an average is state" "$state" "$base"
is "3 workers" "$(state_of "$plan" $some --workers 3)" "$state"
is "evaluating more often changes no bit" "$(state_of "$plan" $some --set budget.eval_every=3)" "$state"
is "0 is none" "$(state_of "$plan" --set optimizer.average=0 --set optimizer.lr=0.02)" "$base"
check "the weights are those without it" cmp "$TMP/runs/a/checkpoints/step-000040/model.safetensors" "$TMP/runs/base/checkpoints/step-000040/model.safetensors"
check "replay" "$TUTTI" replay a $runs --workers 2
printf '%s\n' '10 mute topic on' '20 freeze trunk on' '25 mute topic off' '30 freeze trunk off' >"$TMP/hands"
hands=$(state_of "$plan" --run hands $some --script "$TMP/hands" --workers 1)
check "a replay of what a hand did" "$TUTTI" replay hands $runs --workers 2
for at in 7 23; do
	"$TUTTI" train "$plan" --run "part$at" $runs $some --steps $at --script "$TMP/hands" >/dev/null 2>"$TMP/err"
	is "stopped at $at and resumed" "$("$TUTTI" resume "part$at" $runs --json --steps 40 --script "$TMP/hands" 2>"$TMP/err" | field state)" "$hands"
done
kills=3 k=0 lost=0
[ "$FLAVOUR" = release ] || kills=1
while [ $k -lt $kills ]; do
	k=$((k + 1))
	"$TUTTI" train "$plan" --run "kill$k" $runs $some --json --script "$TMP/hands" >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 400 ] && ! grep -q "\"step\":$((k * 9))[,}]" "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json --script "$TMP/hands" 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$hands" ] || lost=$((lost + 1))
	"$TUTTI" curves "kill$k" $runs --table averaged | cut -d, -f1-6,8- >"$TMP/k"
	"$TUTTI" curves hands $runs --table averaged | cut -d, -f1-6,8- >"$TMP/h"
	cmp -s "$TMP/k" "$TMP/h" || lost=$((lost + 1))
done
[ $lost = 0 ] && ok "killed $kills times, figures and all" || not_ok "killed: $lost of $kills have other bits"

# measured and taken
[ "$("$TUTTI" curves a $runs --table averaged | grep -c ,scheduled,)" = 4 ] && ok "a row for each task and evaluation" || not_ok "rows of the average"
[ "$("$TUTTI" curves a $runs --table evals | grep -c ,scheduled,)" = 4 ] && ok "apart from those of the weights" || not_ok "rows of the weights"
check "a run without has none" sh -c '[ "$("$0" curves base --runs "$1" --table averaged | wc -l)" = 1 ]' "$TUTTI" "$TMP/runs"
"$TUTTI" eval a $runs --step 40 --json 2>/dev/null | sed 's/.*"loss"/"loss"/' >"$TMP/plain"
"$TUTTI" eval a $runs --step 40 --json --averaged 2>"$TMP/err" | sed 's/.*"loss"/"loss"/' >"$TMP/averaged"
[ -s "$TMP/averaged" ] && ! cmp -s "$TMP/plain" "$TMP/averaged" && ok "eval --averaged" || not_ok "eval --averaged"
check "and says so" grep -q "step 40, the weights' average" "$TMP/err"
# what predict and export say of it is what they would say of such weights
for what in plain averaged; do
	flag=; [ $what = plain ] || flag=--averaged
	echo '{"text":"rain and wind over the harbour"}' | "$TUTTI" predict a $runs --task topic --step 40 $flag >"$TMP/said.$what" 2>/dev/null
	"$TUTTI" export a "$TMP/out.$what" $runs --step 40 $flag >/dev/null 2>&1
done
! cmp -s "$TMP/said.plain" "$TMP/said.averaged" && [ -s "$TMP/said.averaged" ] && ok "predict --averaged" || not_ok "predict --averaged"
! cmp -s "$TMP/out.plain/tutti.safetensors" "$TMP/out.averaged/tutti.safetensors" && [ -s "$TMP/out.averaged/tutti.safetensors" ] && ok "export --averaged" || not_ok "export --averaged"
fails "a run without an average" 1 "no average of the weights is kept here" "$TUTTI" eval base $runs --averaged
"$TUTTI" train "$plan" --run told $runs $some >"$TMP/words" 2>&1
check "train says both" grep -q "accuracy.*(averaged .*%)" "$TMP/words"
"$TUTTI" train "$plan" --run told2 $runs $some --json >"$TMP/words" 2>/dev/null
check "as JSON, too" grep -q '"averaged":{"topic":{"accuracy":' "$TMP/words"

# damage
at=$TMP/runs/a/checkpoints/step-000040/average.safetensors
size=$(wc -c <"$at")
printf X | dd of="$at" bs=1 seek=$((size - 9)) conv=notrunc 2>/dev/null
fails "a byte of it" 1 "damaged checkpoint 'step-000040': average.safetensors: checksum differs" "$TUTTI" eval a $runs --step 40 --averaged
fails "a resume finds it, too" 1 "average.safetensors" "$TUTTI" resume a $runs --steps 41
rm "$at"
fails "gone" 1 "average.safetensors: missing" "$TUTTI" resume a $runs --steps 41
fails "a decay of 1" 2 "optimizer.average" "$TUTTI" train "$plan" $runs --set optimizer.average=1
exit $bad
