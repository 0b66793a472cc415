/*
 * hash.h - 128-bit content hashes (XXH3 of libxxhash): cache keys, checksums of
 * tensors, the `state` of a run. Not for secrets.
 */
#ifndef TUTTI_BASE_HASH_H
#define TUTTI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t lo, hi;
};
struct hasher; /* opaque, for streams */

enum { HASH_TEXT = 33 }; /* 32 hex digits and a NUL */

struct hash hash_bytes(const void *p, size_t n);
uint64_t hash64_bytes(const void *p, size_t n);
struct hasher *hasher_new(void);
void hasher_add(struct hasher *h, const void *p, size_t n);
void hasher_add_str(struct hasher *h, const char *s); /* with its NUL */
void hasher_add_u64(struct hasher *h, uint64_t x);
struct hash hasher_end(struct hasher *h); /* frees h */
void hash_text(struct hash h, char out[HASH_TEXT]);
int hash_equal(struct hash a, struct hash b);

#endif
