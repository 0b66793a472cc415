/*
 * copying.c - fragments and n-grams, by plain comparison: summaries are short.
 */
#include "metric/copying.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

static int common_run(const uint64_t *a, int n_a, const uint64_t *b, int n_b)
{
	int n = 0;

	while (n < n_a && n < n_b && a[n] == b[n])
		n++;
	return n;
}

int copying_fragments(const uint64_t *source, int n_source, const uint64_t *output,
		      int n_output, struct fragment *out)
{
	int n = 0;

	for (int i = 0; i < n_output;) {
		struct fragment best = {i, 0, 0};

		for (int k = 0; k < n_source; k++) {
			int len = common_run(source + k, n_source - k, output + i,
					     n_output - i);

			if (len > best.length) {
				best.source = k;
				best.length = len;
			}
		}
		if (best.length)
			out[n++] = best;
		i += best.length ? best.length : 1;
	}
	return n;
}

static bool has_gram(const uint64_t *text, int n, const uint64_t *gram, int order)
{
	for (int i = 0; i + order <= n; i++)
		if (common_run(text + i, order, gram, order) == order)
			return true;
	return false;
}

static double novel_share(const uint64_t *source, int n_source, const uint64_t *output,
			  int n_output, int order)
{
	int all = n_output - order + 1, novel = 0;

	for (int i = 0; i < all; i++)
		novel += !has_gram(source, n_source, output + i, order);
	return all > 0 ? (double)novel / all : NAN;
}

void copying_measure(const uint64_t *source, int n_source, const uint64_t *output,
		     int n_output, struct copying *out)
{
	struct fragment *f = xcalloc((size_t)n_output + 1, sizeof *f);
	int n = copying_fragments(source, n_source, output, n_output, f);
	double words = 0, squares = 0;

	*out = (struct copying){.n_source = n_source, .n_output = n_output};
	for (int i = 0; i < n; i++) {
		words += f[i].length;
		squares += (double)f[i].length * f[i].length;
		if (f[i].length > out->longest)
			out->longest = f[i].length;
	}
	xfree(f);
	out->coverage = n_output ? words / n_output : NAN;
	out->density = n_output ? squares / n_output : NAN;
	for (int k = 0; k < COPYING_GRAMS; k++)
		out->novel[k] = novel_share(source, n_source, output, n_output, k + 1);
	for (int i = 1; i + 3 <= n_output; i++)
		out->repeats += has_gram(output, i + 2, output + i, 3);
}
