/*
 * cmd.h - the sub-commands, one function each, and what they share: saying
 * messages on stderr, long work's progress, the end by signal.
 */
#ifndef TUTTI_TUI_CMD_H
#define TUTTI_TUI_CMD_H

#include <stdbool.h>

#include "base/progress.h"
#include "base/status.h"
#include "base/str.h"
#include "opts.h"
#include "screen/terminal.h"

int cmd_desk(const struct opts *o);
int cmd_attach(const struct opts *o);
int cmd_engine(const struct opts *o);
int cmd_send(const struct opts *o);
int cmd_actions(const struct opts *o);
int cmd_watch(const struct opts *o);
int cmd_train(const struct opts *o);
int cmd_resume(const struct opts *o);
int cmd_sweep(const struct opts *o);
int cmd_eval(const struct opts *o);
int cmd_predict(const struct opts *o);
int cmd_score(const struct opts *o);
int cmd_import(const struct opts *o);
int cmd_ls(const struct opts *o);
int cmd_curves(const struct opts *o);
int cmd_compare(const struct opts *o);
int cmd_export(const struct opts *o);
int cmd_play(const struct opts *o);
int cmd_replay(const struct opts *o);
int cmd_fork(const struct opts *o);
int cmd_branch(const struct opts *o);
int cmd_schedule(const struct opts *o);
int cmd_tokenize(const struct opts *o);
int cmd_check(const struct opts *o);
int cmd_inspect(const struct opts *o);
int cmd_new(const struct opts *o);
int cmd_rm(const struct opts *o);
int cmd_completion(const struct opts *o);

/* Help for one sub-command, for all; EXIT_WELL. */
int cmd_help(const struct subcommand *c);
int cmd_help_all(void);
/*
 * Is the first of these words, which is no sub-command, no plan file and no run
 * either? Then err says what was tried and what may have been meant.
 */
bool cmd_is_unknown(int argc, char **argv, struct err *err);
/* By its name, or because it is a file. */
bool cmd_is_plan(const char *name);

/* Lends this terminal to the engine of the run in folder `run`. */
int cmd_lend(const struct opts *o, const char *run, bool is_owner);
struct feed;
/* A desk on this process's terminal over what has happened already. */
int cmd_show(const struct opts *o, const struct feed *feed);
enum color_mode cmd_color(const struct opts *o);
/* Where the prompt's history is kept; false: nowhere. */
bool cmd_history_path(char out[4096]);

/* "tutti: MESSAGE" on stderr, made harmless; returns the exit status for `st`. */
int cmd_fail(enum status st, const struct err *err);
/* Prints to stderr what is not data. */
void cmd_say(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * SIGINT and SIGTERM from now on only set a flag that long work sees through
 * its progress; a second SIGINT within 2 s ends at once. The signal, or 0.
 */
void cmd_catch_signals(void);
int cmd_signal(void);
/* A descriptor that becomes readable at the first signal. */
int cmd_signal_fd(void);

/*
 * A listener for long work: on a terminal one line that is redrawn, else one
 * line per 10 s or 1 % (whichever is later); stops the work at a signal.
 */
struct progress *cmd_progress(void);
void cmd_progress_end(void); /* ends the line */

/* One plan from a path with o's --set, --seed; *given gets the file's text. */
struct plan;
enum status cmd_load_plan(const struct opts *o, const char *path, struct plan **plan,
			  struct buf *given, struct err *err);
/* The run named by `name` under --runs. */
enum status cmd_find_run(const struct opts *o, const char *name, char out[4096],
			 struct err *err);
/*
 * The run named first, opened to look: weights of --step or of the best. Says on
 * stderr which step that is. Signals are caught from now on.
 */
struct session;
enum status cmd_open_run(const struct opts *o, bool with_data, struct session **s,
			 struct err *err);

/* A line of `eval`, and one of how it was measured; or an object. base NULL: none. */
struct eval_row;
void cmd_print_eval(const struct session *s, int task, const struct eval_row *e,
		    const struct eval_row *base, bool json);
/* The task named so (NULL: -1); ST_INVALID names those there are. */
enum status cmd_pick_task(const struct plan *p, const char *name, int *task,
			  struct err *err);

/* Columns of the longest task's name, so that figures stand below each other. */
int cmd_name_columns(const struct plan *p);

#endif
