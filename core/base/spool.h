/*
 * spool.h - a file without a name: written to its end, then read once, as the token cache
 * does with its index while that grows.
 */
#ifndef TUTTI_BASE_SPOOL_H
#define TUTTI_BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { SPOOL_BUFFER = 1 << 16 };

struct spool {
	int fd; /* -1: closed */
	size_t n;
	uint64_t size, at;
	char buffer[SPOOL_BUFFER];
};

enum status spool_open(struct spool *s, const char *dir, struct err *err);
void spool_close(struct spool *s);
/* At most SPOOL_BUFFER bytes at once. */
enum status spool_add(struct spool *s, const void *p, size_t n, struct err *err);
/* Written all; now spool_next gives it in pieces, then ST_END. */
enum status spool_rewind(struct spool *s, struct err *err);
enum status spool_next(struct spool *s, const void **p, size_t *n,
		       struct err *err);

#endif
