#!/bin/sh
# Whatever is wrong gets a message with its place, status 1 or 2, nothing half made.
. tests/cli/lib.sh
runs=$TMP/runs
mkdir -p "$runs"
tiny_plan "$TMP/p.json" 6
train() { "$TUTTI" train "$@" --runs "$runs"; }

fails "missing plan" 2 "nowhere.json" train "$TMP/nowhere.json"
printf '{ "tutti": 1, ' >"$TMP/half.json"
fails "half a plan" 2 "half.json:1" train "$TMP/half.json"
fails "unknown key" 2 "model.dmi" train "$TMP/p.json" --set model.dmi=3
fails "wrong type" 2 "optimizer.lr" train "$TMP/p.json" --set optimizer.lr=fast
fails "out of range" 2 "model.dropout" train "$TMP/p.json" --set model.dropout=1.5
fails "a precision misspelt" 2 "bf16.*at model.precision" train "$TMP/p.json" --set model.precision=bf61
fails "heads do not divide" 2 "heads" train "$TMP/p.json" --set model.heads=3
fails "task without data" 2 "tasks.topic.train" train "$TMP/p.json" --set 'tasks.topic.train=""'
fails "missing data file" 2 "absent.jsonl" train "$TMP/p.json" --set tasks.topic.train="$TMP/absent.jsonl"
fails "unset variable" 2 "WHERE_NOT" train "$TMP/p.json" --set 'tasks.topic.train=${WHERE_NOT}/x'
fails "no such column" 1 "phrase" train "$TMP/p.json" --set tasks.topic.text=phrase
fails "unknown option" 2 "no option" "$TUTTI" train --frobnicate
fails "unknown theme" 2 "auto, dark or light" "$TUTTI" no.json --theme pink
# a run that fails at once takes its folder away: that is not the reason it tells
tiny_plan "$TMP/early.json"
printf '{"text":"a vote","label":"unheard"}\n' >"$TMP/early.jsonl"
sed -i "s|$TMP/data/topics.dev.jsonl|$TMP/early.jsonl|" "$TMP/early.json"
mixed=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	"$TUTTI" train "$TMP/early.json" --runs "$runs" >/dev/null 2>"$TMP/err"
	grep -q 'unknown label' "$TMP/err" && ! grep -q 'attach' "$TMP/err" || mixed=$((mixed + 1))
done
[ $mixed = 0 ] && ok "a run that fails at once says why" || { not_ok "$mixed of 10 said more"; cat "$TMP/err"; }
fails "unknown run" 1 "no-such-run" "$TUTTI" eval no-such-run --runs "$runs"
fails "predict wants a task" 2 "task" "$TUTTI" predict x

# rows: labels never seen in the plan's list, empty texts, a 64 MB line
{ cat "$TMP/data/topics.train.jsonl"; echo '{"text": "a word", "label": "never"}'; } >"$TMP/never.jsonl"
labels='["harbour","council","farming","rail","theatre","games","health","courts"]'
check "one row in 201 with an unknown label is skipped" sh -c \
	"'$TUTTI' train '$TMP/p.json' --runs '$runs' --set tasks.topic.train='$TMP/never.jsonl' --set 'tasks.topic.labels=$labels' --steps 2 >/dev/null"
four() { for i in 1 2 3 4; do echo "$1"; done; }
{ head -n 20 "$TMP/data/topics.train.jsonl"; echo '{"text": "a word", "label": "never"}'; } >"$TMP/never1.jsonl"
check "as is one in 21" sh -c \
	"'$TUTTI' train '$TMP/p.json' --runs '$runs' --set tasks.topic.train='$TMP/never1.jsonl' --set 'tasks.topic.labels=$labels' --steps 2 >/dev/null"
{ head -n 20 "$TMP/data/topics.train.jsonl"; four '{"text": "a word", "label": "never"}'; } >"$TMP/never2.jsonl"
fails "four of 24 are too many" 1 "never2.jsonl" train "$TMP/p.json" \
	--set tasks.topic.train="$TMP/never2.jsonl" --set "tasks.topic.labels=$labels"
{ head -n 20 "$TMP/data/topics.train.jsonl"; four '{"text": "", "label": "rail"}'; } >"$TMP/empty.jsonl"
fails "empty texts, counted with their lines" 1 "empty text 4 (lines 21, 22, 23, 24)" train "$TMP/p.json" --set tasks.topic.train="$TMP/empty.jsonl"
{ head -n 150 "$TMP/data/topics.train.jsonl"
  head -c 67108864 /dev/zero | tr '\0' 'x'; echo
  tail -n 50 "$TMP/data/topics.train.jsonl"; } >"$TMP/long.jsonl"
check "a 64 MB line is skipped" sh -c \
	"'$TUTTI' train '$TMP/p.json' --runs '$runs' --set tasks.topic.train='$TMP/long.jsonl' --steps 2 >/dev/null"
rm -f "$TMP/long.jsonl"
: >"$TMP/none.jsonl"
fails "a file without rows" 1 "none.jsonl" train "$TMP/p.json" --set tasks.topic.train="$TMP/none.jsonl"
mkfifo "$TMP/pipe.jsonl"
fails "a FIFO" 2 "pipe.jsonl" train "$TMP/p.json" --set tasks.topic.train="$TMP/pipe.jsonl"
printf '[PAD]\n[CLS]\n[SEP]\n[MASK]\na\n' >"$TMP/vocab.txt"
fails "a vocabulary without [UNK]" 1 "UNK" train "$TMP/p.json" --set tokenizer.vocab="$TMP/vocab.txt"

# nothing half made stays
left=$(find "$runs" -mindepth 1 -maxdepth 1 -type d | while read -r d; do ls -d "$d"/checkpoints/step-* >/dev/null 2>&1 || echo "$d"; done)
[ -z "$left" ] && ok "failed runs leave no folder" || { not_ok "left behind"; echo "$left"; }

# a damaged checkpoint is refused by name, the one before it offered
state_of "$TMP/p.json" --run hurt --set budget.checkpoint_every=3 >/dev/null
newest=$(find "$runs/hurt/checkpoints" -maxdepth 1 -name 'step-*' | sort | tail -n 1)
printf 'x' | dd of="$newest/model.safetensors" bs=1 seek=4000 conv=notrunc 2>/dev/null
fails "a damaged checkpoint" 1 "${newest##*/}" "$TUTTI" resume hurt --runs "$runs" --steps 9
# so is a truncated one; with it out of the way the run goes on from the one before
truncate -s 100 "$newest/optimizer.safetensors"
fails "a truncated checkpoint" 1 "${newest##*/}" "$TUTTI" resume hurt --runs "$runs" --steps 9
mv "$newest" "$TMP/hurt-away"
whole=$(state_of "$TMP/p.json" --run whole --steps 9)
again=$("$TUTTI" resume hurt --runs "$runs" --steps 9 --json 2>"$TMP/err" | field state)
[ -n "$again" ] && [ "$again" = "$whole" ] && ok "the one before goes on to the same bits" || not_ok "from the one before: '$again', not '$whole'"
fails "not a run" 1 "data" "$TUTTI" resume "$TMP/data"
exit $bad
