#!/bin/sh
# Frozen groups: in a plan and by command, the same bits through workers, replay, resume
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
some="model.frozen=embeddings, layer 0"
frozen=$(state_of "$plan" --run frozen --set "$some" --workers 1)
other "a plan that freezes is another run" "$frozen" "$base"
is "2 workers" "$(state_of "$plan" --set "$some" --workers 2)" "$frozen"
is "4 workers" "$(state_of "$plan" --set "$some" --workers 4)" "$frozen"
is "the same groups in other words" "$(state_of "$plan" --set 'model.frozen=layers 0..0 ,embeddings')" "$frozen"
is "a measured norm changes no bit" "$(state_of "$plan" --set "$some" --set mix.gradients_every=1)" "$frozen"
is "nothing frozen is the run without the field" "$(state_of "$plan" --set model.frozen=nothing)" "$base"
check "replay" "$TUTTI" replay frozen $runs --workers 2
check "the stored plan says it" grep -q '"frozen": "embeddings, layer 0"' "$TMP/runs/frozen/plan.json"
check "its state says it" sh -c 'grep -q "\"frozen_layers\": \"1\"" "$0"/*/state.json' "$TMP/runs/frozen/checkpoints"

# by hand
printf '%s\n' '10 freeze trunk on' '15 freeze layer 0 off' '20 freeze topic on' '25 weight headline 2' \
	'30 freeze trunk, topic off' >"$TMP/hands"
hands=$(state_of "$plan" --run hands --script "$TMP/hands" --workers 1)
other "a script that freezes" "$hands" "$base"
check "replays" "$TUTTI" replay hands $runs --workers 2
is "3 workers" "$(state_of "$plan" --script "$TMP/hands" --workers 3)" "$hands"
"$TUTTI" curves hands $runs --table journal >"$TMP/journal"
check "the journal has what was before, and after" grep -q 'freeze layer 0 off,"embeddings, layers 0..1","embeddings, layer 1"' "$TMP/journal"
check "and at the end nothing" grep -q ',"embeddings, layer 1, topic",nothing,,,$' "$TMP/journal"
for at in 11 19 26; do
	"$TUTTI" train "$plan" --run "part$at" $runs --steps $at --script "$TMP/hands" >/dev/null 2>"$TMP/err"
	is "stopped at $at and resumed" "$("$TUTTI" resume "part$at" $runs --json --steps 40 --script "$TMP/hands" 2>"$TMP/err" | field state)" "$hands"
done
# thawed by hand what the plan froze: a resumed run goes by its state
echo '10 freeze trunk off' >"$TMP/thaw"
thawed=$(state_of "$plan" --set model.frozen=trunk --script "$TMP/thaw")
"$TUTTI" train "$plan" --run thawed $runs --set model.frozen=trunk --steps 20 --script "$TMP/thaw" >/dev/null 2>"$TMP/err"
is "thawed, stopped and resumed" "$("$TUTTI" resume thawed $runs --json --steps 40 --script "$TMP/thaw" 2>"$TMP/err" | field state)" "$thawed"
other "and not as the plan begins" "$thawed" "$(state_of "$plan" --set model.frozen=trunk)"
kills=4 k=0 lost=0
[ "$FLAVOUR" = release ] || kills=1
while [ $k -lt $kills ]; do
	k=$((k + 1))
	"$TUTTI" train "$plan" --run "kill$k" $runs --json --script "$TMP/hands" >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 400 ] && ! grep -q "\"step\":$((k * 7 + 3))[,}]" "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json --script "$TMP/hands" 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$hands" ] || lost=$((lost + 1))
done
[ $lost = 0 ] && ok "killed $kills times" || not_ok "killed: $lost of $kills have other bits"

# what another run froze is its own affair
sed '/"tokenizer"/d' "$plan" >"$TMP/next.json"
"$TUTTI" train "$TMP/next.json" --run next $runs --set model.init=run:frozen --steps 1 >/dev/null 2>"$TMP/err" || cat "$TMP/err"
grep -q '"init"' "$TMP/runs/next/plan.json" && ! grep -q '"frozen"' "$TMP/runs/next/plan.json" && ok "an init does not bring it" || not_ok "an init brings what was frozen"

# refused, in words
no() { # no NAME 'pattern' GROUPS
	fails "$1" 2 "$2" "$TUTTI" train "$plan" $runs --set "model.frozen=$3"
}
no "all of it" "nothing would be trained" "trunk, topic, headline"
no "a layer that is not there" "no group 'layer 2'; there are embeddings, layers 0..1, trunk, topic, headline" "layer 2"
no "a group that is not there" "no group 'tables'" "tables"
no "nothing named" "no group ''" " , topic"
fails "those that are heard" 2 "nothing would be trained" "$TUTTI" train "$plan" $runs --set "model.frozen=trunk, topic" --set tasks.headline.muted=true
check "a muted task's head" "$TUTTI" train "$plan" --steps 2 --run muted $runs --set "model.frozen=trunk, topic" --set tasks.topic.muted=true
fails "a model that says its answers has no heads" 2 "there are embeddings, layers 0..1, trunk at" \
	"$TUTTI" train "$plan" $runs --set model.kind=gpt --set model.frozen=topic
echo '3 freeze all on' >"$TMP/bad"
"$TUTTI" train "$plan" --run refused --steps 5 $runs --script "$TMP/bad" >"$TMP/out" 2>&1
check "a command that is refused says why" grep -q "no group 'all'" "$TMP/out"

# what is said
"$TUTTI" check "$plan" --set "$some" >"$TMP/words" 2>/dev/null
check "check says what is trained" grep -q '^frozen: embeddings, layer 0; 0.0[0-9]* M parameters are trained' "$TMP/words"
"$TUTTI" check "$plan" --json --set "$some" >"$TMP/told" 2>/dev/null
all=$(field parameters <"$TMP/told") left=$(field trained <"$TMP/told")
[ "$left" -gt 0 ] && [ "$left" -lt "$all" ] && ok "as numbers, too" || not_ok "trained $left of $all"
"$TUTTI" train "$plan" --run said --steps 1 $runs --set "$some" >"$TMP/words" 2>&1
check "train says it" grep -q '^frozen: embeddings, layer 0$' "$TMP/words"
check "help has it" sh -c '"$0" send --help | grep -q "freeze GROUP on|off"' "$TUTTI"
exit $bad
