/*
 * ranges.h - is a code point in a sorted table of ranges?
 */
#ifndef TUTTI_TEXT_RANGES_H
#define TUTTI_TEXT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint32_t first, last; /* both inclusive; tables ascend, nothing overlaps */
};

static inline bool in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	size_t low = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (r[low + half].last < cp) {
			low += half + 1;
			n -= half + 1;
		} else if (r[low + half].first > cp) {
			n = half;
		} else {
			return true;
		}
	}
	return false;
}

#define IN(table, cp) in_ranges(table, sizeof(table) / sizeof *(table), cp)

#endif
