#!/bin/sh
# Adapters: the same bits through workers, replay, resume and kill -9; from a run without and
# back; merged on the way out; what is said and what is refused.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }

for how in lora bottleneck; do
	for per in task all; do
		set -- --set model.adapter=$how --set model.adapter_rank=3 --set model.adapter_per=$per
		printf '%s\n' '10 freeze adapters on' '15 freeze adapters off' '20 freeze topic on' >"$TMP/hands"
		one=$(state_of "$plan" --run "$how-$per" "$@" --script "$TMP/hands" --workers 1)
		is "$how per $per: 2 workers" "$(state_of "$plan" "$@" --script "$TMP/hands" --workers 2)" "$one"
		check "$how per $per: replay" sh -c '"$0" replay "$@" >/dev/null' "$TUTTI" "$how-$per" $runs --workers 2
		"$TUTTI" train "$plan" --run "part-$how-$per" $runs "$@" --steps 17 --script "$TMP/hands" >/dev/null 2>"$TMP/err"
		is "$how per $per: stopped and resumed" \
			"$("$TUTTI" resume "part-$how-$per" $runs --json --steps 40 --script "$TMP/hands" 2>"$TMP/err" | field state)" "$one"
	done
done
set -- --set model.adapter=lora --set model.adapter_rank=3
"$TUTTI" train "$plan" --run killed $runs --json "$@" --script "$TMP/hands" >"$TMP/killed" 2>/dev/null &
pid=$!
i=0
while [ $i -lt 400 ] && ! grep -q '"step":1[3-9][,}]' "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
s=$("$TUTTI" resume killed $runs --json --script "$TMP/hands" 2>"$TMP/err" | field state)
[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
is "killed and resumed" "$s" "$(state_of "$plan" "$@" --script "$TMP/hands")"

# what a checkpoint holds: values of all, moments of what moves
size() { wc -c <"$TMP/runs/$1/checkpoints/step-000040/$2"; }
state_of "$plan" --run full >/dev/null
[ "$(size lora-task model.safetensors)" -gt "$(size full model.safetensors)" ] &&
	[ "$(size lora-task optimizer.safetensors)" -lt "$(size full optimizer.safetensors)" ] &&
	ok "the optimizer's file has no moments of what stands still" || not_ok "sizes"

# said
"$TUTTI" check "$plan" "$@" >"$TMP/words" 2>/dev/null
check "check says what they are" grep -q '^adapters: lora of rank 3, alpha 6, in query, value, one for each task$' "$TMP/words"
check "and what stands still" grep -q '^frozen: embeddings, layers 0..1; 0.0[0-9]* M parameters are trained' "$TMP/words"
"$TUTTI" check "$plan" --json "$@" >"$TMP/words" 2>/dev/null
check "as JSON, too" grep -q '"adapters":"lora of rank 3.*"frozen":"embeddings, layers 0..1","trained":[1-9]' "$TMP/words"
"$TUTTI" train "$plan" --steps 1 --run said $runs "$@" >"$TMP/words" 2>&1
check "so does train" grep -q '^adapters: lora' "$TMP/words"
check "and that the trunk stands still" grep -q '^frozen: embeddings, layers 0..1$' "$TMP/words"

# a run begins from another: the trunk is taken, adapters are the plan's own affair
sed -e '/"tokenizer"/d' -e 's/"kind": "transformer".*}/}/' -e 's/{ *}/{ "init": "run:full" }/' "$plan" >"$TMP/next.json"
"$TUTTI" train "$TMP/next.json" --run next $runs "$@" --steps 3 >"$TMP/words" 2>"$TMP/err" || cat "$TMP/err"
grep -q '"adapter": "lora"' "$TMP/runs/next/plan.json" && ok "over a run without them" || { not_ok "next"; cat "$TMP/words"; }
"$TUTTI" check "$TMP/next.json" $runs "$@" >"$TMP/words" 2>&1
check "they alone are fresh" grep -Eq 'fresh: tasks.topic.encoder \([0-9]+\), tasks.headline.encoder \([0-9]+\)$' "$TMP/words"
sed 's/run:full/run:lora-task/' "$TMP/next.json" >"$TMP/on.json"
"$TUTTI" check "$TMP/on.json" $runs >"$TMP/words" 2>&1
grep -q '^adapters: lora of rank 3' "$TMP/words" && ! grep -q 'fresh' "$TMP/words" && ok "an init brings its adapters" || { not_ok "on"; cat "$TMP/words"; }
"$TUTTI" check "$TMP/on.json" $runs --set model.adapter=none >"$TMP/words" 2>&1
grep -q 'not used: tasks.topic.encoder' "$TMP/words" && ! grep -q '^adapters' "$TMP/words" && ok "or they are left, and that is said" || { not_ok "off"; cat "$TMP/words"; }
"$TUTTI" check "$TMP/on.json" $runs --set model.adapter=bottleneck >"$TMP/words" 2>&1
grep -q '^adapters: bottleneck of rank 8' "$TMP/words" && ok "or changed for others" || { not_ok "other"; cat "$TMP/words"; }

# out again
bert="--set model.norm=post --set model.pool=first --set model.shared_layers=2"
"$TUTTI" train "$plan" --run bert $runs "$@" $bert --steps 4 >/dev/null 2>"$TMP/err" || cat "$TMP/err"
fails "whose adapters are merged?" 1 "--task says whose" "$TUTTI" export bert "$TMP/bert" $runs
"$TUTTI" export bert "$TMP/bert" $runs --task topic >"$TMP/words" 2>&1
check "merged, and said" grep -q 'BertForSequenceClassification; adapters merged into 2 of them; ' "$TMP/words"
check "its README says it" grep -q 'Those of the task `topic` are merged into 2 matrices of the trunk' "$TMP/bert/README.md"
"$TUTTI" train "$plan" --run neck $runs $bert --set model.adapter=bottleneck --steps 4 >/dev/null 2>"$TMP/err" || cat "$TMP/err"
check "a bottleneck has no class" sh -c '"$0" "$@" >/dev/null' "$TUTTI" export neck "$TMP/neck" $runs --task topic
check "that is said" grep -q 'without them the trunk is another model' "$TMP/neck/README.md"
# the merged folder, read again, says what the run says
"$TUTTI" predict bert --task topic "$TMP/data/topics.dev.jsonl" $runs >"$TMP/says" 2>"$TMP/err" || cat "$TMP/err"
cat >"$TMP/again.json" <<PLAN
{ "tutti": 1, "model": { "init": "$TMP/bert", "pool": "first" },
  "tasks": { "topic": { "kind": "classify", "train": "$TMP/data/topics.train.jsonl", "dev": "$TMP/data/topics.dev.jsonl",
             "text": "text", "label": "label", "max_source": 64 } },
  "budget": { "steps": 1, "eval_every": 0, "checkpoint_every": 0 } }
PLAN
"$TUTTI" train "$TMP/again.json" --run again --steps 0 $runs >"$TMP/words" 2>&1 || cat "$TMP/words"
"$TUTTI" predict again --task topic "$TMP/data/topics.dev.jsonl" $runs >"$TMP/again" 2>"$TMP/err" || cat "$TMP/err"
numbers() { tr -c '0-9.eE\n-' ' ' <"$1" | tr -s ' ' '\n' | grep -E '^-?[0-9]+\.?[0-9]*([eE]-?[0-9]+)?$'; }
numbers "$TMP/says" >"$TMP/a"
numbers "$TMP/again" >"$TMP/b"
paste "$TMP/a" "$TMP/b" | awk 'NF != 2 || $1 - $2 > 1e-5 || $2 - $1 > 1e-5 { bad++ } END { exit NR < 100 || bad > 0 }' &&
	ok "read again, it says the same" || { not_ok "again"; head -3 "$TMP/says" "$TMP/again"; }

# refused
no() { # no NAME 'pattern' SET...
	name=$1 pattern=$2
	shift 2
	fails "$name" 2 "$pattern" "$TUTTI" train "$plan" $runs "$@"
}
no "rank 0" "0 is out of range, 1 to 4096 at model.adapter_rank" --set model.adapter=lora --set model.adapter_rank=0
no "a rank without an adapter" "there is no adapter .* at model.adapter_rank" --set model.adapter_rank=4
no "a rank wider than the model" "rank 17 is not within 1 to 16.* at model.adapter_rank" --set model.adapter=lora --set model.adapter_rank=17
no "a matrix that is not there" "no matrix 'querry' .* at model.adapter_of" "$@" --set model.adapter_of=querry
no "of a bottleneck" "for lora.* at model.adapter_of" --set model.adapter=bottleneck --set model.adapter_of=query
no "a kind that is not there" "model.adapter" --set model.adapter=prefix
no "a trunk without such layers" "'adapter' is for models of kind transformer or gpt, not bilstm" --set model.kind=bilstm --set model.adapter=lora
no "adapters that are frozen, and heads" "nothing would be trained" "$@" --set "model.frozen=adapters, topic, headline"
printf '%s\n' '2 freeze trunk off' >"$TMP/thaw"
"$TUTTI" train "$plan" --run thaw --steps 4 $runs "$@" --script "$TMP/thaw" >"$TMP/words" 2>&1
check "the trunk is not thawed" grep -q 'the trunk stands still for good' "$TMP/words"
printf '%s\n' '2 gradients' >"$TMP/ask"
"$TUTTI" train "$plan" --run ask --steps 4 $runs "$@" --script "$TMP/ask" >"$TMP/words" 2>&1
check "nothing shared has a gradient, in words" grep -q 'all that tasks share is frozen: it has no gradient' "$TMP/words"
printf '%s\n' '2 freeze trunk on' '4 freeze layer 0 off' >"$TMP/thaw"
check "where it is trained it may be frozen and thawed" sh -c '"$0" "$@" >/dev/null 2>&1' "$TUTTI" train "$plan" --run free --steps 6 $runs "$@" \
	--set model.adapter_trunk=trained --script "$TMP/thaw"
exit $bad
