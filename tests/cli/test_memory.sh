#!/bin/sh
# What `check` says that a run takes of memory, against what it took at its highest (VmHWM).
. tests/cli/lib.sh
case ${FLAVOUR:-release} in
asan | tsan) skip "another heap"; exit 0 ;;
esac
[ -r /proc/self/status ] || { skip "no /proc"; exit 0; }
tiny_plan "$TMP/p.json" 6
big="--set model.dim=384 --set model.layers=3 --set mix.tokens=512 --set budget.eval_every=3 --set budget.checkpoint_every=3"

# peak_of COMMAND...: MB at its highest, which the kernel keeps while the process lives
peak_of() {
	"$@" >"$TMP/out" 2>&1 </dev/null &
	peak=0
	while [ -r "/proc/$!/status" ]; do
		now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$!/status" 2>/dev/null)
		[ -n "$now" ] || break
		peak=$now
		sleep 0.02
	done
	wait $! || return 1
	echo $((peak * 1024 / 1000000))
}

# agree NAME SETTINGS...: within 10%
agree() {
	name=$1; shift
	# shellcheck disable=SC2086
	said=$("$TUTTI" check "$TMP/p.json" $big "$@" --json 2>"$TMP/err" | field memory_mb)
	# shellcheck disable=SC2086
	took=$(peak_of "$TUTTI" train "$TMP/p.json" $big "$@" --runs "$TMP/runs" --run "m$#-$(date +%s%N)")
	if [ -n "$said" ] && [ -n "$took" ] && [ "$took" -gt 100 ] &&
		awk -v s="$said" -v t="$took" 'BEGIN { exit !(s >= 0.9 * t && s <= 1.1 * t) }'; then
		ok "$name: the memory that check says"
	else
		not_ok "$name: check says ${said:-nothing} MB, the run took ${took:-nothing}"
	fi
}
agree "one worker" --workers 1
agree "two workers" --workers 2
agree "no measuring" --workers 1 --set mix.gradients_every=0
agree "adapters beside a trunk that stands still" --workers 1 --set model.adapter=lora
agree "a prefix decoder" --workers 2 --set model.decoder=prefix --set model.shared_layers=3
exit $bad
