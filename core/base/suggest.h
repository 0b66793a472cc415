/*
 * suggest.h - what a word that is not known was meant to be.
 */
#ifndef TUTTI_BASE_SUGGEST_H
#define TUTTI_BASE_SUGGEST_H

/*
 * Letters put in, left out, replaced, or two neighbours swapped that make `b` of `a`
 * (optimal string alignment). Words of more than 32 bytes are far from every other.
 */
int word_distance(const char *a, const char *b);

/* The nearest of the words that were shown to it so far; starts as zeros. */
struct suggestion {
	const char *word; /* borrowed; NULL: none is near enough */
	int distance;
};

/*
 * Near enough: one slip for words of up to three letters, two up to six, else three,
 * but never all of the word; or `word` is how `candidate` begins. The first of equals.
 */
void suggest(struct suggestion *s, const char *word, const char *candidate);

#endif
