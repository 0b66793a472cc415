#!/bin/sh
# Sweeps: killed and taken up again, two at once, points that fail, schedulers.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
case $FLAVOUR in
release) steps=120 rounds=${ROUNDS:-6} ;;
*) steps=30 rounds=${ROUNDS:-1} ;;
esac
plan=$TMP/tiny.json
tiny_plan "$plan" $steps
sweep() { "$TUTTI" sweep "$plan" "$@" 2>"$TMP/err"; }
grid='--vary optimizer.lr=0.001,0.003 --vary model.shared_layers=0,1 --seeds 3'
states() { # states DIR: run, state and step of every run, a line each
	"$TUTTI" ls --json --runs "$1" |
		sed -n 's/.*"run": *"\([^"]*\)".*"step": *\([0-9]*\),.*"state": *"\([^"]*\)".*/\1 \2 \3/p'
}

# --- 12 runs, never killed, and killed three times ---
# shellcheck disable=SC2086
sweep $grid --runs "$TMP/whole" >"$TMP/whole.txt" || { not_ok "a sweep of 12 runs"; cat "$TMP/err"; exit 1; }
[ "$(states "$TMP/whole" | wc -l)" = 12 ] && ok "a sweep of 12 runs" || not_ok "12 runs: $(states "$TMP/whole")"
[ "$(states "$TMP/whole" | awk -v n=$steps '$2 == n' | cut -d' ' -f3 | sort -u | wc -l)" = 12 ] &&
	ok "each to its last step, and no two the same" || not_ok "states of the sweep"
grep -q 'optimizer.lr=0.003 model.shared_layers=1 *3/3 ' "$TMP/whole.txt" &&
	ok "its table has a row a system" || { not_ok "table"; cat "$TMP/whole.txt"; }
for i in 1 2 3; do
	: >"$TMP/out.$i"
	# shellcheck disable=SC2086
	"$TUTTI" sweep "$plan" $grid --runs "$TMP/killed" --json >"$TMP/out.$i" 2>"$TMP/err" &
	pid=$!
	done=0
	for _ in $(seq 1200); do # within its runs 2, 5 and 8
		done=$(grep -cE '"event":"(done|was-done)"' "$TMP/out.$i")
		children=$(ps -o pid= --ppid $pid) # none between one's end and the next one's start
		[ "$done" -ge $((3 * i - 2)) ] && [ -n "$children" ] && break
		sleep 0.05
	done
	[ $i = 2 ] && kill -9 $children 2>/dev/null
	kill -9 $pid 2>/dev/null && ok "killed with $done runs done" || not_ok "kill $i: it has ended"
	wait $pid 2>/dev/null
	[ $i = 3 ] && continue # the next one comes at once: they still save
	for _ in $(seq 1200); do
		alive=0
		for child in $children; do kill -0 "$child" 2>/dev/null && alive=1; done
		[ $alive = 0 ] && break
		sleep 0.05
	done
	[ $alive = 0 ] && ok "and its children end with it" || not_ok "orphans train on: $children"
done
# shellcheck disable=SC2086
sweep $grid --runs "$TMP/killed" >"$TMP/killed.txt" && ok "the same command ends it" || { not_ok "after kills"; cat "$TMP/err"; }
states "$TMP/whole" >"$TMP/a" && states "$TMP/killed" >"$TMP/b"
check "the same states" cmp "$TMP/a" "$TMP/b"
check "the same table" cmp "$TMP/whole.txt" "$TMP/killed.txt"
# shellcheck disable=SC2086
for runs in whole killed; do sweep $grid --runs "$TMP/$runs" --gather --json | sed 's/ *"path"[^,]*,//' >"$TMP/$runs.json"; done
check "the same figures of each run" cmp "$TMP/whole.json" "$TMP/killed.json"
[ -z "$(find "$TMP/killed" -name '.*.claim')" ] && ok "and no claim is left" || not_ok "claims are left"

# --- stopped by a signal ---
# shellcheck disable=SC2086
"$TUTTI" sweep "$plan" $grid --runs "$TMP/stopped" --json >"$TMP/out" 2>"$TMP/err" &
pid=$!
for _ in $(seq 1200); do
	grep -q '"event":"done"' "$TMP/out" && break
	sleep 0.05
done
kill -TERM $pid && wait $pid
[ $? = 143 ] && ok "SIGTERM: its status" || not_ok "SIGTERM: another status"
[ -z "$("$TUTTI" ls --json --runs "$TMP/stopped" | grep '"live":true')" ] && ok "and nothing is live" || not_ok "live after a stop"
[ "$("$TUTTI" ls --json --runs "$TMP/stopped" | grep -c '"run":')" = "$(states "$TMP/stopped" | wc -l)" ] &&
	ok "all that was begun is saved" || { not_ok "stopped runs"; "$TUTTI" ls --json --runs "$TMP/stopped"; }
# one that was stopped as it began is saved at step 0
# shellcheck disable=SC2086
sweep $grid --runs "$TMP/stopped" >"$TMP/stopped.txt" || cat "$TMP/err"
states "$TMP/stopped" >"$TMP/b"
check "and goes on to the same states" cmp "$TMP/a" "$TMP/b"

# --- two at once: each run is begun once ---
twice=0 differ=0
for i in $(seq "$rounds"); do
	for s in 1 2; do
		"$TUTTI" sweep "$plan" --seeds 4 --set budget.steps=8 --runs "$TMP/two$i" --jobs 2 --json >"$TMP/two.$s" 2>"$TMP/two.err$s" &
		eval "pid$s=$!"
	done
	# shellcheck disable=SC2154
	wait "$pid1" || differ=1
	# shellcheck disable=SC2154
	wait "$pid2" || differ=1
	cat "$TMP/two.1" "$TMP/two.2" >"$TMP/both"
	[ "$(grep -cE '"event":"(start|resume)"' "$TMP/both")" = 4 ] || twice=1
	for s in 1 2; do grep '"event":"system"' "$TMP/two.$s" >"$TMP/table.$s"; done
	cmp -s "$TMP/table.1" "$TMP/table.2" && [ -s "$TMP/table.1" ] || differ=1
done
[ $twice = 0 ] && ok "two sweeps at once, $rounds times: each run begun once" || { not_ok "a run was begun twice"; cat "$TMP/both"; }
[ $differ = 0 ] && ok "and both end with the same table" || { not_ok "two tables"; cat "$TMP"/two.err?; }

# --- a point that fails, one that is somebody else's ---
labels='--set budget.steps=8 --vary tasks.topic.labels=["x","y"],null --seeds 2 --jobs 2'
# shellcheck disable=SC2086
fails "a run that fails does not end the sweep" 1 "2 of 4 runs failed" "$TUTTI" sweep "$plan" $labels --runs "$TMP/bad"
grep -q 'tiny-labels-x-y-s2: .*topics.train' "$TMP/err" && ok "it is named with its error" || { not_ok "its error"; cat "$TMP/err"; }
grep -q 'labels=null *2/2' "$TMP/out" && grep -q 'unfinished: tiny-labels-x-y-s1 (not begun)' "$TMP/out" &&
	ok "the table has the others, and says who is not there" || { not_ok "table"; cat "$TMP/out"; }
fails "without --jobs it is found before anything begins" 1 "run 'tiny-labels-x-y-s1': .*topics.train" \
	"$TUTTI" sweep "$plan" --vary 'tasks.topic.labels=["x","y"],null' --seeds 2 --runs "$TMP/none"
fails "a run of another plan is not touched" 1 "tiny-s1' is a run of another plan: \"steps\": 8 where this sweep has \"steps\": 9" \
	"$TUTTI" sweep "$plan" --seeds 2 --set budget.steps=9 --runs "$TMP/two1"
mkdir -p "$TMP/mine/tiny-s1" && echo words >"$TMP/mine/tiny-s1/letter.txt"
fails "nor a folder of something else" 1 "is no run, and holds 'letter.txt'" "$TUTTI" sweep "$plan" --seeds 2 --runs "$TMP/mine"
rm "$TMP/mine/tiny-s1/letter.txt" && : >"$TMP/mine/tiny-s1/lock"
check "what a killed start left is cleared" sweep --seeds 2 --set budget.steps=8 --runs "$TMP/mine"

# --- splits: the draws that are counted are they, not their seeds ---
held='--set tasks.topic.dev=null --set tasks.topic.dev_share=0.2 --set budget.steps=8 --splits 3 --seeds 2'
# shellcheck disable=SC2086
sweep $held --runs "$TMP/held" --json >"$TMP/out"
[ "$(grep -c '"event":"run".*"status":"finished"' "$TMP/out")" = 6 ] && ok "3 splits of 2 seeds" || { not_ok "splits"; cat "$TMP/err"; }
grep '"event":"system"' "$TMP/out" | grep '"metric":"accuracy"' | grep -q '"finished":6,"n":3,' &&
	ok "6 runs, 3 draws" || { not_ok "draws"; grep system "$TMP/out"; }
means=$(sed -n 's/.*"run":"\(tiny-d[0-9]\)-.*"topic.accuracy":\([0-9.]*\).*/\1 \2/p' "$TMP/out" | sort |
	awk '{ s[$1] += $2; n[$1]++ } END { for (d in s) { m = s[d] / n[d]; a += m; k++ } printf "%.6f", a / k }')
told=$(grep '"metric":"accuracy"' "$TMP/out" | sed 's/.*"mean":\([0-9.]*\).*/\1/' | awk '{ printf "%.6f", $1 }')
[ "$means" = "$told" ] && [ -n "$told" ] && ok "the mean of their means" || not_ok "mean: $told is not $means"
# compare takes the same draws: its values are the table's
"$TUTTI" compare "$TMP"/held/tiny-d*-s* --task topic --metric accuracy --json >"$TMP/compared" 2>"$TMP/err"
value=$(grep '"kind":"value"' "$TMP/compared" | sed 's/.*"value":\([0-9.]*\).*/\1/' | awk '{ printf "%.6f", $1 }')
[ "$value" = "$told" ] && grep -q '"splits":3' "$TMP/compared" && ok "compare over splits: the same mean" || { not_ok "compare: $value is not $told"; cat "$TMP/err"; }
"$TUTTI" compare "$TMP"/held/tiny-d*-s* >"$TMP/out" 2>"$TMP/err"
grep -q "^task 'headline' is left out: its dev rows are those of a file" "$TMP/out" &&
	ok "and a task with a dev file is left out" || { not_ok "the other task"; cat "$TMP/out"; }
fails "splits that change nothing are refused" 2 "no task of .* has a dev_share" "$TUTTI" sweep "$plan" --splits 2 --runs "$TMP/held"

# --- for schedulers ---
few='--vary tasks.topic.note=one,it'"'"'s --seeds 2 --set budget.steps=8'
# shellcheck disable=SC2086
sweep $few --runs "$TMP/here" >"$TMP/here.txt"
# shellcheck disable=SC2086
sweep $few --runs "$TMP/there 1" --commands >"$TMP/lines"
[ "$(wc -l <"$TMP/lines")" = 4 ] && ok "--commands prints a line a run" || not_ok "--commands: $(cat "$TMP/lines")"
n=0
while IFS= read -r line; do sh -c "$line" >/dev/null 2>>"$TMP/line.err" </dev/null && n=$((n + 1)); done <"$TMP/lines"
[ $n = 4 ] && ok "and the lines work as written" || { not_ok "$n of 4 lines work"; cat "$TMP/line.err"; }
# shellcheck disable=SC2086
sweep $few --runs "$TMP/there 1" --gather >"$TMP/there.txt"
check "--gather makes the same table of them" cmp "$TMP/here.txt" "$TMP/there.txt"
# shellcheck disable=SC2086
[ -z "$(sweep $few --runs "$TMP/there 1" --commands)" ] && ok "finished ones are left out" || not_ok "finished lines"

cat >"$TMP/sbatch" <<'SH'
#!/bin/bash
# sbatch SCRIPT: the array's tasks, one after the other
range=$(sed -n 's/^#SBATCH --array=//p' "$1")
for i in $(seq "${range%-*}" "${range#*-}"); do SLURM_ARRAY_TASK_ID=$i bash "$1" >/dev/null 2>&1 || exit 1; done
SH
# shellcheck disable=SC2086
sweep $few --runs "$TMP/there 2" --slurm >"$TMP/array.sh"
check "--slurm prints a script" bash -n "$TMP/array.sh"
grep -q '^#SBATCH --array=0-3$' "$TMP/array.sh" && grep -qE '^#SBATCH --mem=[0-9]+M$' "$TMP/array.sh" &&
	grep -qE '^#SBATCH --time=[0-9]+:[0-9]{2}:00$' "$TMP/array.sh" && grep -q 'cpus-per-task=1$' "$TMP/array.sh" &&
	ok "with array, memory, time and cores" || { not_ok "head"; head "$TMP/array.sh"; }
check "its tasks run" bash "$TMP/sbatch" "$TMP/array.sh"
# shellcheck disable=SC2086
sweep $few --runs "$TMP/there 2" --gather >"$TMP/there.txt"
check "and make the same table" cmp "$TMP/here.txt" "$TMP/there.txt"
check "again: they end at once" bash "$TMP/sbatch" "$TMP/array.sh"

# runs of two folders are one sweep
mkdir "$TMP/part" && mv "$TMP/there 2/tiny-noteone-s1" "$TMP/part/"
# shellcheck disable=SC2086
sweep $few --runs "$TMP/part" --runs "$TMP/there 2" --gather >"$TMP/there.txt"
check "runs are gathered from several folders" cmp "$TMP/here.txt" "$TMP/there.txt"
# of a machine that has the data elsewhere: by the last two parts of their paths
mkdir "$TMP/far" && sed "s,$TMP/data,$TMP/far/data," "$plan" >"$TMP/far/tiny.json"
# shellcheck disable=SC2086
"$TUTTI" sweep "$TMP/far/tiny.json" $few --runs "$TMP/here" --gather >"$TMP/far.txt" 2>"$TMP/err"
check "runs are gathered without their data" cmp "$TMP/here.txt" "$TMP/far.txt"
# shellcheck disable=SC2086
fails "to train, the data have to be there" 2 "no such file .*far/data" "$TUTTI" sweep "$TMP/far/tiny.json" $few --runs "$TMP/here"

# --- the picture's script, given to a stand-in for gnuplot ---
mkdir "$TMP/bin" && cat >"$TMP/bin/gnuplot" <<SH
#!/bin/sh
cat >"$TMP/script"
[ -z "\$BREAK" ] || kill -9 \$\$
echo picture >"\$(sed -n "s/^set output '\(.*\)'\$/\1/p" "$TMP/script" | sed "s/''/'/g")"
SH
chmod +x "$TMP/bin/gnuplot"
# shellcheck disable=SC2086
PATH="$TMP/bin:$PATH" "$TUTTI" sweep "$plan" $few --runs "$TMP/here" --gather --plot "$TMP/it's.svg" >"$TMP/out" 2>"$TMP/err"
check "--plot prints the table, too" cmp "$TMP/here.txt" "$TMP/out"
values() { # values COLUMN: x, mean, low, high of both systems, from the CSV
	# shellcheck disable=SC2086
	sweep $few --runs "$TMP/here" --gather --csv |
		awk -F, -v c="$1" '$3 == c { printf "%d %.10g %.10g %.10g\n", n++, 100 * $7, 100 * $8, 100 * $9 }'
}
cat >"$TMP/want" <<PLOT
set terminal svg noenhanced size 960,400
set output '$TMP/it''s.svg'
set grid ytics
\$m0 << END
$(values accuracy)
END
\$m1 << END
$(values rouge1)
END
set xrange [-0.5:1.5]
set xtics rotate by -30 ('noteone' 0, 'noteit-s' 1)
set offsets 0, 0, graph 0.05, graph 0.05
set multiplot layout 1,2
set title 'topic accuracy'
plot \$m0 using 1:2:3:4 with yerrorbars pointtype 7 notitle
set title 'headline rouge1'
plot \$m1 using 1:2:3:4 with yerrorbars pointtype 7 notitle
unset multiplot
unset output
PLOT
sed -i "s/\.tmp-[0-9]*\.svg'/'/" "$TMP/script"
cmp "$TMP/want" "$TMP/script" && ok "gnuplot gets means and intervals" || { not_ok "the script"; diff "$TMP/want" "$TMP/script"; }
check "the picture has its name" grep -q '^picture$' "$TMP/it's.svg"
# shellcheck disable=SC2086
fails "a gnuplot that is killed is told" 1 "gnuplot could not draw" env BREAK=1 PATH="$TMP/bin:$PATH" \
	"$TUTTI" sweep "$plan" $few --runs "$TMP/here" --gather --plot "$TMP/it's.svg"
check "and the picture of before stands" grep -q '^picture$' "$TMP/it's.svg"
check "with nothing beside" sh -c '! ls "$1" | grep -q tmp-' - "$TMP"
fails "--plot draws what it can draw" 2 "FILE.svg or FILE.png" "$TUTTI" sweep "$plan" --seeds 2 --runs "$TMP/here" --gather --plot a.gif
fails "without gnuplot it says where it is" 1 "apt install gnuplot-nox" \
	env PATH="$TMP/nobody" "$TUTTI" sweep "$plan" --seeds 2 --set budget.steps=8 --runs "$TMP/two1" --gather --plot "$TMP/a.png"
if command -v gnuplot >/dev/null; then
	# shellcheck disable=SC2086
	for end in svg png; do
		sweep $few --runs "$TMP/here" --gather --plot "$TMP/means.$end" >/dev/null
		check "gnuplot draws a $end" test -s "$TMP/means.$end"
	done
else
	skip "no gnuplot here: its picture"
fi

# --- the experiments that come with the program ---
shared=$(cd "${TUTTI_SHARED:-../shared/data}" 2>/dev/null && pwd)
for file in datasets/experiments/*.json; do
	case $file in
	*/demo-*) data='' ;;
	*/minilm-*) skip "no model for $file"; continue ;;
	*) data="--set DATA=$shared --set FEW=$shared/samsum/train.jsonl" ;;
	esac
	if [ -n "$data" ] && [ ! -e "$shared/samsum" ]; then
		skip "no data for $file"
		continue
	fi
	case $(cat "$file") in *'${FEW}'*) ;; *) data=${data% --set FEW=*} ;; esac # one that nobody uses is refused
	# shellcheck disable=SC2086
	"$TUTTI" sweep "$file" $data --runs "$TMP/exp" --commands >"$TMP/lines" 2>"$TMP/err"
	[ "$(wc -l <"$TMP/lines")" -ge 9 ] && ok "$file is a sweep" || { not_ok "$file"; cat "$TMP/err"; }
done
exit $bad
