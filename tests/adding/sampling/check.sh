#!/bin/sh
# A sampling method that remembers: 'relay' draws one task alone for so many steps, its
# memory is kept by a checkpoint, and it replays to the same bits.
TUTTI=$1
. tests/cli/lib.sh

tiny_plan "$TMP/plan.json" 12
relay() { run=$1; shift; state_of "$TMP/plan.json" --run "$run" --set mix.sampling=relay \
	--set mix.sampling_args.steps=3 "$@"; }
whole=$(relay whole)
[ "$whole" ] && ok "it trains" || not_ok "it trains: $(cat "$TMP/err")"
drawn=$("$TUTTI" curves whole --runs "$TMP/runs" --table steps |
	awk -F, 'NR > 1 { printf "%d ", $11 }') # topic.micro_batches
check "one task alone for three steps: $drawn" [ "$drawn" = "4 4 4 0 0 0 4 4 4 0 0 0 " ]
relay stopped --steps 5 >/dev/null
check "its memory is kept" [ "$("$TUTTI" resume stopped --steps 12 --json --runs "$TMP/runs" \
	2>/dev/null | field state)" = "$whole" ]
check "it replays to the same bits" "$TUTTI" replay whole --runs "$TMP/runs"
fails "its parameter has a range" 2 "out of range" "$TUTTI" check "$TMP/plan.json" \
	--set mix.sampling=relay --set mix.sampling_args.steps=0
exit $bad
