#!/bin/sh
# Branches, going back, commands for later, schedules: as a user has them.
. tests/cli/lib.sh
plan=$TMP/tiny.json runs=$TMP/runs
tiny_plan "$plan" 60
set -- --set budget.keep=9 --set budget.eval_every=5
base=$(state_of "$plan" --run base "$@")
[ ${#base} = 32 ] && ok "a run to branch from" || { not_ok "no state: '$base'"; cat "$TMP/err"; exit 1; }
resumed() { "$TUTTI" resume "$@" --runs "$runs" --json 2>"$TMP/err" | field state; }
hash_at() { "$TUTTI" ls --runs "$runs" --json | grep "\"run\": *\"$1\"" | field state; }
same() { [ "$2" = "$3" ] && ok "$1" || { not_ok "$1: '$2' is not '$3'"; head -3 "$TMP/err"; }; }
differs() { [ ${#2} = 32 ] && [ "$2" != "$3" ] && ok "$1" || { not_ok "$1: '$2'"; head -3 "$TMP/err"; }; }

# branches: without a change nothing differs, at no later step
check "a branch" "$TUTTI" branch base twin --step 30 --runs "$runs"
same "a branch without a change" "$(resumed twin --workers 1)" "$base"
steps_of() { "$TUTTI" curves "$1" --runs "$runs" | cut -d, -f1-3; }
same "its figures are the other's" "$(steps_of twin)" "$(steps_of base)"
check "it replays" "$TUTTI" replay twin --runs "$runs"
check "with a setting" "$TUTTI" branch base slow --step 30 --set optimizer.lr=0.001 --set optimizer.weight_decay=0.1 --runs "$runs"
differs "a branch with a setting" "$(resumed slow)" "$base"
check "that replays" "$TUTTI" replay slow --runs "$runs"
"$TUTTI" curves slow --table journal --runs "$runs" >"$TMP/journal"
check "the setting is in its journal" grep -q 'you,lr 0.001,0.003,0.001' "$TMP/journal"
check "and where it came from" grep -q 'note branch of base, step 30' "$TMP/journal"
fails "a name that is taken" 1 "slow" "$TUTTI" branch base slow --runs "$runs"
fails "no such checkpoint" 1 "there are:.* 30 " "$TUTTI" branch base none --step 31 --runs "$runs"
fails "another model" 1 "cannot change 'model.dim'" "$TUTTI" branch base none --set model.dim=8 --runs "$runs"
check "a branch of a branch" "$TUTTI" branch slow slower --step 40 --runs "$runs"
same "it is the branch" "$(resumed slower)" "$(hash_at slow)"
echo '25 branch now' >"$TMP/now"
same "branched by a command, a run goes on as ever" "$(state_of "$plan" --run parent "$@" --script "$TMP/now")" "$base"
same "and so does the branch of the present" "$(resumed now)" "$base"
# also where the other run was saved at step 0, before the hand came
printf '%s\n' '0 checkpoint a' '0 weight topic 2' '0 checkpoint b' '0 branch zero' >"$TMP/now"
parent=$(state_of "$plan" --run early "$@" --script "$TMP/now")
same "a branch of step 0" "$(resumed zero)" "$parent"
check "replays" "$TUTTI" replay zero --runs "$runs"
# one whose first checkpoint is gone cannot begin as random weights
"$TUTTI" branch base lost --step 20 --runs "$runs" >"$TMP/out"
rm -r "$runs"/lost/checkpoints/*
fails "a branch without its checkpoint" 1 "began from a checkpoint" "$TUTTI" resume lost --runs "$runs"

# going back, across what was frozen and a change of method
printf '%s\n' '1 weight topic 2' >"$TMP/plain"
plain=$(state_of "$plan" --run plain "$@" --script "$TMP/plain")
gone() { # gone NAME LINES...: a run with these moves after the plain one's
	name=$1; shift
	printf '%s\n' '1 weight topic 2' "$@" >"$TMP/gone"
	same "$name" "$(state_of "$plan" --run "$name" --set budget.keep=9 --set budget.eval_every=5 --script "$TMP/gone")" "$plain"
	check "$name replays" "$TUTTI" replay "$name" --runs "$runs"
}
gone rollback '25 weight topic 4' '35 freeze topic on' '45 rollback 20!'
gone best '32 weight topic 8' '33 rollback best!'
gone back '25 weight topic 4' '33 freeze topic on' '34 sampling temperature T=3' '37 back 2'
gone twice '22 lr 0.001' '27 back' '28 lr 0.002' '29 rollback 10!' '18 lr 0.005' '19 back'
gone later '15 at 35 rollback 10!' '20 weight topic 3'
"$TUTTI" curves rollback --table journal --runs "$runs" >"$TMP/journal"
check "the journal keeps what was left" grep -q '25,0,.*weight topic 4' "$TMP/journal"
same "a figure a step" "$("$TUTTI" curves rollback --runs "$runs" | wc -l)" 61
# without room in memory the steps are made again
printf '%s\n' '1 weight topic 2' '25 weight topic 4' '37 back 2' >"$TMP/gone"
same "back without memory" "$(state_of "$plan" --run far "$@" --set budget.back_memory=0 --script "$TMP/gone")" "$plain"
# refusals change nothing
printf '%s\n' '1 weight topic 2' '25 rollback 20' '26 rollback 13!' '27 back 8' '28 cancel at-1' >"$TMP/gone"
same "refusals change nothing" "$(state_of "$plan" --run refused "$@" --script "$TMP/gone")" "$plain"

# commands for later, and the schedule of it all on another run
printf '%s\n' '3 at 12 weight topic 3' '4 when topic.loss < 100 do mute headline on' '6 ramp topic weight 1 4 10' \
	'7 at 25 mute headline off' '8 at 40 lr 0.1!' '9 cancel at-4' '26 when topic.accuracy >= 0 do note seen' \
	'30 ramp headline weight 1 8 30' '33 at 50 weighting fixed' '41 cancel ramp-headline' >"$TMP/later"
later=$(state_of "$plan" --run timed "$@" --script "$TMP/later")
differs "commands for later" "$later" "$base"
check "they replay" "$TUTTI" replay timed --runs "$runs"
"$TUTTI" curves timed --table journal --runs "$runs" >"$TMP/journal"
for line in 'cancel at-1,at 12 weight topic 3,done' 'timer,weight topic 3' 'timer,mute headline on' 'timer,note seen' 'timer,weighting fixed'; do
	check "journal: $line" grep -q "$line" "$TMP/journal"
done
"$TUTTI" schedule timed "$TMP/moves" --runs "$runs"
fails "a schedule does not write over a file" 1 "there already" "$TUTTI" schedule timed "$TMP/moves" --runs "$runs"
same "a schedule is the moves" "$(cat "$TMP/moves")" "$(cat "$TMP/later")"
same "and makes the same run" "$(state_of "$plan" --run again "$@" --script "$TMP/moves")" "$later"
differs "on another seed" "$(state_of "$plan" --run other "$@" --seed 8 --script "$TMP/moves")" "$later"
for at in 5 11 12 13 26 45 50; do
	"$TUTTI" train "$plan" --run "t$at" --runs "$runs" "$@" --steps $at --script "$TMP/later" >"$TMP/out" 2>"$TMP/err"
	same "stopped at $at and resumed" "$(resumed "t$at" --script "$TMP/later")" "$later"
done
# a ramp's weights are in the figures, and one that is there is not taken off any more
printf '%s\n' '5 ramp topic weight 1 2 4' '11 cancel ramp-topic' '20 ramp topic weight 4 8 4' '22 cancel ramp-topic' \
	'23 cancel ramp-topic' '30 ramp headline weight 2 1 9' '32 weight headline 3' >"$TMP/ramps"
state_of "$plan" --run ramps "$@" --set mix.weighting=fixed --script "$TMP/ramps" >"$TMP/out"
"$TUTTI" curves ramps --table steps --runs "$runs" >"$TMP/steps"
column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } $at != "" { printf "%s ", $at }' "$TMP/steps"; }
same "the weights of ramps" "$(column topic.weight | cut -d' ' -f5-12,20-25)" "1 1 1.25 1.5 1.75 2 2 2 2 4 5 5 5 5"
same "ended by a weight" "$(column headline.weight | cut -d' ' -f30-34 | tr ' ' '\n' | cut -c1-7 | tr '\n' ' ')" "1 2 1.88888 3 3 "
same "no method, no factor" "$(column topic.factor | tr ' ' '\n' | sort -u | tr -d '\n')" 1
same "those that are over are not cancelled" "$("$TUTTI" curves ramps --table journal --runs "$runs" | grep -c cancel)" 1
"$TUTTI" branch timed inner --step 20 --runs "$runs" >"$TMP/out"
sed -n '/^2[1-9]\|^[3-9][0-9]/p' "$TMP/later" >"$TMP/rest"
same "a branch has what is to come" "$(resumed inner --script "$TMP/rest")" "$later"
printf '%s\n' '3 at 2 pause' '3 at 9 weight nobody 1' '3 when topic.bleu > 1 do pause' '3 when topic.accuracy = 1 do pause' \
	'3 at 9 at 10 pause' '3 at 9 try some text' '3 ramp topic weight 1 900 5' '3 at 9 rollback 5' >"$TMP/bad"
while read -r line; do
	echo "$line" >"$TMP/one"
	"$TUTTI" train "$plan" --run bad --runs "$runs" --steps 4 --script "$TMP/one" >"$TMP/out" 2>&1
	[ -s "$runs/bad/run.db" ] && "$TUTTI" curves bad --table journal --runs "$runs" | tail -n +2 >"$TMP/journal" || : >"$TMP/journal"
	[ -s "$TMP/journal" ] && not_ok "taken: $line" || ok "refused: $line"
	rm -rf "$runs/bad"
done <"$TMP/bad"

# a replay names the first step that differs
command -v sqlite3 >/dev/null 2>&1 && {
	sqlite3 "$runs/plain/run.db" "UPDATE journal SET step = 15 WHERE seq = 1"
	"$TUTTI" replay plain --runs "$runs" >"$TMP/out" 2>&1 && not_ok "a changed journal replays" || ok "a changed journal is seen"
	check "the first step that differs" grep -q 'first that differs is that of step 5' "$TMP/out"
} || skip "no sqlite3"
exit $bad
