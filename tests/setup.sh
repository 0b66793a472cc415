#!/bin/sh
# setup.sh PACKAGE... - installs what is missing through apt when root or sudo
# may, else prints the exact line to type. Says nothing when all is there.
missing=
for p in "$@"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || {
	echo "setup: no apt-get here; Tutti needs the equivalents of:$missing" >&2
	exit 1
}
as=
if [ "$(id -u)" != 0 ]; then
	if sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
		as=sudo
	else
		echo "setup: packages are missing; type this, then run make again:" >&2
		echo "  apt-get install -y --no-install-recommends$missing" >&2
		exit 1
	fi
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
	$as apt-get update -qq &&
		$as apt-get install -y -qq --no-install-recommends $missing >/dev/null
} || {
	echo "setup: apt could not install them; type this to see why:" >&2
	echo "  ${as:+$as }apt-get install -y --no-install-recommends$missing" >&2
	exit 1
}
