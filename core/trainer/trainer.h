/*
 * trainer.h - the training thread: commands in, snapshots out.
 *
 * The trainer owns the session, the store and the workers. The UI never touches
 * them: it asks by posting a command and learns by taking a snapshot. Commands
 * take effect between two steps, in the order posted; one that changes the
 * session is in the journal, on the disk, before the first step that feels it.
 */
#ifndef TUTTI_TRAINER_TRAINER_H
#define TUTTI_TRAINER_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "look/snapshot.h"
#include "plan/plan.h"

enum { TRAINER_QUEUE_MAX = 256 };

struct trainer;

struct trainer_options {
	struct plan *plan;        /* a new run: taken; NULL when resuming */
	const char *given;        /* the plan file's text as given, for plan.given.json */
	const char *resume;       /* run folder to go on with, or NULL */
	const char *run;          /* name of the new run, or NULL */
	const char *runs;         /* root of runs, or NULL */
	int64_t steps;            /* total to stop at; < 0: where the schedule ends */
	bool extend;              /* the schedule ends there, too ("horizon N") */
	int workers;              /* 0: as many as cores */
	const char *script;       /* text of lines "STEP COMMAND", or NULL */
	bool start_paused;
	bool says_plan;           /* the run's message has plan->left_out */
};

/*
 * Makes the run folder (or opens the run), takes its lock, starts the thread.
 * Preparing (vocabulary, caches) happens on the thread: watch the snapshot's
 * phase. Strings are copied.
 */
enum status trainer_start(const struct trainer_options *o, struct trainer **out,
			  struct err *err);

/* The run's folder; borrowed. Any thread. */
const char *trainer_run_path(const struct trainer *t);

/*
 * Queues a line and returns without waiting. *ticket names it: it has been
 * answered once a snapshot reports that ticket or a later one. A line that does
 * not parse is refused here. ST_FULL if TRAINER_QUEUE_MAX are waiting. Any thread.
 */
enum status trainer_post(struct trainer *t, const char *line, enum journal_who who,
			 uint64_t *ticket, struct err *err);
/* A program that steers says who it is, and why. */
struct asker {
	enum journal_who who;
	char actor[ACTOR_NAME];   /* WHO_ACTOR: its name; else "" */
	char reason[REASON_TEXT]; /* "": none was given */
};
/*
 * The same of whoever asks. An actor's line is checked on the thread alone, where
 * it is refused by what the plan allows it (actors.h), and the journal has that, too.
 */
enum status trainer_post_as(struct trainer *t, const char *line, const struct asker *by,
			    uint64_t *ticket, struct err *err);
/*
 * The answer of an executed ticket: ST_OK, or why it was refused; answer text
 * (JSON for questions) is appended to `text`. ST_BUSY while it waits, and only
 * then; answers of the last 256 tickets are kept. Any thread.
 */
enum status trainer_answer(struct trainer *t, uint64_t ticket, struct buf *text,
			   struct err *err);

/* Copies the newest picture when it is newer than dst->serial. Any thread. */
bool trainer_snapshot(struct trainer *t, struct snapshot *dst);
/* A descriptor that becomes readable when a new picture is there (for poll);
 * trainer_snapshot() drains it. */
int trainer_fd(const struct trainer *t);

/*
 * Asks the thread to finish the step, checkpoint and end ("stop" does the
 * same); interrupts long work. Safe in a signal handler.
 */
void trainer_stop(struct trainer *t);
/* Waits for the end: ST_OK, ST_STOPPED, or what failed. Frees nothing. */
enum status trainer_join(struct trainer *t, struct err *err);
void trainer_free(struct trainer *t); /* joins first */

#endif
