#!/bin/sh
# inspect: what a folder of a model from elsewhere is, for people and for programs; one
# that is not as it should be is refused with a word, and no text of it reaches the
# terminal raw.
. tests/cli/lib.sh
models=tests/golden/pretrained

says() { # says NAME FOLDER 'pattern'...
	name=$1 folder=$2; shift 2
	"$TUTTI" inspect "$folder" >"$TMP/out" 2>"$TMP/err" || { not_ok "$name"; cat "$TMP/err"; return; }
	for p in "$@"; do
		grep -q -- "$p" "$TMP/out" || { not_ok "$name: no '$p'"; cat "$TMP/out"; return; }
	done
	ok "$name"
}
says "a bert and its head" $models/bert '^family     bert: model.kind transformer$' '^layers     3 of 24, 3 heads, feed-forward 50 by gelu$' \
	'^tables     97 pieces, 20 places, 2 segments$' '^labels     calm, brisk, grave$' '; and the head' \
	'^not taken  nothing' '^hash       [0-9a-f]\{32\}$'
says "heads that are not ours are named" $models/bert-old '^labels     none' 'not taken  cls.seq_relationship.bias, cls.seq_relationship.weight$' 'trunk; and the head for masked words, for a task of kind mlm and a decoder_init$' '3 segments'
says "tables of their own width" $models/electra '; 20 wide$' '^labels     LABEL_0, LABEL_1$'
says "places are counted as they can be used" $models/roberta '18 places, 1 segment$'
says "a gpt" $models/gpt2-half '^family     gpt2: model.kind gpt$' 'by gelu-tanh' 'no segments'
says "no tokenizer is no mistake" $models/bert '^tokenizer  .'

"$TUTTI" inspect $models/bert-old --json >"$TMP/json"
[ "$(wc -l <"$TMP/json")" = 1 ] && ok "--json is one line" || not_ok "--json is not one line"
for p in '"event":"folder"' '"family":"bert"' '"labels":\[\]' '"not_taken":\[.*"cls.seq_relationship.weight"' '"act":"relu"'; do
	check "--json has $p" grep -q -- "$p" "$TMP/json"
done
lines=$("$TUTTI" inspect $models/bert-old | wc -l)
[ "$lines" -le 24 ] && ok "it is one screen" || not_ok "$lines lines"

# with a vocabulary beside it: of its size, and of a larger one
cp -r $models/bert "$TMP/bert"
{ printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'; seq -f 'w%g' 1 92; } >"$TMP/bert/vocab.txt"
says "its vocabulary" "$TMP/bert" '^tokenizer  wordpiece of 97 pieces: vocab.txt$'
grep -q 'not its own' "$TMP/out" && not_ok "97 pieces are not too many" || ok "97 pieces are not too many"
seq -f 'x%g' 1 5 >>"$TMP/bert/vocab.txt"
says "a vocabulary that is too large" "$TMP/bert" 'more than the 97 rows of its table'

# peft's
mkdir "$TMP/peft"
cat >"$TMP/peft/adapter_config.json" <<'J'
{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["query", "value"], "base_model_name_or_path": "bert-base-uncased"}
J
cp $models/bert/model.safetensors "$TMP/peft/adapter_model.safetensors"
fails "an adapter without changes" 1 "there is no tensor '....lora_A.weight'" "$TUTTI" inspect "$TMP/peft"

# what is not as it should be
fails "no such folder" 1 "there is no folder 'nowhere'" "$TUTTI" inspect nowhere
fails "a folder without a model" 1 "no config.json" "$TUTTI" inspect tests
fails "no folder at all" 2 "FOLDER is missing" "$TUTTI" inspect
sed -i 's/"model_type": "bert"/"model_type": "mamba"/' "$TMP/bert/config.json"
fails "a family that is not ours" 1 "'mamba' is none of ours: bert, distilbert, electra, roberta, gpt2" "$TUTTI" inspect "$TMP/bert"
cp $models/bert/config.json "$TMP/bert/"
head -c 50000 $models/bert/model.safetensors >"$TMP/bert/model.safetensors"
fails "a file cut short" 1 "model.safetensors' is damaged" "$TUTTI" inspect "$TMP/bert"

# labels and names that would do harm on a terminal
cp $models/bert/model.safetensors "$TMP/bert/"
sed -i 's/"calm"/"\\u001b[2Jcalm\\u202e"/' "$TMP/bert/config.json"
"$TUTTI" inspect "$TMP/bert" >"$TMP/out" 2>"$TMP/err"
grep -q calm "$TMP/out" && ! grep -q "$(printf '\033')" "$TMP/out" && ok "labels are made harmless" || not_ok "labels reach the terminal raw"
sed -i 's/"model_type": "bert"/"model_type": "\\u001b[2J"/' "$TMP/bert/config.json"
"$TUTTI" inspect "$TMP/bert" >"$TMP/out" 2>"$TMP/err"
! grep -q "$(printf '\033')" "$TMP/err" && grep -q 'none of ours' "$TMP/err" && ok "so are messages" || not_ok "messages reach the terminal raw"
exit $bad
