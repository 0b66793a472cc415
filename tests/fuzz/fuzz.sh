#!/bin/sh
# fuzz.sh - a fuzzer for SECONDS on folders of models from elsewhere, of one file and of
# shards. Inputs that broke something stay in BUILD/fuzz-found, with the command that
# shows it again. Environment: FUZZER (the program), BUILD, SECONDS.
: "${FUZZER:?}" "${BUILD:=build}" "${SECONDS:=60}"
golden=tests/golden/pretrained
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
found=$BUILD/fuzz-found
mkdir -p "$found"
status=0
seed() { # seed NUMBER FILE: a corpus entry, where there is such a file
	[ ! -e "$2" ] || { printf '%b' "\\0$(printf '%03o' "$1")" && cat "$2"; } >"$scratch/corpus/$1-$(printf %s "$2" | tr / _)"
}
mkdir "$scratch/corpus"
for d in "$golden"/*/ tests/golden/tokenizer/*/; do
	n=0
	for f in config.json model.safetensors model.safetensors.index.json \
		model-00001-of-00003.safetensors tokenizer.json tokenizer_config.json \
		vocab.txt vocab.json merges.txt; do
		seed $n "$d$f"
		n=$((n + 1))
	done
done
# words that the readers know
grep -oh '"[][A-Za-z_0-9.<>/|-]\{3,40\}"' core/model/pretrained*.c core/base/safetensors*.c core/text/*_read.c \
	core/text/tokenizer_*.c | sort -u >"$scratch/words"
for d in electra-even gpt2-half; do
	cp -r "$golden/$d" "$scratch/$d"
	FUZZ_FOLDER=$scratch/$d "$FUZZER" -max_total_time="$((SECONDS / 2 + 1))" -max_len=60000 -timeout=10 \
		-rss_limit_mb=2048 -malloc_limit_mb=1024 -artifact_prefix="$found/$d-" -print_final_stats=1 \
		-dict="$scratch/words" \
		"$scratch/corpus" >"$scratch/log" 2>&1 || {
		status=1
		tail -n 40 "$scratch/log"
		echo "again: FUZZ_FOLDER=a copy of $golden/$d $FUZZER $found/$d-*"
	}
	sed -n 's/^stat::number_of_executed_units: */'"$d"' tried: /p; s/.*DONE *cov: \([0-9]*\).*/'"$d"' edges: \1/p
		s/^stat::slowest_unit_time_sec: */'"$d"' slowest, s: /p; s/^stat::peak_rss_mb: */'"$d"' most memory, MB: /p' "$scratch/log"
done
exit $status
