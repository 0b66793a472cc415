#!/bin/sh
# run.sh - runs the test programs named in $TESTS and the scripts tests/cli/*.sh,
# prints one line each and the counts at the end. Environment: TUTTI (program),
# O (objects), FLAVOUR, TESTS. ONLY='word word' runs those whose name has one of them.
: "${TUTTI:?}" "${O:?}" "${FLAVOUR:=release}"
export TUTTI O FLAVOUR
export TUTTI_SHARED="${TUTTI_SHARED:-../shared/data}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=0:exitcode=66}"
LIMIT=${LIMIT:-600}
passed=0 failed=0 skipped=0
logs=$(mktemp -d) || exit 1
XDG_CACHE_HOME=$logs/cache XDG_STATE_HOME=$logs/state XDG_DATA_HOME=$logs/data
export XDG_CACHE_HOME XDG_STATE_HOME XDG_DATA_HOME
trap 'rm -rf "$logs"' EXIT

count() { # count 'text before the number' LOG
	sed -n "s/^$1 *\([0-9][0-9]*\) test(s).*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

report() { # report NAME STATUS PASSED FAILED SKIPPED LOG SECONDS
	passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
	printf '%-6s %-28s %4d passed' "$([ "$2" = 0 ] && echo ok || echo FAIL)" "$1" "$3"
	[ "$4" = 0 ] || printf ', %d failed' "$4"
	[ "$5" = 0 ] || printf ', %d skipped' "$5"
	printf '  %ds\n' "$7"
	[ "$2" = 0 ] || { grep -v '^\[ *\(RUN\|OK\)' "$6" | tail -n 40 | sed 's/^/    /'; }
}

wanted() { # wanted NAME
	[ -n "${ONLY:-}" ] || return 0
	for w in $ONLY; do
		case $1 in *"$w"*) return 0 ;; esac
	done
	return 1
}

for t in $TESTS; do
	name=${t##*/}
	wanted "$name" || continue
	log=$logs/$name begin=$(date +%s)
	timeout "$LIMIT" "$t" >"$log" 2>&1 </dev/null
	status=$?
	p=$(count '\[  PASSED  \]' "$log") f=$(count '\[  FAILED  \]' "$log")
	s=$(count '\[  SKIPPED \]' "$log")
	# a crash, a time-out or a sanitizer's word is a failure that nobody counted
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
	[ $((p + f + s)) != 0 ] || { f=1; status=1; echo "no test ran" >>"$log"; }
	report "$name" $status "$p" "$f" "$s" "$log" $(($(date +%s) - begin))
done

for t in tests/cli/test_*.sh; do
	name=${t##*/}
	wanted "$name" || continue
	log=$logs/$name begin=$(date +%s)
	timeout "$LIMIT" sh "$t" >"$log" 2>&1 </dev/null
	status=$?
	p=$(grep -c '^ok ' "$log") f=$(grep -c '^not ok ' "$log") s=$(grep -c '^skip ' "$log")
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
	[ "$f" = 0 ] || status=1
	[ $((p + f + s)) != 0 ] || { f=1; status=1; echo "no test ran" >>"$log"; }
	report "$name" $status "$p" "$f" "$s" "$log" $(($(date +%s) - begin))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
