#!/bin/sh
# A command with undo: 'gain' is journaled, feels at once, replays to the same bits, is
# in help, in completion and in the table of steps, and its row says what takes it back.
TUTTI=$1
. tests/cli/lib.sh

tiny_plan "$TMP/plan.json" 12
printf '5 gain topic -6\n8 weight topic 1\n' >"$TMP/script"
run() { "$TUTTI" train "$TMP/plan.json" --runs "$TMP/runs" --run "$@" >/dev/null; }
check "it runs from a script" run gained --script "$TMP/script"
check "and without" run plain

table() { "$TUTTI" curves gained --runs "$TMP/runs" --table "$1"; }
table journal >"$TMP/journal"
check "it stands in the journal" grep -q 'gain topic -6,1,0.501187' "$TMP/journal"
check "it replays to the same bits" "$TUTTI" replay gained --runs "$TMP/runs"
weights=$(table steps | cut -d , -f 8 | cut -c 1-5 | tr '\n' ' ')
check "its weight is that of the steps after it" \
	[ "$weights" = "topic 1 1 1 1 1 0.501 0.501 0.501 1 1 1 1 " ]
check "help has it" sh -c '"$0" send --help | grep -q "gain TASK DB"' "$TUTTI"
check "completion has it" sh -c '"$0" completion bash | grep -qw gain' "$TUTTI"
echo '5 gain topic 90' >"$TMP/script"
fails "its range is checked" 1 "gain 90 is out of range: -60 to 18" run far --script "$TMP/script"
check "its unit test builds" make build/release/tests/unit/trainer/test_gain
check "undo and pictures" build/release/tests/unit/trainer/test_gain
exit $bad
