/*
 * stem.h - Porter's stemmer exactly as NLTK's PorterStemmer (its default mode)
 * gives it, which is what Google's rouge-score uses: libstemmer's "porter" with
 * the differences closed here.
 */
#ifndef TUTTI_TEXT_STEM_H
#define TUTTI_TEXT_STEM_H

#include <stddef.h>

struct stemmer;
struct stemmer *stemmer_new(void);
void stemmer_free(struct stemmer *s);
/* Stems a lower-case ASCII word in place; returns the new length (<= len). */
size_t stemmer_stem(struct stemmer *s, char *word, size_t len);

#endif
