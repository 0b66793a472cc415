#!/bin/sh
# Every sub-command's help has an example, and every example works as it is written:
# all of them run, in one folder, on generated rows; those that want a terminal under
# script(1), those that want a live run beside one.
. tests/cli/lib.sh
case $TUTTI in /*) ;; *) TUTTI=$PWD/$TUTTI ;; esac
for tool in bash script; do
	command -v $tool >/dev/null || { not_ok "no $tool here: examples cannot run"; exit 1; }
done
cp -r tests/golden/pretrained/bert "$TMP/bert"
cd "$TMP" || exit 1
mkdir bin && ln -s "$TUTTI" bin/tutti
PATH=$TMP/bin:$PATH TERM=xterm-256color LC_ALL=C.UTF-8
XDG_DATA_HOME=$TMP/data XDG_CACHE_HOME=$TMP/cache XDG_STATE_HOME=$TMP/state
export PATH TERM LC_ALL XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
unset NO_COLOR

# what the examples name
awk 'BEGIN {
	split("river garden engine market window letter teacher storm bridge song", w)
	print "review,mood"
	for (i = 0; i < 300; i++) {
		t = ""
		for (k = 0; k < 8; k++) t = t w[(i * 7 + k * (i % 5 + 1)) % 10 + 1] " "
		printf "\"%s, %d\",%s\n", t, i, i % 3 ? "calm" : "wild"
	}
}' >reviews.csv
printf 'calm\nwild\ncalm\ncalm\n' >references.txt
printf 'calm\ncalm\nwild\ncalm\n' >predictions.txt
for i in $(seq 2 301); do echo "{\"line\":$i,\"label\":\"calm\"}"; done >said.jsonl

# in an order in which each finds what it needs; '-' is the desk, which has no name
order='new check train resume sweep - attach send actions watch eval predict score import-predictions ls curves compare replay fork branch schedule play export tokenize inspect completion rm'
help_of() { if [ "$1" = - ]; then tutti plan.json --help; else tutti "$1" --help; fi; }
examples_of() { help_of "$1" | sed -n '/^for example$/,$s/^  //p'; }
for sub in $(tutti --help | sed -n 's/^  tutti \([a-z-]\{1,\}\) .*/\1/p'); do
	case " $order " in
	*" $sub "*) ;;
	*) not_ok "the examples of '$sub' are not run here" ;;
	esac
done

live() { # a run that goes on until it is stopped
	tutti train plan.json --run demo-1 --set budget.steps=1000000 --json >live.out 2>live.err &
	live=$!
	for _ in $(seq 300); do
		grep -q '"event":"begin"' live.out && return
		sleep 0.1
	done
	not_ok "no live run"; cat live.err
}

# on_terminal 'keys' 'what is on the screen' LINE: keys one by one, then the end
on_terminal() {
	keys=$1 want=$2 line=$3
	{
		sleep 1.5
		for key in $keys; do printf '%s' "$key"; sleep 0.7; done
		sleep 1
	} | timeout 60 script -qec "stty rows 24 cols 80; $line" /dev/null >screen 2>err
	got=$?
	[ $got = 0 ] && grep -q "$want" screen
}

run() { # run SUB LINE
	case $1 in
	-) on_terminal 'q y' reviews "$2" ;;
	play) on_terminal 'q' reviews "$2" ;;
	attach) case $2 in
		*--view*) on_terminal 'q' reviews "$2" ;;
		*) on_terminal 'D' reviews "$2" ;;
		esac ;;
	*) bash -c "set -o pipefail; $2" >out 2>err </dev/null ;;
	esac
}

for sub in $order; do
	examples_of "$sub" >lines
	[ -s lines ] && ok "help of '$sub' has an example" || not_ok "help of '$sub' has no example"
	case $sub in attach) live ;; esac
	while IFS= read -r line <&3; do
		if run "$sub" "$line"; then ok "$line"
		else not_ok "$line"; tail -n 5 err; head -c 400 out; fi
	done 3<lines
	case $sub in
	new) check "and there is a plan" test -s plan.json ;;
	curves) check "and there are steps" sh -c '[ "$(wc -l <steps.csv)" = 91 ]' ;;
	import-predictions) check "and there is a run of them" sh -c "tutti ls --names | grep -qx gpt" ;;
	score) check "and there are scores" grep -q '"rouge1":' out ;;
	rm) check "and the run is gone" sh -c "! tutti ls --names | grep -qx heavy" ;;
	esac
done
kill -INT $live && wait $live
[ $? = 130 ] && ok "the live run went on until it was stopped" || not_ok "the live run ended by itself"
exit $bad
