/*
 * lines.h - a foreign file as a run of lines, in constant memory. Internal to
 * the readers of core/data (source*.c).
 *
 * The buffer holds what is being looked at and grows up to one line of
 * SOURCE_LINE_MAX bytes; what is longer is passed over without being stored.
 * Reading ends where the file ended when it was opened; ending before that is
 * an error. Every byte goes into the content hash once, in order.
 */
#ifndef TUTTI_DATA_LINES_H
#define TUTTI_DATA_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/progress.h"
#include "base/status.h"

struct lines {
	char *path;
	int fd;
	uint64_t base;       /* where in fd the text begins (plain.h) */
	uint64_t size;       /* of the text when it was opened */
	bool is_folder;      /* rows are the files of a folder */
	char *buf;
	size_t cap, begin, end; /* unread bytes: buf[begin .. end) */
	uint64_t buf_at;     /* file offset of buf[0] */
	uint64_t start;      /* where the text begins: after a BOM, after comments */
	uint64_t start_lines;/* line ends before it */
	uint64_t lines;      /* line ends passed */
	char term;           /* '\n', or '\r' where no '\n' is */
	struct hasher *hasher;
	uint64_t hashed;     /* bytes that are in the hash */
	struct progress *pg; /* ticked at every read; borrowed */
};

/*
 * Files with UTF-8 text, packed or not, and folders of texts (plain.h); what looks
 * like something else is named. `pg` is ticked while it opens; may be NULL.
 */
enum status lines_open(struct lines *r, const char *path, struct progress *pg,
			struct err *err);
void lines_release(struct lines *r);
/* One more piece behind `end`; ST_END when there is no more. */
enum status lines_fill(struct lines *r, struct err *err);
/*
 * The next line without its end (LF, CR LF, or CR), borrowed until the next
 * call. `too_long`: it was skipped and *p is empty.
 */
enum status lines_next(struct lines *r, const char **p, size_t *n,
			bool *too_long, struct err *err);
/* Passes over what is left of the line. ST_END only when nothing was left. */
enum status lines_skip_line(struct lines *r, struct err *err);
uint64_t lines_at(const struct lines *r); /* offset of the next byte */
void lines_seek(struct lines *r, uint64_t at, uint64_t lines);
void lines_start_here(struct lines *r); /* the text begins where reading is */
void lines_rewind(struct lines *r);     /* to where the text begins */
/* Of the whole file, once ST_END was met. */
struct hash lines_hash(struct lines *r);

#endif
