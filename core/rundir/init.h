/*
 * init.h - where a run's first weights come from, other than from random numbers: a
 * folder with a model from elsewhere (model/pretrained.h), or a checkpoint of another run.
 * In a plan: "path/to/folder", "run:NAME" (its best checkpoint), "run:NAME@STEP"; NAME may
 * be a run's folder.
 *
 * Kind, sizes and tokenizer are laid into the plan when it is read (init_open). The
 * weights come once, at step 0 (init_start): the state of step 0 follows from the plan and
 * the files of the init, whose hash is a fact of the run, "init.hash". Later its own
 * checkpoints have all that it needs.
 */
#ifndef TUTTI_RUNDIR_INIT_H
#define TUTTI_RUNDIR_INIT_H

#include "base/hash.h"
#include "plan/plan.h"
#include "session/session.h"
#include "store/store.h"

#define INIT_HASH_FACT "init.hash"
/* Tasks whose heads began with values of the init: names, with spaces between them. */
#define INIT_HEADS_FACT "init.heads"
/* The name of a run's checkpoint of step 0, where it has an init. */
#define INIT_CHECKPOINT "start"

/*
 * plan_opener.open; arg: the folder of runs that was given (const char *, NULL: as
 * rundir_root has it). ST_NOT_FOUND: no such folder, run or checkpoint.
 */
enum status init_open(const void *arg, const char *text, const char *folder,
		      struct plan_base *base, struct err *err);
/* Of a run's own plan: finds the tokenizer's folder again, for a start at step 0. */
enum status init_find_again(struct plan *p, struct err *err);

struct init_report {
	char hash[HASH_TEXT]; /* of what was read; "": there is no init */
	int taken;            /* parameters that have its values */
	struct buf words;     /* a line: what was taken, what is fresh, what is unused */
};
/*
 * The whole state of step 0: random, and where the plan has an init, its weights over the
 * trunk, layers and heads that are the same. Sets plan_task.lr where the plan leaves it
 * open. ST_NOT_FOUND, ST_INVALID, ST_CORRUPT: as the init's reader has it. *out is to be
 * released, always.
 */
enum status init_start(struct session *s, struct init_report *out, struct err *err);
void init_report_release(struct init_report *r);

/*
 * Refuses an init whose hash is not the run's fact: another start would be another run.
 * ST_OK where there is no such fact.
 */
enum status init_check_fact(struct store *st, const struct plan *p,
			    const struct init_report *r, struct err *err);

/*
 * The facts of a run that starts, and session_task.has_init back from them where it goes
 * on from a checkpoint.
 */
enum status init_set_facts(struct store *st, const struct session *s,
			   const struct init_report *r, struct err *err);
void init_recall(struct store *st, struct session *s);

#endif
