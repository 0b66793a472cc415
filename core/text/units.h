/*
 * units.h - a text in units of which some are kept: words (sentence compression) or
 * sentences (extractive summaries; the turns of a dialogue), and which of them a target
 * keeps.
 *
 * A word is what stands between blanks. A target is a row of 0 and 1, one a unit, with or
 * without blanks or commas between; or a text. Which units that one keeps:
 *
 *   words      those that it is made of, in their order: of all ways to find as many of
 *              its words as can be found (a longest common subsequence) the one with the
 *              most of them side by side, then the leftmost. Words are equal when they
 *              are the same folded (fold.h); marks alone, byte for byte.
 *   sentences  a greedy oracle (Nallapati et al. 2017, "SummaRuNNer", 3.3; with ROUGE-1
 *              plus ROUGE-2, of sets of words and of pairs of words, and at most `most`
 *              sentences as in Liu 2019, "Fine-tune BERT for extractive summarization",
 *              3.1): the sentence that raises the F1 of what is chosen most is chosen
 *              next, until none does. Words are compared folded, without stems.
 *
 * Pure functions; any thread.
 */
#ifndef TUTTI_TEXT_UNITS_H
#define TUTTI_TEXT_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "text/layout.h"
#include "text/parts.h"

enum unit_kind { UNIT_WORDS, UNIT_SENTENCES };
#define UNIT_CHOICES "words|sentences"
enum { UNITS_MAX = 8192 }; /* of a text: those behind are none */
enum { UNITS_KEPT = 3, UNITS_KEPT_MAX = 1000 };

/* Returns how many, at most cap. */
int text_units(enum unit_kind how, const char *text, size_t len, struct text_part *out,
	       int cap);

/* What a target was. */
enum units_target {
	UNITS_GIVEN,     /* a row of 0 and 1 */
	UNITS_FOUND,     /* made of the text's words, or an oracle's */
	UNITS_NEAREST,   /* words that are not all there in that order: those that are */
	UNITS_NONE,      /* nothing of the text is kept */
	UNITS_MISCOUNTED /* a row of 0 and 1, and not one a unit */
};
/* keep [n] gets it; of the last two nothing that counts. */
enum units_target units_of_target(enum unit_kind how, const struct text_part *unit, int n,
				  int most, const char *target, size_t len, bool *keep);

/* Appends those that are kept, a blank between two. */
void units_text(const struct text_part *unit, int n, const bool *keep, struct buf *out);

/*
 * A unit as caches and batches have it: which rows of a laid out text it is read from,
 * and whether it is kept. A word is read from its first piece (Devlin et al. 2019, 5.3),
 * a sentence from all of them.
 */
struct unit_place {
	int32_t from;    /* the first row */
	int32_t size;    /* 2 * rows, and 1 where it is kept; below 2: it is not read */
};
enum { UNIT_INTS = sizeof(struct unit_place) / sizeof(int32_t) };
static inline int unit_rows(const struct unit_place *u)
{
	return u->size / 2;
}
static inline bool unit_is_kept(const struct unit_place *u)
{
	return u->size & 1;
}
/* Within a text of n rows? Others are not read; what a damaged cache holds is neither. */
static inline bool unit_is_read(const struct unit_place *u, int n)
{
	return unit_rows(u) > 0 && u->from >= 0 && u->from <= n - unit_rows(u);
}
/* keep NULL: none is. Returns how many are read; out [n]. */
int units_place(enum unit_kind how, const char *text, const struct text_part *unit, int n,
		const bool *keep, const struct layout *l, const struct token_span *spans,
		struct unit_place *out);

/*
 * Chooses by probability. Words: from the threshold on, and the likeliest where none
 * reaches it. Sentences: the likeliest k, but none that has three words in a row in
 * common with one that was chosen (trigram blocking: Paulus et al. 2018, 2.5; Liu 2019,
 * 3.3). Of equals the first. Units that are not read have a probability below 0, and are
 * never chosen.
 */
void units_choose_words(const float *p, int n, double threshold, bool *keep);
void units_choose_sentences(const struct text_part *unit, const float *p, int n, int k,
			    bool *keep);
/* The first k. */
void units_choose_lead(int n, int k, bool *keep);

/* Units in gold, in pred, in both; F1 of them is 2 both / (gold + pred), 0 of nothing. */
struct unit_counts {
	int gold, pred, both;
};
struct unit_counts units_count(const bool *gold, const bool *pred, int n);

#endif
