/*
 * prediction.c - a prediction's values and its weight, in memory and as bytes.
 *
 * The bytes, little-endian:
 *   u8 version (2), f64 weight, above 0,
 *   then groups to the end: u8 width (4 or 8), u32 count, the values.
 * Without a weight they are of version 1, which lacks it: so are those of stores from
 * before it was kept.
 * A group of width 4 is of IEEE floats, one of width 8 of doubles. Values that floats
 * hold bit for bit go into floats: probabilities and class numbers do, scores and
 * guesses need all of a double. So nothing is rounded, and a row of a thousand classes
 * takes 4 kB; as JSON text it would be two to four times that, and a number that is
 * none would be lost.
 */
#include "store/prediction.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { PLAIN = 1, WEIGHED = 2, NARROW = 4, WIDE = 8, GROUP_HEAD = 5 };
enum { NARROW_LEAST = 3 }; /* fewer would save less than a group's head costs */

double prediction_value(const struct prediction *p, int i)
{
	return i >= 0 && i < p->n ? p->v[i] : NAN;
}

int prediction_class(const struct prediction *p, int i)
{
	double x = prediction_value(p, i);

	return x >= 0 && x <= PREDICTION_VALUES_MAX ? (int)x : -1;
}

double *prediction_values(struct prediction *p, int n)
{
	xfree(p->v);
	p->n = n;
	p->v = n ? xcalloc((size_t)n, sizeof *p->v) : NULL;
	return p->v;
}

void prediction_release(struct prediction *p)
{
	xfree(p->v);
	xfree(p->text);
	xfree(p->detail);
	*p = (struct prediction){ 0 };
}

/* --- packing --- */

static bool is_narrow(double x)
{
	double back = (double)(float)x;

	return !memcmp(&back, &x, sizeof x);
}

/* Do the values from i on make a group of floats that is worth its head? */
static bool begins_narrow(const struct prediction *p, int i)
{
	int n = 0;

	while (i + n < p->n && n < NARROW_LEAST && is_narrow(p->v[i + n]))
		n++;
	return n == NARROW_LEAST || (n && n == p->n);
}

/* Values of the group that begins at i. */
static int group_length(const struct prediction *p, int i, bool narrow)
{
	int n = 0;

	while (i + n < p->n &&
	       (narrow ? is_narrow(p->v[i + n]) : !begins_narrow(p, i + n)))
		n++;
	return n;
}

static void put_bytes(struct buf *out, uint64_t x, int n)
{
	for (int i = 0; i < n; i++)
		buf_addc(out, (char)(x >> (8 * i) & 0xff));
}

static void put_value(struct buf *out, double x, bool narrow)
{
	float f = (float)x;
	uint32_t low;
	uint64_t all;

	memcpy(&low, &f, sizeof low);
	memcpy(&all, &x, sizeof all);
	put_bytes(out, narrow ? low : all, narrow ? NARROW : WIDE);
}

void prediction_pack(const struct prediction *p, struct buf *out)
{
	put_bytes(out, p->weight > 0 ? WEIGHED : PLAIN, 1);
	if (p->weight > 0)
		put_value(out, p->weight, false);
	for (int i = 0, n; i < p->n; i += n) {
		bool narrow = begins_narrow(p, i);

		n = group_length(p, i, narrow);
		put_bytes(out, narrow ? NARROW : WIDE, 1);
		put_bytes(out, (uint64_t)n, 4);
		for (int k = 0; k < n; k++)
			put_value(out, p->v[i + k], narrow);
	}
}

/* --- unpacking --- */

static uint64_t get_bytes(const unsigned char *p, int n)
{
	uint64_t x = 0;

	for (int i = 0; i < n; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

static double get_value(const unsigned char *p, int width)
{
	uint64_t all = get_bytes(p, width);
	uint32_t low = (uint32_t)all;
	float f;
	double x;

	memcpy(&f, &low, sizeof f);
	memcpy(&x, &all, sizeof x);
	return width == NARROW ? (double)f : x;
}

/* What stands before the groups; its length, or 0: it is none. */
static size_t take_head(const unsigned char *p, size_t len, double *weight)
{
	*weight = 0;
	if (len && p[0] == PLAIN)
		return 1;
	if (len < 1 + WIDE || p[0] != WEIGHED)
		return 0;
	*weight = get_value(p + 1, WIDE);
	return isfinite(*weight) && *weight > 0 ? 1 + WIDE : 0;
}

/* Values of all groups; -1: these are none. `v` NULL: only counts them. */
static int64_t walk(const unsigned char *p, size_t len, double *v)
{
	const unsigned char *end = p + len;
	int64_t all = 0;

	while (p < end) {
		uint64_t n;
		int width = p[0];

		if (end - p < GROUP_HEAD || (width != NARROW && width != WIDE))
			return -1;
		n = get_bytes(p + 1, 4);
		p += GROUP_HEAD;
		if (n > (uint64_t)(end - p) / (uint64_t)width)
			return -1;
		for (uint64_t k = 0; v && k < n; k++)
			v[all + (int64_t)k] = get_value(p + k * (uint64_t)width, width);
		all += (int64_t)n;
		p += n * (uint64_t)width;
	}
	return all;
}

bool prediction_unpack(const unsigned char *bytes, size_t len, struct prediction *p)
{
	double weight;
	size_t head = take_head(bytes, len, &weight);
	int64_t n = head ? walk(bytes + head, len - head, NULL) : -1;

	if (n < 0 || n > PREDICTION_VALUES_MAX)
		return false;
	p->weight = weight;
	walk(bytes + head, len - head, prediction_values(p, (int)n));
	return true;
}
