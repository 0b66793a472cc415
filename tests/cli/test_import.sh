#!/bin/sh
# `import-predictions`: predictions of another system become a run that is scored as our
# own is, and that has no model; what is wrong with a file is told and nothing is made.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
runs=$TMP/runs
XDG_CACHE_HOME=$TMP/cache
export XDG_CACHE_HOME
tiny_plan "$TMP/p.json" 30
numbers='"alike": {"kind":"regress","train":"'$TMP'/pairs.jsonl","dev":"'$TMP'/pairs.jsonl","text":"a","text_b":"b","label":"score","max_source":32},'
sed -i "s|\"tasks\": {|&$numbers|" "$TMP/p.json"
for i in $(seq 60); do echo "{\"a\":\"row $i is here\",\"b\":\"row $((i % 7)) was there\",\"score\":$((i % 5))}"; done >"$TMP/pairs.jsonl"
state_of "$TMP/p.json" --run one >/dev/null
topics=$TMP/data/topics.dev.jsonl headlines=$TMP/data/headlines.dev.jsonl
import() { "$TUTTI" import-predictions "$@" --runs "$runs" >"$TMP/out" 2>"$TMP/err" </dev/null; }
# figures TASK: metrics of its line of `eval` or of an import in $TMP/out, time and loss apart
figures() { sed -n "s/^$1  *//p" "$TMP/out" | sed 's/  loss .*//'; }

# --- our own predictions score what eval says ---
for t in topic headline alike; do
	file=$TMP/pairs.jsonl
	[ $t = topic ] && file=$topics
	[ $t = headline ] && file=$headlines
	"$TUTTI" predict one --task $t --runs "$runs" "$file" >"$TMP/$t.jsonl" 2>/dev/null
	"$TUTTI" eval one --task $t --runs "$runs" >"$TMP/out" 2>/dev/null
	figures $t >"$TMP/want"; cp "$TMP/out" "$TMP/eval.$t"
	import ours --task $t --like one "$TMP/$t.jsonl" || cat "$TMP/err"
	figures $t >"$TMP/got"
	if [ -s "$TMP/want" ] && cmp -s "$TMP/want" "$TMP/got"; then ok "$t: the figures of eval"
	else not_ok "$t: $(cat "$TMP/got") is not $(cat "$TMP/want")"; cat "$TMP/err"; fi
	check "$t: matched by line, and that is said" grep -q "^$t: .* rows, matched by line$" "$TMP/err"
done
loss_of() { sed -n 's/.*  loss \([0-9.]*\).*/\1/p' "$1"; }
import ours --task topic --like one "$TMP/topic.jsonl" --replace
check "with probabilities the loss is eval's, too" [ "$(loss_of "$TMP/out")" = "$(loss_of "$TMP/eval.topic")" ]
tac "$TMP/topic.jsonl" >"$TMP/tac.jsonl"
import shuffled --task topic --plan "$TMP/p.json" --json --note 'turned round' "$TMP/tac.jsonl"
check "another order is fine" [ "$(field accuracy <"$TMP/out")" = "$("$TUTTI" eval one --task topic --json --runs "$runs" 2>/dev/null | field accuracy)" ]
check "and told" grep -q "matched by line, in another order than the data" "$TMP/err"
check "JSON has what was done" grep -q '"event":"import","run":"shuffled".*"by":"line","rows":200,"missing":0,"moved":199' "$TMP/out"
check "the note is in the journal" sh -c "'$TUTTI' curves shuffled --table journal --runs '$runs' | grep -q 'note turned round'"

# --- a system that is not ours ---
sed 's/.*"text": *"\(.*\)", *"label": *"\([a-z]*\)".*/\1\t\2/; t; d' "$topics" >"$TMP/gold.tsv"
[ "$(wc -l <"$TMP/gold.tsv")" = 200 ] || sed 's/.*"label": *"\([a-z]*\)", *"text": *"\(.*\)".*/\2\t\1/' "$topics" >"$TMP/gold.tsv"
awk -F '\t' '{ printf "{\"text\":\"%s\",\"prediction\":\"%s\"}\n", $1, NR % 4 ? $2 : "rail" }' "$TMP/gold.tsv" >"$TMP/made.jsonl"
want=$(awk -F '\t' '{ n += NR % 4 || $2 == "rail" } END { printf "%.2f%%", 100 * n / NR }' "$TMP/gold.tsv")
import gpt --task topic --plan "$TMP/p.json" "$TMP/made.jsonl"
check "a made-up system by texts: accuracy $want" grep -q "^topic  *200 rows  accuracy $want (baseline [0-9.]*%)$" "$TMP/out"
check "it has no loss to show" sh -c "! grep -q loss '$TMP/out'"
head -n 190 "$TMP/made.jsonl" >"$TMP/few.jsonl"
fails "rows are missing" 1 "10 of 200 dev rows have no line in '$TMP/few.jsonl', the first is row 190 (line 191 of the data); '--missing wrong'" \
	"$TUTTI" import-predictions few --task topic --plan "$TMP/p.json" --runs "$runs" "$TMP/few.jsonl"
check "and nothing was made" [ ! -e "$runs/few" ]
import few --task topic --plan "$TMP/p.json" --missing wrong "$TMP/few.jsonl"
want=$(awk -F '\t' 'NR <= 190 { n += NR % 4 || $2 == "rail" } END { printf "%.2f%%", 100 * n / NR }' "$TMP/gold.tsv")
check "unless they are wrong ones: accuracy $want" grep -q "accuracy $want " "$TMP/out"
check "how many is said" grep -q "10 rows without an answer count as wrong" "$TMP/err"

# --- a task more, a task again ---
import gpt --task headline --like one "$TMP/headline.jsonl"
check "another task of the same run" grep -q '^headline ' "$TMP/out"
check "ls has both" sh -c "'$TUTTI' ls --runs '$runs' | grep -q '^gpt  *imported .*topic headline$'"
check "in JSON, too" sh -c "'$TUTTI' ls --runs '$runs' --json | grep '\"run\":\"gpt\"' | grep -q '\"imported\":true.*\"best\":-1'"
fails "a task that is there" 1 "'gpt' has predictions of task 'topic' already: '--replace'" \
	"$TUTTI" import-predictions gpt --task topic --like one --runs "$runs" "$TMP/topic.jsonl"
import gpt --task topic --replace "$TMP/topic.jsonl"
figures topic >"$TMP/got"; sed -n 's/^topic  *//p' "$TMP/eval.topic" | sed 's/  loss .*//' >"$TMP/want"
check "and has the new figures" cmp "$TMP/want" "$TMP/got"
"$TUTTI" curves gpt --table evals --runs "$runs" >"$TMP/evals"
check "once" [ "$(grep -c ',topic,scheduled,' "$TMP/evals") $(grep -c ',headline,scheduled,' "$TMP/evals")" = "1 1" ]
fails "a run of ours is none to add to" 1 "'one' is a run of Tutti's own" \
	"$TUTTI" import-predictions one --task topic --like one --runs "$runs" "$TMP/topic.jsonl"

cp "$topics" "$TMP/kept"; sed -i '1s/{"text":"/&Now, /' "$topics"
import later --task topic --like one "$TMP/topic.jsonl"
check "other data than the run had are told" grep -q "topic: the data file is not what 'one' was measured on" "$TMP/err"
cp "$TMP/kept" "$topics"

# --- no model ---
for line in "eval gpt" "predict gpt --task topic" "resume gpt" "replay gpt" "tokenize gpt"; do
	# shellcheck disable=SC2086
	fails "$line" 1 "'gpt' holds imported predictions and no model" "$TUTTI" $line --runs "$runs"
done
"$TUTTI" eval gpt --runs "$runs" >/dev/null 2>&1
check "and it is as it was" sh -c "'$TUTTI' curves gpt --table evals --runs '$runs' | cmp - '$TMP/evals'"
fails "off a terminal" 2 "'tutti curves gpt --table evals' prints what its imported" "$TUTTI" gpt --runs "$runs"

# --- wrong words ---
imports() { "$TUTTI" import-predictions new --runs "$runs" "$@" "$TMP/topic.jsonl"; }
fails "no task" 2 "wants --task" imports --plan "$TMP/p.json"
fails "no plan" 1 "--plan PLAN or --like RUN is wanted" imports --task topic
fails "both" 2 "one of them" imports --task topic --plan "$TMP/p.json" --like one
fails "no such task" 1 "no task 'mood'" imports --task mood --like one
fails "no such run" 1 "no run 'two'" imports --task topic --like two
fails "no such way" 2 "--missing is 'wrong', not 'right'" imports --task topic --like one --missing right
fails "no such file" 1 "no such file" "$TUTTI" import-predictions new --task topic --like one --runs "$runs" "$TMP/none.jsonl"
fails "no such name" 1 "no name for a run" "$TUTTI" import-predictions .new --task topic --like one --runs "$runs" "$TMP/topic.jsonl"
check "no folder is left" [ ! -e "$runs/new" ]

# --- dev rows that are a share of the train file ---
for i in $(seq 60); do echo "{\"text\":\"the ferry $i came in\",\"label\":\"$([ $((i % 3)) = 0 ] && echo late || echo early)\"}"; done >"$TMP/ferry.jsonl"
cat >"$TMP/ferry.json" <<'PLAN'
{ "tutti": 1, "model": { "dim": 16, "layers": 1, "heads": 2 }, "tokenizer": { "size": 300 },
  "tasks": { "ferry": { "kind": "classify", "train": "ferry.jsonl", "dev_share": 0.3 } },
  "budget": { "steps": 5 } }
PLAN
for i in $(seq 60); do echo "{\"line\":$i,\"label\":\"early\"}"; done >"$TMP/all.jsonl"
import ferry --task ferry --plan "$TMP/ferry.json" "$TMP/all.jsonl"
n=$(sed -n 's/^ferry  *\([0-9]*\) rows.*/\1/p' "$TMP/out")
check "the train rows' lines are left out" grep -q "^ferry: $((60 - ${n:-0})) lines are of no dev row and were left out" "$TMP/err"
"$TUTTI" rm gpt --force --runs "$runs" 2>/dev/null
check "rm takes it" [ ! -e "$runs/gpt" ]
exit $bad
