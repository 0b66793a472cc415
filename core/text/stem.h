/*
 * stem.h - Porter's stemmer (Porter 1980, "An algorithm for suffix stripping")
 * exactly as NLTK's PorterStemmer gives it in its default mode, which is what
 * Google's rouge-score uses.
 *
 * That mode departs from the published algorithm within steps 1 and 2, in the
 * meaning of *o, and by a list of irregular words. The steps cannot be entered
 * in the middle from outside, so libstemmer's "porter" is of no use here: the
 * algorithm is our own, from the paper's rules.
 */
#ifndef TUTTI_TEXT_STEM_H
#define TUTTI_TEXT_STEM_H

#include <stddef.h>

/* Stems a lower-case ASCII word in place; returns the new length (<= len). */
size_t stem_word(char *word, size_t len);

#endif
