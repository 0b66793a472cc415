#!/bin/sh
# One plan with every kind of model: what the file has for another kind is left out and
# said, and the run's own plan is one of its kind.
. tests/cli/lib.sh
data=$TMP/build/demo
mkdir -p "$TMP/datasets" "$data"
for f in topics.train topics.dev headlines.train headlines.dev; do
	head -n 60 "build/demo/$f.jsonl" >"$data/$f.jsonl"
done
# rows FILE TEXT: 60 rows in the place where the plans look for them, a %d in TEXT the row's number
rows() {
	mkdir -p "$TMP/$(dirname "$1")"
	{ [ -z "${3:-}" ] || echo "$3"; seq 0 59 | awk -v row="$2" '{ r = row; gsub(/%d/, $1, r); gsub(/%2/, $1 % 2, r); print r }'; } |
		tr '|' '\t' >"$TMP/$1"
}
for split in train dev; do
	rows glue/SST-2/$split.tsv "a film of %d parts|%2" "sentence|label"
	rows glue/CoLA/$split.tsv "gj04|%2|*|a film of %d parts"
	rows glue/MRPC/$split.tsv "%2|1|2|a film of %d parts|it has %d parts" "Quality|#1 ID|#2 ID|#1 String|#2 String"
	rows glue/STS-B/$split.tsv "%d|a film of %d parts|it has %d parts|%2.5" "index|sentence1|sentence2|score"
	rows ag_news/$split.csv '"%2","a film of %d parts"'
	rows clinc150/$split.jsonl '{"text":"a film of %d parts","label":"l%2"}'
	rows samsum/$split.jsonl '{"dialogue":"Ann: we meet at %d. Bob: at the old gate then. Ann: that is fine.","summary":"They meet."}'
	rows dialogsum/$split.jsonl '{"dialogue":"Ann: we meet at %d. Bob: at the old gate then. Ann: that is fine.","summary":"They meet."}'
	rows sentence_compression/$split.jsonl '{"tokens":"we meet at %d","keep":"1101"}'
	rows aeslc/$split.jsonl '{"body":"we meet at %d","subject":"a meeting"}'
done
cp datasets/*.json "$TMP/datasets/"
export DATA="$TMP"
folder bert minilm 97
small="--set model.dim=32 --set mix.tokens=64" # check measures steps
for plan in "$TMP"/datasets/*.json; do
	if grep -q MODEL "$plan"; then # its kind is the folder's, which has few places
		sed -i 's/"max_source": [0-9]*/"max_source": 12/; s/"max_target": [0-9]*/"max_target": 6/' "$plan"
		check "$(basename "$plan" .json) over a model's folder" \
			"$TUTTI" check "$plan" --set MODEL="$TMP/minilm"
		continue
	fi
	for kind in transformer bilstm gpt; do
		if [ $kind = gpt ] && grep -q '"mlm"' "$plan"; then # it sees no later words
			fails "$(basename "$plan" .json) with gpt" 2 "mlm" "$TUTTI" check "$plan" --set model.kind=gpt $small
			continue
		fi
		check "$(basename "$plan" .json) with $kind" \
			sh -c "'$TUTTI' check '$plan' --set model.kind=$kind $small >/dev/null 2>'$TMP/err'"
	done
	check "$(basename "$plan" .json) with decoder prefix" sh -c \
		"'$TUTTI' check '$plan' --set model.kind=transformer --set model.decoder=prefix $small >/dev/null"
done
plan=$TMP/tiny.json
tiny_plan "$plan" 4
"$TUTTI" train "$plan" --set model.kind=gpt --run said --runs "$TMP/runs" >"$TMP/out" 2>"$TMP/err"
check "it is said once" [ "$(grep -c "model.decoder_layers of the file has no meaning for gpt" "$TMP/err")" = 1 ]
check "and is not in the run's plan" sh -c '! grep -q decoder "$1"' - "$TMP/runs/said/plan.json"
check "which is a plan" "$TUTTI" check "$TMP/runs/said/plan.json"
fails "said by --set itself" 2 "'decoder_layers' is for models of kind transformer or bilstm, not gpt at model" \
	"$TUTTI" check "$plan" --set model.kind=gpt --set model.decoder_layers=1
exit $bad
