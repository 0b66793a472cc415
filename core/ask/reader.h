/*
 * reader.h - the models of a run's checkpoints, to be asked: a thread of its own
 * opens the weights that a question is for and answers it (ask.h). It has a
 * session of its own: a live run goes on beside it and no bit of it changes. One
 * model is held at a time; nothing here waits but reader_free.
 */
#ifndef TUTTI_ASK_READER_H
#define TUTTI_ASK_READER_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { READER_QUEUE_MAX = 32 };

struct reader;

/*
 * `run` is its folder. wake_fd: an eventfd, borrowed, that is written at each
 * answer (-1: none). Nothing is opened yet. NULL when no thread can be had.
 */
struct reader *reader_new(const char *run, int wake_fd);
/* Drops what waits, waits for the question under way. NULL is fine. */
void reader_free(struct reader *r);

/*
 * Queues a question for the checkpoint of exactly this step. What is no question
 * (a command that changes something) is refused here. ST_FULL if
 * READER_QUEUE_MAX wait or were answered and not fetched. Any thread.
 */
enum status reader_ask(struct reader *r, int64_t step, const char *line,
		       uint64_t *ticket, struct err *err);
/*
 * Fetches an answer, once: ST_OK, or why there is none; its text is appended.
 * ST_BUSY while it waits. Any thread.
 */
enum status reader_answer(struct reader *r, uint64_t ticket, struct buf *text,
			  struct err *err);
/* Gives the model's memory back when the questions that wait are answered. */
void reader_rest(struct reader *r);

#endif
