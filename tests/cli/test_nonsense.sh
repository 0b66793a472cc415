#!/bin/sh
# What makes no sense: plans whose fields contradict each other, commands that would come
# to nothing, forks and branches that cannot tell anything. Each is refused, by a sentence
# that names the field and a way out.
. tests/cli/lib.sh
XDG_CACHE_HOME=$TMP/cache
export XDG_CACHE_HOME
plan=$TMP/tiny.json runs=$TMP/runs
tiny_plan "$plan" 20
set -- --set mix.weighting=fixed --set budget.eval_every=5 --set budget.checkpoint_every=5 --set budget.keep=9

refused() { # refused 'pattern' KEY=VALUE...
	pattern=$1
	shift
	name=$*
	for s in "$@"; do set -- "$@" --set "$s"; shift; done
	fails "$name" 2 "$pattern" "$TUTTI" check "$plan" "$@"
}
never='budget.eval_every=0'
refused "0 is out of range" model.adapter=lora model.adapter_rank=0
refused "choose another method first" model.adapter=lora mix.weighting=pcgrad
refused "adapter is none at model.adapter_rank" model.adapter_rank=2
refused "model.shared_layers is 0.*at model.adapter_per" model.adapter=lora model.adapter_per=all model.shared_layers=0
refused "'adapters' is the group that moves.*at optimizer.rates" model.adapter=lora optimizer.rates='trunk 2'
refused "1 is out of range" optimizer.average=1
refused "a rate of 0 would cost" optimizer.rates='topic 0'
refused "no field 'guards.nosuch'" guards.nosuch=act
refused "(budget.eval_every) at guards.patience" guards.patience=act "$never"
refused "(budget.eval_every) at guards.transfer" guards.transfer='warn n=3' "$never"
refused "wants a limit, steps=N.*at guards.budget" guards.budget=act
refused "(budget.eval_every) at mix.sampling" mix.sampling=dynamic "$never"
refused "names task 3, and there are 2" mix.sampling=sequence mix.sampling_args.order=3
refused "names task 1 twice" mix.sampling=sequence mix.sampling_args.order=121
refused "no whole number, in 'order=1.5'" mix.sampling=sequence mix.sampling_args.order=1.5
refused "every=0 is out of range" mix.weighting=pcgrad mix.weighting_args.every=0
refused "no whole number, in 'every=1.5'" mix.weighting=pcgrad mix.weighting_args.every=1.5
refused "ema=1 is out of range" mix.weighting=pcgrad mix.weighting_args.ema=1
refused "1 micro-batch is too few for 2" mix.weighting=mgda mix.micro_batches=1
refused "changed wants a model.init" budget.checkpoint=changed
refused "model.decoder_init trunk at tasks.headline.lr_trunk" tasks.headline.lr_trunk=3
refused "a 'gpt' model writes with its layers alone.*at tasks.headline.lr_trunk" model.kind=gpt tasks.headline.lr_trunk=3
sed 's/"kind": "summarize"/&, "lr_trunk": 3/' "$plan" >"$TMP/heir.json"
check "left out where a setting takes what it is for" sh -c "'$TUTTI' check '$TMP/heir.json' --set model.decoder_init=random 2>&1 | grep -q 'tasks.headline.lr_trunk of the file has no meaning.*left out'"
check "no field is made up" sh -c "'$TUTTI' check '$plan' --set optimzer.foo=1 2>&1 | grep \"no field 'optimzer.foo'\" | grep -qv 'did you mean'"
gaps='"gaps": { "kind": "denoise", "from": "headline", "max_source": 64, "max_target": 16, "decoder_of": "headline", "lr": 3 } }'
sed 's/"max_target": 16 } }/"max_target": 16 }, '"$gaps/; s/\"shared_layers\": 1/\"shared_layers\": 2/" "$plan" >"$TMP/gaps.json"
fails "a rate for another task's decoder" 2 "is that of 'headline'.*at tasks.gaps.lr" "$TUTTI" check "$TMP/gaps.json" --set mix.weighting=fixed
check "what only warns by itself is no contradiction" "$TUTTI" check "$plan" --set "$never" >"$TMP/out"

# a plan of one task, and one whose actor has a range for what it may not do
sed '/"headline"/,/max_target/d; s/"max_source": 64 },$/"max_source": 64 } },/' "$plan" >"$TMP/one.json"
fails "bandit of one task" 2 "there is one: proportional does the same at mix.sampling" "$TUTTI" check "$TMP/one.json" --set mix.sampling=bandit --set mix.weighting=fixed
fails "pcgrad of one task" 2 "there is one: fixed does the same at mix.weighting" "$TUTTI" check "$TMP/one.json" --set mix.weighting=pcgrad
sed 's/"tutti": 1,/"tutti": 1, "actors": { "a": { "commands": ["weight"], "ranges": { "lr": [0, 1] } } },/' "$plan" >"$TMP/actor.json"
fails "a range without its command" 2 "a range for 'lr'.*actors.a.commands" "$TUTTI" check "$TMP/actor.json"

# commands: nothing of it is in the journal, and every one was answered
tried() { # tried RUN 'what the plan has beside' LINES...
	run=$1 beside=$2
	shift 2
	n=0
	: >"$TMP/script"
	for l in "$@"; do n=$((n + 1)); echo "$n ${l%%|*}" >>"$TMP/script"; done
	"$TUTTI" train "$plan" --run "$run" --runs "$runs" --set mix.weighting=fixed $beside --script "$TMP/script" >"$TMP/out" 2>"$TMP/err"
	[ "$("$TUTTI" curves "$run" --runs "$runs" --table journal | wc -l)" = 1 ] && ok "$run: nothing is taken" || not_ok "$run: taken: $("$TUTTI" curves "$run" --runs "$runs" --table journal)"
	for l in "$@"; do # the last message has them all
		grep -q -- "${l#*|}" "$TMP/err" && ok "$run: ${l%%|*}" || not_ok "$run: '${l%%|*}' is not answered by '${l#*|}'"
	done
}
tried early '' 'rollback 9!|no checkpoint of step 9; there are: 0' 'rollback best!|no evaluation of the schedule' \
	'back 8|there are not so many states' 'branch early|there already' 'at 3 pause|step 3 is past' 'cancel at-1|there is nothing'
tried idle '' 'sampling sequence order=9|names task 9, and there are 2' 'guard budget act|wants a limit' 'freeze trunk, topic, headline on|nothing would be trained'
check "how many" grep -q '3 lines of the script refused' "$TMP/err"
tried unmeasured "--set $never" 'when topic.loss < 9 do pause|schedules no evaluations' 'guard patience warn|goes by dev metrics' 'sampling dynamic|goes by dev metrics'
tried adapted '--set model.adapter=lora' 'rate trunk 2|stands still for good' 'freeze trunk off|stands still for good' 'weighting pcgrad|choose another method'

# forks and branches
echo '3 weighting pcgrad' >"$TMP/script"
"$TUTTI" train "$plan" --run gram --runs "$runs" "$@" --script "$TMP/script" >"$TMP/out" 2>&1 || not_ok "train"
printf '%s\n' '3 sampling dynamic' '4 guard patience act' >"$TMP/script"
"$TUTTI" train "$plan" --run dev --runs "$runs" "$@" --script "$TMP/script" >"$TMP/out" 2>&1 || not_ok "train"
"$TUTTI" train "$TMP/one.json" --run one --runs "$runs" "$@" >"$TMP/out" 2>&1 || not_ok "train of one task"
set -- --runs "$runs" --methods
fails "fork of an unknown method" 1 "no method 'nosuch'" "$TUTTI" fork gram "$@" fixed,nosuch
fails "fork of a method twice" 1 "'fixed' is named twice" "$TUTTI" fork gram "$@" fixed,fixed --step 10
"$TUTTI" fork one "$@" pcgrad,bandit --step 10 --steps 2 >"$TMP/out" 2>&1
check "fork of one task says which methods have nothing to do" [ "$(grep -c 'there is one: ' "$TMP/out")" = 2 ]
fails "fork where all rates are 0" 1 "ended at step 20.*--step N" "$TUTTI" fork gram "$@" fixed --step 20
fails "fork of more steps than there are" 1 "--steps 5 at most" "$TUTTI" fork gram "$@" fixed --step 15 --steps 9
fails "fork from a step without a checkpoint" 1 "no checkpoint of step 12 is kept" "$TUTTI" fork gram "$@" fixed --step 12
check "fork of as many as are left" "$TUTTI" fork gram "$@" fixed --step 15 >"$TMP/out"
check "which is said" grep -q 'from step 15: 5 steps' "$TMP/out"
fails "a branch too small for its method" 1 "1 micro-batch is too few" "$TUTTI" branch gram small --step 5 --set mix.micro_batches=1 --runs "$runs"
fails "a branch without what its method reads" 1 "goes by dev metrics" "$TUTTI" branch dev blind --step 5 --set "$never" --runs "$runs"
fails "a branch without what its guard reads" 1 "goes by dev metrics" "$TUTTI" branch dev blind --step 5 --set "$never" --set mix.sampling=uniform --runs "$runs"
"$TUTTI" resume gram --steps 5 --runs "$runs" >"$TMP/out" 2>"$TMP/err"
check "fewer steps than were made" grep -q "nothing to do: --steps 5 is the total, and the run is at step 20" "$TMP/err"
exit $bad
