#!/bin/sh
# decoder: prefix. Summaries by the model's own layers, in both ways to predict: the same
# bits, resumed and replayed; evaluated, written, explained; refused where it cannot be.
. tests/cli/lib.sh
plan=$TMP/tiny.json
tiny_plan "$plan"
cross=$(state_of "$plan" --workers 1)
for from in last mask; do
	prefix() { state_of "$plan" --set model.decoder=prefix --set model.predict_from=$from "$@"; }
	whole=$(prefix --run $from --workers 1)
	[ ${#whole} = 32 ] && [ "$whole" != "$cross" ] && ok "from $from: it trains" ||
		{ not_ok "from $from: '$whole'"; cat "$TMP/err"; }
	check "from $from: 4 workers, the same state" [ "$(prefix --workers 4)" = "$whole" ]
	check "from $from: it replays" "$TUTTI" replay $from --runs "$TMP/runs" --workers 2
	prefix --run half-$from --steps 17 >/dev/null
	again=$("$TUTTI" resume half-$from --runs "$TMP/runs" --steps 40 --json 2>"$TMP/err" | field state)
	check "from $from: it resumes to the same state" [ "$again" = "$whole" ]
	"$TUTTI" eval $from --runs "$TMP/runs" --task headline --json >"$TMP/out" 2>"$TMP/err"
	check "from $from: it is evaluated" grep -q '"rouge1":' "$TMP/out"
	head -n 3 "$TMP/data/headlines.dev.jsonl" |
		"$TUTTI" predict $from --runs "$TMP/runs" --task headline >"$TMP/out" 2>"$TMP/err"
	check "from $from: it writes" [ "$(grep -c '"text":' "$TMP/out")" = 3 ]
	saved=$(ls -d "$TMP"/runs/$from/checkpoints/step-000040)
	check "from $from: the checkpoint says so" grep -q "\"predict_from\": \"$from\"" "$saved/config.json"
	check "from $from: a transform is saved" \
		grep -q 'tasks.headline.decoder.output.transform.weight' "$saved/model.safetensors"
	check "from $from: no layers of its own" \
		sh -c '! grep -q tasks.headline.decoder.0 "$1"' - "$saved/model.safetensors"
done
for more in norm=post copy=false tied=false shared_layers=0; do
	check "with $more it trains" \
		[ -n "$(state_of "$plan" --set model.decoder=prefix --set model.$more --steps 12)" ]
done
fails "an unknown way to predict" 2 'model.predict_from' \
	"$TUTTI" check "$plan" --set model.decoder=prefix --set model.predict_from=afar
fails "an unknown decoder" 2 'prefix.*at model.decoder' \
	"$TUTTI" check "$plan" --set model.decoder=parrot
fails "over an LSTM" 2 "'prefix' writes with the model's own layers, and 'bilstm' has none for it.*at model.decoder" \
	"$TUTTI" check "$plan" --set model.kind=bilstm --set model.decoder=prefix
fails "what to predict from, over an LSTM" 2 'predict_from' \
	"$TUTTI" check "$plan" --set model.kind=bilstm --set model.predict_from=mask
exit $bad
