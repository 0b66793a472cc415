#!/bin/sh
# adding.sh - what it costs to add a thing, counted: each folder of $PROOFS is a
# proof that one more of a kind (a command, a trunk, a field of the plan) is new files
# and lines in tables. The tree is copied, the proof added, all of it built and tried.
#
#   NAME/lines      lines PATH, ANCHOR, NEW with tabs between: NEW comes into the table
#                   PATH after the line ANCHOR, which must stand there exactly once.
#                   Blanks at the ends do not count, and blanks are alike. '#': a remark
#   NAME/check.sh   run in the copied tree with the program as its argument; 0: it works
#   NAME/...        anything else is a new file: one that is there already is a failure
#
# Proofs share a tree and a build until two of them want the same file.
set -u
: "${MAKE:=make}" "${BUILD:=build}" "${PROOFS:=tests/adding}"
PROOFS=$(cd "$PROOFS" && pwd) || exit 1
export MAKE
tab=$(printf '\t')
passed=0 failed=0
unset MAKEFLAGS MFLAGS
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log

# The tables that a line may come into; adding must touch nothing else.
tables='
	core/data/task_kind.h
	core/mix/method.c
	core/model/model.h
	core/model/model_list.h
	core/command/command_table.c
	core/plan/plan.h
	core/plan/plan_table.c
'

is_table() { # is_table PATH
	for t in $tables; do
		[ "$t" = "$1" ] && return 0
	done
	return 1
}

# --- the copied tree --------------------------------------------------------

# Objects keep their times, so little is made again. Their dependencies name files as
# seen from this folder: of a build elsewhere they would be wrong.
copy_tree() { # copy_tree TO
	{
		git ls-files -co --exclude-standard ||
			find . -type f ! -path './build/*' ! -path './saved_models/*/*'
	} >"$scratch/all" 2>/dev/null
	if [ "$BUILD" = build ]; then
		ls -d build/tutti build/demo build/release/core build/release/tui \
			build/release/man build/release/datasets build/release/*.a
	fi >>"$scratch/all" 2>/dev/null
	while IFS= read -r f; do
		[ ! -e "$f" ] || echo "$f" # some may be deleted and not committed
	done <"$scratch/all" >"$scratch/there"
	mkdir -p "$1" && tar -cf - -T "$scratch/there" | tar -xf - -C "$1"
}

files_of() { # files_of NAME: the new ones
	(cd "$PROOFS/$1" && find . -type f ! -path ./lines ! -path ./check.sh) |
		sed 's,^\./,,' | sort
}

# The line ANCHOR of FILE, once: what it is with the line NEW after it, on the output.
insert_line() { # insert_line FILE ANCHOR NEW
	ANCHOR=$2 NEW=$3 awk '
	function bare(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
	BEGIN { anchor = bare(ENVIRON["ANCHOR"]); new = ENVIRON["NEW"]; sub(/^[ \t]+/, "", new) }
	{ print }
	bare($0) == anchor { n++; indent = $0; sub(/[^ \t].*/, "", indent); print indent new }
	END { exit n != 1 }' "$1"
}

add_lines() { # add_lines NAME TREE
	[ -f "$PROOFS/$1/lines" ] || return 0
	while IFS= read -r line; do
		case $line in '' | '#'*) continue ;; esac
		path=${line%%"$tab"*} rest=${line#*"$tab"}
		while [ "${rest#"$tab"}" != "$rest" ]; do rest=${rest#"$tab"}; done
		anchor=${rest%%"$tab"*} new=${rest#*"$tab"}
		if [ "$path" = "$line" ] || [ "$anchor" = "$rest" ]; then
			echo "no PATH, ANCHOR, NEW: '$line'"
			return 1
		fi
		is_table "$path" || { echo "'$path' is no table: adding must not touch it"; return 1; }
		if ! insert_line "$2/$path" "$anchor" "$new" >"$scratch/new"; then
			echo "'$anchor' must stand in '$path' exactly once"
			return 1
		fi
		cat "$scratch/new" >"$2/$path"
	done <"$PROOFS/$1/lines"
}

add_files() { # add_files NAME TREE
	files_of "$1" | while IFS= read -r f; do
		[ ! -e "$2/$f" ] || { echo "'$f' is there already: not a new file"; exit 1; }
		mkdir -p "$2/$(dirname "$f")" && cp "$PROOFS/$1/$f" "$2/$f" || exit 1
	done
}

# --- what came of it --------------------------------------------------------

# Files in the tree, files in its tests, lines in which tables.
cost() { # cost NAME
	where=$(grep -v '^#' "$PROOFS/$1/lines" 2>/dev/null | cut -f 1 | grep . | sort |
		uniq -c | awk '{ printf "%s%s %d", n++ ? ", " : "", $2, $1 }')
	printf '%9s %9s   %s' "$(files_of "$1" | grep -vc '^tests/')" \
		"$(files_of "$1" | grep -c '^tests/')" "${where:--}"
}

tell() { # tell NAME ok|FAIL: with the log of what failed
	printf '%-6s %-12s %s\n' "$2" "$1" "$(cost "$1")"
	if [ "$2" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		tail -n 30 "$log" | sed 's/^/    /'
	fi
}

try_proof() { # try_proof NAME TREE
	if (cd "$2" && timeout 100 sh "$PROOFS/$1/check.sh" "$2/build/tutti") \
		>"$log" 2>&1 </dev/null; then
		tell "$1" ok
	else
		tell "$1" FAIL
	fi
}

# What was added keeps the tree's own rules: levels, doors, sizes.
keeps_rules() { # keeps_rules TREE NAME...
	if ! (cd "$1" && TUTTI=$1/build/tutti sh tests/cli/test_style.sh) >"$log" 2>&1; then
		shift
		failed=$((failed + 1))
		echo "FAIL   the tree's own rules, with $*"
		grep -A 9 '^not ok' "$log" | sed 's/^/    /'
	fi
}

# All of them in one tree. One that does not build is tried again with each alone.
prove() { # prove NAME...
	tree=$scratch/tree
	rm -rf "$tree"
	copy_tree "$tree" || { echo "cannot copy the tree"; exit 1; }
	for name; do
		if ! { add_files "$name" "$tree" && add_lines "$name" "$tree"; } >"$log" 2>&1; then
			tell "$name" FAIL
			return
		fi
	done
	if $MAKE -C "$tree" BUILD=build -j2 WERROR=1 all >"$log" 2>&1; then
		for name; do try_proof "$name" "$tree"; done
		keeps_rules "$tree" "$@"
	elif [ $# = 1 ]; then
		tell "$1" FAIL
	else
		for name; do prove "$name"; done
	fi
}

# --- all --------------------------------------------------------------------

# Each by itself first, against this tree: new files only, tables only.
is_sound() { # is_sound NAME
	rm -rf "$scratch/dry" && mkdir "$scratch/dry"
	for path in $(grep -v '^#' "$PROOFS/$1/lines" 2>/dev/null | cut -f 1 | sort -u); do
		[ -f "$path" ] || continue
		mkdir -p "$scratch/dry/$(dirname "$path")" && cp "$path" "$scratch/dry/$path"
	done
	for f in $(files_of "$1"); do
		[ ! -e "$f" ] || { echo "'$f' is there already: not a new file"; return 1; }
	done
	[ -f "$PROOFS/$1/check.sh" ] || { echo "no check.sh"; return 1; }
	add_lines "$1" "$scratch/dry"
}

printf '%-6s %-12s %9s %9s   %s\n' '' proof 'new files' 'in tests' 'lines in tables'
left=
for d in "$PROOFS"/*/; do
	name=$(basename "$d")
	if is_sound "$name" >"$log" 2>&1; then left="$left $name"; else tell "$name" FAIL; fi
done
while [ "$left" ]; do
	now='' later=''
	: >"$scratch/taken"
	for name in $left; do
		if files_of "$name" | grep -qxFf "$scratch/taken"; then
			later="$later $name"
		else
			now="$now $name"
			files_of "$name" >>"$scratch/taken"
		fi
	done
	left=$later
	# shellcheck disable=SC2086
	prove $now
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
