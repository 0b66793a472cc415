#!/bin/sh
# The man pages: clean by mandoc's lint, and fresh: what the tables say is in them.
. tests/cli/lib.sh
for m in man/*.[15]; do
	lint=$(mandoc -T lint -W warning "$m" 2>&1)
	[ -z "$lint" ] && ok "$m is clean" || { not_ok "$m"; echo "$lint" | head -5; }
	cp "$m" "$TMP/${m##*/}"
done
sh man/splice.sh "$O/man/tables" "$TMP"
for m in man/*.[15]; do
	check "$m is what the tables say ('make man' mends it)" cmp -s "$m" "$TMP/${m##*/}"
done
exit $bad
