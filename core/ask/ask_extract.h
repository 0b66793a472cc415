/*
 * ask_extract.h - what a prediction of an extract holds: the values of a summary
 * (ask_summarize.h: ROUGE of what is kept against the reference), then of what units it is,
 * how many are right, were kept, and both, the threshold that they were kept by, and where
 * they were kept each unit by itself, with its probability. The text is what is kept.
 */
#ifndef TUTTI_ASK_ASK_EXTRACT_H
#define TUTTI_ASK_ASK_EXTRACT_H

#include "ask/ask_summarize.h"
#include "text/units.h"

enum { EXTRACT_LEAD = 10 }; /* words of the baseline; of sentences as many as are kept */

/* A row's units; those that are not read have a p of -1. */
struct extract_units {
	enum unit_kind how;
	int n;
	struct text_part *unit;  /* [n] of the row's text */
	bool *gold, *pred;       /* [n] */
	float *p;                /* [n] */
};

enum unit_kind extract_how(const struct prediction *p);
struct unit_counts extract_counts(const struct prediction *p);
double extract_f1(const struct prediction *p);
double extract_threshold(const struct prediction *p); /* NaN: there was none */
/* Of units that were kept by themselves; 0: they were not. */
int extract_n(const struct prediction *p);
bool extract_gold(const struct prediction *p, int i);
bool extract_pred(const struct prediction *p, int i);
double extract_p(const struct prediction *p, int i); /* NaN: it was not read */

/* In place of its values. is_whole: with each unit by itself. */
void extract_set(struct prediction *p, const struct extract_units *u, double threshold,
		 const struct rouge *r, bool is_whole);

#endif
