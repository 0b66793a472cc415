#!/bin/sh
# A field of the model: 'model.temper' of a trunk that divides its rows by it. It is
# read, checked and kept with the plan, and changes what is trained.
TUTTI=$1
. tests/cli/lib.sh

tiny_plan "$TMP/all.json" 10
# what such a model has no use for is refused: only its own fields stay
sed 's/"model": {[^}]*}/"model": { "kind": "transformer", "dim": 16, "decoder_layers": 1 }/' \
	"$TMP/all.json" >"$TMP/plan.json"
warm() { run=$1; shift; state_of "$TMP/plan.json" --run "$run" --set model.kind=warm "$@"; }
cool=$(warm cool)
[ "$cool" ] && ok "it trains" || not_ok "it trains: $(cat "$TMP/err")"
check "1 is what it is without" [ "$(warm one --set model.temper=1)" = "$cool" ]
hot=$(warm hot --set model.temper=4)
check "4 is another training" [ "$hot" -a "$hot" != "$cool" ]
check "the run keeps it" grep -q '"temper": *4' "$TMP/runs/hot/plan.json"
check "and trains the same from it" \
	[ "$(state_of "$TMP/runs/hot/plan.json" --run again)" = "$hot" ]
fails "its range is checked" 2 "0 is out of range, 0.01 to 100 at model.temper" \
	"$TUTTI" check "$TMP/plan.json" --set model.kind=warm --set model.temper=0
fails "its name is known" 2 "did you mean 'model.temper'" \
	"$TUTTI" check "$TMP/plan.json" --set model.tempr=2
fails "it is its own trunk's" 2 "'temper' is for models of kind warm, not transformer" \
	"$TUTTI" check "$TMP/plan.json" --set model.temper=2
exit $bad
