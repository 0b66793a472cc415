#!/bin/sh
# The sub-commands beside training: eval, predict, score, ls, tokenize, check.
. tests/cli/lib.sh
runs=$TMP/runs
tiny_plan "$TMP/p.json" 12
state_of "$TMP/p.json" --run one >"$TMP/state"

"$TUTTI" ls --runs "$runs" --json >"$TMP/ls"
check "ls has the run and its state" grep -q "\"run\":\"one\".*$(cat "$TMP/state")" "$TMP/ls"
"$TUTTI" eval one --runs "$runs" --json >"$TMP/eval" 2>"$TMP/err"
check "eval prints accuracy" grep -q '"task":"topic".*"accuracy":' "$TMP/eval"
check "eval prints ROUGE" grep -q '"task":"headline".*"rouge1":' "$TMP/eval"
check "eval says which step it used" grep -q '^step [0-9]*, the best (score ' "$TMP/err"
check "and ls the same" grep -q "\"best\":$(field step <"$TMP/eval")" "$TMP/ls"
"$TUTTI" eval one --runs "$runs" --step 11 --json >"$TMP/out" 2>"$TMP/err"
check "an earlier step than was asked is said" grep -q "^step 10: no checkpoint of step 11 is kept" "$TMP/err"
check "and used" grep -q '"step":10,' "$TMP/out"
fails "no checkpoint so early" 1 "no checkpoint at or below step 1 " "$TUTTI" eval one --runs "$runs" --step 1
last=$(ls "$runs/one/checkpoints" | tail -n 1)
for f in state.json config.json; do
	cp "$runs/one/checkpoints/$last/$f" "$TMP/whole"
	sed -i 's/[0-9]/x/' "$runs/one/checkpoints/$last/$f"
	for c in eval 'predict --task topic' replay resume tokenize; do
		fails "a damaged $f: $c" 1 "damaged checkpoint '$last': $f" "$TUTTI" ${c%% *} one --runs "$runs" \
			$(case $c in eval | predict*) echo --step 1000 ;; esac) $(case $c in *' '*) echo "${c#* }" ;; esac)
	done
	cp "$TMP/whole" "$runs/one/checkpoints/$last/$f"
done
# one baseline, over the same rows, wherever it is shown
"$TUTTI" curves one --runs "$runs" --table evals --json | grep '"kind":"baseline"' >"$TMP/base"
for m in topic:accuracy headline:rouge1; do
	told=$(grep "${m%:*}" "$TMP/base" | field "${m#*:}") said=$(grep "${m%:*}" "$TMP/eval" | sed 's/.*"baseline"//' | field "${m#*:}")
	[ -n "$told" ] && [ "$told" = "$said" ] && ok "one baseline of ${m%:*}" || not_ok "baselines of ${m%:*}: '$told' in training, '$said' in eval"
done
check "eval takes all rows" grep -q '"task":"topic","n":200' "$TMP/eval"
"$TUTTI" eval one --runs "$runs" --task topic --data "$TMP/data/topics.train.jsonl" --json >"$TMP/eval2" 2>"$TMP/err"
check "eval of another file" grep -q '"n":200' "$TMP/eval2"
sed 's|, "dev": "[^"]*"||' "$TMP/p.json" >"$TMP/nodev.json"
"$TUTTI" train "$TMP/nodev.json" --run nodev --steps 2 --runs "$runs" >/dev/null 2>&1
"$TUTTI" ls --runs "$runs" >"$TMP/ls" 2>"$TMP/err"
check "ls: an end set by --steps is the end" grep -qE "^nodev .* 2/2 " "$TMP/ls"
fails "eval with nothing to measure on" 1 "no task has dev rows: '--task TASK --data FILE'" \
	"$TUTTI" eval nodev --runs "$runs"
fails "eval of a task without dev rows" 1 "task 'topic' has no dev rows: '--data FILE'" \
	"$TUTTI" eval nodev --task topic --runs "$runs"
check "but of a file" "$TUTTI" eval nodev --task topic --data "$TMP/data/topics.dev.jsonl" --runs "$runs" >/dev/null

printf 'the ferry came in\n{"text": "a vote was lost"}\n' | "$TUTTI" predict one --task topic --runs "$runs" >"$TMP/pred" 2>"$TMP/err"
[ "$(wc -l <"$TMP/pred")" = 2 ] && grep -q '"line":2' "$TMP/pred" && ok "predict: a line in, a line out" || { not_ok "predict"; cat "$TMP/pred" "$TMP/err"; }
printf 'the ferry came in\n' | "$TUTTI" predict one --task headline --runs "$runs" >"$TMP/pred" 2>"$TMP/err"
check "predict: a summary" grep -q '"line":1' "$TMP/pred"

printf 'a\nb\nb\n' >"$TMP/gold"; printf 'a\nb\na\n' >"$TMP/pred"
"$TUTTI" score accuracy,f1 "$TMP/gold" "$TMP/pred" --json >"$TMP/score"
check "score: accuracy" grep -q '"accuracy":0.666' "$TMP/score"
printf 'the cat sat\n' >"$TMP/gold"; printf 'the cat ran\n' >"$TMP/pred"
"$TUTTI" score rouge1,rouge2 "$TMP/gold" "$TMP/pred" --json >"$TMP/score"
check "score: ROUGE-1" grep -q '"rouge1":0.6666' "$TMP/score"
check "score: ROUGE-2" grep -q '"rouge2":0.5' "$TMP/score"
printf 'a\n' >"$TMP/short"; printf 'a\nb\n' >"$TMP/ids0"
fails "score: unequal files" 1 "has 1 item," "$TUTTI" score accuracy "$TMP/short" "$TMP/ids0"
fails "score: unknown metric" 2 "no metric" "$TUTTI" score bleu "$TMP/gold" "$TMP/pred"

fails "play: no terminal" 2 "wants a terminal" "$TUTTI" play one --runs "$runs"
fails "play: a speed that is none" 2 "--speed wants" "$TUTTI" play one --runs "$runs" --speed 0

printf 'the ferry\n\n' | "$TUTTI" tokenize one --runs "$runs" >"$TMP/ids" 2>"$TMP/err"
[ "$(wc -l <"$TMP/ids")" = 2 ] && grep -qE '^[0-9]+( [0-9]+)+$' "$TMP/ids" && ok "tokenize: ids a line" || not_ok "tokenize"
"$TUTTI" check "$TMP/p.json" >"$TMP/check" 2>"$TMP/err"
check "check says what a plan needs" grep -q 'parameters' "$TMP/check"
check "and what multiplies" grep -q '^precision f32 (.' "$TMP/check"
"$TUTTI" check "$TMP/p.json" --set model.precision=bf16 >"$TMP/check" 2>"$TMP/err"
check "check of a plan in bf16" grep -q '^precision bf16 (.' "$TMP/check"
if grep -q '(AMX)' "$TMP/check"; then check "which is fast here" sh -c "! grep -q 'slower here' '$TMP/check'"
else check "which is slow here" grep -q '^  slower here than f32: this processor has no AMX' "$TMP/check"; fi
"$TUTTI" --help >"$TMP/help"
for c in train resume eval predict score ls replay play tokenize inspect check; do
	check "--help names $c" grep -q "tutti $c" "$TMP/help"
	check "$c --help" sh -c "'$TUTTI' $c --help | grep -q 'tutti $c'"
done
fails "no terminal, no desk" 2 "train" "$TUTTI" "$TMP/p.json"

# the 1st Ctrl-C saves and ends with 130; the run can be resumed
"$TUTTI" train "$TMP/p.json" --run int --runs "$runs" --set budget.steps=100000 --json >"$TMP/int" 2>"$TMP/err" &
pid=$!
for _ in $(seq 200); do grep -q '"event":"begin"' "$TMP/int" && break; sleep 0.1; done
kill -INT $pid
wait $pid
got=$?
[ $got = 130 ] && ok "Ctrl-C ends with 130" || not_ok "Ctrl-C ended with $got"
check "and says where it stopped" grep -q '"event":"end"' "$TMP/int"

# long work ends at Ctrl-C, too: a vocabulary and a cache of much text
for _ in 1 2 3 4 5 6 7 8; do cat "$TMP/data/topics.train.jsonl"; done >"$TMP/x8"
for _ in $(seq 60); do cat "$TMP/x8"; done >"$TMP/many.jsonl"
"$TUTTI" train "$TMP/p.json" --run big --runs "$runs" --set tasks.topic.train="$TMP/many.jsonl" >"$TMP/int" 2>"$TMP/err" &
pid=$!
sleep 0.15
kill -INT $pid
wait $pid
got=$?
[ $got = 130 ] && ok "Ctrl-C in the preparation ends with 130" || not_ok "Ctrl-C in the preparation ended with $got"
[ ! -d "$runs/big" ] || ls -d "$runs/big/checkpoints/step-"* >/dev/null 2>&1 && ok "and leaves no half-made run" || not_ok "a half-made run stays"
exit $bad
