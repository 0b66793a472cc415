#!/bin/sh
# `predict`: a line out for every line in, an answer or the reason why there is none.
. tests/cli/lib.sh
runs=$TMP/runs
tiny_plan "$TMP/p.json" 6
pairs='"alike": {"kind":"regress","train":"'$TMP'/pairs.jsonl","dev":"'$TMP'/pairs.jsonl","text":"a","text_b":"b","label":"score","max_source":32},'
sed -i "s|\"tasks\": {|&$pairs|" "$TMP/p.json"
for i in $(seq 60); do echo "{\"a\":\"row $i is here\",\"b\":\"row $((i % 7)) was there\",\"score\":$((i % 5))}"; done >"$TMP/pairs.jsonl"
state_of "$TMP/p.json" --run one >/dev/null
[ -s "$TMP/err" ] && sed 's/^/  /' "$TMP/err"

# predict TASK: $TMP/in to $TMP/out, words to $TMP/err, the status to $got
predict() { "$TUTTI" predict one --task "$1" --runs "$runs" <"$TMP/in" >"$TMP/out" 2>"$TMP/err"; got=$?; }
# answers NAME STATUS 'of each line: + an answer, or words of its reason' ...
answers() {
	name=$1 want=$2; shift 2
	n=0 wrong=
	[ "$(wc -l <"$TMP/out")" = $# ] || wrong="$(wc -l <"$TMP/out") lines, not $#"
	for reason; do
		n=$((n + 1))
		line=$(sed -n "${n}p" "$TMP/out")
		case $reason in
		+) case $line in *'"error"'*) wrong="$wrong line $n" ;; "{\"line\":$n,\""*) ;; *) wrong="$wrong line $n" ;; esac ;;
		*) case $line in "{\"line\":$n,\"error\":\""*"$reason"*'"}') ;; *) wrong="$wrong line $n" ;; esac ;;
		esac
	done
	if [ -z "$wrong" ] && [ "$got" = "$want" ]; then ok "$name"
	else not_ok "$name ($wrong, exit $got)"; head -c 2000 "$TMP/out"; cat "$TMP/err"; fi
}

printf 'the ferry came in\n{"text":"a vote was lost"}\n{"text":["the","vote"],"more":1}\n{"text":7}' >"$TMP/in"; predict topic
answers "all good" 0 + + + +
grep -qv '^step ' "$TMP/err" && not_ok "and silent but for the step" || ok "and silent but for the step"

printf 'the ferry\n\n \t \n{"text":""}\n{"txt":"x"}\n{"text":null}\n{"text":"x","text":"y"}\n{"text":"x"\nb\344d\nn\0l\n{}\nthe end\n' >"$TMP/in"; predict topic
answers "each in its place" 1 + "empty text" "empty text" "empty text" "no text in 'text'" "no text in 'text'" \
	"key 'text' comes twice" "no valid JSON: ',' or" "invalid UTF-8" "NUL byte" "no text in 'text'" +
check "the words name the first" grep -q "10 of 12 lines have no answer, the first is stdin:2: empty text" "$TMP/err"
"$TUTTI" score accuracy "$TMP/out" "$TMP/out" >/dev/null 2>"$TMP/err2"
check "score does not take it for a label" grep -q "out:2: no answer here: empty text" "$TMP/err2"

printf '\n' >"$TMP/in"; predict topic
answers "a blank line alone" 1 "empty text"
printf '' >"$TMP/in"; predict topic
answers "nothing in, nothing out" 0
check "and that is said" grep -q "no lines in 'stdin'" "$TMP/err"
printf 'the ferry\rcame in\r' >"$TMP/in"; predict topic
answers "CR alone ends lines" 0 + +
{ printf 'the ferry\r'; sleep 0.3; printf '\ncame in\r\n'; } | "$TUTTI" predict one --task topic --runs "$runs" >"$TMP/out" 2>"$TMP/err"; got=$?
answers "but half of CR LF does not" 0 + +

# a table is read as data is: the same answers as for its texts
printf 'id,text,topic\n1,the ferry came in,x\n2,"a vote, lost",y\n\n3,too,many,z\n4,,x\n5,rain in the hills,x\n' >"$TMP/t.csv"
printf 'the ferry came in\na vote, lost\n' >"$TMP/in"; predict topic
cut -d, -f2- "$TMP/out" >"$TMP/want"
"$TUTTI" predict one --task topic --runs "$runs" "$TMP/t.csv" >"$TMP/out" 2>"$TMP/err"; got=$?
head -n 2 "$TMP/out" | cut -d, -f2- | cmp -s - "$TMP/want" && ok "a table's texts" || { not_ok "a table's texts"; cat "$TMP/out" "$TMP/err"; }
check "its rows by their lines" [ "$(sed 's/^{"line":\([0-9]*\).*/\1/' "$TMP/out" | tr '\n' ' ')" = "2 3 5 6 7 " ]
check "and their reasons" sh -c "sed -n 3p '$TMP/out' | grep -q 'too many columns: 4 in place of 3' && sed -n 4p '$TMP/out' | grep -q 'empty text'"
check "are counted" [ $got = 1 ]
check "it is said to be one" grep -q "t.csv' is a table: its column 'text' is read" "$TMP/err"
tab() { "$TUTTI" predict one --task "$1" --runs "$runs" "$TMP/$2" >"$TMP/out" 2>"$TMP/err"; got=$?; }
printf 'a\tb\n' >"$TMP/p.tsv"; for i in 1 2 3; do printf 'row %d is here\trow was there\n' $i; done >>"$TMP/p.tsv"; tab alike p.tsv
check "of pairs" [ "$got $(grep -c '"value"' "$TMP/out")" = "0 3" ]
for i in $(seq 40); do printf '%d\tthe ferry %d came in\t%d\n' $i $i $((i % 2)); done >"$TMP/n.txt"
"$TUTTI" new "$TMP/n.txt" -o "$TMP/n.json" --set kind=classify --set text=1 --set label=2 --set tasks.n.dev_share=0.3 </dev/null >/dev/null 2>&1
"$TUTTI" train "$TMP/n.json" --run n --runs "$runs" --steps 1 >/dev/null 2>&1
"$TUTTI" predict n --task n --runs "$runs" "$TMP/n.txt" >"$TMP/out" 2>"$TMP/err"
check "columns by number, of the plan's format" grep -q "n.txt' is a table: its column '1' is read" "$TMP/err"
cut -f 2 "$TMP/n.txt" | "$TUTTI" predict n --task n --runs "$runs" >"$TMP/want" 2>"$TMP/err"
check "and have the texts' answers" cmp "$TMP/out" "$TMP/want"
printf 'Text,Topic\na b c,x\nd e f,y\n' >"$TMP/other.csv"
fails "other columns" 1 "no column 'text' in '$TMP/other.csv': there are Text, Topic" "$TUTTI" predict one --task topic --runs "$runs" "$TMP/other.csv"
printf 'a ferry, a vote\nrain, hills\nsun, sea\n' >"$TMP/plain.txt"; tab topic plain.txt
answers "lines with commas are lines" 0 + + +
cp "$TMP/t.csv" "$TMP/in"; predict topic
check "a table through a pipe is refused" [ $got = 1 ] && check "in words" grep -q "stdin:1: these are a table's columns" "$TMP/err"
printf '[{"text":"a"},{"text":"b"}]\n' >"$TMP/in"; predict topic
check "one JSON document" grep -q "stdin:1: one JSON document, not a row a line: jq -c '.\[\]'" "$TMP/err"
check "has no invented answer" [ "$got $(wc -c <"$TMP/out")" = "1 0" ]
printf 'the ferry\ncame in\n' | iconv -t UTF-16 >"$TMP/wide.txt"
fails "what is no UTF-8 text" 1 "looks like UTF-16 text: '$TMP/wide.txt'" "$TUTTI" predict one --task topic --runs "$runs" "$TMP/wide.txt"

printf '\357\273\277{"txt":"the ferry"}\n' >"$TMP/in"; predict topic
answers "a BOM is not the line's" 1 "no text in 'text'"
printf '\357\273\277{"text":"the ferry"}\r\n\357\273\277the ferry\n' >"$TMP/in"; predict topic
answers "a BOM and CR LF" 0 + +
{ printf 'one\n'; head -c 17000000 /dev/zero | tr '\0' 'x'; printf '\ntwo\n'; } >"$TMP/in"; predict topic
answers "a line too long" 1 + "row too long" +
head -c 17000000 /dev/zero | tr '\0' 'x' >"$TMP/in"; predict topic
answers "and one without an end" 1 "row too long"

# more than a batch, holes in it
for i in $(seq 150); do [ $((i % 40)) = 0 ] && echo || echo "line $i"; done >"$TMP/in"; predict topic
check "150 lines, 150 lines" [ "$(wc -l <"$TMP/out")" = 150 ]
check "three holes" [ "$(grep -c '"error"' "$TMP/out")" = 3 ]
check "in order" sh -c "sed 's/^{\"line\":\([0-9]*\).*/\1/' '$TMP/out' | sort -nc"

# tasks of pairs
printf 'a plain line\n{"a":"x","b":"y"}\n' >"$TMP/in"; predict alike
[ $got = 1 ] && [ ! -s "$TMP/out" ] && grep -q "stdin:1: task 'alike' is of two texts: JSON objects with 'a' and 'b'" "$TMP/err" \
	&& ok "plain lines in a task of pairs" || { not_ok "plain lines in a task of pairs (exit $got)"; cat "$TMP/out" "$TMP/err"; }
printf '{"a":"x","b":"y"}\na plain line\n{"a":"x"}\n{"a":"x","b":" "}\n\n{"a":"x","b":"z"}\n' >"$TMP/in"; predict alike
answers "pairs" 1 + "is of two texts" "no text in 'b'" "empty text" "empty text" +
printf '\n{"a":"x","b":"y"}\n' >"$TMP/in"; predict alike
answers "a blank line before pairs" 1 "empty text" +

# the likeliest labels, in order
top() { "$TUTTI" predict one --task topic --runs "$runs" "$@" >"$TMP/out" 2>"$TMP/err"; }
printf 'the ferry came in\na vote was lost\n' >"$TMP/in"
"$TUTTI" predict one --task topic --runs "$runs" "$TMP/in" >"$TMP/all"
labels=$(head -n 1 "$TMP/all" | sed 's/.*"p":{//' | tr ',' '\n' | wc -l)
top "$TMP/in" --top 2
check "--top 2" grep -q '^{"line":1,"label":"[^"]*","top":\[{"label":"[^"]*","p":[0-9.e-]*},{"label":"[^"]*","p":[0-9.e-]*}\]}$' "$TMP/out"
check "two lines" [ "$(wc -l <"$TMP/out")" = 2 ]
check "the first is the answer" sh -c "sed 's/.*\"label\":\"\([^\"]*\)\",\"top\":\[{\"label\":\"\([^\"]*\)\".*/\1 \2/' '$TMP/out' | awk '\$1 != \$2 { exit 1 }'"
top "$TMP/in" --top 100
order() { head -n 1 "$TMP/out" | grep -o '"p":[0-9.e-]*' | cut -d: -f2; }
check "beyond the labels: all $labels" [ "$(order | wc -l)" = "$labels" ]
order >"$TMP/a"; order | sort -grs >"$TMP/b"
check "in order" cmp "$TMP/a" "$TMP/b"
fails "--top 0" 2 "at least 1, not 0" "$TUTTI" predict one --task topic --runs "$runs" --top 0
fails "--top of numbers" 1 "tasks with labels: 'alike' is to regress" "$TUTTI" predict one --task alike --runs "$runs" --top 2
# files as data is read
gzip -c "$TMP/in" >"$TMP/in.gz"
top "$TMP/in.gz"
check "a packed file" cmp "$TMP/all" "$TMP/out"
printf 'PAR1 and so on' >"$TMP/a.jsonl"
fails "a Parquet file" 1 "looks like a Parquet file.*read_parquet" "$TUTTI" predict one --task topic --runs "$runs" "$TMP/a.jsonl"
printf '[\n{"text": "a"}\n]\n' >"$TMP/a.jsonl"
fails "one JSON list" 1 "jq -c '.\[\]' makes rows" "$TUTTI" predict one --task topic --runs "$runs" "$TMP/a.jsonl"
exit $bad
