#!/bin/sh
# A budget in epochs: its steps to the bit, through kills, resumes, replays and sweeps.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
# in place of the steps: half an epoch, evaluations and checkpoints as shares of it
sed 's/"steps": 40, "eval_every": 1000, "checkpoint_every": 10/"epochs": 0.5, "eval_every": "40%", "checkpoint_every": "10%"/
s/"warmup": 5/"warmup": "12.5%"/' "$plan" >"$TMP/epochs.json"
epochs=$TMP/epochs.json
runs="--runs $TMP/runs"

"$TUTTI" check "$epochs" --json >"$TMP/told" 2>"$TMP/err" || { not_ok "check"; cat "$TMP/err"; exit 1; }
n=$(field steps <"$TMP/told") warm=$(field warmup <"$TMP/told") every=$(field eval_every <"$TMP/told") save=$(field checkpoint_every <"$TMP/told")
"$TUTTI" check "$epochs" >"$TMP/words" 2>/dev/null
# the estimates that check prints, of both tasks: rounded up, half an epoch of them in steps of 4 micro-batches
want=$(sed -n 's/.*), \([0-9]*\) micro-batches an epoch/\1/p' "$TMP/words" | awk '{ s += $1 } END { x = 0.5 * s / 4; n = int(x); print n + (n < x) }')
[ "$n" = "$want" ] && [ "$n" -gt 8 ] && ok "check says the steps of half an epoch ($n)" || not_ok "check: $n steps, not $want"
up() { awk -v n="$n" -v p="$1" 'BEGIN { x = n * p / 100; k = int(x); print k + (k < x) }'; }
[ "$warm $every $save" = "$(up 12.5) $(up 40) $(up 10)" ] && ok "and of the shares, rounded up" || not_ok "shares: $warm $every $save of $n"
check "in words, too" grep -q "^epochs 0.5 of 4 micro-batches a step: $n steps" "$TMP/words"
check "with what is a share" grep -q "^warm-up $warm steps, evaluations every $every, checkpoints every $save" "$TMP/words"

# the same run in numbers
base=$(state_of "$plan" --run numbers --set budget.steps="$n" --set optimizer.warmup="$warm" --set budget.eval_every="$every" --set budget.checkpoint_every="$save")
# state_of's run stays as it is in $TMP/said
trained() { "$TUTTI" train "$@" --json $runs >"$TMP/said" 2>"$TMP/err"; field state <"$TMP/said"; }
[ "$(trained "$epochs" --run whole)" = "$base" ] && [ ${#base} = 32 ] && ok "epochs come to the bits of their steps" || not_ok "epochs: not $base"
[ "$(field steps <"$TMP/said")" = "$n" ] && ok "progress says the steps" || not_ok "progress: $(field steps <"$TMP/said")"
evals() { "$TUTTI" curves "$1" --table evals --json $runs 2>"$TMP/err" | sed -n 's/.*"step": *\([0-9]*\).*/\1/p' | sort -un | tr '\n' ' '; }
[ -n "$(evals whole)" ] && [ "$(evals whole)" = "$(evals numbers)" ] && ok "evaluations at the same steps" || not_ok "evaluations: $(evals whole)"
[ "$(trained "$plan" --set budget.epochs=0.5 --set optimizer.warmup=12.5% --set budget.eval_every=0)" = "$base" ] && ok "--set epochs in place of the file's steps" || { not_ok "--set: not $base"; cat "$TMP/err"; }
[ "$(trained "$epochs" --set "budget.steps=$n" --workers 2)" = "$base" ] && ok "--set steps in place of the file's epochs" || not_ok "--set steps: not $base"
other=$(trained "$epochs" --set budget.epochs=0.6)
[ ${#other} = 32 ] && [ "$other" != "$base" ] && ok "more epochs are another run" || not_ok "0.6 epochs: $other"
check "the stored plan says what was written" grep -q '"epochs": 0.5' "$TMP/runs/whole/plan.json"
check "shares, too" grep -q '"eval_every": "40%"' "$TMP/runs/whole/plan.json"
grep -q '"steps"' "$TMP/runs/whole/plan.json" && not_ok "and steps besides" || ok "and no steps"
check "replay" "$TUTTI" replay whole $runs
"$TUTTI" ls --json $runs 2>"$TMP/err" | tr '{' '\n' | grep '"whole"' | grep -q "\"steps\":$n\\b" && ok "ls lists the steps" || not_ok "ls: $("$TUTTI" ls $runs)"

# stopped and resumed; the schedule goes on to the budget's end, not to the stop's
at=$((n / 3))
trained "$epochs" --run part --steps $at >/dev/null
[ "$("$TUTTI" resume part $runs --json --steps "$n" 2>"$TMP/err" | field state)" = "$base" ] && ok "stopped at $at and resumed" || { not_ok "resumed: not $base"; cat "$TMP/err"; }

# killed at any moment, before the first checkpoint as well
kills=${KILLS:-6} k=0 lost=0
[ "$FLAVOUR" = release ] || kills=2
while [ $k -lt "$kills" ]; do
	k=$((k + 1))
	"$TUTTI" train "$epochs" --run "kill$k" $runs --json >"$TMP/killed" 2>/dev/null &
	pid=$!
	i=0
	while [ $i -lt 200 ] && ! grep -q "\"step\":$((k % 4 * 3))[,}]" "$TMP/killed"; do i=$((i + 1)); sleep 0.02; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	s=$("$TUTTI" resume "kill$k" $runs --json 2>"$TMP/err" | field state)
	[ -n "$s" ] || s=$(field state <"$TMP/killed") # it was over before
	[ "$s" = "$base" ] || { lost=$((lost + 1)); echo "  kill $k: '$s'"; cat "$TMP/err"; }
done
[ $lost = 0 ] && ok "$kills kills" || not_ok "$lost of $kills kills"

# the steps that a run has found are its own, where a program would now find others: here from its start on
if command -v sqlite3 >/dev/null; then
	more=$((n + 8))
	trained "$epochs" --run kept --steps 2 >/dev/null
	[ "$(sqlite3 "$TMP/runs/kept/run.db" "SELECT value FROM fact WHERE key = 'budget.steps'")" = "$n" ] && ok "the store has them" || not_ok "the store has other steps"
	sqlite3 "$TMP/runs/kept/run.db" "UPDATE fact SET value = '$more' WHERE key = 'budget.steps'; DELETE FROM mark"
	rm -rf "$TMP/runs/kept/checkpoints"
	s=$("$TUTTI" resume kept $runs --json 2>"$TMP/err" | field state)
	n=$more
	[ "$s" = "$(state_of "$plan" --set budget.steps="$more" --set optimizer.warmup="$(up 12.5)" --set budget.eval_every=0)" ] && [ ${#s} = 32 ] &&
		ok "a run goes on with the steps it has" || { not_ok "other steps: '$s'"; cat "$TMP/err"; }
	check "and replays with them" "$TUTTI" replay kept $runs
else skip "the store has them (no sqlite3)"; fi

# a sweep over epochs: each point its steps; the same again finds all finished
sweep() { "$TUTTI" sweep "$epochs" --vary budget.epochs=0.2,0.4 --runs "$TMP/swept" --jobs 1 >"$TMP/$1" 2>"$TMP/err" </dev/null; }
sweep first || { not_ok "sweep"; cat "$TMP/err"; }
for e in 0.2 0.4; do
	want=$("$TUTTI" check "$epochs" --set budget.epochs=$e --json 2>/dev/null | field steps)
	"$TUTTI" ls --json --runs "$TMP/swept" | grep "epochs$e\"" | grep -q "\"step\":$want,.*\"steps\":$want," && ok "sweep: $e epochs are $want steps" || { not_ok "sweep: $e epochs"; "$TUTTI" ls --runs "$TMP/swept"; }
done
sweep second
check "a sweep again has nothing to do" [ "$(grep -c 'was finished before' "$TMP/err")" = 2 ]
check "and the same table" cmp -s "$TMP/first" "$TMP/second"
# what a run takes is asked of check, and so are the steps
hours() { "$TUTTI" sweep "$epochs" --vary "budget.epochs=0.2,$1" --runs "$TMP/swept" --slurm 2>"$TMP/err" | sed -n 's/^#SBATCH --time=//p'; }
few=$(hours 0.4) many=$(hours 400000)
[ -n "$few" ] && [ "$few" != "$many" ] && ok "many epochs ask a scheduler for more time ($few, $many)" || { not_ok "time: '$few', '$many'"; cat "$TMP/err"; }

fails "no epochs" 2 '0 is out of range.*budget.epochs' "$TUTTI" train "$epochs" --set budget.epochs=0
fails "fewer than none" 2 'out of range.*budget.epochs' "$TUTTI" train "$epochs" --set budget.epochs=-2
fails "both" 2 "both 'steps' and 'epochs'" "$TUTTI" train "$epochs" --set budget.steps=9 --set budget.epochs=1
fails "more than all" 2 "'110%' at budget.eval_every" "$TUTTI" train "$epochs" --set budget.eval_every=110%
fails "nobody heard" 1 'budget.epochs counts.*unmute' "$TUTTI" train "$epochs" --set tasks.topic.muted=true --set tasks.headline.muted=true $runs
exit $bad
