#!/bin/sh
# The door for programs that steer: a script reads `watch` and steers by `send` under the
# plan's limits, and its run replays; refusals are journaled; who reads slowly, or not at
# all, changes no bit; runs of before open.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan" 500
runs="--runs $TMP/runs"
awk 'NR > 1 { print last } { last = $0 } END { sub(/ } *$/, " },", last); sub(/} },$/, "},", last); print last }' "$plan" >"$TMP/limits.json"
cat >>"$TMP/limits.json" <<LIMITS
  "actors": { "tuner": { "commands": ["weight", "share"], "ranges": { "weight": [0.5, 2] }, "every": 20, "most": 12 } } }
LIMITS

begin() { # begin PLAN NAME ARGS...: a run in the background, until it steps
	p=$1 name=$2; shift 2
	: >"$TMP/$name.out"
	"$TUTTI" train "$p" --run "$name" $runs --json "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
	pid=$!
	i=0
	while [ $i -lt 600 ] && ! grep -q '"event":"begin"' "$TMP/$name.out"; do i=$((i + 1)); sleep 0.05; done
}
journal() { "$TUTTI" curves "$1" $runs --table journal --json; }
has() { grep -q -- "$2" "$1"; }
number() { grep -o '"'"$1"'":[0-9.]*' | head -n 1 | cut -d: -f2; }
# task TASK FIELD: of a line of `watch`
task() { sed -n 's/.*"'"$1"'":{\([^}]*\)}.*/\1/p' | sed -n 's/.*"'"$2"'":\([-0-9.e]*\).*/\1/p'; }

# --- a program that steers: whichever task's loss falls less is made heavier ---
# The run waits for it every 25 steps, so that a busy machine makes it no other one.
steer() { # steer RUN
	n=0 last=0
	"$TUTTI" watch "$1" $runs --json 2>"$TMP/watch.err" | while read -r line; do
		printf '%s\n' "$line" >>"$TMP/seen"
		case $line in *'"phase":"paused"'*) ;; *) continue ;; esac
		step=$(echo "$line" | number step)
		[ "$step" != $last ] || continue
		last=$step n=$((n + 1))
		a=$(echo "$line" | task topic slope) b=$(echo "$line" | task headline slope)
		who=$(awk -v a="$a" -v b="$b" 'BEGIN { print (a > b) ? "topic" : "headline" }')
		x=$(awk -v n=$n 'BEGIN { printf "%.2f", 0.25 * (1 + n % 10) }') # 0.5 to 2, and beyond
		for what in "weight $who $x" "weight $who 1.1" "lr 0.009"; do
			"$TUTTI" send "$1" $runs --actor tuner --reason "slopes $a and $b" $what >>"$TMP/sent" 2>&1 &&
				echo "$what" >>"$TMP/taken"
		done
		"$TUTTI" send "$1" $runs continue
	done
}
: >"$TMP/seen"; : >"$TMP/taken"; : >"$TMP/sent"
for s in $(seq 25 25 475); do echo "$s pause"; done >"$TMP/pauses"
begin "$TMP/limits.json" steered --script "$TMP/pauses"
steer steered
wait $pid
journal steered >"$TMP/journal"
taken=$(wc -l <"$TMP/taken") noted=$(grep '"refused":null' "$TMP/journal" | grep -c '"who":"actor"')
[ "$taken" = 12 ] && ok "a script steered a run of 500 steps ($taken times)" || { not_ok "it steered $taken times"; tail -3 "$TMP/sent"; }
check "each is in the journal" [ "$taken" = "$noted" ]
check "with its name and reason" sh -c "grep '\"refused\":null' '$TMP/journal' | grep -q '\"actor\":\"tuner\",\"reason\":\"slopes '"
check "what was beyond its range was refused, and is there" has "$TMP/journal" '"command":"note refused: weight [a-z]* [02].[25][50]*".*"refused":"weight [02].[25][50]* is beyond what the plan allows'
check "what it may not give, too" has "$TMP/journal" '"command":"note refused: lr 0.009".*"refused":"the plan does not allow'
check "and what was too much" has "$TMP/journal" '"refused":".tuner. has given the 12 commands that the plan allows it"'
check "19 times three, each done or refused" [ "$(grep -c '"who":"actor"' "$TMP/journal")" = 57 ]
check "what came too soon, too" has "$TMP/journal" '"refused":"the plan allows .tuner. a command every 20 steps'
grep '"refused":null' "$TMP/journal" | number step | awk 'NR > 1 && $1 - last < 20 { bad = 1 } { last = $1 } END { exit bad || NR > 12 }' &&
	ok "no more often, and no more, than it may" || not_ok "more often, or more, than it may"
grep '"refused":null' "$TMP/journal" | sed 's/.*"command":"weight [a-z]* \([0-9.]*\)".*/\1/' | awk '!($1 >= 0.5 && $1 <= 2) { bad = 1 } END { exit bad }' &&
	ok "and within its range" || not_ok "beyond its range"
check "the run replays to the same bits" "$TUTTI" replay steered $runs --workers 1
plain=$(state_of "$plan") state=$(field state <"$TMP/steered.out")
[ ${#state} = 32 ] && [ "$state" != "$plain" ] && ok "which are not those of a run that nobody steered" || not_ok "state '$state', unsteered '$plain'"
tail -n 1 "$TMP/seen" >"$TMP/last"
check "watch ends with the end" has "$TMP/last" '"phase":"done","step":500,'
check "and with its state" has "$TMP/last" "\"state\":\"$state\""
check "as it should" [ ! -s "$TMP/watch.err" ]
n=$(wc -l <"$TMP/seen")
[ "$n" -ge 20 ] && ok "$n pictures" || not_ok "$n pictures"

# --- only looking: no bit, whether who looks reads, reads nothing, or is killed ---
begin "$plan" looked
"$TUTTI" watch looked $runs --json >"$TMP/quick" 2>/dev/null & quick=$!
"$TUTTI" watch looked $runs --json 2>/dev/null | { sleep 1; head -n 1 >"$TMP/slow"; } & slow=$!
"$TUTTI" watch looked $runs --json >/dev/null 2>&1 & stopped=$!
kill -STOP $stopped
wait $pid
check "looked at by three, one of whom reads nothing: the same bits" [ "$(field state <"$TMP/looked.out")" = "$plain" ]
kill -KILL $stopped
wait $quick
check "one who reads has all of them to the end" sh -c "tail -n 1 '$TMP/quick' | grep -q '\"phase\":\"done\"'"
wait $slow
for f in quick slow; do
	check "whole lines ($f)" sh -c "[ -s '$TMP/$f' ] && ! grep -qv '^{\"schema\":1,\"event\":\"snapshot\",.*}\$' '$TMP/$f'"
done
awk '{ if (match($0, /"step":[0-9]+/)) s = substr($0, RSTART + 7, RLENGTH - 7) + 0; if (s < last) exit 1; last = s }' "$TMP/quick" &&
	ok "steps never fall" || not_ok "steps fall"

# --- what can be done, who may ---
begin "$TMP/limits.json" asked --set budget.steps=100000
"$TUTTI" actions asked $runs --json >"$TMP/actions"
"$TUTTI" send --help | sed -n '/^COMMAND$/,/^$/s/^  \([a-z][a-z]*\).*/\1/p' | while read -r c; do
	case $c in try | beams | explain | actions) continue ;; esac
	has "$TMP/actions" "\"command\":\"$c\"" || echo "$c"
done >"$TMP/missing"
check "actions has every command that does something" [ ! -s "$TMP/missing" ]
check "with the range" has "$TMP/actions" '"command":"weight".*"min":0,"max":1000000,"low":0.125,"high":8'
check "with the words" has "$TMP/actions" '"command":"mute".*"one_of":\["topic","headline"\]'
check "with the value" has "$TMP/actions" '"command":"weight".*"now":{"topic":1,"headline":1}'
check "a person's" "$TUTTI" send asked $runs --reason 'to see it' weight topic 1.5
check "a value that moved" sh -c "'$TUTTI' actions asked $runs --json | grep -q '\"now\":{\"topic\":1.5,'"
said="$("$TUTTI" send asked $runs at 200000 weight topic 2; "$TUTTI" send asked $runs ramp topic weight 1.5 1 300000; "$TUTTI" send asked $runs at 90000 pause)"
check "a step beyond the end is said to be one" [ "$(echo "$said" | grep -c 'step [23][0-9]*, and the run ends at 100000')" = 2 ]
for name in at-1 at-2 ramp-topic; do "$TUTTI" send asked $runs cancel $name; done >"$TMP/out"
check "the value stays" "$TUTTI" send asked $runs weight topic 1.5
"$TUTTI" actions asked $runs --actor tuner --json >"$TMP/actions"
check "an actor's range" has "$TMP/actions" '"every":20,"most":12,.*"command":"weight".*"allowed":true,"allowed_range":\[0.5,2\]'
check "and what it may not" has "$TMP/actions" '"command":"stop".*"allowed":false'
check "in words" sh -c "'$TUTTI' actions asked $runs --actor tuner | grep -q 'weight TASK X .*topic 1.5, headline 1  allowed: 0.5 to 2'"
fails "whom the plan does not name" 1 "names no actor 'other'" "$TUTTI" send asked $runs --actor other --reason x note hello
check "may ask" "$TUTTI" send asked $runs --actor other --reason x try topic 'a word'
fails "no reason" 2 "gives a reason" "$TUTTI" send asked $runs --actor tuner weight topic 1
fails "no name" 2 "no name of an actor" "$TUTTI" send asked $runs --actor 'a b' --reason x weight topic 1
fails "a reason that cannot be shown" 2 "control character" "$TUTTI" send asked $runs --actor tuner --reason "$(printf 'a\033b')" weight topic 1
"$TUTTI" watch asked $runs >"$TMP/cut" 2>"$TMP/cut.err" & look=$!
i=0
while [ $i -lt 200 ] && ! has "$TMP/cut" '^step .*running'; do i=$((i + 1)); sleep 0.05; done
kill -KILL $pid
wait $pid 2>/dev/null
wait $look
check "the engine killed: watch fails" [ $? = 1 ]
check "and says so" has "$TMP/cut.err" "engine has gone"
check "in words, a line a picture" has "$TMP/cut" '^step [0-9]*/100000  running  topic [0-9.]* w 1.5  headline [0-9.]* w 1  lr '
fails "a run that is over" 1 "not live" "$TUTTI" watch asked $runs
check "it resumes" "$TUTTI" resume asked $runs --steps 300
check "and replays" "$TUTTI" replay asked $runs
check "the person's reason" sh -c "'$TUTTI' curves asked $runs --table journal | grep -q ',you,weight topic 1.5,1,1.5,,to see it,'"

# --- plans ---
fails "a command that there is not" 2 "no command 'wieght' at actors.tuner.commands" "$TUTTI" train "$TMP/limits.json" $runs --set 'actors.tuner.commands=["wieght"]'
fails "a range of no number" 2 "'mute'" "$TUTTI" check "$TMP/limits.json" --set 'actors.tuner.ranges.mute=[0, 1]'
# without actors in the plan a program may what a person may
begin "$plan" open --set budget.steps=100000
check "no limits where the plan has none" "$TUTTI" send open $runs --actor anybody --reason x weight topic 20!
check "and its name is in the journal" sh -c "'$TUTTI' curves open $runs --table journal | grep -q ',actor,weight topic 20!,1,20,anybody,x,'"
"$TUTTI" send open $runs --actor anybody --reason 'seen enough' stop
wait $pid
check "who stopped a run" sh -c "'$TUTTI' curves open $runs --table journal | grep -q ',actor,note asked: stop,,,anybody,seen enough,'"
exit $bad
