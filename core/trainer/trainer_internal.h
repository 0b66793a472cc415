/*
 * trainer_internal.h - what the files of the trainer share among themselves.
 *
 *   trainer.c          the side of the callers: start, post, answer, snapshot
 *   trainer_run.c      the thread: prepare, the loop, the end
 *   trainer_prepare.c  a new run, a resumed run
 *   trainer_command.c  queue, script and journal become changes and answers
 *   trainer_work.c     pictures, evaluations, checkpoints
 *   trainer_guard.c    guards: what they say and do between two steps
 *   trainer_whole.c    the evaluation of all dev rows at the end
 *   command_run.c      the commands about the run, as rows (command.h)
 */
#ifndef TUTTI_TRAINER_TRAINER_INTERNAL_H
#define TUTTI_TRAINER_TRAINER_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/progress.h"
#include "look/telemetry.h"
#include "rundir/rundir.h"
#include "command/command.h"
#include "session/session.h"
#include "trainer/trainer.h"

enum { ANSWERS_KEPT = 256, SKIPS_MAX = 10, DEV_KEPT = 500, EVALS_KEPT = 20 };

struct waiting {
	char *line;
	enum journal_who who;
	uint64_t ticket;
};

struct answer {
	uint64_t ticket; /* 0: none */
	enum status st;
	struct err err;
	struct buf text;
};

struct script_line {
	int64_t step;
	int number;      /* in the file, for messages */
	char *text;
	bool done;
};

struct trainer {
	/* set by trainer_start, then read only */
	struct plan *plan;         /* until the session has it */
	bool is_new;
	char run_path[PATH_MAX], run_name[128];
	int64_t steps_asked;
	int workers;
	int wake_fd, picture_fd;
	pthread_t thread;
	bool is_joined;
	struct run_lock lock;

	/* any thread, any time */
	atomic_int stop;           /* asked by trainer_stop */
	atomic_int interrupt;      /* a CMD_CUTS is in the queue: cut long work short */

	/* under the mutex */
	pthread_mutex_t mutex;
	struct waiting queue[TRAINER_QUEUE_MAX];
	int queue_head, queue_n;
	uint64_t next_ticket;      /* the last one given */
	uint64_t answered;
	struct answer answer[ANSWERS_KEPT];
	bool has_ended;
	struct snapshot shared;

	/* the thread's own */
	struct store *store;
	struct session *s;
	struct snapshot live;
	struct telemetry tele;
	struct progress pg;
	struct script_line *script;
	int n_script;
	struct journal_entry *pending; /* to be applied again */
	int n_pending, next_pending;
	int64_t journal_seq;       /* the last entry in the state */
	int64_t resumed_seq;       /* the same when the run was resumed; 0: it is new */
	int64_t guards_at;         /* guards have been asked at this step */
	int64_t saved_step, saved_seq, saved_dev; /* step, entry, dev_step on the disk */
	bool must_extend;          /* to steps_asked, once caught up */
	bool says_plan;
	bool is_paused, is_stopping;
	bool is_executing;         /* a command: others wait for its answer */
	bool is_by_hand;           /* that one: it can be refused and given again */
	bool has_given_up;         /* told to stop, and others hold the store */
	double held;               /* seconds that others held the store, to be told */
	double last_picture, last_flush;
	enum status result;        /* after the join */
	struct err err;
};

/* trainer_work.c */
void trainer_picture(struct trainer *t, bool now); /* at most 10 a second unless now */
void trainer_phase(struct trainer *t, enum phase p);
void trainer_say(struct trainer *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Beside what is said already: several things may be told before the first step. */
void trainer_say_too(struct trainer *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
int64_t trainer_last_step(const struct trainer *t); /* where to end */
void trainer_channels(struct trainer *t); /* once there is a session */
bool trainer_should_stop(const struct trainer *t);
/*
 * Of all tasks, or of none when it is to stop (ST_STOPPED). A scheduled one that is
 * the best so far is saved.
 */
enum status trainer_evaluate(struct trainer *t, bool scheduled, struct err *err);
/* The scheduled one of this step, unless it is in the store already. */
enum status trainer_evaluate_due(struct trainer *t, struct err *err);
enum status trainer_baselines(struct trainer *t, struct err *err);
enum status trainer_save(struct trainer *t, const char *name, struct err *err);
enum status trainer_settle(struct trainer *t, struct err *err); /* rows and folders */
/* What advance.h asks for; arg: the trainer. A step's rows and guards: ... */
enum status trainer_stepped(void *arg, const struct step_report *r, struct err *err);
/* ... the evaluation of the schedule, dropped when it is to stop; a checkpoint. */
enum status trainer_evaluate_here(void *arg, struct err *err);
enum status trainer_save_here(void *arg, struct err *err);
void trainer_add_journal(struct trainer *t, const struct journal_entry *e);

/* trainer_whole.c: where the plan ends with one, unless it is in the store already. */
enum status trainer_evaluate_whole(struct trainer *t, struct err *err);

/* trainer_command.c */
enum status trainer_read_script(struct trainer *t, const char *text,
				const struct plan *plan, struct err *err);
/* Marks lines that the journal has; refuses those that are past. */
enum status trainer_script_past(struct trainer *t, const struct journal_entry *e,
				int n, struct err *err);
/* The journal's entries of this step, of a resumed run; arg: the trainer. */
enum status trainer_catch_up(void *arg, struct err *err);
/* Everything else that happens between two steps. */
enum status trainer_boundary(struct trainer *t, struct err *err);
bool trainer_drain(struct trainer *t, bool light_only); /* true: any answered */
void trainer_refuse_all(struct trainer *t, const char *why); /* and all to come */
/* A guard's; the journal's own one where it stands there already (a resumed run). */
enum status trainer_note(struct trainer *t, const char *text, struct err *err);

/* A line as if `who` had posted it, between two steps. */
enum status trainer_execute(struct trainer *t, const char *line, enum journal_who who,
			    struct buf *answer, struct err *err);

/* trainer_guard.c: what guards say at this step is noted, and done where they may act. */
enum status trainer_guards(struct trainer *t, struct err *err);
/* Of a resumed run: what those that only warn remember, from its figures. */
enum status trainer_guards_recall(struct trainer *t, struct err *err);

/*
 * trainer_run.c: store_on_wait's. A run waits for its store as long as somebody
 * else holds it, and says so; a person's command is refused after COMMAND_PATIENCE
 * seconds, and one who stops the run waits STOP_PATIENCE for what is not written.
 */
enum { COMMAND_PATIENCE = 5, STOP_PATIENCE = 10 };
bool trainer_waits(void *arg, double waited);
void trainer_was_held(struct trainer *t); /* says that it is over */

/* trainer_prepare.c */
enum status trainer_prepare(struct trainer *t, struct err *err);

/* trainer_run.c */
void *trainer_main(void *arg);

#endif
