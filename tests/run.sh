#!/bin/sh
# run.sh - runs the test programs named in $TESTS and the scripts tests/cli/*.sh,
# prints one line each and the counts at the end. Environment: TUTTI (program),
# O (objects), FLAVOUR, TESTS. ONLY='word word' runs those whose name has one of them.
# EXCEPT='word word' leaves those out. Tests of screens mostly wait for one: they run in a
# lane of their own beside the rest, which then helps with it (LANES=1: all in one;
# LANES=3: two for the rest from the beginning).
: "${TUTTI:?}" "${O:?}" "${FLAVOUR:=release}"
export TUTTI O FLAVOUR
export TUTTI_SHARED="${TUTTI_SHARED:-../shared/data}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=0:exitcode=66}"
LIMIT=${LIMIT:-600}
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT

count() { # count 'text before the number' LOG
	sed -n "s/^$1 *\([0-9][0-9]*\) test(s).*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

report() { # report NAME STATUS PASSED FAILED SKIPPED LOG SECONDS
	echo "$3 $4 $5" >>"$logs/counts.$lane"
	{
		printf '%-6s %-28s %4d passed' "$([ "$2" = 0 ] && echo ok || echo FAIL)" "$1" "$3"
		[ "$4" = 0 ] || printf ', %d failed' "$4"
		[ "$5" = 0 ] || printf ', %d skipped' "$5"
		printf '  %ds\n' "$7"
		[ "$2" = 0 ] || { grep -v '^\[ *\(RUN\|OK\)' "$6" | tail -n 40 | sed 's/^/    /'; }
	} >"$logs/said.$lane"
	cat "$logs/said.$lane"
}

wanted() { # wanted NAME
	for w in ${EXCEPT:-}; do
		case $1 in *"$w"*) return 1 ;; esac
	done
	[ -n "${ONLY:-}" ] || return 0
	for w in $ONLY; do
		case $1 in *"$w"*) return 0 ;; esac
	done
	return 1
}

run_program() { # run_program PATH
	log=$logs/${1##*/} begin=$(date +%s)
	timeout "$LIMIT" "$1" >"$log" 2>&1 </dev/null
	status=$?
	p=$(count '\[  PASSED  \]' "$log") f=$(count '\[  FAILED  \]' "$log")
	s=$(count '\[  SKIPPED \]' "$log")
	# a crash, a time-out or a sanitizer's word is a failure that nobody counted
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
}

run_script() { # run_script PATH
	log=$logs/${1##*/} begin=$(date +%s)
	timeout "$LIMIT" sh "$1" >"$log" 2>&1 </dev/null
	status=$?
	p=$(grep -c '^ok ' "$log") f=$(grep -c '^not ok ' "$log") s=$(grep -c '^skip ' "$log")
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
	[ "$f" = 0 ] || status=1
}

run_lane() { # run_lane NAME PATH...
	lane=$1
	shift
	XDG_CACHE_HOME=$logs/$lane/cache XDG_STATE_HOME=$logs/$lane/state
	XDG_DATA_HOME=$logs/$lane/data
	export XDG_CACHE_HOME XDG_STATE_HOME XDG_DATA_HOME
	for t in "$@"; do
		wanted "${t##*/}" || continue
		mkdir "$logs/taken-${t##*/}" 2>/dev/null || continue # by the other lane
		case $t in *.sh) run_script "$t" ;; *) run_program "$t" ;; esac
		[ $((p + f + s)) != 0 ] || { f=1 status=1; echo "no test ran" >>"$log"; }
		report "${t##*/}" $status "$p" "$f" "$s" "$log" $(($(date +%s) - begin))
	done
}

screens='' others=''
for t in $TESTS tests/cli/test_*.sh; do
	case $t in
	*/screen/* | */test_tmux.sh) screens="$screens $t" ;;
	*) others="$others $t" ;;
	esac
done
: >"$logs/counts.screens" >"$logs/counts.others" >"$logs/counts.more"
if [ "${LANES:-2}" = 1 ]; then
	run_lane others $others $screens
else
	(run_lane screens $screens $others) &
	[ "${LANES:-2}" = 2 ] || (run_lane more $others) &
	(run_lane others $others)
	wait
fi
cat "$logs"/counts.* | awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }'
