#!/bin/sh
# Runs as folders for Hugging Face transformers: what is in them, and what is refused.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache XDG_DATA_HOME=$TMP/share
export XDG_CACHE_HOME XDG_DATA_HOME
plan=$TMP/tiny.json
tiny_plan "$plan" 4
run() { # run NAME SET...
	name=$1
	shift
	"$TUTTI" train "$plan" --run "$name" --runs "$TMP/runs" "$@" >/dev/null 2>"$TMP/err" || { not_ok "train $name"; cat "$TMP/err"; }
}
run bert --set model.norm=post --set model.pool=first --set model.shared_layers=2
run own --set model.norm=post --set model.pool=first --set model.shared_layers=1
run pre
run gpt --set model.kind=gpt --set model.shared_layers=2

out() { "$TUTTI" export "$1" "$TMP/$2" --runs "$TMP/runs" --json --task topic 2>/dev/null; }
out bert bert >"$TMP/out"
grep -q '"class":"BertForSequenceClassification","head":true' "$TMP/out" && ok "a post-norm encoder is a BERT" || { not_ok "bert"; cat "$TMP/out"; }
for f in config.json model.safetensors tutti.safetensors vocab.txt tokenizer_config.json README.md; do
	check "its folder has $f" test -s "$TMP/bert/$f"
done
grep -q '"id2label"' "$TMP/bert/config.json" && ok "with the task's labels" || not_ok "labels"
grep -q 'tasks.headline.decoder' "$TMP/bert/README.md" && ok "its README names what has no class there" || not_ok "README"
[ -z "$(ls "$TMP" | grep tmp-)" ] && ok "nothing is left beside it" || not_ok "left: $(ls "$TMP")"
"$TUTTI" export bert "$TMP/trunk" --runs "$TMP/runs" --json 2>/dev/null | grep -q '"class":"BertModel","head":false' &&
	ok "without --task the trunk alone, of a run of two tasks" || not_ok "trunk"
grep -q 'id2label' "$TMP/trunk/config.json" && not_ok "labels without a head" || ok "and no labels"
out gpt gpt >"$TMP/out"
grep -q '"class":"GPT2LMHeadModel","head":true' "$TMP/out" && grep -q '"ours":0' "$TMP/out" && ok "a gpt is a GPT-2, all of it" || { not_ok "gpt"; cat "$TMP/out"; }
check "its README has the prompt" grep -q 'asked.*`"{text}.nlabel:"`.*ends with token' "$TMP/gpt/README.md"
run narrow --set model.norm=post --set model.pool=first --set model.shared_layers=2 --set model.adapter=bottleneck
out narrow narrow >"$TMP/out"
grep -q '"head":true.*"lacks_adapters":true' "$TMP/out" && ok "a trunk without its bottlenecks is said to be another" || { not_ok "narrow"; cat "$TMP/out"; }
fails "of layers that are each task's own one says whose" 1 "--task says whose" "$TUTTI" export own "$TMP/new" --runs "$TMP/runs"
out own own >"$TMP/out"
grep -q '"class":"BertForSequenceClassification","head":true' "$TMP/out" && ok "then they are" || { not_ok "own"; cat "$TMP/out"; }
out pre pre >"$TMP/out"
grep -q '"class":null.*norms before the blocks' "$TMP/out" && [ ! -e "$TMP/pre/config.json" ] &&
	ok "an encoder with its norms before has no class, and that is said" || { not_ok "pre"; cat "$TMP/out"; }

mkdir "$TMP/empty" && mkdir "$TMP/mine" && echo words >"$TMP/mine/letter"
check "an empty folder is taken" "$TUTTI" export bert "$TMP/empty" --runs "$TMP/runs"
fails "a folder of somebody's is not" 1 "'.*mine' is there already" "$TUTTI" export bert "$TMP/mine" --runs "$TMP/runs"
[ "$(cat "$TMP/mine/letter")" = words ] && ok "and stays as it was" || not_ok "mine"
fails "nor one that was exported" 1 "is there already" "$TUTTI" export bert "$TMP/bert" --runs "$TMP/runs"
fails "no such task" 1 "no task 'nobody'" "$TUTTI" export bert "$TMP/new" --task nobody --runs "$TMP/runs"
[ ! -e "$TMP/new" ] && ok "and no folder of it" || not_ok "half a folder"
fails "no such run" 1 "no run 'nobody'" "$TUTTI" export nobody "$TMP/new" --runs "$TMP/runs"
fails "a folder is wanted" 2 "RUN DIR" "$TUTTI" export bert --runs "$TMP/runs"
exit $bad
