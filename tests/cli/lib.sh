# lib.sh - what the scripts beside share: a temporary folder, ok / not ok / skip.
# shellcheck shell=sh
set -u
TMP=$(mktemp -d) || exit 1
trap 'rm -rf "$TMP"' EXIT
bad=0
ok() { echo "ok $1"; }
not_ok() { echo "not ok $1"; bad=1; }
skip() { echo "skip $1"; }
# check NAME COMMAND...: ok when the command succeeds
check() { name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
# fails NAME STATUS 'pattern' COMMAND...: exits so, with a message like that
fails() {
	name=$1 want=$2 pattern=$3; shift 3
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	got=$?
	if [ $got = "$want" ] && grep -q -- "$pattern" "$TMP/err"; then ok "$name"
	else not_ok "$name (exit $got, want $want)"; sed 's/^/  /' "$TMP/err" | head -5; fi
}
