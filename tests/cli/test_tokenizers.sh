#!/bin/sh
# Tokenizers that are read: runs with a cased WordPiece and byte-level BPEs train, resume,
# replay and are tokenized without the folder they came from; what is not ours is named.
. tests/cli/lib.sh
plan=$TMP/tiny.json
tiny_plan "$plan" 30
cp -r tests/golden/tokenizer "$TMP/from"
printf 'The King sent it to M\303\274nchen: [SEP] <s> 1999\n\n  two  blanks\n' >"$TMP/lines"
for folder in cased accents roberta gpt; do
	kind=wordpiece
	case $folder in roberta | gpt) kind=bpe ;; esac
	set -- "$plan" --set tokenizer.kind=$kind --set tokenizer.vocab="$TMP/from/$folder"
	"$TUTTI" tokenize "$TMP/from/$folder" "$TMP/lines" >"$TMP/want" 2>"$TMP/err"
	whole=$(state_of "$@" --run $folder)
	[ ${#whole} = 32 ] && ok "$folder: it trains" || { not_ok "$folder: it trains"; cat "$TMP/err"; }
	state_of "$@" --run $folder-half --steps 13 >/dev/null
	mv "$TMP/from/$folder" "$TMP/gone"
	again=$("$TUTTI" resume $folder-half --runs "$TMP/runs" --steps 30 --json 2>"$TMP/err" | field state)
	check "$folder: it resumes without the folder" [ "$again" = "$whole" ]
	"$TUTTI" tokenize $folder --runs "$TMP/runs" "$TMP/lines" >"$TMP/got" 2>"$TMP/err"
	check "$folder: the run's ids are the folder's" cmp -s "$TMP/want" "$TMP/got"
	check "$folder: 3 lines of ids" [ "$(wc -l <"$TMP/got")" = 3 ]
	head -n 3 "$TMP/data/headlines.dev.jsonl" |
		"$TUTTI" predict $folder --runs "$TMP/runs" --task headline >"$TMP/out" 2>"$TMP/err"
	check "$folder: it writes" [ "$(grep -c '"text":' "$TMP/out")" = 3 ]
	mv "$TMP/gone" "$TMP/from/$folder"
	check "$folder: it replays" "$TUTTI" replay $folder --runs "$TMP/runs"
	check "$folder: rm leaves nothing" sh -c '"$1" rm '$folder' --force --runs "$2" >/dev/null 2>&1 &&
		[ ! -e "$2/'$folder'" ]' - "$TUTTI" "$TMP/runs"
done
# one file by its path: vocab.json reads the merges beside it, a folder is the same
"$TUTTI" tokenize "$TMP/from/gpt/vocab.json" "$TMP/lines" >"$TMP/got"
"$TUTTI" tokenize "$TMP/from/gpt" "$TMP/lines" >"$TMP/want"
check "vocab.json is the folder" cmp -s "$TMP/want" "$TMP/got"
# tokenizer.json comes first
mkdir "$TMP/both"
cp "$TMP/from/roberta/tokenizer.json" "$TMP/from/vocab.txt" "$TMP/both"
"$TUTTI" tokenize "$TMP/both" "$TMP/lines" >"$TMP/got"
"$TUTTI" tokenize "$TMP/from/roberta" "$TMP/lines" >"$TMP/want"
check "tokenizer.json comes first" cmp -s "$TMP/want" "$TMP/got"
fails "bpe is not trained" 2 "tokenizer.vocab" "$TUTTI" train "$plan" --set tokenizer.kind=bpe
fails "another kind than the plan's" 1 "tokenizer.kind" "$TUTTI" train "$plan" --set tokenizer.vocab="$TMP/from/gpt/vocab.json"
mkdir "$TMP/none" "$TMP/piece"
: >"$TMP/piece/spiece.model"
fails "a folder without one" 1 "no tokenizer in" "$TUTTI" tokenize "$TMP/none"
fails "a folder of SentencePiece" 1 "SentencePiece" "$TUTTI" tokenize "$TMP/piece"
fails "no such file, folder or run" 1 "nothing" "$TUTTI" tokenize nothing
exit $bad
