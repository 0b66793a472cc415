/*
 * file.h - files as the rest of core sees them: read whole within a cap, mapped
 * read-only, or written so that a name never shows half a file (RELIABILITY I4).
 *
 * Write protocol: NAME.tmp-PID-N (O_EXCL, O_NOFOLLOW, O_CLOEXEC, 0600), write,
 * fsync, rename over NAME, fsync the folder. After a failed fsync the
 * descriptor is dropped, never retried.
 *
 * A missing file is ST_NOT_FOUND, a full disk ST_FULL, other system errors
 * ST_IO, and what is no regular file or too large ST_INVALID.
 */
#ifndef TUTTI_BASE_FILE_H
#define TUTTI_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"

/* What tells one state of a file from another without reading it. */
struct file_id {
	uint64_t size, inode, device;
	int64_t mtime_ns, ctime_ns;
	uint64_t unsure; /* 0, but see file_settle() */
};

/* A regular file only: folders, FIFOs and devices are refused with a word. */
enum status file_id(const char *path, struct file_id *out, struct err *err);
/*
 * The same, so that whoever reads the file after this call and finds the same
 * id later may take the content for the same. A file changed so lately that
 * its next change could bear the same time is waited for (20 ms; 2 s where
 * times are whole seconds). One whose time is ahead of the clock, or that
 * keeps changing, gets an `unsure` that no other call gives.
 */
enum status file_settle(const char *path, struct file_id *out, struct err *err);
bool file_same(const struct file_id *a, const struct file_id *b); /* but `unsure` */
/* Replaces what `out` holds. More than `cap` bytes are refused, not cut. */
enum status file_read(const char *path, size_t cap, struct buf *out,
		      struct err *err);
/* Makes missing parents too; each new folder's name is flushed to its parent. */
enum status file_mkdirs(const char *path, unsigned mode, struct err *err);
bool file_exists(const char *path);
/*
 * Removes a folder and the files in it (two levels at most, no links followed), also
 * those that another thread or process puts there or takes away meanwhile.
 */
enum status file_remove_tree(const char *path, struct err *err);
enum status file_sync_dir(const char *path, struct err *err);
/* The rename alone: file_sync_dir() makes it last. */
enum status file_rename(const char *from, const char *to, struct err *err);
/* Of a folder with files in it, where nothing has the name yet; else ST_BUSY. */
enum status file_rename_new(const char *from, const char *to, struct err *err);
/* Absolute form of `path` relative to folder `base` (NULL: here); not resolved. */
enum status file_absolute(const char *base, const char *path, char *out,
			  size_t cap, struct err *err);

/* A read-only mapping. A file that others cut short meanwhile raises SIGBUS. */
struct file_map {
	const char *p;
	size_t len;
};
enum status file_map(const char *path, struct file_map *m, struct err *err);
void file_unmap(struct file_map *m);
/*
 * Of its bytes, in one pass that keeps few of them in memory: a file as large as the
 * model would else count as the process's own while it is read.
 */
struct hash file_map_hash(const struct file_map *m);

/* A file being written under the protocol above. */
struct file_out;
enum status file_out_open(const char *path, struct file_out **out,
			  struct err *err);
enum status file_out_write(struct file_out *f, const void *p, size_t n,
			   struct err *err);
/* Bytes written so far. */
uint64_t file_out_size(const struct file_out *f);
/* Rewrites n bytes at an offset that was written before (headers). */
enum status file_out_patch(struct file_out *f, uint64_t at, const void *p,
			   size_t n, struct err *err);
/*
 * Flushes, takes the name, frees f. On an error the name shows what it showed
 * before, unless only the flush of the folder failed: then it shows the whole
 * new file, but a power cut may undo that.
 */
enum status file_out_commit(struct file_out *f, struct err *err);
/*
 * The same, but never over a file: of a name STEM.EXT that is taken the first free one
 * of STEM-2.EXT, STEM-3.EXT, ... `path` gets the one that it became.
 */
enum status file_out_commit_beside(struct file_out *f, char *path, size_t cap,
				   struct err *err);
void file_out_abort(struct file_out *f); /* NULL is fine */
enum status file_write(const char *path, const void *p, size_t n,
		       struct err *err); /* the whole protocol at once */

/* "$XDG_CACHE_HOME/tutti" and its kin, made when missing (0700). */
enum xdg_kind { XDG_CONFIG, XDG_STATE, XDG_CACHE, XDG_DATA };
enum status file_xdg(enum xdg_kind kind, char *out, size_t cap, struct err *err);

#endif
