/*
 * suggest.c - edit distances between a word and those there are.
 */
#include "base/suggest.h"

#include <string.h>

#include "base/str.h"

enum { WORD_MAX = 32, FAR = 1000 };

static int least(int a, int b)
{
	return a < b ? a : b;
}

int word_distance(const char *a, const char *b)
{
	int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return strcmp(a, b) ? FAR : 0;
	for (size_t i = 0; i <= na; i++)
		d[i][0] = (int)i;
	for (size_t k = 0; k <= nb; k++)
		d[0][k] = (int)k;
	for (size_t i = 1; i <= na; i++)
		for (size_t k = 1; k <= nb; k++) {
			int other = a[i - 1] != b[k - 1];

			d[i][k] = least(d[i - 1][k - 1] + other,
					least(d[i - 1][k], d[i][k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[na][nb];
}

static int slips_allowed(size_t len)
{
	return len <= 3 ? 1 : len <= 6 ? 2 : 3;
}

void suggest(struct suggestion *s, const char *word, const char *candidate)
{
	size_t len = strlen(word);
	int distance = word_distance(word, candidate);

	if (len > 1 && str_starts(candidate, word))
		distance = least(distance, 1);
	if (distance > slips_allowed(strlen(candidate)) || (size_t)distance >= len)
		return;
	if (!s->word || distance < s->distance)
		*s = (struct suggestion){ candidate, distance };
}
