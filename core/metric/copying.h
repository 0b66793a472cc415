/*
 * copying.h - how much of a summary was taken from its source as it stands.
 *
 * Texts are word keys (text_fold_key), punctuation left out. Fragments, coverage
 * and density are those of Grusky, Naaman and Artzi 2018 ("Newsroom"): going
 * through the summary from the left, the longest run of words that the source
 * has, too, is a fragment; coverage is the share of words in fragments, density
 * the mean over words of their fragment's length.
 */
#ifndef TUTTI_METRIC_COPYING_H
#define TUTTI_METRIC_COPYING_H

#include <stdint.h>

enum { COPYING_GRAMS = 3 };

struct copying {
	int n_source, n_output;      /* words */
	double coverage, density;    /* NaN: there are no words */
	int longest;                 /* words of the longest fragment */
	double novel[COPYING_GRAMS]; /* share of its 1-, 2-, 3-grams that the source
					has not; NaN: too short for one */
	int repeats;                 /* 3-grams that the summary had before */
};
void copying_measure(const uint64_t *source, int n_source, const uint64_t *output,
		     int n_output, struct copying *out);

struct fragment {
	int output, source, length;  /* words from output[.] and source[.] on */
};
/* Writes the fragments in order; `out` has room for n_output. Returns how many. */
int copying_fragments(const uint64_t *source, int n_source, const uint64_t *output,
		      int n_output, struct fragment *out);

#endif
