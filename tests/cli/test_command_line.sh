#!/bin/sh
# First words that are nothing we know, help, where runs are kept, figures out, and
# what is percent and what is not.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
tiny_plan "$TMP/p.json" 30
sed 's/"checkpoint_every": 10/"checkpoint_every": 10/; s/"eval_every": 1000/"eval_every": 10/' "$TMP/p.json" >"$TMP/plan.json"
cd "$TMP" || exit 1
XDG_DATA_HOME=$TMP/share XDG_CACHE_HOME=$TMP/cache XDG_STATE_HOME=$TMP/state
export XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME

# --- a first word that is nothing
nothing() { # nothing NAME 'pattern' WORDS...: refused in one line, status 2
	name=$1 pattern=$2; shift 2
	fails "$name" 2 "$pattern" "$TUTTI" "$@"
	[ "$(wc -l <"$TMP/err")" = 1 ] && ok "$name: in one line" || not_ok "$name: more than a line"
	[ -s "$TMP/out" ] && not_ok "$name: something on stdout" || ok "$name: nothing on stdout"
}
nothing "a slip" "no sub-command 'trian' (did you mean 'train'?)" trian x
nothing "a slip with options" "did you mean 'train'" trian plan.json --run a --json
nothing "a slip behind options" "did you mean 'train'" --ascii trian plan.json
nothing "a slip with --help" "no sub-command 'scroe' (did you mean 'score'?)" scroe --help
nothing "help of a slip" "did you mean 'score'" help scroe
nothing "a word far from all" "no sub-command 'xyzzy' ('tutti --help' lists them), no plan file and no run of that name in '$TMP/share/tutti'" xyzzy
nothing "with --help" "no sub-command 'foo'" foo --help
nothing "what was tried names the folder given" "in '$TMP/elsewhere'" foo --runs elsewhere
nothing "a folder that is no run" "no run of that name" ./data
nothing "an option before its sub-command" "'train' comes first" --ascii train plan.json
check "'help SUB' is 'SUB --help'" sh -c "'$TUTTI' help eval >a; '$TUTTI' eval --help >b; cmp -s a b && grep -q 'metrics on all dev rows' a"
check "no line of help ends in a blank" sh -c "for c in \$('$TUTTI' --help | sed -n 's/^  tutti \([a-z-]*\) .*/\1/p' | sort -u); do '$TUTTI' \$c --help; done >all; [ \$(wc -l <all) -gt 200 ] && ! grep ' \$' all"
"$TUTTI" score --help >help
for m in accuracy f1 matthews pearson spearman rouge1 rougeLsum rouge; do
	check "score --help has $m, with a line" grep -q "^  $m  *[a-zA-Z]" help
done
check "send --help has the commands" sh -c "'$TUTTI' send --help | grep -q '^  share TASK X|auto *the fraction'"
check "curves --help has the tables" sh -c "'$TUTTI' curves --help | grep -q '^  journal  *a row'"
"$TUTTI" --help | sed -n 's/^  tutti \([a-z-]\{1,\}\) .*/\1/p' >subs
check "there are sub-commands" test "$(wc -l <subs)" -gt 12
while read -r sub; do
	wide=$("$TUTTI" "$sub" --help | sed '/^for example$/,$d' | awk 'length($0) > 80')
	[ -z "$wide" ] && ok "help of $sub fits in 80 columns" || not_ok "help of $sub: $wide"
done <subs

# --- where runs are: ./saved_models where that exists, else $XDG_DATA_HOME/tutti
"$TUTTI" train plan.json --run one >one.out 2>err
check "a run under XDG_DATA_HOME" test -f share/tutti/one/run.db
[ ! -e saved_models ] && ok "no saved_models is made" || not_ok "a saved_models"
mkdir saved_models
fails "not in ./saved_models" 1 "no run 'one' in '$TMP/saved_models'" "$TUTTI" eval one
"$TUTTI" train plan.json --run two --steps 5 >out2 2>err
check "a run in ./saved_models" test -f saved_models/two/run.db
check "and found there by its name" sh -c "'$TUTTI' ls --names | grep -qx two"
for say in "$TUTTI train --help" "$TUTTI ls --help"; do
	check "$say says so" sh -c "$say | tr -s ' \n' ' ' | grep -q 'else ./saved_models where that exists, else \$XDG_DATA_HOME/tutti'"
done
rmdir saved_models 2>/dev/null || mv saved_models aside
# a plan and a run as the first word are still taken: the next refusal is another one
fails "a plan file" 2 "no terminal" "$TUTTI" plan.json
fails "a run by its name" 2 "no terminal" "$TUTTI" one
fails "a run by its folder" 2 "no terminal" "$TUTTI" aside/two
fails "a plan that is not there" 2 "no terminal\|absent.json" "$TUTTI" absent.json

# --- percent in text, 0 to 1 in JSON and files
check "an evaluation in percent" grep -q '^step [0-9]*  dev .*topic accuracy [0-9.]*% (baseline [0-9.]*%)  headline rouge1 [0-9.]*%' one.out
"$TUTTI" train plan.json --run three --json >json 2>err
check "in JSON from 0 to 1" grep -q '"event":"eval".*"accuracy":\(0\.[0-9]*\|0\|1\)}' json
awk 'BEGIN { for (i = 0; i < 120; i++) printf "{\"text\": \"word%d word%d\", \"label\": %d.5}\n", i % 7, i % 5, i % 7 }' >numbers.jsonl
"$TUTTI" new numbers.jsonl -o numbers.json --set kind=regress --set text=text --set label=label 2>err
"$TUTTI" train numbers.json --run numbers --steps 60 >out 2>err
check "a correlation is no percentage" grep -q ' dev  numbers pearson -\{0,1\}[01]\.[0-9][0-9][0-9]\( \|$\)' out

# --- figures out
"$TUTTI" curves three >steps.csv
check "a row a step and a line of names" test "$(wc -l <steps.csv)" = 31
check "its columns" grep -q '^step,lr,gradient_norm,tokens,skipped,seconds,topic.loss,topic.weight,topic.factor,topic.share,topic.micro_batches,topic.examples,topic.gradient_norm,headline.loss,' steps.csv
check "every row has as many" sh -c "[ \"\$(awk -F, '{ print NF }' steps.csv | sort -u)\" = 20 ]"
check "tokens are those of the run" sh -c "[ \"\$(awk -F, 'NR > 1 { n += \$4 } END { print n }' steps.csv)\" = '$(field tokens <json)' ]"
check "shares of a step sum to 1" sh -c "awk -F, 'NR > 1 && \$10 + \$17 != 1 { bad = 1 } END { exit bad }' steps.csv"
check "uncertainty moves its factors" sh -c "[ \"\$(awk -F, 'NR > 1 { print \$9 }' steps.csv | sort -u | wc -l)\" -gt 10 ]"
"$TUTTI" curves three --csv >again.csv
check "--csv is what it is anyhow" cmp -s steps.csv again.csv
"$TUTTI" curves three --json >steps.json
check "JSON: an object a step" sh -c '[ "$(grep -c "^{\"schema\":1,\"event\":\"step\",.*\"tasks\":{\"topic\":{\"loss\":.*}}}$" steps.json)" = 30 ]'
loss=$(awk -F, 'NR == 8 { print $7 }' steps.csv)
check "the same numbers in both" sh -c "sed -n 7p steps.json | grep -q '\"topic\":{\"loss\":${loss:-null},'"
"$TUTTI" curves three --table evals >evals.csv
check "dev metrics are 0 to 1" sh -c "awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if (\$i == \"accuracy\") c = i } NR > 1 && \$c != \"\" && (\$c > 1 || \$c < 0) { bad = 1 } END { exit bad || !c || NR != 9 }' evals.csv"
check "baselines beside them" grep -q '^,0,topic,baseline,' evals.csv
printf '%s\n' '3 weight topic 2' '5 note a, "b" and c' >hands
"$TUTTI" train plan.json --run steered --script hands >out 2>err
"$TUTTI" curves steered --table journal >journal.csv
check "the journal, quoted" grep -q ',script,"note a, ""b"" and c",,,,,$' journal.csv
weights=$("$TUTTI" curves steered | awk -F, 'NR > 1 { printf "%s", $8 }')
check "the hand's weight from the step after" test "$weights" = 111222222222222222222222222222
"$TUTTI" curves steered --table gradients >gradients.csv
check "norms by task" grep -q '^1,0,topic,scheduled,' gradients.csv
check "and beside their step" sh -c "[ \"\$('$TUTTI' curves steered | awk -F, 'NR == 2 { print \$13 }')\" = \"\$(sed -n 's/^1,0,topic,scheduled,[0-9]*,//p' gradients.csv)\" ]"
fails "a table that is none" 2 "steps, evals, averaged, journal, gradients or conflicts, not 'loss'" "$TUTTI" curves three --table loss
fails "both at once" 2 "one of them" "$TUTTI" curves three --csv --json
fails "no such run" 1 "no run 'four'" "$TUTTI" curves four
fails "no room" 1 "cannot write the table: no space" sh -c "'$TUTTI' curves three >/dev/full"
check "whoever stops reading is no failure" sh -c "'$TUTTI' curves three 2>err | head -n 2 | grep -q '^1,' && [ ! -s err ]"
printf '3 note red\342\200\256led\n' >hostile
"$TUTTI" train plan.json --run hostile --script hostile --steps 5 >out 2>err
script -qec "'$TUTTI' curves hostile --table journal" /dev/null >screen </dev/null
mark=$(printf '\342\200\256')
check "made harmless for a terminal" sh -c "grep -q 'note red<U+202E>led' screen && ! grep -q '$mark' screen"
check "and as it is for a file" sh -c "'$TUTTI' curves hostile --table journal | grep -q 'red${mark}led'"

# beside a live run: whole rows, up to about now, and the run's bits do not change
whole=$("$TUTTI" train plan.json --run undisturbed --set budget.steps=200 --json 2>err | field state)
"$TUTTI" train plan.json --run live --set budget.steps=200 --json >live.out 2>err &
pid=$!
looks=0 most=0 broken=0
while kill -0 $pid 2>/dev/null; do
	"$TUTTI" curves live >live.csv 2>live.err || { [ -s live.csv ] && broken=1; }
	n=$(wc -l <live.csv)
	[ "$n" -gt "$most" ] && most=$n looks=$((looks + 1))
	sleep 0.1
	awk -F, 'NF != 20 || (NR > 1 && $1 != NR - 1) { exit 1 }' live.csv || broken=1
done
wait $pid
[ $broken = 0 ] && ok "a live run's table is whole ($looks looks)" || { not_ok "a live run's table"; cat live.err; }
check "it was read while it grew" test $looks -ge 1
[ -n "$whole" ] && [ "$(field state <live.out)" = "$whole" ] && ok "looking changed no bit" || not_ok "another state"
check "and ended with all its steps" sh -c "[ \"\$('$TUTTI' curves live | wc -l)\" = 201 ]"
exit $bad
