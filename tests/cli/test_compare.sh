#!/bin/sh
# compare, and the evaluation of all dev rows that a run may end with: what is compared is
# what eval says, whether it was kept or is asked for here; the same command prints the
# same bytes; three formats; what is refused.
. tests/cli/lib.sh
runs=$TMP/runs
tiny_plan "$TMP/p.json" 60
t() { # t NAME SEED SET...: a run that keeps its predictions
	name=$1 seed=$2; shift 2
	"$TUTTI" train "$TMP/p.json" --run "$name" --seed "$seed" --runs "$runs" --json \
		--set budget.eval_end=all "$@" >"$TMP/$name.out" 2>"$TMP/err" || not_ok "train $name"
}
compare() { "$TUTTI" compare --runs "$runs" --draws 1000 "$@"; }
t fast-s1 1
t fast-s2 2
t slow-s1 1 --set optimizer.lr=0.00001
t slow-s2 2 --set optimizer.lr=0.00001
t alone 1 --set tasks.topic.dev=null --set budget.steps=20

# what is kept at the end is what eval says: all rows, the task's beams
"$TUTTI" eval fast-s1 --runs "$runs" --step 60 --json >"$TMP/eval" 2>"$TMP/err"
"$TUTTI" curves fast-s1 --runs "$runs" --table evals --json | grep '"kind":"whole"' >"$TMP/whole"
for m in topic:accuracy headline:rouge1 headline:rouge2; do
	said=$(grep "${m%:*}" "$TMP/eval" | sed 's/,"baseline".*//' | field "${m#*:}")
	kept=$(grep "${m%:*}" "$TMP/whole" | field "${m#*:}")
	end=$(sed -n 's/,"baseline".*//; s/.*"dev"://p' "$TMP/fast-s1.out" | sed "s/.*\"${m%:*}\"://" | sed 's/}.*//' | field "${m#*:}")
	[ -n "$said" ] && [ "$said" = "$kept" ] && [ "$said" = "$end" ] && ok "$m: kept and said at the end is what eval says" ||
		not_ok "${m#*:} of ${m%:*}: eval '$said', kept '$kept', at the end '$end'"
done
check "of all rows" sh -c "[ \"\$(grep -c '\"rows\":200' '$TMP/whole')\" = 2 ]"
check "beside the schedule's eight" sh -c "'$TUTTI' curves fast-s1 --runs '$runs' --table evals --json | grep '\"step\":60' | grep -q '\"kind\":\"scheduled\",\"rows\":8'"

# seeds of one plan are a system; its figures are those of its runs
compare fast-s2 slow-s1 fast-s1 slow-s2 >"$TMP/text" 2>"$TMP/err"
check "runs of one plan are one system" grep -q '^fast: fast-s1 (seed 1, step 60), fast-s2 (seed 2, step 60)$' "$TMP/text"
compare fast-s2 slow-s1 fast-s1 slow-s2 >"$TMP/again" 2>>"$TMP/err"
check "the same command, the same bytes" cmp -s "$TMP/text" "$TMP/again"
check "and nothing but them" sh -c "! [ -s '$TMP/err' ]"
compare fast-s1 slow-s1 --json >"$TMP/json" 2>"$TMP/err"
value=$(grep '"kind":"value","task":"headline","metric":"rouge1".*"a":"fast-s1"' "$TMP/json" | field value)
[ -n "$value" ] && [ "$value" = "$(grep headline "$TMP/eval" | sed 's/,"baseline".*//' | field rouge1)" ] && ok "a value is eval's" || not_ok "value '$value'"
percent=$(echo "$value" | awk '{ printf "%.2f", 100 * $1 }')
compare fast-s1 slow-s1 --task headline --metric rouge1 >"$TMP/text" 2>"$TMP/err"
check "for people in percent: $percent" sh -c "grep -q '^headline by rouge1 in percent' '$TMP/text' && grep -q '^fast-s1  *1  *$percent ' '$TMP/text'"
check "eval, too" sh -c "'$TUTTI' eval fast-s1 --runs '$runs' --task headline 2>/dev/null | grep -q ' rouge1 $percent% '"
compare fast-s1 slow-s1 --csv >"$TMP/csv" 2>"$TMP/err"
check "CSV: each row has every column" awk -F, 'NR == 1 { n = NF } NF != n { bad = 1 } END { exit bad || NR != 13 || n < 20 }' "$TMP/csv"
pair=$(awk -F, '$1 == "pair" && $3 == "rouge1" { print $9 }' "$TMP/csv")
[ -n "$pair" ] && [ "$pair" = "$(grep '"kind":"pair".*"metric":"rouge1"' "$TMP/json" | field value)" ] && ok "CSV and JSON have the same figures" || not_ok "CSV '$pair'"
check "JSON: objects with an event" sh -c "! grep -v '^{\"schema\":1,\"event\":\"\(run\|compare\|note\|end\)\",.*}\$' '$TMP/json'"
compare fast-s1 slow-s1 --markdown --task headline --metric rouge2 >"$TMP/md" 2>"$TMP/err"
check "Markdown: bars" sh -c "[ \"\$(grep -c '^|.*|\$' '$TMP/md')\" = 7 ]"
check "one task, one metric" sh -c "[ \"\$(grep -c '^### ' '$TMP/md')\" = 1 ]"
compare fast-s1 fast-s2 --metric rouge1 >"$TMP/one" 2>"$TMP/err"
check "one system: its values, no pair" sh -c "grep -q '^fast  *2 ' '$TMP/one' && ! grep -q difference '$TMP/one'"
compare fast-s1 alone >"$TMP/out" 2>"$TMP/err"
check "a task that one alone has is named" grep -q "^task 'topic' is left out: 'fast-s1' alone has it" "$TMP/out"

# without kept predictions the newest checkpoint is asked, to the same figures
"$TUTTI" train "$TMP/p.json" --run twin --seed 1 --runs "$runs" >/dev/null 2>&1
fails "one seed twice is no second run" 1 "'fast-s1' and 'twin' are one system with one seed, 1" compare fast-s1 twin
before=$(cksum <"$runs/twin/run.db")
compare fast-s1 twin --each --workers 1 --csv >"$TMP/csv1" 2>"$TMP/err"
compare fast-s1 twin --each --workers 2 --csv >"$TMP/csv2" 2>"$TMP/err"
check "asked here by any number of workers" cmp -s "$TMP/csv1" "$TMP/csv2"
check "what is asked here is what is kept" awk -F, '$1 == "pair" && ($9 != 0 || $21 != 0) { bad = 1 } $1 == "pair" { n++ } END { exit bad || n != 4 }' "$TMP/csv1"
[ "$before" = "$(cksum <"$runs/twin/run.db")" ] && ok "and the run is as it was" || not_ok "compare wrote to a run"
compare twin --json >"$TMP/out" 2>"$TMP/err"
check "it is told" grep -q '"evaluated_here":true' "$TMP/out"
rm -r "$runs/twin/checkpoints" "$runs/fast-s1/checkpoints"
fails "nothing kept, no checkpoint" 1 "'tutti train .*/plan.json --set budget.eval_end=all' makes a run that does" compare twin fast-s2 --each
compare fast-s1 slow-s1 --csv >"$TMP/csv3" 2>"$TMP/err"
check "what is kept needs no checkpoint" cmp -s "$TMP/csv" "$TMP/csv3"
compare fast-s2 --step 50 --json >"$TMP/out" 2>"$TMP/err"
check "another step is asked of its checkpoint" grep -q '"step":50,"imported":false,"evaluated_here":true' "$TMP/out"
compare fast-s2 --best --json >"$TMP/out" 2>"$TMP/err"
best=$("$TUTTI" ls --runs "$runs" --json | grep '"run":"fast-s2"' | field best)
check "or the best" grep -q "\"run\":\"fast-s2\".*\"step\":${best:-none},.*\"evaluated_here\":" "$TMP/out"

# a perplexity is of the losses of rows, each counted by its pieces
t many 1 --set 'tasks.headline.metrics=["rouge1","perplexity"]'
t more 2 --set 'tasks.headline.metrics=["rouge1","perplexity"]' --set optimizer.lr=0.00001
"$TUTTI" eval many --runs "$runs" --step 60 --json >"$TMP/eval" 2>"$TMP/err"
compare many more --metric perplexity --json >"$TMP/json" 2>"$TMP/err"
said=$(grep headline "$TMP/eval" | sed 's/,"baseline".*//' | field perplexity)
value=$(grep '"kind":"value".*"metric":"perplexity".*"a":"many"' "$TMP/json" | field value)
check "a perplexity is eval's to 1e-12: $value" awk -v a="${said:-0}" -v b="${value:-9}" 'BEGIN { d = a - b; exit !(a > 1 && (d < 0 ? -d : d) < 1e-12 * a) }'
check "with an interval and tests" sh -c "grep '\"kind\":\"pair\"' '$TMP/json' | grep -q '\"low\":-[0-9].*\"p_bootstrap\":0.*\"p_randomization\":0.*\"told\":true'"
check "kept ones: nothing was asked" sh -c "! grep -q '\"evaluated_here\":true' '$TMP/json'"

# a store of an older version says nothing of what rows count
if command -v sqlite3 >/dev/null; then
	sqlite3 "$runs/many/run.db" "UPDATE prediction SET outcome = CAST(x'01' || substr(outcome, 10) AS BLOB) WHERE substr(outcome, 1, 1) = x'02'; PRAGMA user_version = 2;"
	compare many more >"$TMP/text" 2>"$TMP/err"
	check "then perplexity is left out, and why" grep -q "^perplexity of 'headline' is left out: 'many' did not keep what its rows count; --metric perplexity asks its checkpoint" "$TMP/text"
	check "other metrics are there" grep -q '^headline by rouge1 in percent, 200 dev rows' "$TMP/text"
	compare many more --metric perplexity --json >"$TMP/json" 2>"$TMP/err"
	check "and asked for it is had from the checkpoint" grep -q '"run":"many".*"evaluated_here":true' "$TMP/json"
	again=$(grep '"kind":"value".*"metric":"perplexity".*"a":"many"' "$TMP/json" | field value)
	[ -n "$value" ] && [ "$value" = "$again" ] && ok "the very same" || not_ok "perplexity $again is not $value"
else
	skip "an older store: no sqlite3 to make one"
fi

# other rows
head -n 150 "$TMP/data/topics.dev.jsonl" >"$TMP/data/fewer.jsonl"
t fewer 3 --set tasks.topic.dev="$TMP/data/fewer.jsonl"
fails "another number of rows" 1 "'fast-s2' and 'fewer' were not asked the same: task 'topic' has 200 dev rows and 150" compare fast-s2 fewer
sed '18s/"text": *"/&Once more: /' "$TMP/data/topics.dev.jsonl" >"$TMP/data/other.jsonl"
t other 3 --set tasks.topic.dev="$TMP/data/other.jsonl"
fails "another text" 1 "task 'topic', dev row 17 (line 18) has another text" compare fast-s2 other

# going on: the old evaluation stays, a new one follows
"$TUTTI" resume slow-s2 --runs "$runs" --steps 80 --extend --json >"$TMP/out" 2>"$TMP/err"
"$TUTTI" curves slow-s2 --runs "$runs" --table evals --json | grep '"kind":"whole"' >"$TMP/whole"
check "a run that goes on ends with another one" sh -c "grep -c '\"step\":60' '$TMP/whole' | grep -qx 2 && grep -c '\"step\":80' '$TMP/whole' | grep -qx 2"
compare slow-s2 --json >"$TMP/out" 2>"$TMP/err"
check "the newest is compared" grep -q '"step":80,"imported":false,"evaluated_here":false' "$TMP/out"

fails "no such baseline" 1 "no system 'nobody'; there are: fast-s2 slow-s1" compare fast-s2 slow-s1 --baseline nobody
fails "two formats" 2 "one of them" compare fast-s2 --json --csv
fails "no such metric" 2 "no metric 'bleu'" compare fast-s2 --metric bleu
fails "no such task" 1 "no task 'x' in these runs; there are: topic headline" compare fast-s2 --task x
fails "a level" 2 "--level wants a percentage" compare fast-s2 --level 5
fails "draws" 2 "--draws is at least 100" "$TUTTI" compare fast-s2 --runs "$runs" --draws 5
fails "no run" 1 "nobody" compare nobody
exit $bad
