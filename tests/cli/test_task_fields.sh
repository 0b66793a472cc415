#!/bin/sh
# Every field of a task with every kind of task, over an encoder and over gpt: it is refused
# by its name, or something is felt of it in what is trained, measured or answered. Fields
# come from tutti-plan(5): a new one wants a value here.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache
export XDG_CACHE_HOME
mkdir -p "$TMP/d"
rows() { # rows FILE N SCRIPT: N lines of awk's for i
	awk -v n="$2" 'BEGIN { for (i = 1; i <= n; i++) { '"$3"' } }' >"$TMP/d/$1.jsonl"
}
words='w = "the gate of town " i % 7 " is " (i % 2 ? "shut . " : "open . ") "nobody saw number " i % 5 " come . we went home .";'
for s in train:40 dev:12 other:10; do
	f=${s%:*} n=${s#*:}
	rows "one.$f" "$n" "$words"' printf "{\"text\":\"%s\",\"second\":\"it was %d . we went home .\",\"label\":\"%s\"}\n", w, i, i % 3 ? "yes" : "no"'
	rows "set.$f" "$n" "$words"' printf "{\"text\":\"%s\",\"second\":\"it was %d\",\"label\":\"%s\",\"list\":\"%s\"}\n", w, i, i % 3 ? "yes,no" : "no", i % 3 ? "yes;no" : "no"'
	rows "num.$f" "$n" "$words"' printf "{\"text\":\"%s\",\"second\":\"it was %d\",\"label\":%d,\"more\":%d}\n", w, i, i % 4, i % 5'
	rows "sum.$f" "$n" "$words"' printf "{\"source\":\"%s\",\"target\":\"the gate is %s\",\"text\":\"we went to town %d\",\"more\":\"town %d\"}\n", w, i % 2 ? "shut" : "open", i, i'
	rows "kept.$f" "$n" "$words"' printf "{\"source\":\"%s\",\"target\":\"the gate\",\"text\":\"the gate is open %d\",\"more\":\"we went home\"}\n", w, i'
done
data_of() { # data_of KIND
	case $1 in classify|mlm|lm|denoise) echo one ;; multilabel) echo set ;; regress) echo num ;; summarize) echo sum ;; extract) echo kept ;; esac
}
value() { # value KEY KIND: another one than what stands there, as JSON
	d=$TMP/d/$(data_of "$2")
	case $1 in
	train|dev) echo "$d.other.jsonl" ;;
	text|source) case $2 in summarize|extract) echo text ;; *) echo second ;; esac ;;
	label) case $2 in multilabel) echo list ;; regress) echo more ;; *) echo second ;; esac ;;
	target) echo more ;;
	text_b) echo second ;;
	labels) echo '["yes","no"]' ;;
	label_texts) echo '["open","shut"]' ;;
	separator) echo ';' ;;
	threshold) echo 0.45 ;;
	unit) echo sentences ;;
	keep) echo 1 ;;
	class_weights) echo '[1,3]' ;;
	number_step) echo 0.5 ;;
	number_range) echo '[0,9]' ;;
	prompt) case $2 in summarize) echo '{source} so:' ;; *) echo '{text} so:' ;; esac ;;
	mask) echo 0.5 ;;
	how) echo spans ;;
	decoder_of) echo also ;;
	from) echo also ;;
	max_source) echo 12 ;;
	max_target) echo 6 ;;
	weight|share|dev_share) echo 0.3 ;;
	muted) echo true ;;
	smoothing) echo 0.3 ;;
	lr) echo 3 ;;
	lr_trunk) echo 3 ;;
	metrics) case $2 in classify) echo '["macro_f1"]' ;; multilabel) echo '["macro_f1"]' ;; regress) echo '["spearman"]' ;;
		mlm|lm) echo '["perplexity"]' ;; *) echo '["rouge2"]' ;; esac ;;
	rouge) echo unicode ;;
	beams) echo 1 ;;
	min_length) echo 8 ;;
	max_length) echo 4 ;;
	no_repeat) echo 0 ;;
	length_penalty) echo 0 ;;
	*) return 1 ;;
	esac
}
# Nothing to be felt in rows like these, or in a run of two steps: words for people, how files are read that are not
# JSONL, how many bad rows there may be, what a search does where it never ends early.
unfelt=' note kind format header max_bad min_length length_penalty '
plan_of() { # plan_of KIND MODEL
	d=$TMP/d/$(data_of "$1")
	heads='"heads": 2, "decoder_layers": 1,'
	[ "$2" = gpt ] && heads='"heads": 2,'
	cat >"$TMP/plan.json" <<PLAN
{ "tutti": 1, "seed": 3, "model": { "kind": "$2", $heads "dim": 16, "layers": 1 },
  "tokenizer": { "kind": "wordpiece", "size": 120 },
  "tasks": { "t": { "kind": "$1", "train": "$d.train.jsonl", "dev": "$d.dev.jsonl" },
             "also": { "kind": "summarize", "train": "$TMP/d/sum.train.jsonl", "dev": "$TMP/d/sum.dev.jsonl", "max_target": 12 } },
  "mix": { "sampling": "uniform", "micro_batches": 2, "tokens": 96 }, "optimizer": { "lr": 0.003, "warmup": 0 },
  "budget": { "steps": 2, "eval_every": 0, "checkpoint_every": 0 } }
PLAN
}
tried() { # tried [--set KEY=VALUE]: the state, or 'refused' and why in $TMP/err
	rm -rf "$TMP/runs"
	"$TUTTI" train "$TMP/${of:-plan}.json" --run x --runs "$TMP/runs" --json "$@" >"$TMP/out" 2>"$TMP/err" || { echo refused; return; }
	field state <"$TMP/out"
}
answers() { # of the run of tried
	"$TUTTI" eval x --runs "$TMP/runs" --task t --json 2>/dev/null
	"$TUTTI" predict x --runs "$TMP/runs" --task t "$TMP/d/$(data_of "$1").dev.jsonl" 2>/dev/null
}
keys=$(sed -n 's/^\.It Li "tasks\\&\.\\&\*\\&\.\(.*\)"/\1/p' man/tutti-plan.5 | sed 's/\\&//g' | sort -u)
[ "$(echo "$keys" | wc -l)" -gt 30 ] && ok "fields of tutti-plan(5)" || not_ok "fields of tutti-plan(5): $keys"
for model in transformer gpt; do
	for kind in classify multilabel regress summarize extract mlm lm denoise; do
		plan_of $kind $model
		was=$(tried)
		if [ "$was" = refused ]; then
			grep -q "a '$model' model has no answers for '$kind'" "$TMP/err" && ok "$kind is none for $model" ||
				not_ok "$kind over $model: $(cat "$TMP/err")"
			continue
		fi
		answers $kind >"$TMP/said"
		silent='' nameless='' n=0
		for key in $keys; do
			case $unfelt in *" $key "*) continue ;; esac
			v=$(value "$key" $kind) || { not_ok "no value for '$key' in $0"; continue; }
			n=$((n + 1))
			if [ "$key" = from ]; then # in place of its own rows
				sed 's/\("t": { "kind": "[a-z]*"\).*/\1 },/' "$TMP/plan.json" >"$TMP/own.json"
				is=$(of=own tried --set "tasks.t.$key=$v")
			else
				is=$(tried --set "tasks.t.$key=$v")
			fi
			if [ "$is" = refused ]; then
				grep -q "'$key' is for tasks of kind\|at tasks\.t\.$key in" "$TMP/err" ||
					nameless="$nameless $key ($(tail -n 1 "$TMP/err" | cut -c1-150))"
			elif [ "$is" = "$was" ] && answers $kind | cmp -s - "$TMP/said"; then
				silent="$silent $key"
			fi
		done
		[ -z "$silent" ] && ok "$kind over $model: $n fields are felt or refused" || not_ok "$kind over $model: nothing is felt of$silent"
		[ -z "$nameless" ] && ok "$kind over $model: by their names" || not_ok "$kind over $model: refused in other words:$nameless"
	done
done
exit $bad
