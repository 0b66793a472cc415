/*
 * unpack.h - files packed with gzip, xz, zstd or bzip2. The only door to
 * libarchive. Internal to plain.c.
 *
 * A bomb ends in a message: a file may unpack to UNPACK_RATIO times its size (but
 * always to UNPACK_FREE bytes) and to UNPACK_MOST bytes at most.
 */
#ifndef TUTTI_DATA_UNPACK_H
#define TUTTI_DATA_UNPACK_H

#include <stdbool.h>

#include "data/pour.h"

enum { UNPACK_RATIO = 250, UNPACK_FREE = 16 << 20 };
#define UNPACK_MOST ((uint64_t)64 << 30)

/* By the first bytes, whatever the name says. */
bool unpack_is_packed(const char *p, size_t n);
uint64_t unpack_cap(uint64_t size); /* of a packed file of so many bytes */
/*
 * All of what is packed in `fd`, `size` bytes long. ST_CORRUPT: damaged or cut
 * short, with the cause. gzip's own sum is looked at, too, but of a file of several
 * parts put together, where it would be the last part's alone.
 */
enum status unpack_pour(int fd, uint64_t size, struct pour *to, struct err *err);

#endif
