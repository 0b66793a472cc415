#!/bin/sh
# fork: the same steps under each method from one checkpoint. An arm is what a resumed run
# with that command would be, bit for bit; the run itself is left as it is.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache
export XDG_CACHE_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
runs=$TMP/runs
"$TUTTI" train "$plan" --run a --steps 20 --runs "$runs" >/dev/null 2>&1 || not_ok "train"
# all that a run's folder holds: names, times, and every byte
sums() { (cd "$runs/$1" && find . -printf '%y %p %s %T@\n' | sort && find . -type f -exec sha256sum {} + | sort); }
before=$(sums a)
fork() { "$TUTTI" fork a --runs "$runs" "$@" >"$TMP/out" 2>"$TMP/err"; }
state() { sed -n "s/.*\"method\":\"$1\".*\"state\":\"\([^\"]*\)\".*/\1/p" "$TMP/out"; }

fork --methods 'fixed, temperature T=4,bandit,uniform' --steps 15 --json --workers 1 || { not_ok "fork"; cat "$TMP/err"; }
check "an object an arm" [ "$(grep -c '"event":"fork"' "$TMP/out")" = 5 ]
check "the run is as it was" [ "$(sums a)" = "$before" ]
one=$(cat "$TMP/out")
resumed() { # resumed NAME COMMAND: a copy of the run goes on by itself
	cp -r "$runs/a" "$runs/$1"
	printf '20 %s\n' "${2:-note nothing}" >"$TMP/script"
	"$TUTTI" resume "$1" --steps 35 --script "$TMP/script" --json --runs "$runs" 2>/dev/null | field state
}
[ "$(state '')" = "$(resumed b)" ] && ok "as it is: what a resumed run is" || not_ok "as it is: $(state ''), not $(resumed b2)"
for m in fixed bandit 'temperature T=4'; do
	role=sampling
	[ "$m" = fixed ] && role=weighting
	[ "$(state "$m")" = "$(resumed "r-${m%% *}" "$role $m")" ] && ok "$m: what a resumed run with that command is" || not_ok "$m: $(state "$m")"
done
check "uniform, which it had: the same as it is" [ "$(state uniform)" = "$(state '')" ]
check "another method, another state" [ "$(state bandit)" != "$(state '')" ]
fork --methods 'fixed, temperature T=4,bandit,uniform' --steps 15 --json --workers 3
strip() { sed 's/"\(cpu_seconds\|memory_mb\)":[^,}]*//g'; }
[ "$(strip <"$TMP/out")" = "$(echo "$one" | strip)" ] && ok "by three workers the same" || not_ok "by three workers"

fork --methods uniform,fixed --steps 3
check "in words" grep -q '^a from step 20: 3 steps under each method' "$TMP/out"
check "what did not change is said" sh -c '[ "$(grep -c "^  uniform .* same .* same .* same" "$1")" = 2 ]' - "$TMP/out"
check "how gradients agree" grep -q '^  as it is (uncertainty) *[-+]0\.[0-9]* ' "$TMP/out"
fork --methods uniform --steps 3 --step 10
check "from another checkpoint" grep -q '^a from step 10: ' "$TMP/out"

check "what it takes, as check says it" grep -q '^parameters 0\.[0-9]* M   memory [0-9]* MB, of it [0-9.]* MB the state' "$TMP/out"

# a live run lets go of the checkpoint long before the last arm begins
state_of_live() { "$TUTTI" train "$plan" --run "$1" --steps 400 --set budget.checkpoint_every=1 --set budget.steps=400 --set budget.keep=2 \
	--runs "$runs" --json >"$TMP/$1.out" 2>/dev/null; }
state_of_live live & pid=$!
for _ in $(seq 400); do ls -d "$runs"/live/checkpoints/step-00001? >/dev/null 2>&1 && break; sleep 0.02; done
lost=0 forks=0 gone=0
while kill -0 $pid 2>/dev/null && [ $forks -lt 4 ]; do
	forks=$((forks + 1))
	"$TUTTI" fork live --runs "$runs" --methods fixed,uniform,pcgrad --steps 5 --json --workers 1 >"$TMP/out" 2>"$TMP/err" || { lost=$((lost + 1)); cat "$TMP/err"; }
	[ "$(state uniform)" = "$(state '')" ] || lost=$((lost + 1))
	from=$(field from <"$TMP/out")
	[ -d "$runs/live/checkpoints/step-$(printf %06d "$from")" ] || gone=$((gone + 1))
done
wait $pid
[ $lost = 0 ] && [ $forks -gt 0 ] && ok "$forks forks of a live run, $gone of whose states were let go meanwhile" || not_ok "$lost of $forks forks of a live run"
state_of_live undisturbed
[ "$(field state <"$TMP/live.out")" = "$(field state <"$TMP/undisturbed.out")" ] && ok "and it is as if nobody had" || not_ok "the live run is another one"

# a task that is alone has nobody to agree with
"$TUTTI" train "$plan" --run alone --steps 10 --set mix.micro_batches=1 --runs "$runs" >/dev/null 2>&1
"$TUTTI" fork alone --methods uniform --steps 2 --json --runs "$runs" >"$TMP/out" 2>"$TMP/err"
grep -q '"cosine"' "$TMP/out" && not_ok "cosines of one micro-batch" || ok "one micro-batch a step: no cosines"

# a run whose schedule has ended: from a checkpoint before that, unasked
"$TUTTI" train "$plan" --run ended --runs "$runs" >/dev/null 2>&1
"$TUTTI" fork ended --methods fixed --runs "$runs" >"$TMP/out" 2>"$TMP/err"
check "a run that has ended is forked where steps are left" grep -q '^ended from step 30: 10 steps' "$TMP/out"
fails "none has so many left" 1 "no checkpoint that is kept has [0-9]* steps left before the schedule's end, at step 40: --steps [0-9]* at most, from step [0-9]" "$TUTTI" fork ended --methods fixed --steps 1000 --runs "$runs"
fails "unless that step is asked for" 1 "the schedule has ended at step 40" "$TUTTI" fork ended --methods fixed --step 40 --runs "$runs"

fails "no such method" 1 "no method 'nope' (there are: fixed, .*uniform" "$TUTTI" fork a --methods fixed,nope --runs "$runs"
fails "no method named" 1 "fork wants --methods" "$TUTTI" fork a --runs "$runs"
fails "a parameter out of range" 1 "T=0 is out of range" "$TUTTI" fork a --methods 'temperature T=0' --runs "$runs"
fails "no such run" 1 "no run 'none'" "$TUTTI" fork none --methods fixed --runs "$runs"
check "and the run is as it was" [ "$(sums a)" = "$before" ]
exit $bad
