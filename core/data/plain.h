/*
 * plain.h - the text that a path leads to: a file as it stands, a packed one
 * unpacked, a folder of texts joined to rows. The readers open through it.
 *
 * What had to be unpacked or joined is kept in the folder of the token caches
 * (plain.c has the format), found by the path and its state (size, times, inode of
 * the file or of every file in the folder); it is made whole or not at all. Where
 * nothing can be kept there, a file without a name in TMPDIR serves. Content
 * hashes are of this text, so that a file packed again, or unpacked, has its old one.
 */
#ifndef TUTTI_DATA_PLAIN_H
#define TUTTI_DATA_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/progress.h"

struct plain {
	int fd;           /* caller closes */
	uint64_t at, size;/* the text in it: bytes from `at` on */
	bool is_folder;   /* a line for each file: folder.h */
	bool is_packed;
};

/*
 * Ticks `pg` (NULL: nobody listens) while it unpacks or joins. ST_NOT_FOUND;
 * ST_INVALID: neither a file nor such a folder, or a bomb; ST_CORRUPT: a damaged
 * archive; ST_STOPPED.
 */
enum status plain_open(const char *path, struct progress *pg, struct plain *out,
		       struct err *err);

/* file_id() and file_settle() (file.h), which take folders of texts, too. */
enum status plain_id(const char *path, struct file_id *out, struct err *err);
enum status plain_settle(const char *path, struct file_id *out, struct err *err);

#endif
