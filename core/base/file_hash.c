/*
 * file_hash.c - the hash of a mapped file, which need not stay in memory for it.
 */
#include "base/file.h"

#include <sys/mman.h>

struct hash file_map_hash(const struct file_map *m)
{
	enum { PIECE = 8 << 20 };
	struct hasher *h = hasher_new();

	for (size_t at = 0, n; at < m->len; at += n) {
		union {
			const char *in;
			void *out;
		} u = { .in = m->p + at };

		n = m->len - at < PIECE ? m->len - at : PIECE;
		hasher_add(h, u.in, n);
		madvise(u.out, n, MADV_DONTNEED); /* if it fails they stay, no more */
	}
	return hasher_end(h);
}
