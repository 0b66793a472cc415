#!/bin/sh
# Guards: each fires in a tiny run; those that only warn change no bit; those that act are
# the same run by any workers, replayed, stopped and resumed, killed; settings are live;
# what is refused.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
other() { [ ${#2} = 32 ] && [ "$2" != "$3" ] && ok "$1" || not_ok "$1: '$2'"; }
journal() { "$TUTTI" curves "$1" $runs --table journal; }
has() { journal "$2" >"$TMP/journal"; grep -q -- "$3" "$TMP/journal" && ok "$1" || { not_ok "$1"; cat "$TMP/journal"; }; }
often="--set budget.eval_every=4"

# warnings alone change nothing, however many there are
off=
for g in finite spike overfit transfer patience budget; do off="$off --set guards.$g=off"; done
base=$(state_of "$plan" --run base $often $off)
is "as they are unless they are set" "$(state_of "$plan" $often)" "$base"
eager() { # eager ARGS...: all of them warn at the least
	"$TUTTI" "$@" $runs --json 2>"$TMP/err" >"$TMP/events"
	field state <"$TMP/events"
}
wary='--set budget.eval_every=2'
is "many warnings" "$(eager train "$plan" --run eager $wary --set "guards.patience=warn n=1 delta=1" \
	--set "guards.overfit=warn n=1 margin=0 se=0" --set "guards.spike=warn factor=1.1 sd=0 window=1" \
	--set "guards.transfer=warn n=1 margin=0 se=0" --set "guards.budget=warn steps=9")" \
	"$(state_of "$plan" $wary)"
has "early stopping" eager 'guard,"note patience: early stopping: dev accuracy of topic'
has "a budget" eager '"note budget: budget: 9 steps of training are over; what usually helps:'
has "overfitting, with what helps" eager 'note overfit: overfitting: dev rouge1 of headline is .*usually helps: early stopping'
check "none of them acts" [ "$(grep -c 'guard,' "$TMP/journal")" = "$(grep -c 'guard,"\{0,1\}note ' "$TMP/journal")" ]
check "each is an event" [ "$(grep -c '"event":"guard","step":[0-9]*,"text":"' "$TMP/events")" = "$(grep -c 'guard,' "$TMP/journal")" ]
check "the stored plan says them" grep -q '"patience": "warn n=1 delta=1"' "$TMP/runs/eager/plan.json"
notes() { journal "$1" | sed 's/^[0-9]*,\([0-9]*\),[^,]*,[^,]*,[^,]*,/\1 /' | sort; }
notes eager >"$TMP/undisturbed"
# what warns remembers is made again from the run's figures
for at in 3 10 21; do
	eager train "$plan" --run "wary$at" $wary --set "guards.patience=warn n=1 delta=1" \
		--set "guards.overfit=warn n=1 margin=0 se=0" --set "guards.spike=warn factor=1.1 sd=0 window=1" \
		--set "guards.transfer=warn n=1 margin=0 se=0" --set "guards.budget=warn steps=9" --steps $at >/dev/null
	"$TUTTI" resume "wary$at" $runs --steps 40 >/dev/null 2>&1
	notes "wary$at" >"$TMP/notes"
	check "stopped at $at and resumed it says the same" cmp "$TMP/undisturbed" "$TMP/notes"
done

# those that act: NAME, a step at which it does, its entry, its word, settings...; the script is $TMP/hands
acts() {
	of=$1 at=$2 entry=$3 seen=$4
	shift 4
	first=$(state_of "$plan" --run "$of" --workers 1 --script "$TMP/hands" "$@")
	other "$of acts" "$first" "$base"
	has "$of is in the journal" "$of" "guard,$entry"
	has "$of says why" "$of" "$seen"
	is "$of with 3 workers" "$(state_of "$plan" --workers 3 --script "$TMP/hands" "$@")" "$first"
	is "$of that saves at every step" "$(state_of "$plan" --set budget.checkpoint_every=1 --script "$TMP/hands" "$@")" "$first"
	check "$of replays" "$TUTTI" replay "$of" $runs --workers 2
	journal "$of" | sed 's/^[0-9]*,\([0-9]*\),[^,]*,[^,]*,[^,]*,/\1 /' >"$TMP/whole"
	end=$("$TUTTI" curves "$of" $runs --table steps | tail -n 1 | cut -d, -f1) k=0 lost=0
	for at in "$at" $((at + 1)) 3 $((end - 1)); do
		k=$((k + 1)) # at the very step, behind it, far from it
		"$TUTTI" train "$plan" --run "$of-$k" $runs --steps $at --script "$TMP/hands" "$@" >/dev/null 2>"$TMP/err"
		[ "$at" -lt "$end" ] || continue
		state=$("$TUTTI" resume "$of-$k" $runs --steps 40 --script "$TMP/hands" --json 2>"$TMP/err" | field state)
		[ "$state" = "$first" ] || lost=$((lost + 1))
		journal "$of-$k" | sed 's/^[0-9]*,\([0-9]*\),[^,]*,[^,]*,[^,]*,/\1 /' | cmp -s - "$TMP/whole" || lost=$((lost + 1))
	done
	[ $lost = 0 ] && ok "$of stopped anywhere and resumed" || not_ok "$of stopped anywhere and resumed: $lost lost"
}
: >"$TMP/hands"
acts patience 12 'mute topic on,off,on' 'no new best since .* at step 4, 2 evaluations' $often --set "guards.patience=act n=2 delta=1"
check "the last one heard ends the run" [ "$end" = 12 ]
acts overfit 6 'dropout 0.2,0.1,0.2' 'overfitting: dev rouge1 of headline' $wary --set "guards.overfit=act n=1 margin=0 se=0"
echo '2 weight topic 2' >"$TMP/hands"
acts transfer 4 'weight topic 1,2,1' 'negative transfer: dev rouge1 of headline fell from .* since weight topic at step 2' $wary --set "guards.transfer=act n=1 margin=0 se=0"
echo '25 lr 0.5!' >"$TMP/hands"
acts spike 30 'lr 0.25!,0.5,0.25' 'loss spike: the loss of topic rose from' --set optimizer.clip=0 --set "guards.spike=act factor=1.2 sd=1 window=1 least=0"

# settings are live, and taken back by what was before
printf '%s\n' '5 guard patience act n=1 delta=1' '7 guard patience act n=2 delta=1' '11 guard spike off' >"$TMP/hands"
acts live 12 'mute topic on,off,on' '5,.*script,guard patience act n=1 delta=1,off n=5 delta=0,act n=1 delta=1' $wary
has "its memory begins anew" live '^[0-9]*,12,.*guard,mute topic on'
printf '%s\n' '3 guard patience act n=1 delta=1' '6 guard patience off' >"$TMP/hands"
is "off again before it acts" "$(state_of "$plan" $often --script "$TMP/hands")" "$base"

# a budget ends the run; who resumes it goes on
state_of "$plan" --run spent --set "guards.budget=act tokens=3000" >/dev/null
spent=$("$TUTTI" curves spent $runs --table steps | tail -n 1 | cut -d, -f1)
check "tokens are over before the plan's steps" [ "$spent" -gt 2 ] && [ "$spent" -lt 40 ]
is "resumed it goes on" "$("$TUTTI" resume spent $runs --json 2>"$TMP/err" | field state)" \
	"$(state_of "$plan" --set "guards.budget=act tokens=3000" --run spent2 >/dev/null; "$TUTTI" resume spent2 $runs --json 2>"$TMP/err" | field state)"
check "to the end" [ "$("$TUTTI" curves spent $runs --table steps | tail -n 1 | cut -d, -f1)" = 40 ]
state_of "$plan" --run late --set "guards.budget=act minutes=0.00001" >/dev/null
check "a millisecond is over soon" [ "$("$TUTTI" curves late $runs --table steps | tail -n 1 | cut -d, -f1)" -lt 5 ]
check "and replays" "$TUTTI" replay late $runs

# killed
: >"$TMP/hands"
set -- $often --set "guards.patience=act n=3 delta=1" --set "guards.overfit=act n=1 margin=0 se=0" --set budget.checkpoint_every=3
first=$(state_of "$plan" --run whole "$@")
kills=6 k=0 lost=0
[ "$FLAVOUR" = release ] || kills=1
while [ $k -lt $kills ]; do
	k=$((k + 1))
	: >"$TMP/killed" # or the last one's words are taken for this one's
	"$TUTTI" train "$plan" --run "kill$k" $runs --json "$@" >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 4000 ] && ! grep -q '"event":"begin"' "$TMP/killed"; do i=$((i + 1)); sleep 0.005; done
	sleep 0.0$((k * 2))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json --steps 16 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$first" ] || lost=$((lost + 1))
done
[ $lost = 0 ] && ok "$kills killed, none lost" || not_ok "$lost of $kills killed were lost"

# refused
fails "no such guard in a plan" 2 "guards.finit" "$TUTTI" check "$plan" --set guards.finit=act
fails "no such mode" 2 "guard 'spike' is set to warn, act or off, not to 'on' at guards.spike in" "$TUTTI" check "$plan" --set guards.spike=on
fails "no such parameter" 2 "guard 'spike' has no parameter 'n'" "$TUTTI" check "$plan" --set 'guards.spike=act n=3'
fails "out of range" 2 "n=0 is out of range: 1 to 1000" "$TUTTI" check "$plan" --set 'guards.overfit=warn n=0'
said() { echo "3 $2" >"$TMP/hands"; fails "$1" 1 "$3" "$TUTTI" train "$plan" $runs --script "$TMP/hands"; }
said "no such guard" "guard wolf act" "no guard 'wolf'; there are finite, spike, overfit"
said "no mode" "guard spike" "too few words"
said "another mode" "guard spike loud" "warn, act or off"
said "a parameter twice" "guard spike act sd=3 sd=4" "given twice"
exit $bad
