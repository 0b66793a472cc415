/*
 * sweep_child.h - one process of this program, its JSON lines and its last words.
 */
#ifndef TUTTI_SWEEP_SWEEP_CHILD_H
#define TUTTI_SWEEP_SWEEP_CHILD_H

#include <sys/types.h>

#include "base/json.h"
#include "base/str.h"

struct sweep_child {
	pid_t pid;             /* 0: none */
	int out, err;          /* what it prints; -1: ended */
	struct buf out_line, err_line;
	char last[ERR_MAX];    /* its newest message on stderr, without "tutti: " */
};
/*
 * Begins `words` (the first one names the program). `keep` (-1: none) is a descriptor
 * that it inherits. In a process group of its own: a terminal's signals reach the
 * parent alone.
 */
enum status sweep_child_start(struct sweep_child *c, const char *exe, char *const *words,
			      int keep, struct err *err);
/* Reads what is there; calls back for each JSON line. False: it has closed both. */
bool sweep_child_read(struct sweep_child *c,
		      void (*line)(void *arg, const struct json *event), void *arg);
/* Waits for its end and releases everything. The exit status, 128 + n for a signal. */
int sweep_child_wait(struct sweep_child *c);

#endif
