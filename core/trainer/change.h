/*
 * change.h - a command that changes a session, in two halves: it is tried while the
 * session stays as it is, and kept once the journal has it. Between the two the
 * trainer writes the entry; when that fails the change is dropped, and no step has
 * felt it.
 *
 * What a row's change() does goes into the trial: `mix` is a copy of the session's
 * and is kept as a whole. Whatever else it changes (frozen parameters, a state read
 * from a checkpoint) it prepares in `own`, and says what puts it in place.
 * All of what can fail, fails in the trial.
 */
#ifndef TUTTI_TRAINER_CHANGE_H
#define TUTTI_TRAINER_CHANGE_H

#include "mix/mix.h"
#include "command/command.h"
#include "session/session.h"

enum { CHANGE_TEXT = 96 };

struct change {
	const struct command *c;
	const struct session *s;
	int task;                  /* of the first word where it is a task; else -1 */
	char before[CHANGE_TEXT], after[CHANGE_TEXT]; /* for the journal */
	char said[160];            /* for the answer, what is odd about it; "": nothing */

	struct mix mix;            /* as it will be */
	void *own;                 /* NULL: nothing but the mix is changed */
	void (*keep)(struct change *g, struct session *s); /* of own; takes it. NULL: none */
	void (*drop)(struct change *g); /* of own, when it is not kept */
};

/*
 * Checks a command against the session and tries it. A refusal says why in one line
 * and leaves nothing to drop. A command that changes nothing (a note) is well, too.
 * Borrows c and s until the change is kept or dropped.
 */
enum status change_try(struct change *g, const struct command *c,
		       const struct session *s, struct err *err);
/* Makes it so: `s` is the session that it was tried on, no step later. Cannot fail. */
void change_keep(struct change *g, struct session *s);
void change_drop(struct change *g);
/* Both at once: what a journal's entry did is done again. */
enum status change_make(const struct command *c, struct session *s, struct err *err);

/* --- for rows: values as the journal shows them --- */

void change_show_number(char out[CHANGE_TEXT], double x);
void change_show_flag(char out[CHANGE_TEXT], bool x);
/* Argument i of the command into *x, with what was before and after. */
enum status change_number(struct change *g, int i, double *x);
enum status change_flag(struct change *g, int i, bool *flag);

#endif
