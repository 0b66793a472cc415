#!/bin/sh
# Weighting methods: in a plan and by hand, the same bits on any workers, resumed, killed
# and replayed; what is recorded; what is refused, at the plan and at the command.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan" 30
runs="--runs $TMP/runs"
is() { [ ${#2} = 32 ] && [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
other() { [ ${#2} = 32 ] && [ "$2" != "$3" ] && ok "$1" || not_ok "$1: '$2'"; }

# in a plan
base=$(state_of "$plan")
last=$base
for method in famo gradnorm upgrad; do
	now=$(state_of "$plan" --run $method --set mix.weighting=$method --workers 1)
	other "$method is another run" "$now" "$last"
	is "$method with 4 workers" "$(state_of "$plan" --set mix.weighting=$method --workers 4)" "$now"
	check "$method replays" "$TUTTI" replay $method $runs --workers 2
	"$TUTTI" train "$plan" --run part-$method $runs --steps 11 --set mix.weighting=$method >/dev/null 2>"$TMP/err"
	is "$method stopped and resumed" "$("$TUTTI" resume part-$method $runs --json --steps 30 2>"$TMP/err" | field state)" "$now"
	last=$now
done
layer="--set mix.weighting=cagrad --set mix.weighting_args.scope=layer --set mix.weighting_args.every=2 --set mix.weighting_args.ema=0.5"
now=$(state_of "$plan" --run layer $layer)
other "by layer it is another run" "$now" "$(state_of "$plan" --set mix.weighting=cagrad)"
check "the stored plan says the word" grep -q '"scope": "layer"' "$TMP/runs/layer/plan.json"
check "and replays" "$TUTTI" replay layer $runs --workers 2

# killed
"$TUTTI" train "$plan" --run killed $runs $layer --set budget.checkpoint_every=5 >/dev/null 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && [ ! -e "$TMP/runs/killed/checkpoints/step-000005/state.json" ]; do sleep 0.05; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
is "killed and resumed" "$("$TUTTI" resume killed $runs --json 2>"$TMP/err" | field state)" "$now"

# by hand
printf '%s\n' '4 weighting mgda every=2' '8 weighting imtl_g scope=layer' '12 weighting fixed' '16 weighting famo' \
	'20 weighting fairgrad alpha=2 ema=0.9' '24 lock topic on' >"$TMP/hands"
hands=$(state_of "$plan" --run hands --script "$TMP/hands" --workers 1)
other "a script of methods" "$hands" "$base"
is "3 workers" "$(state_of "$plan" --script "$TMP/hands" --workers 3)" "$hands"
check "it replays" "$TUTTI" replay hands $runs --workers 2
"$TUTTI" curves hands $runs --table journal >"$TMP/journal"
check "the journal has words before and after" grep -q 'mgda every=2 ema=0 scope=all,imtl_g every=1 ema=0 scope=layer' "$TMP/journal"
"$TUTTI" curves hands $runs --table steps --json >"$TMP/steps"
check "what came of it is recorded" [ "$(grep -c '"weight":1,"factor":[02-9]\.' "$TMP/steps")" -ge 10 ]
check "and 1 where nothing did" [ "$(grep -c '"factor":1,.*"factor":1,' "$TMP/steps")" -ge 4 ]

# refused
frozen="--set model.frozen=trunk"
fails "fewer micro-batches than tasks" 2 "too few for 2" "$TUTTI" check "$plan" --set mix.weighting=pcgrad --set mix.micro_batches=1
fails "nothing shared is trained" 2 "all of that would be frozen" "$TUTTI" check "$plan" --set mix.weighting=pcgrad $frozen
fails "a word that is none" 2 "none of the words for 'scope'" "$TUTTI" check "$plan" --set mix.weighting=pcgrad --set mix.weighting_args.scope=some
fails "a parameter of another method" 2 "no parameter 'alpha'" "$TUTTI" check "$plan" --set mix.weighting=pcgrad --set mix.weighting_args.alpha=1
fails "out of range" 2 "out of range" "$TUTTI" check "$plan" --set mix.weighting=cagrad --set mix.weighting_args.c=-1
says() { # says NAME 'pattern' ARGS...: a script's command is refused, the run goes on
	name=$1 pattern=$2; shift 2
	"$TUTTI" train "$plan" $runs --script "$TMP/late" "$@" >/dev/null 2>"$TMP/err"
	check "$name" grep -q -- "$pattern" "$TMP/err"
}
printf '2 weighting upgrad\n' >"$TMP/late"
says "by command, while all is frozen" "all of that would be frozen" $frozen --set mix.weighting=fixed
printf '2 weighting upgrad\n4 freeze trunk on\n' >"$TMP/late"
says "and freezing all while one reads it" "script:2: .*choose another method first"
printf '2 weighting upgrad scope=some\n' >"$TMP/late"
says "a word that is none, by command" "none of the words for 'scope'"
exit $bad
