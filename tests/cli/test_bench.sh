#!/bin/sh
# The benchmark beside PyTorch, without PyTorch: what it makes of figures, and what it
# says where there is none.
. tests/cli/lib.sh

if ! command -v python3 >/dev/null 2>&1; then
	skip "no python3"
	exit 0
fi
export PYTHONDONTWRITEBYTECODE=1
python3 tests/bench/torch_speed_test.py || bad=1

mkdir "$TMP/none"
echo 'raise ImportError("not here")' >"$TMP/none/torch.py"
fails "without PyTorch" 2 "pip install torch" \
	env PYTHONPATH="$TMP/none" python3 tests/bench/torch_speed.py --folder "$TMP/bench"
check "in one line" [ "$(cat "$TMP/out" "$TMP/err" | wc -l)" = 1 ]
exit $bad
