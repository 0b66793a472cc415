#!/bin/sh
# Rates of groups: in a plan and by command, the same bits through workers, replay, resume
# and kill -9; what is refused; what check and train say.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
other() { [ ${#2} = 32 ] && [ "$2" != "$3" ] && ok "$1" || not_ok "$1: '$2'"; }

# in a plan
base=$(state_of "$plan")
some="optimizer.rates=embeddings 0.1, layers 0..1, topic 0.5"
rated=$(state_of "$plan" --run rated --set "$some" --workers 1)
other "a plan with rates is another run" "$rated" "$base"
is "3 workers" "$(state_of "$plan" --set "$some" --workers 3)" "$rated"
is "the same in other words" "$(state_of "$plan" --set 'optimizer.rates=topic 0.5,trunk 0.5,embeddings 0.1')" "$rated"
is "rates of 1 are the run without" "$(state_of "$plan" --set 'optimizer.rates=trunk 1')" "$base"
check "replay" "$TUTTI" replay rated $runs --workers 2
check "its state says it" sh -c 'grep -q "\"rates_layers\": \[" "$0"/*/state.json' "$TMP/runs/rated/checkpoints"

# by hand
printf '%s\n' '10 rate trunk 0.2' '15 rate layer 0 3, topic 200!' '20 freeze topic on' '25 rate topic 1' '30 rate trunk 1' >"$TMP/hands"
hands=$(state_of "$plan" --run hands --script "$TMP/hands" --workers 1)
other "a script that sets rates" "$hands" "$base"
check "replays" "$TUTTI" replay hands $runs --workers 2
"$TUTTI" curves hands $runs --table journal >"$TMP/journal"
check "the journal has what was before, and after" grep -q '"rate layer 0 3, topic 200!","embeddings, layers 0..1 0.2","embeddings, layer 1 0.2, layer 0 3, topic 200"' "$TMP/journal"
for at in 11 17 27; do
	"$TUTTI" train "$plan" --run "part$at" $runs --steps $at --script "$TMP/hands" >/dev/null 2>"$TMP/err"
	is "stopped at $at and resumed" "$("$TUTTI" resume "part$at" $runs --json --steps 40 --script "$TMP/hands" 2>"$TMP/err" | field state)" "$hands"
done
kills=3 k=0 lost=0
[ "$FLAVOUR" = release ] || kills=1
while [ $k -lt $kills ]; do
	k=$((k + 1))
	"$TUTTI" train "$plan" --run "kill$k" $runs --json --script "$TMP/hands" >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 400 ] && ! grep -q "\"step\":$((k * 9))[,}]" "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json --script "$TMP/hands" 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$hands" ] || lost=$((lost + 1))
done
[ $lost = 0 ] && ok "killed $kills times" || not_ok "killed: $lost of $kills have other bits"

# refused, in words
no() { # no NAME 'pattern' RATES
	fails "$1" 2 "$2" "$TUTTI" train "$plan" $runs --set "optimizer.rates=$3"
}
no "a group that is not there" "no group 'tables'; there are embeddings, layers 0..1, trunk, topic, headline at optimizer.rates" "tables 2"
no "a rate of 0" "freeze topic on" "topic 0"
no "no factor" "no factor behind 'layer 1'" "topic 2, layer 1"
no "a word for a factor" "'half' is no factor for 'topic'" "topic half"
no "too much" "factor 1001 is out of range" "topic 1001"
no "below 0" "out of range" "topic -1"
fails "a model that says its answers has no heads" 2 "there are embeddings, layers 0..1, trunk at" \
	"$TUTTI" train "$plan" $runs --set model.kind=gpt --set "optimizer.rates=topic 2"
echo '2 rate topic 0' >"$TMP/bad"
"$TUTTI" train "$plan" --run refused --steps 5 $runs --script "$TMP/bad" >"$TMP/out" 2>&1
check "a command that is refused says why" grep -q "freeze topic on" "$TMP/out"

# what is said
check "check says it" sh -c '"$0" check "$1" --set "$2" 2>/dev/null | grep -q "^rates: embeddings 0.1"' "$TUTTI" "$plan" "$some"
"$TUTTI" train "$plan" --run said --steps 1 $runs --set "$some" >"$TMP/words" 2>&1
check "train says it" grep -q '^rates: embeddings 0.1, layers 0..1, topic 0.5$' "$TMP/words"
check "help has it" sh -c '"$0" send --help | grep -q "rate GROUP FACTOR"' "$TUTTI"
exit $bad
