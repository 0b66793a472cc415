#!/bin/sh
# The same bits: workers, checkpoints, evaluations, replay, resume, kill -9.
. tests/cli/lib.sh
case $FLAVOUR in
release) kills=${KILLS:-32} more=8 window=0.5 ;; # seconds within which a kill falls
asan) kills=${KILLS:-6} more=2 window=1 ;;
*) kills=${KILLS:-2} more=0 window=8 ;;
esac
# what threads do with a plan is seen in one run; where it stops is the other flavours'
stops='1,9,10,11,4 17 18 33,39'
[ "$FLAVOUR" = tsan ] && stops='4 17 18 33'
plan=$TMP/tiny.json
tiny_plan "$plan"
base=$(state_of "$plan" --run base --workers 1)
[ ${#base} = 32 ] && ok "trains and says its state" || { not_ok "no state: '$base'"; cat "$TMP/err"; exit 1; }

same() { [ "$2" = "$base" ] && ok "$1" || not_ok "$1: $2 is not $base"; }
same "2 workers" "$(state_of "$plan" --workers 2)"
same "4 workers" "$(state_of "$plan" --workers 4)"
same "checkpoint every 3 steps" "$(state_of "$plan" --set budget.checkpoint_every=3)"
same "checkpoint every 50 steps" "$(state_of "$plan" --set budget.checkpoint_every=50)"
same "evaluation every 7 steps" "$(state_of "$plan" --set budget.eval_every=7)"
same "gradients measured at every step" "$(state_of "$plan" --set mix.gradients_every=1 --workers 2)"
same "gradients never measured" "$(state_of "$plan" --set mix.gradients_every=0)"
echo '3 gradients' >"$TMP/look"
same "gradients measured by hand" "$(state_of "$plan" --set mix.gradients_every=7 --script "$TMP/look" --workers 4)"
other=$(state_of "$plan" --seed 8)
[ -n "$other" ] && [ "$other" != "$base" ] && ok "another seed differs" || not_ok "another seed is the same"

# a script: applied, journaled, replayed
printf '%s\n' '3 weight headline 2' '5 share topic 0.25' '8 lr 0.001' '12 mute topic on' \
	'15 mute topic off' '15 weighting fixed' '20 dropout 0.3' '22 note half way' \
	'25 share topic auto' '30 sampling temperature T=2' >"$TMP/hands"
hands=$(state_of "$plan" --run hands --script "$TMP/hands")
[ -n "$hands" ] && [ "$hands" != "$base" ] && ok "a script changes the run" || not_ok "script: '$hands'"
check "replay gives the same bits" "$TUTTI" replay hands --runs "$TMP/runs" --workers 2
[ "$(state_of "$plan" --script "$TMP/hands" --workers 3)" = "$hands" ] && ok "the script again" || not_ok "the script again differs"

# sampling by dev metrics: evaluations are part of it, those by hand are not
by_dev() { state_of "$plan" --set mix.sampling=dynamic --set budget.eval_every=5 "$@"; }
dynamic=$(by_dev --run dynamic --workers 1)
[ -n "$dynamic" ] && [ "$dynamic" != "$base" ] && ok "dynamic sampling is another run" || not_ok "dynamic: '$dynamic'"
[ "$(by_dev --workers 4)" = "$dynamic" ] && ok "dynamic, 4 workers" || not_ok "dynamic, 4 workers: differs"
echo '7 eval' >"$TMP/eval"
[ "$(by_dev --script "$TMP/eval")" = "$dynamic" ] && ok "dynamic, evaluated by hand" || not_ok "an evaluation by hand is felt"
check "dynamic replays" "$TUTTI" replay dynamic --runs "$TMP/runs"

# stopped at several places and resumed, in one go and in chains
OLD_IFS=$IFS IFS=,
for at in $stops; do
	IFS=$OLD_IFS
	first=1
	for n in $at 40; do
		if [ $first = 1 ]; then
			r="grid-$(echo "$at" | tr ' ' '-')" first=0
			s=$("$TUTTI" train "$plan" --run "$r" --runs "$TMP/runs" --steps "$n" --script "$TMP/hands" --json 2>"$TMP/err" | field state)
		else
			s=$("$TUTTI" resume "$r" --runs "$TMP/runs" --steps "$n" --script "$TMP/hands" --json 2>"$TMP/err" | field state)
		fi
	done
	[ "$s" = "$hands" ] && ok "stopped at $at and resumed" || { not_ok "stopped at $at: $s"; head -3 "$TMP/err"; }
done

# the other trunks and decoders, and products in bfloat16: a plan each
plan_of() { # plan_of KIND
	case $1 in
	bilstm) sed 's/"kind": "transformer"/"kind": "bilstm", "decoder": "lstm"/
			s/"heads": 2, //; s/, "decoder_layers": 1//' "$plan" ;;
	prefix) sed 's/"kind": "transformer"/&, "decoder": "prefix", "predict_from": "mask"/
			s/, "decoder_layers": 1//' "$plan" ;;
	bf16) sed 's/"kind": "transformer"/&, "precision": "bf16"/' "$plan" ;;
	gpt) sed 's/"kind": "transformer", \(.*\), "decoder_layers": 1/"kind": "gpt", \1/' "$plan" ;;
	esac >"$TMP/$1.json"
}
for kind in bilstm prefix gpt bf16; do
	plan_of $kind
	of_kind() { state_of "$TMP/$kind.json" --script "$TMP/hands" "$@"; }
	whole=$(of_kind --run $kind --workers 1)
	[ -n "$whole" ] && [ "$whole" != "$hands" ] && ok "$kind is another run" || not_ok "$kind: '$whole'"
	[ "$(of_kind --workers 4 --set budget.checkpoint_every=3)" = "$whole" ] &&
		ok "$kind, 4 workers" || not_ok "$kind, 4 workers: differs"
	[ "$FLAVOUR" = tsan ] && continue
	of_kind --run half-$kind --steps 17 >"$TMP/half"
	s=$("$TUTTI" resume half-$kind --runs "$TMP/runs" --steps 40 --script "$TMP/hands" --json 2>"$TMP/err" | field state)
	[ "$s" = "$whole" ] && ok "$kind, stopped and resumed" || not_ok "$kind, stopped: $s"
	check "$kind replays" "$TUTTI" replay $kind --runs "$TMP/runs" --workers 2
done
figures_of() { "$TUTTI" eval bf16 --runs "$TMP/runs" --json "$@" 2>"$TMP/err" | sed 's/"seconds":[^,}]*//'; }
figures=$(figures_of --workers 1)
[ -n "$figures" ] && [ "$(figures_of --workers 3)" = "$figures" ] &&
	ok "a bf16 run's evaluation, 3 workers" || not_ok "bf16, evaluated: not '$figures'"
check "a bilstm's checkpoint says how heads pool" \
	grep -q '"pool": *"attention"' "$TMP"/runs/bilstm/checkpoints/step-000040/config.json

# killed WANT PLAN ARGS...: one run, killed at random moments until it ends
n=0 lost=0 round=0
killed() {
	want=$1 tries=0
	shift
	round=$((round + 1)) r=kill$round
	set -- train "$@" --run "$r"
	while :; do
		"$TUTTI" "$@" --runs "$TMP/runs" --json >"$TMP/kill.out" 2>"$TMP/err" &
		pid=$!
		wait_ms=$(awk -v s="$n$round$$" -v w="$window" 'BEGIN { srand(s); printf "%.3f", 0.03 + rand() * w }')
		sleep "$wait_ms"
		if kill -9 $pid 2>/dev/null; then n=$((n + 1)); fi
		wait $pid 2>/dev/null && break
		tries=$((tries + 1))
		[ $tries -gt 40 ] && break
		if ls -d "$TMP/runs/$r/checkpoints/step-"* >/dev/null 2>&1; then set -- resume "$r"
		else rm -rf "$TMP/runs/$r"; fi
	done
	s=$(field state <"$TMP/kill.out")
	[ "$s" = "$want" ] || { lost=$((lost + 1)); echo "run $r ended in '$s'"; head -3 "$TMP/err"; }
}

# a third of the runs save at every step, half of them sample by dev metrics
while [ $n -lt "$kills" ]; do
	every=10
	[ $((round % 3)) = 2 ] && every=1
	if [ $((round % 2)) = 1 ]; then
		killed "$dynamic" "$plan" --set budget.checkpoint_every=$every --set mix.sampling=dynamic --set budget.eval_every=5
	else
		killed "$base" "$plan" --set budget.checkpoint_every=$every
	fi
done
[ $lost = 0 ] && ok "killed $n times in $round runs, always the same bits" || not_ok "$lost of $round killed runs differ"
for kind in bilstm prefix gpt; do
	[ $more = 0 ] && break
	whole=$(state_of "$TMP/$kind.json")
	n=0 lost=0 first=$round
	while [ $n -lt $more ]; do
		killed "$whole" "$TMP/$kind.json" --set budget.checkpoint_every=3
	done
	[ $lost = 0 ] && ok "$kind, killed $n times in $((round - first)) runs" || not_ok "$kind: $lost killed runs differ"
done

# killed while it prepared: it says so, goes away when asked to, and its name is free again
mkdir -p "$TMP/runs/unborn" && cp "$plan" "$TMP/runs/unborn/plan.given.json" && : >"$TMP/runs/unborn/run.db"
fails "a run that never began" 1 "never began.*'tutti rm unborn'" "$TUTTI" resume unborn --runs "$TMP/runs"
"$TUTTI" ls --runs "$TMP/runs" 2>/dev/null | grep -q '^unborn.*never began' && ok "ls shows it" || not_ok "ls does not show it"
check "rm takes it" "$TUTTI" rm unborn --force --runs "$TMP/runs"
[ "$(state_of "$plan" --run unborn --steps 2)" ] && ok "the name is free" || not_ok "the name is not free"
exit $bad
