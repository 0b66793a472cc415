/*
 * predict.h - the rows that `predict` answers: from lines or from a table.
 */
#ifndef TUTTI_TUI_PREDICT_H
#define TUTTI_TUI_PREDICT_H

#include "cmd.h"
#include "data/source.h"
#include "plan/plan.h"

enum { PREDICT_ROWS = 64 };

/* Where a row came from and what it says, or why it says nothing. */
struct predict_row {
	const char *file;
	size_t number;
	const char *line;
	size_t len;
	bool is_too_long, is_lone; /* lone: one text where a pair is wanted */
	struct buf text, pair;
	struct err why; /* "": it is fine */
};

/* Rows that wait for their answers, and the bytes that they lie in. */
struct predict_feed {
	int fd;
	const char *file;
	struct source *table; /* NULL: lines */
	char term;            /* '\n', or '\r' where no '\n' is */
	bool is_known;        /* its first bytes were looked at */
	bool is_over;       /* the file is at its end */
	bool is_skipping;   /* within a line that is too long */
	size_t number;      /* lines so far */
	size_t bad, first;  /* of them without an answer; the first one */
	struct err why;     /* of the first */
	char *buf;
	size_t len, cap;    /* in use: whole lines first, then the beginning of one */
	size_t used;        /* of them taken */
	int n;
	struct predict_row row[PREDICT_ROWS];
};

/*
 * `path` "-": standard input. Borrows it. Refuses a table without the task's
 * columns. The feed is closed also when it could not be opened.
 */
enum status predict_feed_open(struct predict_feed *f, const struct plan_task *t,
			      const char *path, struct err *err);
/*
 * The next rows, with their reasons where they are no good, in f->row; f->n 0: no
 * more. Those before are gone. Refuses what is no rows at all at its first line.
 */
enum status predict_feed_next(struct predict_feed *f, const struct plan_task *t,
			      struct err *err);
void predict_feed_close(struct predict_feed *f);

#endif
