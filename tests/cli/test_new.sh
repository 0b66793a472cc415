#!/bin/sh
# A plan for files of one's own: new, then check, then training; rm; completion.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
here=$PWD
cd "$TMP" || exit 1
runs=$TMP/runs
XDG_CACHE_HOME=$TMP/cache; export XDG_CACHE_HOME

# rows KIND N: made of numbered words, so that no two are the same
rows() {
	awk -v kind="$1" -v n="$2" 'BEGIN {
		split("river garden engine market window letter teacher storm bridge song", w)
		for (i = 0; i < n; i++) {
			t = ""
			for (k = 0; k < 9; k++) t = t w[(i * 7 + k * (i % 5 + 1)) % 10 + 1] " "
			t = t i
			if (kind == "csv") printf "\"%s, so\",%s\n", t, i % 3 ? "calm" : "wild"
			if (kind == "tsv") printf "%d\t%s\t%s again\t%.2f\n", i, t, t, i % 37 / 7
			if (kind == "jsonl") printf "{\"story\": \"%s %s %s %s\", \"headline\": \"%s %d\"}\n", t, t, t, t, w[i % 10 + 1] " " w[i % 7 + 1], i
		}
	}'
}
mkdir data
{ echo 'review,mood'; rows csv 400; } >data/reviews.csv
{ printf 'id\tsentence1\tsentence2\tscore\n'; rows tsv 300; } >data/alike.train.tsv
{ printf 'id\tsentence1\tsentence2\tscore\n'; rows tsv 60; } >data/alike.dev.tsv
rows jsonl 300 >data/news_train.jsonl
rows jsonl 50 >data/news_valid.jsonl

"$TUTTI" new data/*.csv data/*.tsv data/*.jsonl -o all.json >out 2>err </dev/null
got=$?
[ $got = 0 ] && ok "new: three sets, five files" || { not_ok "new ended with $got"; cat err; }
check "classify by 'mood'" grep -q "classify by 'mood', text 'review'" err
check "predict 'score' of pairs" grep -q "predict the number 'score', texts 'sentence1' and 'sentence2'" err
check "summarize 'story'" grep -q "summarize 'story' to 'headline'" err
check "paths from the plan's folder" grep -q '"train": "data/alike.train.tsv"' all.json
check "dev files by their names" grep -q '"dev": "data/news_valid.jsonl"' all.json
check "rows held out where there is no dev file" grep -q '"dev_share": 0.1' all.json
check "notes say why" grep -q '"note": ".mood. has 2 values, .review. about 11 words; 400 rows; no dev file' all.json
"$TUTTI" check all.json --json >out 2>err
check "check takes it" grep -q '"mood\|"reviews":{"train":3[0-9][0-9],"dev":[1-9]' out
ms=$(sed -n 's/.*"seconds_per_step":\([0-9.]*\).*/\1/p' out)
check "a step takes less than two seconds, even on a busy machine ($ms)" awk "BEGIN { exit !($ms < 2) }"
"$TUTTI" train all.json --run made --runs "$runs" --steps 20 --json >out 2>err
check "twenty steps" grep -q '"event":"end".*"step":20' out
for m in accuracy pearson rouge1; do check "and $m on dev rows" grep -q "\"$m\":" out; done

cp all.json before
fails "an existing plan stays" 2 "is there already" "$TUTTI" new data/reviews.csv -o all.json
check "as it was" cmp -s all.json before
check "--force replaces it" "$TUTTI" new data/reviews.csv -o all.json --force 2>err
cmp -s all.json before && not_ok "it was not replaced" || ok "and it is another"
"$TUTTI" new data/reviews.csv --out - --set model.dim=32 --seed 9 >out 2>err
check "--out - prints it" grep -q '"dim": 32' out
check "--seed" grep -q '"seed": 9' out
[ ! -e reviews.json ] && ok "and writes nothing" || not_ok "a file was written"
fails "a field that is none" 2 "dmi" "$TUTTI" new data/reviews.csv --set model.dmi=3
[ ! -e reviews.json ] && ok "a wrong setting writes nothing" || not_ok "a file was written"
for model in gpt bilstm "bilstm --set model.decoder=lstm" "transformer --set model.decoder=prefix"; do
	"$TUTTI" new data/reviews.csv data/news_train.jsonl --force -o kind.json --set model.kind=$model >out 2>err </dev/null
	check "a plan of a $model" "$TUTTI" check kind.json
done
check "without what its decoder has no use for" sh -c '! grep decoder_layers kind.json'

# numbers that gpt says: in steps that fit them
awk 'BEGIN { for (i = 0; i < 80; i++) printf "{\"text\": \"house number %d of a long street\", \"price\": %d}\n", i, 1000 * (i * 37 % 80) + 500 }' >price.jsonl
price() {
	"$TUTTI" new price.jsonl --set kind=regress --set text=text --set label=price --set model.kind=gpt \
		-o price.json --force "$@" </dev/null
}
price >out 2>err
check "numbers of gpt" grep -q '"number_step": 1000' price.json
check "which is said" grep -q "price: numbers from 500 to 79500 are said in steps of 1000" err
check "a plan of them" "$TUTTI" check price.json
price --set tasks.price.number_step=500 >out 2>err
check "a step that is set stays" grep -q '"number_step": 500' price.json
fails "or is refused" 2 "tasks.price.number_step: from 500 to 79500 there are 7900 steps of 10" \
	price --set tasks.price.number_step=10

# what cannot be guessed is said, with what to type; then it is taken
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"a\": \"row %d is like no other\", \"b\": \"k%d\"}\n", i, i }' >odd.jsonl
fails "nothing to guess" 2 "--set kind=classify --set text=COLUMN" "$TUTTI" new odd.jsonl
check "the columns are named" grep -q "'a' (row 0 is like no other), 'b'" err
check "what is said is taken" "$TUTTI" new data/alike.train.tsv --set kind=classify --set text=sentence2 --set label=id -o said.json 2>err
check "as it was said" grep -q '"text": "sentence2"' said.json
fails "a column that is not there" 2 "no column 'mode'" "$TUTTI" new data/reviews.csv --set label=mode -o x.json
fails "one bad file among good ones" 2 "no such file" "$TUTTI" new data/reviews.csv absent.csv -o x.json
mkfifo pipe.csv
fails "a FIFO" 2 "pipe.csv" timeout 20 "$TUTTI" new pipe.csv -o x.json
fails "a folder" 2 "data" "$TUTTI" new data -o x.json
[ ! -e x.json ] && ok "no plan of bad files" || not_ok "a plan of bad files"

# on a terminal: questions with defaults (script(1) makes the terminal)
if command -v script >/dev/null; then
	talk() { # talk 'answers' COMMAND
		{ sleep 0.5; printf '%b' "$1"; sleep 1; } | script -qec "$2" /dev/null >talked 2>&1
	}
	talk '\n' "$TUTTI new data/reviews.csv data/alike.train.tsv -o asked.json"
	check "the tasks are one table" grep -q "^  *2  reviews  *classify  *'review'  *'mood'" talked
	check "a line each" grep -q "^  *1  alike  *[a-z]*  *'sentence1' + 'sentence2'  *'" talked
	check "Enter takes it" grep -q '"label": "mood"' asked.json
	check "all of it" grep -q '"alike": {' asked.json
	talk '1\nout\n7\n2\nname\nMoods\nmoods\n\n' "$TUTTI new data/reviews.csv data/alike.train.tsv -o lines.json"
	check "a line is left out" sh -c "! grep -q '\"alike\": {' lines.json"
	check "a line has another name" grep -q '"moods": {' lines.json
	check "a number beyond the table" grep -q '  1 to 2' talked
	talk '1\n\nsummary\nclassify\nsentence1\nnowhere\n-\nid\n1\nname\nMINE\nmine\n\n' "$TUTTI new data/alike.train.tsv -o hand.json"
	if [ -s hand.json ]; then ok "by hand"; else not_ok "by hand"; cat talked; fi
	check "a wrong answer is asked again" grep -q 'one of: classify' talked
	check "the columns are shown" grep -q 'no such column; there are' talked
	check "the name by hand" grep -q '"mine": {' hand.json
	check "columns by hand" grep -q '"text": "sentence1"' hand.json
	talk '1\nout\n\n' "$TUTTI new data/reviews.csv -o skipped.json"
	[ ! -e skipped.json ] && ok "nothing in it writes nothing" || not_ok "an empty table wrote a plan"
	talk 'q\n' "$TUTTI new data/reviews.csv -o skipped.json"
	[ ! -e skipped.json ] && ok "q writes nothing" || not_ok "q wrote a plan"
	talk '\n\n1\nout\n\n' "$TUTTI new data/reviews.csv odd.jsonl -o half.json"
	[ ! -e half.json ] && check "what cannot be told is said or left out" grep -q 'line [12] is to be said' talked
	talk '' "$TUTTI new data/reviews.csv data/alike.train.tsv --yes -o yes.json"
	check "--yes takes all" grep -q '"alike": {' yes.json
	check "without a table" sh -c "! grep -q 'Enter takes' talked"
	talk '\004' "$TUTTI new data/reviews.csv -o ended.json"
	[ ! -e ended.json ] && ok "the end of the input writes nothing" || not_ok "the end wrote a plan"
	talk 'no\n' "$TUTTI rm made --runs $runs"
	check "rm asks first" test -f "$runs/made/run.db"
else
	skip "no script(1): questions are not tried"
fi

# rm: runs alone, whole; what is foreign stays
fails "rm without a terminal wants --force" 2 "--force" "$TUTTI" rm made --runs "$runs"
check "and the run is there" test -f "$runs/made/run.db"
mkdir -p other/checkpoints; echo x >other/plan.json
fails "rm of what is no run" 2 "not a run" "$TUTTI" rm other --force
check "leaves it" test -f other/plan.json
ln -s made "$runs/link"
fails "rm of a link" 2 "link" "$TUTTI" rm link --runs "$runs" --force
check "leaves what it shows" test -f "$runs/made/run.db"
echo precious >precious; mkdir -p "$runs/made/checkpoints/mine"
ln -s "$TMP/precious" "$runs/made/checkpoints/mine/model.safetensors"
echo mine >"$runs/made/letter.txt"
"$TUTTI" rm made --runs "$runs" -f 2>err
check "what stays is said" grep -q 'letter.txt' err
check "and stays" grep -q mine "$runs/made/letter.txt"
check "links are not followed" grep -q precious precious
[ ! -e "$runs/made/run.db" ] && [ ! -e "$runs/made/checkpoints" ] && ok "the run is gone" || not_ok "the run is there"
"$TUTTI" train all.json --run live --runs "$runs" --set budget.steps=100000 --json >out 2>err &
pid=$!
for _ in $(seq 200); do grep -q '"event":"begin"' out && break; sleep 0.1; done
fails "a live run" 1 "live" "$TUTTI" rm live --runs "$runs" --force
check "is left alone" test -f "$runs/live/run.db"
kill -INT $pid; wait $pid
check "rm of two, one is missing" sh -c "! '$TUTTI' rm live absent --runs '$runs' -f 2>err"
[ ! -e "$runs/live" ] && ok "and the other is gone" || not_ok "the other is there"

# completion: bash itself, from what it prints
"$TUTTI" train all.json --run zeta --runs "$runs" --steps 1 >/dev/null 2>&1
if command -v bash >/dev/null; then
	cat >complete.sh <<'SH'
PATH=$1:$PATH; shift
source <(tutti completion bash) || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_tutti
printf '%s\n' "${COMPREPLY[@]}"
SH
	ln -s "$TUTTI" tutti
	completes() { # completes 'line' WANTED...: every one of them is offered
		line=$1; shift
		# shellcheck disable=SC2086
		bash complete.sh "$TMP" $line ${line##*[! ]} >offered 2>err
		[ "${line% }" = "$line" ] || bash complete.sh "$TMP" $line '' >offered 2>err
		for w in "$@"; do
			grep -qx -- "$w" offered || { not_ok "completion of '$line': no $w"; return; }
		done
		ok "completion of '$line'"
	}
	completes "tutti re" resume replay
	completes "tutti rm --runs $runs " zeta
	completes "tutti resume --runs=$runs " zeta
	completes "tutti train al" all.json
	completes "tutti train all.json --st" --steps
	completes "tutti train all.json --set budget.st" budget.steps=
	completes "tutti score rouge1,rougeL" rouge1,rougeL rouge1,rougeLsum
	completes "tutti send zeta ev" eval
	completes "tutti completion " bash zsh
	completes "tutti curves --runs $runs " zeta
	completes "tutti curves zeta --table " steps evals journal gradients
	completes "tutti --color " auto always never
	for c in $("$TUTTI" --help | sed -n 's/^  tutti \([a-z-]*\) .*/\1/p'); do
		completes "tutti $c" "$c"
	done
	check "bash finds no fault in it" sh -c "'$TUTTI' completion bash | bash -n"
else
	skip "no bash: completion is not tried"
fi
if command -v zsh >/dev/null; then
	check "zsh finds no fault in its script" sh -c "'$TUTTI' completion zsh | zsh -fn"
	"$TUTTI" completion zsh >_tutti
	cat >zsh_words <<'ZSH'
compdef() { : }; source ./_tutti
compadd() { print -rl -- "$@" }; _files() { print files }; _describe() { print -rl -- "${(P@)4}" }
words=("$@") CURRENT=$# PREFIX=$words[-1]; _tutti
ZSH
	PATH=$TMP:$PATH zsh -f zsh_words tutti rm --runs "$runs" '' >out 2>err
	check "zsh: runs" grep -qx zeta out
	PATH=$TMP:$PATH zsh -f zsh_words tutti train p --set '' >out 2>err
	check "zsh: fields of a plan" grep -qx 'budget.steps=' out
	PATH=$TMP:$PATH zsh -f zsh_words tutti '' >out 2>err
	check "zsh: sub-commands and files" sh -c 'grep -q "^rm:" out && grep -qx files out'
else
	skip "no zsh: its completion is not tried"
fi
fails "no such shell" 2 "bash or zsh" "$TUTTI" completion fish
cd "$here" || exit 1
exit $bad
