/*
 * found.h - what a long look through data files gave (labels, a vocabulary),
 * kept beside the token caches so that the next start need not look again.
 * Internal to dataset_scan.c; the format is the banner of found.c.
 */
#ifndef TUTTI_DATA_FOUND_H
#define TUTTI_DATA_FOUND_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/str.h"
#include "data/cache.h"

/* Of what, in which files. Filled in by found_begin, found_add and found_end. */
struct found {
	struct hasher *spec, *state;
	struct cache_place place;
	bool is_usable; /* there is a folder, and the files were looked at */
};

/* `what` names the kind of thing and the version of the way it is made. */
void found_begin(struct found *f, const char *what, uint64_t setting);
/* The columns of a file that count; waits until its state can be told. */
void found_add(struct found *f, const struct dataset_spec *spec, bool target);
void found_end(struct found *f, const char *cache_dir);
/* False: not there, damaged, or of other files. Appends to out. */
bool found_get(const struct found *f, struct buf *out);
/* `f` is from before the look, `now` from after it: kept when they agree. */
void found_put(const struct found *f, const struct found *now, const void *p,
	       size_t n);

#endif
