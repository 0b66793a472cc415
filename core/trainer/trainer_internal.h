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
 *   trainer_back.c     a run that goes back to a state it was in
 *   trainer_later.c    commands that were held for later
 *   trainer_actor.c    what actors are refused, and what they did, in the journal
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
#include "command/coming.h"
#include "command/command.h"
#include "session/session.h"
#include "trainer/actors.h"
#include "trainer/trainer.h"

enum { ANSWERS_KEPT = 256, SKIPS_MAX = 10, DEV_KEPT = 500, EVALS_KEPT = 20 };

struct waiting {
	char *line;
	struct asker by;
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
	struct buf refused;            /* lines of it that were, and why; how many */
	int n_refused;
	struct journal_entry *pending; /* to be applied again */
	int n_pending, next_pending;
	struct ring *ring;             /* the last states (session/ring.h) */
	struct coming coming;          /* what was asked for and is to come */
	int64_t *gone_back;            /* entries whose commands went back: once each */
	size_t n_gone_back, cap_gone_back;
	int64_t looked;                /* the step whose evaluation was looked at for it */
	struct journal_entry *then;    /* what is said behind a jump; NULL: nothing */
	int64_t journal_seq;       /* the last entry in the state */
	int64_t resumed_seq;       /* the same when the run was resumed; 0: it is new */
	int64_t guards_at;         /* guards have been asked at this step */
	int64_t saved_step, saved_seq, saved_dev; /* step, entry, dev_step on the disk */
	struct actors actors;      /* what they did so far, as the journal has it */
	bool must_extend;          /* to steps_asked, once caught up */
	bool says_plan;
	bool is_paused, is_stopping;
	struct asker by;           /* of the command that is executed */
	bool has_jumped;           /* this step is another than that of the loop */
	enum status lost;          /* went back in the journal, and could not in memory */
	struct err lost_why;
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

/*
 * trainer_back.c: where a run goes back to: step and last journal entry of the state; it
 * is in the ring (in_ring >= 0), or a checkpoint's folder has it or one that it
 * follows from. A refusal changes nothing. Who fails once the journal says so sets
 * t->lost: the run must end, and a resumed one is where it went.
 */
struct back_to {
	int64_t step, seq;
	int in_ring;
	char folder[PATH_MAX];
};
enum status trainer_jump(struct trainer *t, const char *line, const struct back_to *to,
			 struct err *err);
enum status trainer_rebuild(struct trainer *t, struct err *err);
void trainer_ring_take(struct trainer *t); /* where one is due */

/* trainer_later.c: the list as it was with that entry; what is due is done. */
enum status trainer_coming_read(struct trainer *t, int64_t upto, struct err *err);
enum status trainer_fire(struct trainer *t, struct err *err);

/* trainer_command.c */
/* An entry is in the journal: pictures and the list of what is to come have it. */
void trainer_wrote(struct trainer *t, const struct journal_entry *e);
/* command_run.c: an entry of `measure` says from when on how often it is done. */
void trainer_take_every(struct trainer *t, const struct journal_entry *e);
enum status trainer_read_script(struct trainer *t, const char *text,
				const struct plan *plan, struct err *err);
/* Marks lines that the journal has; refuses those that are past. */
enum status trainer_script_past(struct trainer *t, const struct journal_entry *e,
				int n, struct err *err);
/* At the end: which lines were refused, which were not come to. */
void trainer_script_told(struct trainer *t);
/* The journal's entries of this step, of a resumed run; arg: the trainer. */
enum status trainer_catch_up(void *arg, struct err *err);
/* Everything else that happens between two steps. */
enum status trainer_boundary(struct trainer *t, struct err *err);
bool trainer_drain(struct trainer *t, bool light_only); /* true: any answered */
void trainer_refuse_all(struct trainer *t, const char *why); /* and all to come */
bool trainer_is_catching_up(const struct trainer *t);
/* Onto the disk; what `e` says of before and after goes with it. */
enum status trainer_write_entry(struct trainer *t, struct journal_entry *e,
				const char *command, const struct asker *by,
				struct err *err);

/*
 * trainer_actor.c: may the actor do this? Its commands that are no change and no note
 * are noted before they run; refusals with `why`, but not more than a few a step.
 */
enum status trainer_actor_may(struct trainer *t, const struct command *c,
			      const struct asker *by, struct err *err);
enum status trainer_actor_runs(struct trainer *t, const struct command *c,
			       const struct asker *by, struct err *err);
void trainer_actor_refused(struct trainer *t, const char *line, const struct asker *by,
			   enum status st, const char *why);

/* A guard's; the journal's own one where it stands there already (a resumed run). */
enum status trainer_note(struct trainer *t, const char *text, struct err *err);
/*
 * What a guard says now stands in the journal as this entry (0: it does not): a state
 * that is saved from here on has it.
 */
void trainer_is_said(struct trainer *t, int64_t seq);

/* A line as if `who` had posted it, between two steps. */
enum status trainer_execute(struct trainer *t, const char *line, const struct asker *by,
			    struct buf *answer, struct err *err);

/* trainer_guard.c: would both lines change the same thing, whatever the value? */
bool trainer_is_same_act(const char *entry, const char *line);
/* What guards say at this step is noted, and done where they may act. */
enum status trainer_guards(struct trainer *t, struct err *err);
/*
 * Of a run that was resumed or went back: what those that only warn remember, from the
 * figures that stand.
 */
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
