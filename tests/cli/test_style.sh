#!/bin/sh
# The tree against its own rules: levels, single doors, banned calls, sizes.
. tests/cli/lib.sh

# The floors (core/README.md). Inside a floor a folder may include another one only where
# beside() says so, which leaves no way round in a circle.
level() {
	case $1 in
	base) echo 0 ;; tensor) echo 1 ;; text | data | metric | guard) echo 2 ;; model | mix) echo 3 ;;
	plan | store) echo 4 ;; session | command) echo 5 ;; rundir | ask) echo 6 ;; trainer | look | sweep) echo 7 ;;
	screen) echo 8 ;; feed) echo 9 ;; widget) echo 10 ;; ui) echo 11 ;; answers | view) echo 12 ;; desk) echo 13 ;;
	cmd) echo 14 ;; *) echo 99 ;;
	esac
}
beside() { # beside FROM TO
	case $1:$2 in data:text | metric:text | ask:rundir | trainer:look | view:answers) return 0 ;; esac
	[ "$1" = "$2" ]
}

upward=$(grep -n '^#include "' core/*/*.[ch] tui/*/*.[ch] | while IFS=: read -r file line text; do
	from=${file#*/} from=${from%%/*}
	to=${text#*\"} to=${to%\"*}
	case $to in */*) to=${to%%/*} ;; *) to=$from ;; esac
	[ "$(level "$to")" -lt "$(level "$from")" ] || beside "$from" "$to" ||
		echo "$file:$line includes $to"
done)
[ -z "$upward" ] && ok "no file includes upward or across" || { not_ok "upward includes"; echo "$upward"; }
unknown=$(for d in core/*/; do d=${d#core/}; [ "$(level "${d%/}")" -lt 8 ] || echo "core/$d"; done
	for d in tui/*/; do d=${d#tui/} n=$(level "${d%/}"); [ "$n" -ge 8 ] && [ "$n" -lt 99 ] || echo "tui/$d"; done
	ls core/*.[ch] tui/*.[ch] 2>/dev/null)
[ -z "$unknown" ] && ok "every folder has its floor" || { not_ok "folders without a floor"; echo "$unknown"; }
large=$(for d in core/*/ tui/*/; do n=$(cat "$d"*.[ch] | wc -l); [ "$n" -le 10000 ] || echo "$d $n"; done)
[ -z "$large" ] && ok "no folder over 10,000 lines" || { not_ok "large folders"; echo "$large"; }

sh tests/floors.sh >"$TMP/floors"
sed -n '/^<!-- floors/,/^<!-- end of floors/p' core/README.md | grep '^    ' >"$TMP/shown"
check "core/README.md shows the floors as they are" cmp "$TMP/floors" "$TMP/shown"
missing=$(grep -ohE '`[a-z]+/[a-z_/0-9]+\.[ch]`' core/README.md | tr -d '`' | while read -r f; do
	[ -e "core/$f" ] || [ -e "$f" ] || echo "$f"; done)
[ -z "$missing" ] && ok "and names files that are there" || { not_ok "core/README.md names"; echo "$missing"; }

# the front end reaches training through few doors
doors=$(grep -n '^#include "\(tensor\|model\|mix\)/' tui/*/*.[ch] | grep -v 'tui/cmd/main.c.*tensor/blas.h')
[ -z "$doors" ] && ok "tui stays out of the engine" || { not_ok "tui includes engine parts"; echo "$doors"; }
views=$(grep -nE '^#include "(session/.*|ask/evaluate|rundir/checkpoint)\.h"' tui/*/*.[ch] | grep -v '^tui/cmd/')
[ -z "$views" ] && ok "views see snapshots only" || { not_ok "views include the session"; echo "$views"; }

door() { # door HEADER 'files that may'
	others=$(grep -lE "^#include <$1>" core/*/*.[ch] tui/*/*.[ch] 2>/dev/null | grep -vE "^($2)$")
	[ -z "$others" ] && ok "one door to $1" || { not_ok "second door to $1:"; echo "$others"; }
}
door 'cblas.h' 'core/tensor/blas.c'
door '(cjson/)?cJSON.h' 'core/base/json.c'
door 'sqlite3.h' 'core/store/db_?(look|vfs|own)?.[ch]'
door 'archive.h' 'core/data/unpack.c'
door 'csv.h' 'core/data/[a-z_]*csv.c'
door 'utf8proc.h' 'core/text/[a-z_0-9]+.c'
door 'pcre2.h' 'core/text/bpe_pattern.c'
door 'xxhash.h' 'core/base/hash.c'
door 'readline/.*' 'tui/desk/prompt.c'
door '(ncurses|curses|term).h' 'tui/screen/[a-z_]+.[ch]'
door 'pthread.h' 'core/(session/workers|ask/(job|reader)|trainer/trainer[a-z_]*).[ch]'

# every C file of the tree, tests among them
sources=$(find core tui datasets man tests -name '*.[ch]' | sort)
strip() { sed -e 's/"\(\\.\|[^"\\]\)*"/""/g' -e 's,//.*,,' "$1" | grep -vE '^[[:space:]]*\*|^[[:space:]]*/\*'; }
banned='(^|[^a-zA-Z_0-9])(strcpy|strcat|sprintf|gets|atoi|atof|strtok|alloca|system|popen|tmpnam)[[:space:]]*\('
found=$(for f in $sources; do strip "$f" | grep -nE "$banned" | sed "s,^,$f:,"; done)
[ -z "$found" ] && ok "no banned calls" || { not_ok "banned calls"; echo "$found"; }
heap='(^|[^a-zA-Z_0-9])(malloc|calloc|realloc|strdup|strndup)[[:space:]]*\('
found=$(for f in core/*/*.c; do [ "$f" = core/base/mem.c ] || strip "$f" | grep -nE "$heap" | sed "s,^,$f:,"; done)
[ -z "$found" ] && ok "malloc in one file" || { not_ok "a second door to the heap"; echo "$found"; }
found=$(for f in core/*/*.c; do strip "$f" | grep -nE '(^|[^a-z_0-9])(printf|puts|putchar|exit|fprintf)[[:space:]]*\(' | sed "s,^,$f:,"; done | grep -v '^core/base/\(mem\|status\).c')
[ -z "$found" ] && ok "core neither prints nor exits" || { not_ok "core prints or exits"; echo "$found"; }

long=$(for f in $sources; do n=$(wc -l <"$f"); [ "$n" -le 500 ] || echo "$f $n"; done)
[ -z "$long" ] && ok "no file over 500 lines" || { not_ok "files over 500 lines"; echo "$long"; }
wide=$(for f in $sources; do
	expand "$f" | awk -v f="$f" 'length($0) > 100 { print f ":" FNR }'; done | head)
[ -z "$wide" ] && ok "no line over 100 columns" || { not_ok "wide lines"; echo "$wide"; }
big=$(awk 'FNR == 1 { s = 0 } /^{/ { s = FNR } /^}/ { if (s && FNR - s - 1 > 80) print FILENAME ":" s " " FNR - s - 1; s = 0 }' $sources)
[ -z "$big" ] && ok "no function over 80 lines" || { not_ok "functions over 80 lines"; echo "$big"; }
exit $bad
