/*
 * follow.h - a run that goes on elsewhere, for a screen that only looks: a record
 * that grows, and what the engine tells beside it. Nothing can be posted, nothing
 * that the engine does waits for it, and it needs no engine that answers: the
 * store alone will do. Once the run has ended it is as ended_run_open's.
 */
#ifndef TUTTI_TUI_FOLLOW_H
#define TUTTI_TUI_FOLLOW_H

#include "base/status.h"
#include "feed.h"

struct follow;

/* The run may be preparing still: then its picture says so. */
enum status follow_open(const char *run, struct follow **out, struct err *err);
void follow_close(struct follow *f); /* NULL is fine */
void feed_follow(struct feed *out, struct follow *f);

#endif
