/*
 * control_act.h - a command with who asks for it and why: the text of an ACT message.
 *
 *   actor=NAME\n     a program that steers; not there: a person
 *   reason=TEXT\n    not there: none is given
 *   line=COMMAND     to the end of the text, whatever is in it
 *
 * A key that is not known is refused (control.h).
 */
#ifndef TUTTI_TRAINER_CONTROL_ACT_H
#define TUTTI_TRAINER_CONTROL_ACT_H

#include "base/str.h"
#include "trainer/trainer.h"

/* actor and reason: NULL where there is none. */
void control_act_write(const char *actor, const char *reason, const char *line,
		       struct buf *out);
/* *line is borrowed from `text`. */
enum status control_act_read(const char *text, struct asker *by, const char **line,
			     struct err *err);

#endif
