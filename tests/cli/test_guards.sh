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
off= warn=
for g in finite spike overfit transfer patience budget; do off="$off --set guards.$g=off"; done
base=$(state_of "$plan" --run base $often $off)
is "as they are unless they are set" "$(state_of "$plan" $often)" "$base"
eager="--set guards.overfit='warn n=1 margin=0'"
state_of "$plan" --run eager $often --set "guards.patience=warn n=1 delta=1" \
	--set "guards.overfit=warn n=1 margin=0" --set "guards.spike=warn factor=1.1 sd=0 window=1" \
	--set "guards.transfer=warn n=1 margin=0" --set "guards.budget=warn steps=9" >"$TMP/state"
has "many warnings" eager 'guard,"note patience: early stopping: dev accuracy of topic'
has "of the budget as well" eager '"note budget: budget: 9 steps of training are over; what usually helps:'
check "none of which is an act" sh -c '! grep -q "guard,\"*[^n]" "$0"' "$TMP/journal"
check "the stored plan says them" grep -q '"patience": "warn n=1 delta=1"' "$TMP/runs/eager/plan.json"

# early stopping: one task after the other, then the run
stopper="guards.patience=act n=2 delta=1"
first=$(state_of "$plan" --run early $often --set "$stopper" --workers 1)
other "early stopping is another run" "$first" "$base"
has "a task is muted, as the guard's" early '^[0-9]*,12,.*guard,mute topic on,off,on'
has "the last one heard ends the run" early 'no new best since .* at step [0-9]*, 2 evaluations'
check "which has ended there" sh -c '"$0" ls --runs "$1" | grep -q "early.* 12 "' "$TUTTI" "$TMP/runs"
exit $bad
