#!/bin/sh
# The script that counts what adding costs refuses what is not an addition.
. tests/cli/lib.sh

list=core/command/command_table.c
proof() { # proof NAME: an empty one, with a check that always passes
	rm -rf "$TMP/proofs" && mkdir -p "$TMP/proofs/$1" && : >"$TMP/proofs/$1/check.sh"
}
line() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$TMP/proofs/$4/lines"; }
refuses() { # refuses NAME 'pattern'
	PROOFS=$TMP/proofs sh tests/adding.sh >"$TMP/out" 2>&1
	got=$?
	if [ $got = 1 ] && grep -q -- "$2" "$TMP/out" &&
		[ "$(tail -n 1 "$TMP/out")" = "0 passed, 1 failed" ]; then
		ok "$1"
	else
		not_ok "$1 (exit $got)"
		sed 's/^/  /' "$TMP/out" | head -9
	fi
}

proof a; line core/trainer/trainer.c 'return ST_OK;' '/* new */' a
refuses "a line in a file that is no table" "'core/trainer/trainer.c' is no table"
proof b; line $list 'X(nothing) \' 'X(gain) \' b
refuses "an anchor that does not stand there" "must stand in '$list' exactly once"
proof c; line core/plan/plan_table.c '}' '/* new */' c
refuses "an anchor that stands there twice" "must stand in 'core/plan/plan_table.c' exactly once"
proof d; echo "$list X(weight) X(gain)" >"$TMP/proofs/d/lines"
refuses "a line without tabs" "no PATH, ANCHOR, NEW"
proof e; mkdir -p "$TMP/proofs/e/core/command"; : >"$TMP/proofs/e/core/command/command.c"
refuses "a file that is there already" "'core/command/command.c' is there already"
proof f; rm "$TMP/proofs/f/check.sh"; : >"$TMP/proofs/f/lines"
refuses "a proof that nobody checks" "no check.sh"
exit $bad
