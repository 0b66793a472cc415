/*
 * beams.h - the question "beams TASK TEXT": the best summaries that the search
 * finds, with their scores.
 */
#ifndef TUTTI_ASK_BEAMS_H
#define TUTTI_ASK_BEAMS_H

#include "command/command.h"
#include "session/session.h"

/*
 * At least BEAMS_LEAST candidates, or as many as the task's plan has beams (at
 * most BEAMS_MOST), best first:
 *   {"task":"sum","step":1200,"whole":true,
 *    "beams":[{"score":-0.41,"pieces":12,"text":".."},..]}
 * The score is the length-normalised log probability. The search ends after
 * BEAMS_SECONDS so that no step waits long: then "whole" is false and the
 * candidates are what there was.
 */
enum { BEAMS_LEAST = 4, BEAMS_MOST = 8 };
#define BEAMS_SECONDS 0.08
enum status beams_answer(struct session *s, const struct command *c,
			 struct buf *answer, struct err *err);

#endif
