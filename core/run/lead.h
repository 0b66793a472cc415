/*
 * lead.h - summaries that cost nothing: the first or the longest three parts of
 * a text. What a model has to beat.
 */
#ifndef TUTTI_RUN_LEAD_H
#define TUTTI_RUN_LEAD_H

#include <stddef.h>

#include "base/str.h"

/*
 * Parts of a text that a summary could be made of: the turns of a dialogue
 * ("Anna Lee: hello"), or else sentences. Returns how many (at most cap).
 */
struct text_part { const char *s; size_t len; };
int text_parts(const char *text, size_t len, struct text_part *out, int cap);
/* The turns alone; 0: the text is no dialogue. */
int text_turns(const char *text, size_t len, struct text_part *out, int cap);
/* The first three parts, or the three longest in their order, joined by spaces. */
void baseline_lead(const char *text, size_t len, struct buf *out);
void baseline_longest(const char *text, size_t len, struct buf *out);

#endif
