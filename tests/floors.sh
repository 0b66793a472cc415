#!/bin/sh
# The folders of core and tui by floor, and what each includes. What
# core/README.md shows between its marks; --write puts it there.
cd "$(dirname "$0")/.." || exit 1

graph() {
	for d in base tensor text data metric guard model mix plan store command session rundir ask \
		look trainer sweep; do
		line "$d" core/"$d"
	done
	for d in screen feed widget ui answers view desk cmd; do
		line "$d" tui/"$d"
	done
}
line() { # line NAME FOLDER
	uses=$(grep -ho '^#include "[a-z]*/' "$2"/*.[ch] | sed 's/.*"//; s,/,,' | sort -u |
		grep -vx "$1" | tr '\n' ' ')
	printf '    %-8s %s\n' "$1" "${uses% }" | sed 's/ *$//'
}

if [ "$1" = --write ]; then
	graph >core/README.graph
	awk '/^<!-- floors/ { print; print ""; while ((getline l < "core/README.graph") > 0) print l
		print ""; skip = 1; next }
		/^<!-- end of floors/ { skip = 0 } !skip' core/README.md >core/README.new
	rm core/README.graph
	mv core/README.new core/README.md
else
	graph
fi
