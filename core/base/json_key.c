/*
 * json_key.c - keys of objects compared by what they mean, without decoding
 * them to memory: "a" and "\u0061" are the same key.
 */
#include <string.h>

#include "base/json_scan.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int32_t json_hex4(const char *p, const char *end)
{
	int32_t x = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_value(p[i]);

		if (d < 0)
			return -1;
		x = x << 4 | d;
	}
	return x;
}

/*
 * The next byte a checked string stands for, -1 at its closing quote. `pending`
 * holds the bytes of an escaped character, in reverse: the last is next.
 */
struct key_reader {
	const char *p;
	unsigned char pending[4];
	int n;
};

static void put_utf8(struct key_reader *k, uint32_t c)
{
	k->n = 0;
	if (c < 0x80) {
		k->pending[k->n++] = (unsigned char)c;
		return;
	}
	k->pending[k->n++] = (unsigned char)(0x80 | (c & 0x3f));
	if (c >= 0x800)
		k->pending[k->n++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	if (c >= 0x10000)
		k->pending[k->n++] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	if (c < 0x800)
		k->pending[k->n++] = (unsigned char)(0xc0 | c >> 6);
	else if (c < 0x10000)
		k->pending[k->n++] = (unsigned char)(0xe0 | c >> 12);
	else
		k->pending[k->n++] = (unsigned char)(0xf0 | c >> 18);
}

static int escaped_byte(struct key_reader *k)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = k->p[1];
	const char *hit;
	uint32_t x;

	if (c != 'u') {
		k->p += 2;
		hit = strchr(from, c);
		return hit ? to[hit - from] : c;
	}
	x = (uint32_t)json_hex4(k->p + 2, k->p + 6);
	k->p += 6;
	if (x >= 0xd800 && x <= 0xdbff) {
		uint32_t y = (uint32_t)json_hex4(k->p + 2, k->p + 6);

		x = 0x10000 + ((x - 0xd800) << 10) + (y - 0xdc00);
		k->p += 6;
	}
	put_utf8(k, x);
	return k->pending[--k->n];
}

static int key_byte(struct key_reader *k)
{
	if (k->n)
		return k->pending[--k->n];
	if (*k->p == '"')
		return -1;
	if (*k->p == '\\')
		return escaped_byte(k);
	return (unsigned char)*k->p++;
}

uint64_t json_key_hash(const char *p)
{
	struct key_reader k = { .p = p };
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; a hit is compared in full */
	int c;

	while ((c = key_byte(&k)) >= 0)
		h = (h ^ (uint64_t)c) * 0x100000001b3u;
	return h;
}

int json_key_compare(const struct json_scan_key *a,
		     const struct json_scan_key *b)
{
	struct key_reader x = { .p = a->p }, y = { .p = b->p };
	int c, d;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	do {
		c = key_byte(&x);
		d = key_byte(&y);
	} while (c == d && c >= 0);
	return c - d;
}

int json_key_order(const void *va, const void *vb)
{
	const struct json_scan_key *a = va, *b = vb;
	int order = json_key_compare(a, b);

	return order ? order : (a->p > b->p) - (a->p < b->p);
}

void json_key_text(const char *p, char *out, size_t cap)
{
	struct key_reader k = { .p = p };
	size_t n = 0;
	int c;

	while ((c = key_byte(&k)) >= 0 && n < cap - 4)
		out[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	if (c >= 0) {
		while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
			n--;
		if (n && (unsigned char)out[n - 1] >= 0xc0)
			n--;
		memcpy(out + n, "...", 3);
		n += 3;
	}
	out[n] = '\0';
}
