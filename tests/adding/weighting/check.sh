#!/bin/sh
# A weighting method on gradients: 'level' trains other weights than none, the same ones
# with 1 and 4 workers, after a stop and in a replay; a hand may choose it in between.
TUTTI=$1
. tests/cli/lib.sh

tiny_plan "$TMP/plan.json" 12
level() { run=$1; shift; state_of "$TMP/plan.json" --run "$run" --set mix.weighting=level "$@"; }
one=$(level one --workers 1)
[ "$one" ] && ok "it trains" || not_ok "it trains: $(cat "$TMP/err")"
check "it is not the same as none" [ "$one" != "$(state_of "$TMP/plan.json" --run none)" ]
check "four workers, the same bits" [ "$(level four --workers 4)" = "$one" ]
check "it replays to the same bits" "$TUTTI" replay one --runs "$TMP/runs"
level stopped --steps 5 >/dev/null
check "a resumed run has the same bits" [ "$("$TUTTI" resume stopped --steps 12 --json \
	--runs "$TMP/runs" 2>/dev/null | field state)" = "$one" ]
printf '4 weighting level\n8 weighting fixed\n' >"$TMP/script"
state_of "$TMP/plan.json" --run hand --script "$TMP/script" >/dev/null
check "a hand's choice replays" "$TUTTI" replay hand --runs "$TMP/runs"
fails "fewer micro-batches than tasks are refused" 2 "too few for 2" "$TUTTI" check \
	"$TMP/plan.json" --set mix.weighting=level --set mix.micro_batches=1
exit $bad
