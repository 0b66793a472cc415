/*
 * pour.h - bytes on their way into a spooled file: counted, hashed, capped.
 * Internal to plain.c and to what it unpacks and joins (unpack.c, folder.c).
 */
#ifndef TUTTI_DATA_POUR_H
#define TUTTI_DATA_POUR_H

#include <stdint.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/progress.h"

struct pour {
	const char *path;        /* where they come from; borrowed */
	struct file_out *out;
	struct hasher *content;
	uint64_t n, most;        /* bytes so far, and the cap */
	struct progress *pg;     /* borrowed; may be NULL */
};

/* ST_INVALID beyond the cap; ST_FULL, ST_IO. */
enum status pour_add(struct pour *p, const void *bytes, size_t n, struct err *err);
/* ST_STOPPED when that is asked for; `done` in the unit of the progress. */
enum status pour_tick(struct pour *p, uint64_t done, struct err *err);

#endif
