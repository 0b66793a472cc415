#!/bin/sh
# model.init FOLDER: small models from elsewhere of every family, trained on, resumed and
# replayed with their folder and without it; refused where it cannot be.
. tests/cli/lib.sh
plan=$TMP/tiny.json runs=$TMP/runs
tiny_plan "$plan" 20
# vocab N: a vocabulary of so many pieces, 60 to 97 of them letters and words
vocab() {
	{
		printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'
		for c in a b c d e f g h i j k l m n o p q r s t u v w x y z; do echo $c; echo "##$c"; done
		for w in $(seq 1 60); do echo "word$w"; done
	} | head -"$1"
}
folder() { cp -r "tests/golden/pretrained/$1" "$TMP/$2" && vocab "$3" >"$TMP/$2/vocab.txt"; }
init=$TMP/init.json
sed 's|"model": {[^}]*}|"model": { "init": "bert" }|; s|"tokenizer": {[^}]*},||
	s/"max_source": 64/"max_source": 12/g; s/"max_target": 16/"max_target": 4/' "$plan" >"$init"
for f in bert bert-old bert-deep distilbert electra electra-even roberta; do
	folder $f $f 97
	"$TUTTI" train "$init" --set model.init=$f --run $f --steps 4 --runs "$runs" >"$TMP/out" 2>&1 ||
		{ not_ok "$f trains"; cat "$TMP/out"; }
	check "$f: its trunk is taken, heads are fresh" \
		grep -q "parameters from '.*/$f'; fresh: tasks.topic.head, tasks.headline.decoder" "$TMP/out"
	check "$f: they learn faster" [ "$(grep -c '"lr": 10,' "$runs/$f/plan.json")" = 2 ]
	check "$f: it replays" "$TUTTI" replay $f --runs "$runs" --workers 2
	check "$f: what is said of it is no news" sh -c \
		'"$1" train "$2" --run again-$3 --steps 4 --runs "$4" --json 2>/dev/null | grep -q "$("$1" ls --json --runs "$4" | grep "\"run\":\"$3\"" | sed "s/.*\(\"state\":\"[0-9a-f]*\"\).*/\1/")"' \
		- "$TUTTI" "$runs/$f/plan.json" $f "$runs"
done

# the same bits, with the folder and without
whole=$(state_of "$init" --run whole --workers 1)
[ ${#whole} = 32 ] && ok "it trains" || { not_ok "it trains: '$whole'"; cat "$TMP/err"; }
check "4 workers, the same state" [ "$(state_of "$init" --workers 4)" = "$whole" ]
state_of "$init" --run half --steps 7 >/dev/null
state_of "$init" --run killed --steps 0 >/dev/null
state_of "$init" --run other --steps 0 >/dev/null
rm -r "$runs/killed/checkpoints/"* "$runs/other/checkpoints/"* # before the first one was there
resume() { "$TUTTI" resume "$1" --runs "$runs" --steps 20 --json 2>"$TMP/err" | field state; }
check "from the start again" [ "$(resume killed)" = "$whole" ]
mv "$TMP/bert" "$TMP/moved"
check "it resumes without the folder" [ "$(resume half)" = "$whole" ]
check "it replays without it" "$TUTTI" replay whole --runs "$runs"
check "it is evaluated without it" sh -c '"$1" eval whole --runs "$2" 2>/dev/null | grep -q accuracy' - "$TUTTI" "$runs"
check "it writes without it" sh -c 'echo some words | "$1" predict whole --task headline --runs "$2" | grep -q text' - "$TUTTI" "$runs"
check "another run begins from it, without the folder" sh -c \
	'"$1" check "$2" --set model.init=run:whole --runs "$3" | grep -q "^model.init: \([0-9]*\) of \1 parameters"' - "$TUTTI" "$init" "$runs"
fails "the start again, without the folder" 1 "there is no folder '.*/bert'" "$TUTTI" resume other --runs "$runs"
folder bert bert 96
fails "the start again, of another vocabulary" 1 "has changed since the run began" "$TUTTI" resume other --runs "$runs"
rm -r "$TMP/bert" && cp -r "$TMP/moved" "$TMP/bert" && sed -i 's/"hidden_dropout_prob": 0.2/"hidden_dropout_prob": 0.3/' "$TMP/bert/config.json"
fails "the start again, of another folder" 1 "has changed since the run began" "$TUTTI" resume other --runs "$runs"
rm -r "$TMP/bert" && mv "$TMP/moved" "$TMP/bert"
check "of the same one" [ "$(resume other)" = "$whole" ]

# its own head
awk 'BEGIN { split("grave calm brisk", l, " "); for (i = 0; i < 120; i++) printf "{\"text\":\"word%d word%d\",\"label\":\"%s\"}\n", i % 30 + 1, i % 7 + 1, l[i % 3 + 1] }' >"$TMP/data/moods.jsonl"
sed '/"topic"/N; s|"topic": {[^}]*}|"mood": { "kind": "classify", "train": "'"$TMP"'/data/moods.jsonl", "dev_share": 0.2, "text": "text", "label": "label" }|' "$init" >"$TMP/moods.json"
"$TUTTI" train "$TMP/moods.json" --run moods --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "a head of the same labels is taken" grep -q "fresh: tasks.headline.decoder$" "$TMP/out"
check "and learns as its trunk does" sh -c 'tr -d " \n" <"$1" | grep -q "\"lr\":1,.*\"lr\":10,"' - "$runs/moods/plan.json"
check "a text has room for all places" grep -q '"max_source": 20' "$runs/moods/plan.json"
check "it predicts with that head" sh -c 'echo word1 word2 | "$1" predict moods --task mood --runs "$2" 2>/dev/null | grep -q "\"label\":\"\(grave\|calm\|brisk\)\""' \
	- "$TUTTI" "$runs"
check "it is evaluated at step 0" sh -c '"$1" eval moods --runs "$2" 2>/dev/null | grep -q "mood .*accuracy"' - "$TUTTI" "$runs"
# killed in the middle: it goes on without the folder, as a run that never was killed
moods() { state_of "$TMP/moods.json" --set budget.steps=100000 --set budget.checkpoint_every=5 "$@"; }
"$TUTTI" train "$TMP/moods.json" --set budget.steps=100000 --set budget.checkpoint_every=5 --run shot --runs "$runs" >/dev/null 2>&1 &
victim=$!
for _ in $(seq 300); do
	[ -e "$runs/shot/checkpoints/step-000010" ] && break
	sleep 0.1
done
kill -9 $victim
wait $victim 2>/dev/null
mv "$TMP/bert" "$TMP/moved"
at=$("$TUTTI" ls --runs "$runs" --json | grep '"run":"shot"' | field step)
[ "$at" -ge 10 ] && ok "killed at a step" || not_ok "killed at step '$at'"
shot=$("$TUTTI" resume shot --runs "$runs" --steps $((at + 9)) --json 2>"$TMP/err" | field state)
mv "$TMP/moved" "$TMP/bert"
check "killed and resumed: the same bits" [ ${#shot} = 32 -a "$shot" = "$(moods --steps $((at + 9)))" ]
sed 's|"kind": "classify"\(.*\)moods.jsonl|"kind": "regress"\1ages.jsonl|; s|"label": "label"|"label": "age"|' "$TMP/moods.json" >"$TMP/ages.json"
awk 'BEGIN { for (i = 0; i < 120; i++) printf "{\"text\":\"word%d word%d\",\"age\":%d}\n", i % 30 + 1, i % 7 + 1, 20 + i % 30 }' >"$TMP/data/ages.jsonl"
"$TUTTI" train "$TMP/ages.json" --run ages --steps 2 --runs "$runs" >"$TMP/out" 2>&1 || cat "$TMP/out"
"$TUTTI" export ages "$TMP/number" --task mood --runs "$runs" >/dev/null 2>&1
check "a head of a number, out" "$TUTTI" inspect "$TMP/number"
"$TUTTI" train "$TMP/ages.json" --set model.init="$TMP/number" --run older --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "and in again" grep -q "fresh: tasks.headline.decoder$" "$TMP/out"
says() { echo word1 word2 | "$TUTTI" predict "$1" --task mood --step "$2" --runs "$runs" 2>/dev/null | field value | cut -c1-7; }
number=$(says ages 2)
check "it says the same number" [ ${#number} -ge 3 -a "$number" = "$(says older 0)" ]
"$TUTTI" train "$TMP/moods.json" --set model.pool=mean --run mean --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "not by one that pools otherwise" grep -q "fresh: tasks.mood.head, tasks.headline.decoder" "$TMP/out"
"$TUTTI" check "$init" --set model.shared_layers=1 >"$TMP/out" 2>&1
check "layers of its tasks are copies" grep -q "^model.init: 67 of 119 .*; fresh: tasks.topic.head, tasks.headline.decoder; not" "$TMP/out"

# a decoder that begins as the trunk
folder bert-mlm mlm 97
trunk() { r=$1 && shift && "$TUTTI" train "$init" --set model.init=mlm --set model.decoder_init=trunk --run $r --runs "$runs" "$@" >"$TMP/out" 2>&1 || { not_ok "$r trains"; cat "$TMP/out"; }; }
lr() { tr -d ' \n' <"$runs/$1/plan.json" | grep -o '"lr":[0-9.]*,"lr_trunk":[0-9.]*'; }
trunk asked --steps 12
check "a decoder begins as the trunk, all but its copy gate" grep -q "; 43 of decoders begin as the trunk's; fresh: tasks.topic.head (4), tasks.headline.decoder (6)" "$TMP/out"
check "what is new learns faster" [ "$(lr asked)" = '"lr":10,"lr_trunk":1' ]
check "it replays, on 2 workers" "$TUTTI" replay asked --runs "$runs" --workers 2
trunk parted --steps 5
same() { "$TUTTI" ls --json --runs "$runs" | grep "\"run\":\"$1\"" | sed 's/.*"state":"\([0-9a-f]*\)".*/\1/'; }
mv "$TMP/mlm" "$TMP/away" # its own checkpoint has all
"$TUTTI" resume parted --runs "$runs" --steps 12 >"$TMP/out" 2>&1
check "it resumes without the folder" [ "$(same parted)" = "$(same asked)" ]
mv "$TMP/away" "$TMP/mlm"
check "it writes" sh -c 'echo some words | "$1" predict asked --task headline --runs "$2" | grep -q text' - "$TUTTI" "$runs"
"$TUTTI" check "$init" --set model.init=run:asked --runs "$runs" >"$TMP/out" 2>&1
check "another run has all of it" grep -q "^model.init: \([0-9]*\) of \1 parameters" "$TMP/out"
trunk slow --steps 12 --set tasks.headline.lr_trunk=0.1
check "its rate is its own" [ "$(lr slow)" = '"lr":10,"lr_trunk":0.1' ]
check "and counts" [ "$(same slow)" != "$(same asked)" ]
trunk written --steps 2 --set model.decoder=prefix
check "a prefix has the head for masked words" grep -q "fresh: tasks.topic.head, tasks.headline.decoder; not used: pooler\|fresh: tasks.topic.head, tasks.headline.decoder$" "$TMP/out"
fails "trunk of random weights" 2 "there is nothing to take .* at model.decoder_init" "$TUTTI" check "$plan" --set model.decoder_init=trunk
fails "an LSTM" 2 "'decoder_init' is for decoder cross or prefix, not lstm" "$TUTTI" check "$init" --set model.decoder=lstm --set model.decoder_init=trunk
fails "more layers than the trunk" 1 "a decoder of 4 layers over a trunk that has 3" "$TUTTI" check "$init" --set model.decoder_init=trunk --set model.decoder_layers=4

# fewer pieces than rows
folder bert few 60
few() { # a new decoder says anything: of many it would say rows that are no piece
	for seed in 1 2 3 4 5 6 7 8; do
		"$TUTTI" train "$init" --set model.init=few --set model.copy=false --seed $seed --steps 1 --runs "$runs" >"$TMP/out" 2>&1 || return 1
	done
}
check "a table of more rows than pieces" few
folder bert many 98
fails "of fewer" 1 "model.vocab: a table of 97 rows for a tokenizer of 98 pieces" "$TUTTI" check "$init" --set model.init=many

# refused
folder bert bare 97 && rm "$TMP/bare/vocab.txt"
fails "no tokenizer" 1 "vocab.txt" "$TUTTI" check "$init" --set model.init=bare
check "but one that is named" sh -c '"$1" check "$2" --set model.init=bare --set tokenizer.vocab=bert/vocab.txt | grep -q "^model.init: 43 of"' - "$TUTTI" "$init"
fails "no such folder" 2 "there is no folder '.*/none' at model.init" "$TUTTI" train "$init" --set model.init=none
fails "a file" 2 "at model.init" "$TUTTI" train "$init" --set model.init=init.json
mkdir "$TMP/empty"
fails "no config.json" 2 "'.*/empty' has no config.json.* at model.init" "$TUTTI" train "$init" --set model.init=empty
folder bert cut 97 && : >"$TMP/cut/model.safetensors"
fails "no weights" 1 "model.safetensors" "$TUTTI" train "$init" --set model.init=cut --runs "$runs" --run cut
check "and no run of it" [ ! -e "$runs/cut" ]
fails "another width" 2 "64 where model.init has 24 .* at model.dim" "$TUTTI" check "$init" --set model.dim=64
fails "another activation" 2 '"gelu" where model.init has "relu" .* at model.act' "$TUTTI" check "$init" --set model.init=bert-old --set model.act=gelu
fails "a text beyond its places" 2 "21 pieces where the model's 20 places have room for 20" "$TUTTI" check "$init" --set tasks.topic.max_source=21
fails "places that answers need" 2 "21 places, and 32 are for what is written" "$TUTTI" check "$init" --set model.init="$PWD/tests/golden/pretrained/gpt2"

# a plan
check "a plan over a folder" sh -c '"$1" new "$2" --yes -o "$3" --init "$4" 2>&1 | grep -q "24 wide, 3 layers of bert"' - \
	"$TUTTI" "$TMP/data/topics.train.jsonl" "$TMP/new.json" "$TMP/bert"
check "within its places" grep -q '"max_source": 20' "$TMP/new.json"
check "trains" "$TUTTI" train "$TMP/new.json" --steps 2 --runs "$runs"
exit $bad
