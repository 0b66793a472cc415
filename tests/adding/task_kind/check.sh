#!/bin/sh
# A kind of task: 'count' is proposed, drafted, checked, completed and refused in the
# words of its rows, and its data are read, kept and reported.
TUTTI=$1
. tests/cli/lib.sh

mkdir "$TMP/data"
awk 'BEGIN { for (i = 0; i < 80; i++) { s = ""; n = i % 7
	for (k = 0; k < 9; k++) s = s (k < n ? "red " : "blue ")
	printf "{\"text\":\"%s%d\",\"number\":%d}\n", s, i, n } }' >"$TMP/data/reds.jsonl"
cd "$TMP" || exit 1
check "new makes a plan of it" sh -c '"$0" new data/reds.jsonl --yes --set kind=count \
	--set text=text --set number=number --out p.json 2>said' "$TUTTI"
check "and says it" grep -q "count 'number' in the text 'text'" said
check "the plan has its columns" grep -q '"number": "number"' p.json
check "and its metrics" grep -q '"spearman"' p.json
check "check reads its rows" sh -c '"$0" check p.json | grep -q "^reds (count)"' "$TUTTI"
"$TUTTI" check p.json >out 2>&1
check "none is bad" grep -q "train: 7[0-9] rows, 0 skipped\|train: 6[0-9] rows, 0 skipped" out

plan() { # plan FIELDS: of the task
	cat >q.json <<PLAN
{ "tutti": 1, "tasks": { "reds": { "kind": "count", "train": "data/reds.jsonl"$1 } },
  "budget": { "steps": 2 } }
PLAN
}
plan ', "labels": ["a", "b"]'
fails "it has no labels" 2 "'labels' is for tasks of kind classify or multilabel, not count" "$TUTTI" check q.json
plan ', "beams": 2'
fails "it does not decode" 2 "'beams' is for tasks of kind summarize or denoise, not count" "$TUTTI" check q.json
plan ', "text_b": "x"'
fails "it has no pairs" 2 "'text_b' is for tasks of kind classify or regress or multilabel" "$TUTTI" check q.json
plan ', "metrics": ["accuracy"]'
fails "metrics are those of numbers" 2 "'accuracy' does not fit a count task" "$TUTTI" check q.json
plan ''
check "fields have defaults" "$TUTTI" check q.json
fails "it is among the kinds there are" 2 "did you mean 'count'" \
	"$TUTTI" check q.json --set tasks.reds.kind=coumt
fails "new names it" 2 "extract or count" "$TUTTI" new data/reds.jsonl --set kind=x --out r.json
sed 's/"number":3/"number":"three"/' data/reds.jsonl >data/bad.jsonl
fails "what is no number is a bad row" 1 "no number" "$TUTTI" check q.json \
	--set tasks.reds.train=data/bad.jsonl

# trained, measured, asked, resumed and replayed
small="--set model.dim=32 --set model.layers=1 --set model.heads=2 --set optimizer.lr=0.005
	--set optimizer.warmup=5 --set budget.steps=80 --set budget.eval_every=40 --runs r"
"$TUTTI" train p.json $small --run c --json >log 2>said ||
	not_ok "it trains: $(cat said)"
check "it is learned" sh -c "tail -1 log | grep -oE '\"spearman\":[0-9.]+' | head -1 | cut -d: -f2 |
	awk '{ exit !(\$1 > 0.5) }'"
echo "red red red blue blue blue blue blue blue" | "$TUTTI" predict c --runs r --task reds >one 2>said
check "it answers" grep -q '"value":' one
check "eval measures all rows" sh -c '"$0" eval c --runs r --json | grep -q "\"spearman\""' "$TUTTI"
check "it replays to the same bits" "$TUTTI" replay c --runs r
"$TUTTI" train p.json $small --steps 30 --run d >/dev/null 2>said
"$TUTTI" resume d --steps 80 --runs r --json >log2 2>said
state() { tail -1 "$1" | grep -o '"state":"[0-9a-f]*"'; }
[ -n "$(state log)" ] && [ "$(state log)" = "$(state log2)" ] && ok "it resumes to the same bits" ||
	not_ok "resumed: $(state log) is not $(state log2)"
exit $bad
