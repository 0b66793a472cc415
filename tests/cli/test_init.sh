#!/bin/sh
# model.init run:NAME: weights, sizes and tokenizer of another run's checkpoint; the same
# bits resumed and replayed, with that run and without it; refused where it cannot be.
. tests/cli/lib.sh
plan=$TMP/tiny.json runs=$TMP/runs
tiny_plan "$plan" 40
state_of "$plan" --run a --workers 1 >/dev/null
# from MODEL FILE: the plan with this model and no tokenizer
from() { sed 's|"model": {[^}]*}|"model": { '"$1"' }|; s|"tokenizer": {[^}]*},||' "$plan" >"$2"; }
init=$TMP/init.json
from '"init": "run:a"' "$init"
weights() { echo "$runs/$1/checkpoints/step-$2/model.safetensors"; }

check "a run of no steps" "$TUTTI" train "$init" --run zero --steps 0 --runs "$runs"
check "has the very weights" cmp "$(weights a 000040)" "$(weights zero 000000)"
check "it is evaluated" sh -c '"$1" eval zero --runs "$2" | grep -q accuracy' - "$TUTTI" "$runs"
check "as the run is that it begins from" sh -c \
	'[ "$("$1" eval zero --runs "$2" | sed "s/  [0-9.]* s$//")" = "$("$1" eval a --runs "$2" | sed "s/  [0-9.]* s$//")" ]' \
	- "$TUTTI" "$runs"
check "it predicts" sh -c 'echo a text | "$1" predict zero --task topic --runs "$2" | grep -q label' - "$TUTTI" "$runs"
check "it says what was taken" sh -c '"$1" check "$3" --runs "$2" | grep -q "^model.init: 77 of 77 parameters from .run:.*a@40.$"' \
	- "$TUTTI" "$runs" "$init"
check "all that stood in the plan is in the run's" sh -c \
	'for f in "\"dim\": 16" "\"layers\": 2" "\"max_positions\": 64"; do grep -q "$f" "$1" || exit 1; done; ! grep -q "\"size\"" "$1"' \
	- "$runs/zero/plan.json"
check "which trains as it is" sh -c '[ "$("$1" train "$3" --steps 0 --runs "$2" --json | grep -c "\"end\"")" = 1 ]' \
	- "$TUTTI" "$runs" "$runs/zero/plan.json"

# the same bits
whole=$(state_of "$init" --run whole --workers 1)
[ ${#whole} = 32 ] && ok "it trains" || { not_ok "it trains: '$whole'"; cat "$TMP/err"; }
check "the start counts" [ "$whole" != "$("$TUTTI" ls --runs "$runs" --json | grep '"run":"a"' | field state)" ]
check "4 workers, the same state" [ "$(state_of "$init" --workers 4)" = "$whole" ]
check "a step of the run named" [ "$(state_of "$init" --set model.init=run:a@40)" = "$whole" ]
check "another step, another run" [ "$(state_of "$init" --set model.init=run:a@30)" != "$whole" ]
check "the run's folder named" [ "$(state_of "$init" --set "model.init=run:$runs/a")" = "$whole" ]
state_of "$init" --run half --steps 17 >/dev/null
state_of "$init" --run killed --steps 0 >/dev/null
rm -r "$runs/killed/checkpoints/"* # killed before its first checkpoint was there
state_of "$init" --run other --steps 0 >/dev/null
rm -r "$runs/other/checkpoints/"*
resume() { "$TUTTI" resume "$1" --runs "$runs" --steps 40 --json 2>"$TMP/err" | field state; }
check "from the start again" [ "$(resume killed)" = "$whole" ]
mv "$runs/a" "$TMP/gone"
fails "the start again, without the run" 1 "no run in folder\|no run '.*/a'\|no checkpoint" "$TUTTI" resume other --runs "$runs"
check "it resumes without the run" [ "$(resume half)" = "$whole" ]
check "it replays without it" "$TUTTI" replay whole --runs "$runs" --workers 2
check "a resumed one, too" "$TUTTI" replay half --runs "$runs"
check "it is evaluated without it" "$TUTTI" eval whole --runs "$runs"
state_of "$plan" --run a --set seed=8 >/dev/null # another one of that name
fails "the start again, of another run" 1 "model.init '.*' has changed since the run began" \
	"$TUTTI" resume other --runs "$runs"
rm -r "$runs/whole/checkpoints/step-000000"
fails "a replay of another run" 1 "has changed since the run began" "$TUTTI" replay whole --runs "$runs"
rm -r "$runs/a" && mv "$TMP/gone" "$runs/a"
check "it replays from the run itself" "$TUTTI" replay whole --runs "$runs"

# heads, layers, decoders
sed 's/"label": *"[a-m]/&x/' "$TMP/data/topics.train.jsonl" >"$TMP/data/renamed.jsonl"
sed 's|topics.train.jsonl", "dev": "[^"]*"|renamed.jsonl", "dev_share": 0.2|' "$init" >"$TMP/renamed.json"
"$TUTTI" train "$TMP/renamed.json" --run renamed --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "a head of other labels is fresh" grep -q "73 of 77 .* fresh: tasks.topic.head (4); not used: tasks.topic.head (4)" "$TMP/out"
sed 's/"topic":/"subject":/' "$init" >"$TMP/subject.json"
"$TUTTI" train "$TMP/subject.json" --run subject --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "a task of another name begins with everybody's layers" grep -q "fresh: tasks.subject.*not used: tasks.topic" "$TMP/out"
"$TUTTI" train "$init" --set model.decoder=lstm --run lstm --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "another decoder is fresh" grep -q "fresh: tasks.headline.decoder" "$TMP/out"
sed 's/"shared_layers": 1/"shared_layers": 2/' "$plan" >"$TMP/shared.json"
state_of "$TMP/shared.json" --run shared --steps 3 >/dev/null
rates() { tr -d ' \n' <"$runs/$1/plan.json" | grep -o '"lr":[0-9.]*' | tr '\n' ' '; }
"$TUTTI" train "$TMP/renamed.json" --set model.init=run:shared --run faster --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "a task that has layers, too, learns as fast as they" [ "$(rates renamed)" = '"lr":1 "lr":1 "lr":0.003 ' ]
check "a head alone that is fresh learns faster" [ "$(rates faster)" = '"lr":10 "lr":1 "lr":0.003 ' ]
"$TUTTI" train "$TMP/renamed.json" --set model.init=run:shared --set tasks.topic.lr=2 --run as-said --steps 0 --runs "$runs" >"$TMP/out" 2>&1
check "or as fast as the plan says" [ "$(rates as-said)" = '"lr":2 "lr":1 "lr":0.003 ' ]
"$TUTTI" check "$init" --set model.init=run:shared --set model.shared_layers=0 --runs "$runs" >"$TMP/out" 2>&1
check "layers that were everybody's are copied" grep -q "^model.init: \([0-9]*\) of \1 parameters from '[^']*'$" "$TMP/out"

# refused
fails "another width" 2 "32 where model.init has 16 .* at model.dim in" "$TUTTI" check "$init" --set model.dim=32 --runs "$runs"
fails "another kind" 2 '"bilstm" where model.init has "transformer" .* at model.kind' "$TUTTI" check "$init" --set model.kind=bilstm --runs "$runs"
fails "another norm" 2 '"post" where model.init has "pre" .* at model.norm' "$TUTTI" check "$init" --set model.norm=post --runs "$runs"
check "the same width" sh -c '"$1" check "$2" --set model.dim=16 --runs "$3" >/dev/null' - "$TUTTI" "$init" "$runs"
fails "a size of its tokenizer" 2 "leave it out at tokenizer.size" "$TUTTI" check "$init" --set tokenizer.size=400 --runs "$runs"
fails "a text beyond the places" 2 "65 pieces where the model's 64 places have room for 64 at tasks.topic.max_source" \
	"$TUTTI" check "$init" --set tasks.topic.max_source=65 --runs "$runs"
sed 's/, *"max_source": 64 }/ }/' "$init" >"$TMP/open.json"
"$TUTTI" train "$TMP/open.json" --run open --steps 0 --runs "$runs" >/dev/null 2>&1
check "no length said is that of the places" [ "$(grep -c '"max_source": 64' "$runs/open/plan.json")" = 2 ]
fails "no such run" 2 "no run 'none' in .* at model.init" "$TUTTI" train "$init" --set model.init=run:none --runs "$runs"
fails "no run named" 2 "no run: '' (run:NAME, run:NAME@STEP) at model.init" "$TUTTI" train "$init" --set model.init=run: --runs "$runs"
fails "no such step" 2 "no checkpoint of step 7 in '.*'; there are: 30 40 at model.init" "$TUTTI" train "$init" --set model.init=run:a@7 --runs "$runs"
mkdir "$runs/empty" && cp "$runs/a/plan.json" "$runs/a/run.db" "$runs/empty"
fails "no checkpoint" 2 "no checkpoint in .* at model.init" "$TUTTI" train "$init" --set model.init=run:empty --runs "$runs"
cp -r "$runs/a" "$runs/broken" && : >"$(weights broken 000040)"
fails "a damaged one" 1 "damaged checkpoint" "$TUTTI" train "$init" --set model.init=run:broken@40 --runs "$runs"
printf 'x' | dd of="$(weights broken 000030)" bs=1 seek=900 conv=notrunc 2>/dev/null
fails "damage that its size does not show" 1 "damaged checkpoint" "$TUTTI" train "$init" --set model.init=run:broken@30 --run never --runs "$runs"
check "such a run leaves nothing" [ ! -e "$runs/never" ]
cp "$runs/a/checkpoints/step-000040/vocab.txt" "$TMP/vocab.txt" && sed -i '$s/.*/zzz/' "$TMP/vocab.txt"
fails "another vocabulary" 1 "has another vocabulary (leave out tokenizer.vocab)" \
	"$TUTTI" train "$init" --set "tokenizer.vocab=$TMP/vocab.txt" --runs "$runs"

# gpt, and a sweep
sed 's/"kind": "transformer", \(.*\), "decoder_layers": 1/"kind": "gpt", \1/' "$plan" >"$TMP/gpt.json"
state_of "$TMP/gpt.json" --run g --steps 4 >/dev/null
check "gpt" "$TUTTI" train "$init" --set model.init=run:g --run g0 --steps 0 --runs "$runs"
check "has the very weights, too" cmp "$(weights g 000004)" "$(weights g0 000000)"
# sizes that both have: a random model without any would be of the default's
from "$(grep -o '"kind": "transformer"[^}]*' "$plan"), \"init\": \"random\"" "$TMP/both.json"
sweep() { "$TUTTI" sweep "$TMP/both.json" --vary "model.init=random,run:a" --set budget.steps=3 --runs "$runs" --jobs 1 >"$TMP/out" 2>&1; }
check "a sweep over it" sweep
check "which knows its runs again" sweep

# a plan for data of one's own
new() { "$TUTTI" new "$TMP/data/topics.train.jsonl" --yes --force --runs "$runs" -o "$TMP/new.json" "$@" >"$TMP/out" 2>&1; }
check "a plan over a run" new --init run:a
check "names it" grep -q '"init": "run:a"' "$TMP/new.json"
check "and no sizes" sh -c '! grep -q "\"dim\"\|\"size\"\|\"layers\"" "$1"' - "$TMP/new.json"
check "its texts are within the places" grep -q '"max_source": 64' "$TMP/new.json"
check "its rate is low, its warm-up a tenth" sh -c \
	'grep -q "\"lr\": 0.0001" "$1" && grep -q "\"warmup\": 30" "$1" && grep -q "\"steps\": 300" "$1"' - "$TMP/new.json"
check "it trains" "$TUTTI" train "$TMP/new.json" --steps 2 --runs "$runs"
check "by the run's folder" new --init "run:$runs/a"
check "that is said in full" grep -q '"init": "run:/.*/a@40"' "$TMP/new.json"
fails "a plan over nothing" 2 "tutti: --init: no run 'none'" "$TUTTI" new "$TMP/data/topics.train.jsonl" --yes -o "$TMP/none.json" \
	--init run:none --runs "$runs"
check "nothing is written" [ ! -e "$TMP/none.json" ]
fails "another width than its init's" 2 "77 where model.init has 16" "$TUTTI" new "$TMP/data/topics.train.jsonl" --yes \
	-o "$TMP/none.json" --init run:a --set model.dim=77 --runs "$runs"
exit $bad
