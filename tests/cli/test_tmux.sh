#!/bin/sh
# The real program on the demo's data inside tmux, as eight kinds of terminal: it
# shows its desk, and leaves the shell's screen and settings as they were.
. tests/cli/lib.sh
command -v tmux >/dev/null || { skip "no tmux here"; exit 0; }
unset TMUX TUTTI_THEME COLORFGBG NO_COLOR
export LC_ALL=C.UTF-8
SOCKET=$TMP/socket
TUTTI=$(realpath "$TUTTI")
tm() { tmux -S "$SOCKET" -f /dev/null "$@"; }
# a run whose desk was not left well goes on: its engine ends with the test
end_engines() { for lock in "$TMP"/runs-*/*/lock; do [ -s "$lock" ] && kill "$(head -n 1 "$lock")" 2>/dev/null; done; }
trap 'tm kill-server 2>/dev/null; end_engines; rm -rf "$TMP"' EXIT
screen() { tm capture-pane -p -t t; }
# until 'pattern' [TENTHS]: the screen shows it, soon
until_shows() {
	for _ in $(seq "${2:-100}"); do
		screen | grep -q -- "$1" && return 0
		sleep 0.1
	done
	echo "  not seen: $1"; screen | sed 's/^/  | /' | head -24
	return 1
}
say() { tm send-keys -t t -l "$1"; }

tiny_plan "$TMP/plan.json" 30000
cat >"$TMP/shell" <<'SHELL'
stty -g >"$1/before.$TERM"
echo "the screen of the shell"
shift_dir=$1; shift
"$@" 2>"$shift_dir/err.$TERM"
echo "ended with $?"
stty -g >"$shift_dir/after.$TERM"
cat
SHELL

one() { # one TERM: runs it there
	term=$1
	tm new-session -d -s t -x 100 -y 30 "env TERM=$term sh '$TMP/shell' '$TMP' \
		'$TUTTI' '$TMP/plan.json' --runs '$TMP/runs-$term'; sleep 1"
	until_shows 'RUN' 300 || return 1
	until_shows 'step\|30,000' || return 1
	say 2; until_shows 'Curves' || return 1
	say '?'; until_shows 'Esc' || return 1
	say 1; say l; until_shows '1\.19' || return 1
	say ':weight to'; tm send-keys -t t Tab; until_shows ':weight topic' || return 1
	tm resize-window -t t -x 70 -y 20; until_shows ':weight topic' || return 1
	tm send-keys -t t Escape; sleep 0.2
	say q; until_shows 'stop the run and save it?' || return 1
	say y
	until_shows 'ended with 0' 300 || return 1
	case $term in # no alternate screen there, or one that tmux knows otherwise
	vt100 | linux | rxvt) ;;
	*) until_shows 'the screen of the shell' || return 1 ;;
	esac
	screen | grep -q 'RUN' && { echo "  the desk is still there"; return 1; }
	[ "$(tm display-message -p -t t '#{alternate_on}#{cursor_flag}#{mouse_any_flag}')" = 010 ] ||
		{ echo "  modes are left on"; return 1; }
	cmp -s "$TMP/before.$term" "$TMP/after.$term"
}

for term in xterm-256color xterm screen screen-256color tmux-256color vt100 linux rxvt; do
	check "a desk in tmux as $term" one "$term"
	tm kill-server 2>/dev/null
	sleep 0.1
done
exit $bad
