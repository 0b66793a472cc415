/*
 * ask.h - the commands that ask (CMD_ASKS): what each answers, as JSON. Looking
 * changes no bit (I10).
 */
#ifndef TUTTI_RUN_ASK_H
#define TUTTI_RUN_ASK_H

#include "run/command.h"
#include "run/session.h"

/*
 * Answers a parsed question of the session's thread: one JSON object is added to
 * `answer`. The session may be one without optimizer and data (session_make).
 */
enum status ask(struct session *s, const struct command *c, struct buf *answer,
		struct err *err);

#endif
