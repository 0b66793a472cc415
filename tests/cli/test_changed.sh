#!/bin/sh
# Checkpoints of what has changed alone: the same states and answers as with all, resumed,
# replayed, killed; put together with the init, and refused where that is gone or another.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
bytes() { wc -c <"$TMP/runs/$1/checkpoints/step-$2/$3.safetensors"; }

state_of "$plan" --run a --set seed=3 >/dev/null
sed '/"tokenizer"/d' "$plan" >"$TMP/next.json"
set_all="--set model.init=run:a --set optimizer.average=0.9"
part="--set budget.checkpoint=changed"
frozen="model.frozen=embeddings, layer 0"
all=$(state_of "$TMP/next.json" --run all $set_all --set "$frozen" --workers 1)
is "the state is that of checkpoints of all" "$(state_of "$TMP/next.json" --run some $set_all $part --set "$frozen")" "$all"
for f in model average optimizer; do
	[ $((5 * $(bytes some 000040 $f))) -lt $((3 * $(bytes all 000040 $f))) ] && ok "less of $f" || not_ok "$f: $(bytes some 000040 $f) of $(bytes all 000040 $f)"
done
[ "$(bytes some 000000 model)" -lt 200 ] && ok "none of the start" || not_ok "the start: $(bytes some 000000 model)"
check "replay" "$TUTTI" replay some $runs --workers 2
for flag in "" --averaged; do
	"$TUTTI" eval all $runs --json --step 40 $flag 2>/dev/null | grep -v seconds >"$TMP/1"
	"$TUTTI" eval some $runs --json --step 40 $flag 2>"$TMP/err" | grep -v seconds >"$TMP/2"
	[ -s "$TMP/1" ] && cmp -s "$TMP/1" "$TMP/2" && ok "eval $flag" || { not_ok "eval $flag"; head -3 "$TMP/err"; }
	for r in all some; do
		"$TUTTI" export $r "$TMP/out$r$flag" $runs --step 40 $flag >/dev/null 2>&1
		echo '{"text":"rain and wind over the harbour"}' | "$TUTTI" predict $r --task topic $runs --step 40 $flag >"$TMP/p$r$flag" 2>/dev/null
	done
	check "export $flag" cmp "$TMP/outall$flag/tutti.safetensors" "$TMP/outsome$flag/tutti.safetensors"
	[ -s "$TMP/pall$flag" ] && cmp -s "$TMP/pall$flag" "$TMP/psome$flag" && ok "predict $flag" || not_ok "predict $flag"
done
# as an init itself, of another run of its kind
is "an init of it is one of all" "$(state_of "$TMP/next.json" --run grand --set model.init=run:some@40 $part)" \
	"$(state_of "$TMP/next.json" --set model.init=run:all@40)"
check "whose replay goes through both" "$TUTTI" replay grand $runs

# thawed, stopped, resumed, killed
printf '%s\n' '12 freeze embeddings off' '20 freeze trunk on' '26 mute topic on' >"$TMP/hands"
hands=$(state_of "$TMP/next.json" --run hands $set_all --set "$frozen" --script "$TMP/hands")
for at in 0 11 13 27; do
	"$TUTTI" train "$TMP/next.json" --run "part$at" $runs $set_all $part --set "$frozen" --steps $at --script "$TMP/hands" >/dev/null 2>"$TMP/err"
	is "stopped at $at and resumed" "$("$TUTTI" resume "part$at" $runs --json --steps 40 --script "$TMP/hands" 2>"$TMP/err" | field state)" "$hands"
done
kills=4 k=0 lost=0
[ "$FLAVOUR" = release ] || kills=1
while [ $k -lt $kills ]; do
	k=$((k + 1))
	"$TUTTI" train "$TMP/next.json" --run "kill$k" $runs $set_all $part --set "$frozen" --set budget.checkpoint_every=2 --json --script "$TMP/hands" >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 400 ] && ! grep -q "\"step\":$((k * 8))[,}]" "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json --script "$TMP/hands" 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$hands" ] || lost=$((lost + 1))
done
[ $lost = 0 ] && ok "killed $kills times" || not_ok "killed: $lost of $kills have other bits"

# a folder as the init
folder bert bert 96
from='--set model.init='$TMP/bert' --set tasks.headline.max_source=20 --set tasks.topic.max_source=20'
sed 's/"model": {[^}]*},//' "$TMP/next.json" >"$TMP/folder.json"
is "of a folder" "$(state_of "$TMP/folder.json" --run f $from $part --set model.frozen=trunk)" \
	"$(state_of "$TMP/folder.json" --run fall $from --set model.frozen=trunk)"
is "resumed" "$("$TUTTI" resume f $runs --json --steps 40 2>/dev/null | field state)" "$("$TUTTI" ls $runs --json | grep '"run":"fall"' | field state)"
check "replayed" "$TUTTI" replay f $runs

# refused, in words
fails "without an init" 2 "changed wants a model.init" "$TUTTI" train "$plan" $runs $part
mv "$TMP/runs/a" "$TMP/gone"
fails "the init is gone" 1 "checkpoint 'step-0000[0-9]*': it holds what has changed alone and cannot be put together (put the init back)" "$TUTTI" eval some $runs
fails "for a resume, too" 1 "cannot be put together" "$TUTTI" resume part13 $runs --steps 41
fails "for who begins from it, too" 1 "cannot be put together" "$TUTTI" train "$TMP/next.json" $runs --set model.init=run:some@40
check "with all it is not missed" "$TUTTI" eval all $runs
state_of "$plan" --run a --set seed=4 >/dev/null
fails "another of that name" 1 "has changed since the run began" "$TUTTI" eval some $runs
fails "a replay of it" 1 "has changed since" "$TUTTI" replay some $runs
rm -r "$TMP/runs/a" && mv "$TMP/gone" "$TMP/runs/a"
check "put back" "$TUTTI" replay some $runs
at=$TMP/runs/some/checkpoints/step-000040/model.safetensors
printf X | dd of="$at" bs=1 seek=$(($(wc -c <"$at") - 9)) conv=notrunc 2>/dev/null
fails "damage" 1 "damaged checkpoint 'step-000040': model.safetensors: checksum differs" "$TUTTI" eval some $runs --step 40
check "rm" "$TUTTI" rm --force some $runs
exit $bad
