/*
 * baseline.h - summaries that cost nothing: the first or the longest three parts of
 * a text. What a model has to beat.
 */
#ifndef TUTTI_ASK_BASELINE_H
#define TUTTI_ASK_BASELINE_H

#include <stddef.h>

#include "base/str.h"

/* The first three parts (text/parts.h), or the three longest in their order, joined by spaces. */
void baseline_lead(const char *text, size_t len, struct buf *out);
void baseline_longest(const char *text, size_t len, struct buf *out);

#endif
