#!/bin/sh
# Everyday files from end to end: new, check and train read them to the same rows.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
cd "$TMP" || exit 1
XDG_CACHE_HOME=$TMP/cache; export XDG_CACHE_HOME

# rows N 'SEPARATOR' 'LABELS': a text of our own and a label, no two texts the same
rows() {
	awk -v n="$1" -v s="$2" -v labels="${3:-dull keen}" 'BEGIN {
		k = split(labels, l); split("harbour lantern orchard violin meadow copper", w)
		for (i = 0; i < n; i++) {
			for (j = 0; j < 6; j++) printf "%s ", w[(i * 5 + j * (i % 3 + 1)) % 6 + 1]
			printf "%d%s%s\n", i, s, l[i % k + 1]
		}
	}'
}
# reads NAME FILE TASK 'words of new' TRAIN-AND-DEV: a plan that check and train take
reads() {
	rm -f plan.json
	"$TUTTI" new "$2" -o plan.json --set "tasks.$3.max_source=64" >out 2>said </dev/null || { not_ok "$1: new"; cat said; return; }
	grep -q -- "$4" said || { not_ok "$1: new does not say '$4'"; cat said; return; }
	"$TUTTI" check plan.json --json >told 2>err || { not_ok "$1: check"; cat err; return; }
	n=$(sed 's/.*"train":\([0-9]*\),"dev":\([0-9]*\).*/\1 \2/' told | awk '{ print $1 + $2 }')
	[ "$n" = "$5" ] || { not_ok "$1: $n rows, not $5"; cat told; return; }
	"$TUTTI" train plan.json --runs runs --run "$3" --steps 2 --set budget.checkpoint_every=1 --json >told 2>err && grep -q '"step":2' told || { not_ok "$1: train"; cat err; return; }
	ok "$1"
}

{ printf '\357\273\277Text;Score\r\n'; rows 120 ';' '3,5 1,25 2 0,75 4,5 5 2,5' | sed 's/^\([^;]*\) \([0-9]*\);/"\1\n\2";/;s/$/\r/'; } >scores.csv
reads "a German spreadsheet" scores.csv scores "predict the number 'Score', text 'Text'.*0.75 to 5" 120
{ echo 'sep=;'; echo 'text;label'; rows 120 ';'; } >excel.csv
reads "a line sep=" excel.csv excel "classify by 'label'" 120
rows 61 '	' >bare.tsv
reads "no header: every row counts" bare.tsv bare "bare.tsv, 61 rows" 61
check "in the plan's note, too" grep -q '; 61 rows' plan.json
for p in gzip xz 'zstd -q' bzip2; do
	case $p in gzip) e=gz ;; xz) e=xz ;; zstd*) e=zst ;; *) e=bz2 ;; esac
	{ echo 'text,label'; rows 150 ,; } >packed.csv
	$p -c packed.csv >"reviews.train.csv.$e"
	reads "packed by $e" "reviews.train.csv.$e" reviews "classify by 'label'" 150
	rm -rf runs
	sed "s/csv.$e/csv/" plan.json >bare.json
	fails "without .$e" 2 "no such file .*csv', but one with .$e behind its name at tasks" "$TUTTI" check bare.json
	rm "reviews.train.csv.$e"
done
{ echo '['; rows 150 '|' | awk -F'|' '{ printf "%s  {\n    \"text\": \"%s\",\n    \"label\": \"%s\"\n  }", (NR > 1 ? ",\n" : ""), $1, $2 }'; printf '\n]\n'; } >list.json
reads "one JSON list" list.json list "classify by 'label'" 150
mkdir -p set/train/pos set/train/neg set/test/pos set/test/neg set/train/unsup
for i in $(seq 40); do
	for c in pos neg; do
		echo "a $c text of number $i, as it is" >set/train/$c/$i.txt
		echo "another $c text of number $i" >set/test/$c/$i.txt
	done
	echo "no label $i" >set/train/unsup/$i.txt
done
reads "a folder of texts" set set "set: set/train, 80 rows; held out: set/test" 160
check "by name in the plan" grep -q '"train": "set/train"' plan.json
check "two labels" grep -q "'label' has 2 values" said
printf '\377\376 no text' >set/train/pos/41.txt
"$TUTTI" check plan.json >told 2>err
check "a bad text has its file's name" grep -q 'invalid UTF-8 1 (line 76: pos/41.txt)' told

# the same content, packed again or not at all: the run goes on; another: it does not
{ echo 'text,label'; rows 150 ,; } >data.csv; gzip -c data.csv >data.gz
cat >small.json <<'PLAN'
{ "tutti": 1, "model": { "kind": "transformer", "dim": 16, "layers": 1, "heads": 2 }, "tokenizer": { "kind": "wordpiece", "size": 200 },
  "tasks": { "t": { "kind": "classify", "train": "data.gz", "dev_share": 0.2, "text": "text", "label": "label", "max_source": 32 } },
  "mix": { "tokens": 128, "micro_batches": 2 }, "budget": { "steps": 6, "eval_every": 100, "checkpoint_every": 2 } }
PLAN
a=$("$TUTTI" train small.json --runs runs --run packed --json 2>err | field state)
b=$("$TUTTI" train small.json --runs runs --run plain --set tasks.t.train=data.csv --json 2>err | field state)
[ -n "$a" ] && [ "$a" = "$b" ] && ok "packed or not: the same bits" || not_ok "states '$a' and '$b'"
"$TUTTI" train small.json --runs runs --run part --steps 4 >out 2>err
xz -c data.csv >data.gz
check "packed otherwise, a run goes on" [ "$("$TUTTI" resume part --runs runs --steps 6 --json 2>err | field state)" = "$a" ]
"$TUTTI" train small.json --runs runs --run other --steps 4 >out 2>err
{ cat data.csv; echo 'one more,keen'; } | gzip >data.gz
fails "another content is refused" 1 "data" "$TUTTI" resume other --runs runs --steps 6

# killed -9 while it unpacks: nothing wrong is left, the next start reads it all
{ echo 'text,label'; rows 400000 ,; } | gzip -1 >large.csv.gz
sed 's/data.gz/large.csv.gz/' small.json >large.json
rm -rf cache
for wait in 0.02 0.05 0.1 0.2; do
	"$TUTTI" check large.json >/dev/null 2>&1 & pid=$!
	sleep $wait; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
done
"$TUTTI" check large.json --json >told 2>err
check "after kills while it unpacks" grep -q '"train":3[12][0-9]*,"dev":[78][0-9]*,"skipped":0' told

# what is cut, in new's words and check's; uneven classes
awk 'BEGIN { srand(5); for (i = 0; i < 300; i++) { for (k = 0; k < (i % 5 ? 6 : 90); k++) printf "word%d ", int(rand() * 500); printf "\t%s\n", i % 10 < 7 ? "good" : "bad" } }' >long.tsv
"$TUTTI" new long.tsv -o long.json --set tasks.long.max_source=32 2>said </dev/null
"$TUTTI" check long.json >told 2>err
cut=$(grep -o '[0-9]* of [0-9]* texts are cut at max_source 32, [0-9.]*% of all their text is lost' said | head -n 1)
[ -n "$cut" ] && grep -q "train: .*$cut" told && ok "what is cut: $cut" || { not_ok "what is cut: '$cut'"; cat told; }
check "more than a tenth is a warning" grep -q 'more than a tenth of the texts are cut (2[0-9]%): a larger max_source' said
check "two uneven classes: Matthews" sh -c "tr -d ' \n' <long.json | grep -q '\"metrics\":\[\"accuracy\",\"matthews\"'"
check "even ones do without" sh -c "! grep -q matthews plan.json"
"$TUTTI" new long.tsv -o wide.json --set tasks.long.max_source=200 2>said </dev/null
check "nothing cut, nothing said" sh -c "! grep -q 'are cut' said"

printf 'a\nb\nb\n' | gzip -c >references.gz; printf 'a\nb\na\n' | xz -c >predictions.xz
"$TUTTI" score accuracy references.gz predictions.xz >out 2>err
check "score reads packed files" grep -q '66.7' out
printf 'PAR1 and so on' >rows.csv
fails "a Parquet file called CSV" 2 "looks like a Parquet file: 'rows.csv'.*read_parquet('rows.csv')" "$TUTTI" new rows.csv -o no.json
exit $bad
