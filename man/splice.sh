#!/bin/sh
# splice.sh TABLES DIR - puts what the program's tables say between the marks
#   .\" BEGIN what   and   .\" END what   of the man pages in DIR.
tables=$1 dir=$2
for page in "$dir"/*.[15]; do
	awk -v tables="$tables" '
		/^\.\\" BEGIN / { print; while ((tables " " $3 | getline line) > 0) print line; skip = 1; next }
		/^\.\\" END / { skip = 0 }
		!skip { print }' "$page" >"$page.new" && cat "$page.new" >"$page"
	rm -f "$page.new"
done
