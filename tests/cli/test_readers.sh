#!/bin/sh
# One reader: what new writes, check and train read, and say the same words of it.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
cd "$TMP" || exit 1
XDG_CACHE_HOME=$TMP/cache; export XDG_CACHE_HOME

# rows N SEPARATOR [FIRST]: text and label, numbered words, no two the same
rows() {
	awk -v n="$1" -v s="$2" -v first="${3:-0}" 'BEGIN {
		split("harbour lantern orchard violin meadow copper thunder basket", w)
		for (i = first; i < first + n; i++) {
			for (k = 0; k < 7; k++) printf "%s ", w[(i * 5 + k * (i % 3 + 1)) % 8 + 1]
			printf "%d%s%s\n", i, s, i % 2 ? "dull" : "keen"
		}
	}'
}
# takes NAME FILE 'words of new' 'words of check': both go well and say so
takes() {
	rm -f plan.json
	"$TUTTI" new "$2" -o plan.json >out 2>said </dev/null || { not_ok "$1: new"; cat said; return; }
	"$TUTTI" check plan.json >told 2>err || { not_ok "$1: check refuses what new wrote"; cat err; return; }
	grep -q -- "$3" said || { not_ok "$1: new does not say '$3'"; cat said; return; }
	grep -q -- "$4" told || { not_ok "$1: check does not say '$4'"; cat told; return; }
	ok "$1"
}

{ echo text,label; rows 90 ,; echo 'one, two,keen'; rows 60 , 100; echo 'a, b, c,dull'; } >comma.csv
takes "a separator too many" comma.csv 'skipped: too many columns 2 (lines 92, 153: 3 in place of 2)' '2 skipped: too many columns 2 (lines 92, 153'
check "and two labels" grep -q 'classify, 2 labels' told
{ echo 'text,label'; rows 150 , | awk '{ print NR "," $0 }'; } >rnames.csv
takes "names of rows" rnames.csv "classify by 'label', text 'text'" 'train: 1[0-9]* rows, 0 skipped'
{ echo 'text, label'; rows 150 ', '; } >blank.csv
takes "a blank in the header" blank.csv "classify by 'label'" '0 skipped'
{ echo '# exported, by a tool'; echo '#rows: 150'; echo 'text,label'; rows 150 ,; } >notes.csv
takes "comments on top" notes.csv '2 lines on top passed over: comments, or .sep=.' '0 skipped'
{ printf 'text\tlabel\n'; rows 150 '	'; } | sed 's/ /, /' >tabs.csv
takes "tabs in a .csv" tabs.csv "classify by 'label'" '0 skipped'
{ echo 'text;label'; rows 150 ';'; } >semicolons.csv
takes "semicolons" semicolons.csv "classify by 'label'" '0 skipped'
rows 150 '	' | awk '{ print NR % 7 ? $0 : $0 "\tfree\turl" }' >longer.tsv
takes "columns that some rows do without" longer.tsv 'longer rows the last columns are left out' 'longer rows'
{ echo text,label; rows 60 ,; echo '"an open quote,keen'; rows 140 , 100; } >quote.csv
takes "one bad row is no reason" quote.csv 'quotes out of order 1 (line 62)' 'quotes out of order 1 (line 62)'

{ echo text,label; rows 100 , | sed 's/9 *,/\xef,/'; } >latin.csv
fails "new tells what it cannot read" 2 'invalid UTF-8 [0-9]* (lines [0-9, ]*, ...: .*<EF>.*): .*iconv -f WINDOWS-1252' "$TUTTI" new latin.csv -o no.json
cp err new.err
"$TUTTI" new latin.csv -o yes.json --set tasks.latin.max_bad=1 2>said </dev/null
check "and takes it when it is told to" grep -q 'skipped: invalid UTF-8' said
fails "check says it in the same words" 1 'invalid UTF-8' "$TUTTI" check yes.json --set tasks.latin.max_bad=0.01
tail -n 1 new.err >a; tail -n 1 err >b
check "word for word" cmp a b
awk 'BEGIN { for (i = 0; i < 50; i++) printf "{\"text\": \"a %d b\", \"label\": %d, \"label\": 2}\n", i, i % 2 }' >twice.jsonl
fails "a key twice" 2 "no valid JSON 50 (lines 1, 2, 3, 4, ...: key 'label' comes twice)" "$TUTTI" new twice.jsonl -o no.json
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"text\": \"word %d and more\", \"label\": 12345678901234567%d}\n", i, i % 3 }' >digits.jsonl
takes "labels of 18 digits" digits.jsonl "'label' has 3 values" 'classify, 3 labels'
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"text\": \"word %d and more\", \"labels\": [\"a\", \"%d\"]}\n", i, i % 3 }' >lists.jsonl
takes "several labels" lists.jsonl "'labels' has lists of 4 words" 'multilabel, 4 labels'
fails "and never one label" 2 "a list where one label or number may be 60" "$TUTTI" new lists.jsonl -o no.json \
	--set kind=classify --set text=text --set label=labels
[ ! -e no.json ] && ok "no plan of what is refused" || not_ok "a plan of what is refused"

# one name twice
{ echo id,text,label,label; rows 120 , | awk -F, '{ print NR "," $0 "," (NR % 3 ? "x" : "y") }'; } >double.csv
takes "two columns of one name" double.csv "'label#2' is column 3: its name stands twice" "classify, 2 labels"
fails "asked for by that name" 2 "several columns are called 'label'" "$TUTTI" new double.csv -o no.json \
	--set kind=classify --set text=text --set label=label
fails "in a plan" 1 "2 columns are called 'label'.*numbers 2, 3: say the number, or 'label#2'" \
	"$TUTTI" check plan.json --set tasks.double.label=label
check "by number" "$TUTTI" check plan.json --set tasks.double.label=2 >out 2>err
check "the first by name" "$TUTTI" check plan.json --set 'tasks.double.label=label#1' >out 2>err

{ echo text,label; rows 100 , | sed 's/,dull/,du\xefl/'; } >half.csv
fails "why nothing can be told" 2 "where 50 rows cannot be read (invalid UTF-8 50 (lines 3, 5" "$TUTTI" new half.csv -o no.json

# the true reason of a row without a target
{ echo text,label; rows 100 , | awk -F, '{ print NR % 5 ? $0 : $1 "," }'; } >unnamed.csv
fails "an empty label" 2 "empty label [0-9]* (lines 6, 1[16], [0-9, ]*...): a max_bad of 1 skips such rows" "$TUTTI" new unnamed.csv -o no.json
"$TUTTI" new unnamed.csv -o yes.json --set tasks.unnamed.max_bad=1 >out 2>said </dev/null
check "which works" "$TUTTI" check yes.json >out 2>err
{ echo text,label; rows 100 , | awk -F, '{ printf "%s,%s", $1, $2; if (NR == 7) for (i = 0; i < 60; i++) printf "-long"; print "" }'; } >lengthy.csv
takes "a label too long" lengthy.csv 'label too long 1 (line 8: ' 'label too long 1 (line 8: '
rows 90 , | awk -F, '{ printf "{\"text\": \"%s\", \"score\": %s}\n", $1, NR == 9 ? "2e150" : NR * 0.7 }' >vast.jsonl
takes "a number too large" vast.jsonl 'number too large 1 (line 9: 2e+\{0,1\}150)' 'number too large 1 (line 9'
{ echo text,label; rows 100 , | awk -F, '{ print $1 "," (NR % 4 ? $2 : "NA") }'; } >na.csv
takes "labels that tables have for none" na.csv "[0-9]* train rows have the label 'NA', which may mean that there is none" "have the label 'NA'"
{ echo text,label; rows 60 ,; } | iconv -f UTF-8 -t UTF-32 >wide32.csv
fails "UTF-32 is not UTF-16" 2 "looks like UTF-32 text: 'wide32.csv': iconv -f UTF-32" "$TUTTI" new wide32.csv -o no.json

# tables as R writes them: quotes around every text, with tabs between
{ printf '"text"\t"label"\n'; rows 150 '	' | awk -F'\t' '{ sub(/ /, " \"\"so\"\" ", $1); printf "\"%d\"\t\"%s\"\t\"%s\"\n", NR, $1, $2 }'; } >quoted.tsv
takes "tabs between fields in quotes" quoted.tsv "classify by 'label', text 'text'" '0 skipped'
check "are a CSV table" grep -q '"format": "csv"' plan.json
{ printf 'text\tlabel\n'; rows 150 '	' | awk -F'\t' '{ print (NR == 60 ? $1 : "\"" $1 "\"") "\t" $2 }'; } >glue.tsv
takes "one field without, and quotes are text" glue.tsv "classify by 'label', text 'text'" '0 skipped'
check "in a TSV table" grep -q '"format": "tsv"' plan.json

# files put together
{ echo text,label; rows 90 ,; printf '\357\273\277text,label\n'; rows 90 , 100; } >joined.csv
"$TUTTI" new joined.csv -o joined.json --set header=true --set kind=classify --set text=text --set label=label \
	--set tasks.joined.dev_share=0.01 >out 2>said </dev/null
check "a second header is told" grep -q '1 train row has the names of the columns, the first in line 92' said

# why nothing can be learned
{ echo text,label; rows 40 , | sed 's/,.*/,keen/'; } >alike.csv
fails "one label alone" 2 "'label' (keen, the same in all rows): nothing can be learned of a label that never" "$TUTTI" new alike.csv -o no.json
{ echo id,lang,text; rows 40 , | awk -F, '{ printf "%d,en,%s\n", NR, $1 }'; } >aside.csv
fails "no label at all" 2 "'lang' (en, the same in all rows).*: say it with" "$TUTTI" new aside.csv -o no.json
rows 40 , | awk -F, '{ printf "{\"data\": {\"text\": \"%s\", \"label\": \"%s\"}}\n", $1, $2 }' >nested.jsonl
fails "members of members" 2 "no columns, where 'data' has members of its own" "$TUTTI" new nested.jsonl -o no.json
rows 60 , | awk -F, '{ k = "long"; for (i = 0; i < 20; i++) k = k "-key"
	printf "{\"text\": \"%s\", \"\": \"%s\", \"%s\": \"%s\"}\n", $1, $2, k, $2 }' >keys.jsonl
fails "keys that no plan can name are no columns" 2 "cannot tell what to learn from 'keys.jsonl' with 'text' (" "$TUTTI" new keys.jsonl -o no.json
{ echo text,label; rows 3 ,; } >few.csv
fails "too few rows" 2 "too few rows (3)" "$TUTTI" new few.csv -o no.json
fails "a file that is another each time" 2 "'/dev/stdin' is another file each time, and a plan names" "$TUTTI" new /dev/stdin -o no.json
{ echo text; rows 60 ' '; } >alone.csv
fails "one column" 2 "most rows of 'alone.csv' have one column" "$TUTTI" new alone.csv -o no.json

# settings of new
{ echo a,b,c; rows 60 ,; } >wide.csv
fails "names over other rows" 2 "first row of 'wide.csv' has not as many columns" "$TUTTI" new wide.csv -o no.json --set header=true
fails "header is a word" 2 "header is true or false" "$TUTTI" new blank.csv -o no.json --set header=maybe
fails "a kind that is none" 2 "kind is classify, regress, summarize, multilabel, mlm, denoise, lm or extract, not 'sort'" "$TUTTI" new blank.csv -o no.json --set kind=sort
fails "one column for two parts" 2 "one column for two parts" "$TUTTI" new blank.csv -o no.json \
	--set kind=classify --set text=text --set label=text
fails "a column that is none" 2 "no column 'mood' in 'blank.csv': there are 'text' (.*), 'label' (" "$TUTTI" new blank.csv \
	-o no.json --set kind=classify --set label=mood
awk 'BEGIN { for (i = 0; i < 30; i++) print "{}" }' >nothing.jsonl
fails "nothing to learn from" 2 "cannot tell what to learn from 'nothing.jsonl' with no columns" "$TUTTI" new nothing.jsonl -o no.json

# dev files: by exact name, then by what goes on; what they share with train
mkdir nli; head='index	premise	hypothesis	gold_label'
nli() { rows "$1" '	' "$2" | awk -F'\t' '{ print NR "\t" $1 "\t" $1 " too\t" (NR % 9 ? $2 : "-") }'; }
{ echo "$head"; nli 200 0; } >nli/train.tsv
{ echo "$head"; nli 40 1000; } >nli/dev_matched.tsv
{ echo "$head"; nli 30 190; } >nli/dev_mismatched.tsv
"$TUTTI" new nli/dev_mismatched.tsv nli/train.tsv nli/dev_matched.tsv -o nli.json >out 2>said </dev/null
check "one task" sh -c '[ "$(grep -c "\"kind\": \"classify\"" nli.json)" = 1 ]'
check "with the first as its dev file" grep -q '"dev": "nli/dev_mismatched.tsv"' nli.json
check "the other is left for later" grep -q 'left for later: nli/dev_matched.tsv' said
check "rows of dev that stand in train" grep -q '10 of 30 dev rows have a text that stands in train' said
check "labels that mean none" grep -q "22 train rows have the label '-'" said
"$TUTTI" check nli.json >told 2>err
check "check says so, too" grep -q '10 of 30 dev rows have a text that stands in train' told
check "of labels, too" grep -q "22 train rows have the label '-'" told
cp nli/train.tsv nli/dev.tsv
"$TUTTI" new nli/*.tsv -o nli.json --force >out 2>said </dev/null
check "the file of the train file's own name first" grep -q '"dev": "nli/dev.tsv"' nli.json
check "dev is train" grep -q 'the dev file holds what the train file holds' said

# of one name in two folders; a dev file alone
mkdir -p other/mood; cp blank.csv mood-train.csv; { echo 'text, label'; rows 40 ', ' 900; } >other/mood/dev.csv
"$TUTTI" new mood-train.csv other/mood/dev.csv -o mood.json >out 2>said </dev/null
check "a dev file of that name elsewhere" grep -q '"dev": "other/mood/dev.csv"' mood.json
check "is no task" [ "$(grep -c '"kind": "classify"' mood.json)" = 1 ]
"$TUTTI" new other/mood/dev.csv -o dev.json >out 2>said </dev/null
check "a dev file that is trained on is told" grep -q 'no train file of its name is given: this one, which is called dev, is trained on' said
fails "JSON where a table is said to be" 1 "rows of '.*digits.jsonl' are JSON, and its format is said to be csv" \
	"$TUTTI" check mood.json --set tasks.mood.dev=digits.jsonl

# without a terminal
fails "a plan without a terminal" 2 "'tutti train nli.json' works" "$TUTTI" nli.json
"$TUTTI" train nli.json --runs runs --run r --steps 1 >out 2>err
for c in "" attach; do
	# shellcheck disable=SC2086
	fails "a run without a terminal: $c" 2 "'tutti eval r'" "$TUTTI" $c r --runs runs
	grep -q 'train r' err && not_ok "a run is not trained by its name" || ok "a run is not trained by its name"
done
check "what is advised works" "$TUTTI" eval r --runs runs >out 2>err
fails "no such run" 2 "no run of that name in" "$TUTTI" none --runs runs
exit $bad
