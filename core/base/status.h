/*
 * status.h - how a function says that the world did not do what was asked.
 *
 * Three kinds of trouble, three tools: the world (a file, a socket, a user) is
 * an `enum status` with a message in a `struct err`; our own mistake is BUG();
 * memory that ran out is the business of mem.h.
 *
 * Messages: lower case, cause first, the place (file:line, JSON path, step),
 * 'subject' in quotes, no full stop.
 */
#ifndef TUTTI_BASE_STATUS_H
#define TUTTI_BASE_STATUS_H

#include <stdarg.h>

enum status {
	ST_OK = 0,
	ST_FAILED,    /* anything without a better word */
	ST_INVALID,   /* the input is wrong: a plan, a command, an argument */
	ST_NOT_FOUND, /* no such file, run, task, field */
	ST_IO,        /* a system call failed */
	ST_CORRUPT,   /* damaged or truncated: checksum, size, structure */
	ST_FULL,      /* no room: a queue, a disk */
	ST_BUSY,      /* somebody else holds it */
	ST_STOPPED,   /* the user interrupted */
	ST_END,       /* no more rows; not an error */
};

enum { ERR_MAX = 640 };

struct err {
	char text[ERR_MAX];
};

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Writes the message (when err is not NULL) and returns `st`. */
enum status err_set(struct err *err, enum status st, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* As err_set with ST_IO, and adds ": " and the text of errno. */
enum status err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts "prefix: " before the message that stands there already. */
enum status err_wrap(struct err *err, enum status st, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * Our own mistake: says where on stderr-less terms (through the hook, which
 * restores the terminal) and aborts. Kept on in release.
 */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define BUG_IF(cond)                                                           \
	do {                                                                   \
		if (__builtin_expect(!!(cond), 0))                             \
			bug_at(__FILE__, __LINE__, "%s", #cond);               \
	} while (0)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Called with the message before the abort; set once at start. */
void bug_set_hook(void (*hook)(const char *message));

#endif
