/*
 * subcommands.c - the table of sub-commands: dispatch, --help, the manual and
 * completion come from it.
 */
#include "cmd.h"

enum { TRAIN = OPT_RUNS | OPT_STEPS | OPT_EXTEND | OPT_WORKERS | OPT_SCRIPT };

const struct subcommand subcommand_table[] = {
	{ "", "tutti PLAN | RUN", "the desk: a new run, or a run to look at",
	  TRAIN | OPT_RUN | OPT_SEED | OPT_SET | OPT_SCREEN, 1, 1, cmd_desk },
	{ "attach", "tutti attach RUN", "this terminal for a live run's desk",
	  OPT_RUNS | OPT_SCREEN | OPT_VIEW, 1, 1, cmd_attach },
	{ "send", "tutti send RUN COMMAND", "one command to a live run; prints the answer",
	  OPT_RUNS, 2, OPTS_ARGS, cmd_send },
	{ "engine", "tutti engine PLAN", NULL,
	  TRAIN | OPT_RUN | OPT_SEED | OPT_SET | OPT_SCREEN, 1, 1, cmd_engine },
	{ "new", "tutti new FILE...", "writes a plan for files of yours",
	  OPT_OUT | OPT_FORCE | OPT_YES | OPT_SET | OPT_SEED, 1, OPTS_ARGS, cmd_new },
	{ "train", "tutti train PLAN", "train without a screen",
	  TRAIN | OPT_RUN | OPT_SEED | OPT_SET | OPT_JSON, 1, 1, cmd_train },
	{ "resume", "tutti resume RUN", "go on from the newest checkpoint",
	  TRAIN | OPT_JSON, 1, 1, cmd_resume },
	{ "sweep", "tutti sweep PLAN|SWEEP",
	  "many runs of one plan: seeds, varied fields; their means with intervals",
	  OPT_SWEEP | OPT_RUN | OPT_RUNS | OPT_WORKERS | OPT_SET | OPT_CSV | OPT_JSON, 1, 1,
	  cmd_sweep },
	{ "eval", "tutti eval RUN", "metrics on all dev rows, or on another file",
	  OPT_RUNS | OPT_TASK | OPT_DATA | OPT_STEP | OPT_WORKERS | OPT_JSON, 1, 1,
	  cmd_eval },
	{ "predict", "tutti predict RUN --task T [FILE|-]",
	  "JSONL, plain lines or a table in, JSONL out, in order",
	  OPT_RUNS | OPT_TASK | OPT_STEP | OPT_WORKERS | OPT_TOP, 1, 2, cmd_predict },
	{ "score", "tutti score METRIC[,METRIC] REFERENCES PREDICTIONS",
	  "metrics of predictions from anywhere, one item a line",
	  OPT_SCORE | OPT_JSON, 3, 3, cmd_score },
	{ "ls", "tutti ls", "the runs, live and ended", OPT_RUNS | OPT_JSON | OPT_NAMES, 0, 0,
	  cmd_ls },
	{ "curves", "tutti curves RUN", "what a run has recorded, as CSV or JSON lines",
	  OPT_RUNS | OPT_TABLE | OPT_CSV | OPT_JSON, 1, 1, cmd_curves },
	{ "rm", "tutti rm RUN...", "removes runs that have ended, with all they hold",
	  OPT_RUNS | OPT_FORCE, 1, OPTS_ARGS, cmd_rm },
	{ "replay", "tutti replay RUN", "play the journal back and compare every bit",
	  OPT_RUNS | OPT_WORKERS | OPT_JSON, 1, 1, cmd_replay },
	{ "play", "tutti play RUN", "a recorded run again, like a film, from its store alone",
	  OPT_RUNS | OPT_SPEED | OPT_SCREEN, 1, 1, cmd_play },
	{ "tokenize", "tutti tokenize VOCAB|RUN [FILE|-]",
	  "one line of text in, one line of token ids out", OPT_RUNS, 1, 2, cmd_tokenize },
	{ "check", "tutti check PLAN", "what a plan needs: parameters, memory, time, rows",
	  OPT_SEED | OPT_SET | OPT_WORKERS | OPT_JSON, 1, 1, cmd_check },
	{ "completion", "tutti completion bash|zsh",
	  "prints the shell's completion: source <(tutti completion bash)", 0, 1, 1,
	  cmd_completion },
};
const int subcommand_count = sizeof subcommand_table / sizeof *subcommand_table;
