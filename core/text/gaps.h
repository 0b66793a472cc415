/*
 * gaps.h - parts of a text that are taken out for a model to write: a source with
 * "[MASK]" in place of each, and the parts as the target.
 *
 *   sentences  gap sentences (Zhang et al. 2020, PEGASUS, 3.1): those with the highest F1
 *              of ROUGE-1 against the rest of the text, each by itself and with words
 *              counted as often as they come (their Ind-Orig); turns, in a dialogue. Words
 *              are compared folded, without stems. The share is of the sentences.
 *   spans      span corruption (Raffel et al. 2020, T5, 3.1.4): of the words a share, in
 *              spans of three in the mean, the lengths a random division. T5 marks each
 *              span with a piece of its own; no vocabulary here has such, so spans stand
 *              behind each other in the target, a full stop between two.
 *
 * A function of the text, the share and (spans) the seed, of dev rows of the text and the
 * share alone. At least one part is taken and one is left.
 */
#ifndef TUTTI_TEXT_GAPS_H
#define TUTTI_TEXT_GAPS_H

#include <stdbool.h>

#include "base/str.h"
#include "text/masking.h"

/* Appends both. False: the text has one part alone, and nothing is appended. */
bool gaps_make(const struct masking_spec *spec, const char *text, size_t len,
	       struct buf *source, struct buf *target);

#endif
