#!/bin/sh
# splice.sh TABLES DIR - puts what the program's tables say between the marks
#   .\" BEGIN what   and   .\" END what   of the man pages in DIR.
tables=$1 dir=$2
[ -x "$tables" ] || { echo "splice: no program '$tables'" >&2; exit 1; }
for page in "$dir"/*.[15]; do
	awk -v tables="$tables" '
		/^\.\\" BEGIN / { print; cmd = tables " " $3; while ((cmd | getline line) > 0) print line; close(cmd); skip = 1; next }
		/^\.\\" END / { skip = 0 }
		!skip { print }' "$page" >"$page.new" && cat "$page.new" >"$page"
	rm -f "$page.new"
done
