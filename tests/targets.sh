#!/bin/sh
# targets.sh - every target of the Makefile does what it says, tried in its shortest
# form: one that nobody builds rots. A target that is not named here is a failure.
: "${MAKE:=make}"
passed=0 failed=0 skipped=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log

try() { # try NAME COMMAND...
	name=$1 begin=$(date +%s)
	shift
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		printf 'ok     %-12s %ds\n' "$name" $(($(date +%s) - begin))
	else
		failed=$((failed + 1))
		printf 'FAIL   %-12s %ds\n' "$name" $(($(date +%s) - begin))
		tail -n 30 "$log" | sed 's/^/    /'
	fi
}

skip() { # skip NAME WHY
	skipped=$((skipped + 1))
	printf 'skip   %-12s %s\n' "$1" "$2"
}

has_fuzzer() { # clang, and the library that its fuzzers are linked with
	command -v clang >/dev/null &&
		echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }' |
		clang -x c -fsanitize=fuzzer,address -o "$scratch/fuzzer" - 2>/dev/null
}

has_module() { # has_module PYTHON MODULE
	"$1" -c "import $2" 2>/dev/null
}

pages_stand() { # the man pages are what the tables say
	cp man/*.[15] "$scratch" || return 1
	$MAKE man || return 1
	for page in man/*.[15]; do
		cmp "$page" "$scratch/${page##*/}" || return 1
	done
}

installs() { # and takes away again all that it put there
	there=$scratch/there
	$MAKE install DESTDIR="$there" PREFIX=/usr && [ -x "$there/usr/bin/tutti" ] &&
		[ "$("$there/usr/bin/tutti" --version)" ] &&
		[ -f "$there/usr/share/man/man1/tutti.1" ] &&
		$MAKE uninstall DESTDIR="$there" PREFIX=/usr &&
		[ -z "$(find "$there" -type f)" ]
}

cleans() {
	mkdir -p "$scratch/b/x" && $MAKE clean BUILD="$scratch/b" && [ ! -e "$scratch/b" ]
}

one_target() { # one_target NAME
	case $1 in
	all | setup | tests-build) try "$1" $MAKE -j2 "$1" ;;
	targets) ;; # this
	adding) try "$1" $MAKE adding ;;
	check) try "$1" $MAKE check ONLY=test_stem ;;
	demo | demo-run) try "$1" $MAKE "$1" DEMO_ARGS="--steps 3 --runs $scratch/runs" ;;
	man) try "$1" pages_stand ;;
	bench) try "$1" $MAKE bench ROUNDS=1 SECONDS=0.2 ONLY="classify-tiny start-up" ;;
	bench-ops) try "$1" $MAKE bench-ops QUICK=1 ;;
	bench-desk) try "$1" $MAKE bench-desk QUICK=1 ;;
	bench-weighting) try "$1" $MAKE bench-weighting ROUNDS=1 ;;
	fuzz-objects) ;; # CI builds it, with every warning an error
	fuzz)
		if has_fuzzer; then
			try "$1" $MAKE fuzz SECONDS=4
		else
			skip "$1" "no clang with a fuzzer here"
		fi ;;
	bench-torch)
		if has_module python3 torch; then
			try "$1" $MAKE bench-torch ROUNDS=1 SECONDS=0.2 ONLY=classify-tiny \
				WAYS="plain lazy"
		else
			skip "$1" "no PyTorch here"
		fi ;;
	picture)
		if has_module /usr/bin/python3 PIL; then
			try "$1" $MAKE picture PICTURE="$scratch/desk.png" DEMO_ARGS="--steps 20"
		else
			try "$1" $MAKE -j2 build/release/tests/screen/shot
		fi ;;
	install) try "$1" installs ;;
	uninstall) ;; # with install
	clean) try "$1" cleans ;;
	*)
		failed=$((failed + 1))
		echo "FAIL   $1: tests/targets.sh does not know it" ;;
	esac
}

for target in $(sed -n 's/^\.PHONY: //p' Makefile); do
	one_target "$target"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
