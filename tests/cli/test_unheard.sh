#!/bin/sh
# A task that a plan mutes is measured once a hand lets it be heard, or where its head
# began with values of an init; not before.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache
export XDG_CACHE_HOME
plan=$TMP/tiny.json
tiny_plan "$plan"
heard=topic muted=headline
muting="--set tasks.$muted.muted=true --set budget.eval_every=10 --set budget.eval_examples=8 --set budget.eval_end=all"
train() { "$TUTTI" train "$plan" $muting --json --runs "$TMP/runs" "$@" >"$TMP/said" 2>"$TMP/err"; }
# steps TASK RUN: where it was measured, kind by kind
steps() { "$TUTTI" curves "$2" --table evals --runs "$TMP/runs" | awk -F, -v t="$1" '$3 == t && $4 != "baseline" { printf "%s%s", $1, substr($4, 1, 1) }'; }

train --run never
check "the one that is heard is measured" [ "$(steps "$heard" never)" = 10s20s30s40s40w ]
check "the muted one is not" [ "$(steps "$muted" never)" = "" ]
check "but its baseline" sh -c '"$1" curves never --table evals --runs "$2" | grep -q "^,0,$3,baseline"' - "$TUTTI" "$TMP/runs" "$muted"
check "nor told at the end" sh -c 'tail -n 1 "$1" | grep -q "\"dev\":{\"$2\":{[^}]*}}"' - "$TMP/said" "$heard"
[ -n "$("$TUTTI" eval never --task "$muted" --runs "$TMP/runs" --json 2>/dev/null | field n)" ] && ok "who asks for it gets it" || not_ok "eval --task"

printf '15 mute %s off\n25 mute %s on\n' "$muted" "$muted" >"$TMP/script"
train --run later --script "$TMP/script"
state=$(field state <"$TMP/said")
check "heard by hand: measured from there on, muted again as well" [ "$(steps "$muted" later)" = 20s30s40s40w ]
check "replayed" "$TUTTI" replay later --runs "$TMP/runs"
train --run stopped --script "$TMP/script" --steps 18
echo "25 mute $muted on" >"$TMP/rest"
"$TUTTI" resume stopped --runs "$TMP/runs" --json --steps 40 --script "$TMP/rest" >"$TMP/said" 2>"$TMP/err"
[ "$(steps "$muted" stopped) $(field state <"$TMP/said")" = "18e18w20s30s40s40w $state" ] && ok "and when resumed" || not_ok "resumed: $(steps "$muted" stopped), $(field state <"$TMP/said"), not $state"

# dynamic sampling reads what evaluations say: muted tasks have nothing to say
train --run dynamic --set mix.sampling=dynamic --script "$TMP/script"
check "a method that reads evaluations" "$TUTTI" replay dynamic --runs "$TMP/runs"

sed '/^  "tokenizer"/d' "$plan" >"$TMP/init.json"
plan=$TMP/init.json
train --run heads --set model.init=run:later --set "tasks.$heard.weight=2" || cat "$TMP/err"
check "a head of an init is measured from the start" [ "$(steps "$muted" heads)" = 10s20s30s40s40w ]
train --run rest --set model.init=run:later --set "tasks.$heard.weight=2" --steps 15
"$TUTTI" resume rest --runs "$TMP/runs" --steps 40 >/dev/null 2>"$TMP/err"
check "and when resumed" [ "$(steps "$muted" rest)" = 10s15e15w20s30s40s40w ]
exit $bad
