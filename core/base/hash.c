/*
 * hash.c - XXH3 of libxxhash behind our own types. Its values do not depend on
 * the machine's vector unit. The text form is the canonical one: high word
 * first, as `xxh128sum` prints it.
 */
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XXH_STATIC_LINKING_ONLY /* the state's layout, to use our own heap */
#include <xxhash.h>

#include "base/mem.h"

struct hasher {
	XXH3_state_t state; /* wants 64-byte alignment */
};

static struct hash from_xxh(XXH128_hash_t x)
{
	return (struct hash){ .lo = x.low64, .hi = x.high64 };
}

struct hash hash_bytes(const void *p, size_t n)
{
	return from_xxh(XXH3_128bits(n ? p : "", n));
}

uint64_t hash64_bytes(const void *p, size_t n)
{
	return XXH3_64bits(n ? p : "", n);
}

struct hasher *hasher_new(void)
{
	struct hasher *h = xalloc64(sizeof *h);

	XXH3_128bits_reset(&h->state);
	return h;
}

void hasher_add(struct hasher *h, const void *p, size_t n)
{
	if (n)
		XXH3_128bits_update(&h->state, p, n);
}

void hasher_add_str(struct hasher *h, const char *s)
{
	hasher_add(h, s, strlen(s) + 1);
}

/* Little-endian, whatever the machine. */
void hasher_add_u64(struct hasher *h, uint64_t x)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(x >> (8 * i));
	hasher_add(h, bytes, sizeof bytes);
}

struct hash hasher_end(struct hasher *h)
{
	struct hash out = from_xxh(XXH3_128bits_digest(&h->state));

	xfree(h);
	return out;
}

void hash_text(struct hash h, char out[HASH_TEXT])
{
	snprintf(out, HASH_TEXT, "%016" PRIx64 "%016" PRIx64, h.hi, h.lo);
}

int hash_equal(struct hash a, struct hash b)
{
	return a.lo == b.lo && a.hi == b.hi;
}
