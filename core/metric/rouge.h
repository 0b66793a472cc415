/*
 * rouge.h - ROUGE-1/2/L/Lsum F-measures equal to Google's rouge-score with
 * use_stemmer=True: lower-case, [a-z0-9]+ tokens, Porter on tokens longer than
 * three letters; Lsum splits both sides at newlines (union LCS per sentence).
 * Lin 2004, "ROUGE: a package for automatic evaluation of summaries".
 */
#ifndef TUTTI_METRIC_ROUGE_H
#define TUTTI_METRIC_ROUGE_H

#include <stddef.h>

struct rouge_score {
	double precision, recall, f1;
};
/* r1, r2, rL, rLsum of one pair. */
struct rouge {
	struct rouge_score r1, r2, rl, rlsum;
};

struct rouge_scorer; /* scratch memory and the stemmer; one thread at a time */
struct rouge_scorer *rouge_scorer_new(void);
void rouge_scorer_free(struct rouge_scorer *s);
void rouge_score(struct rouge_scorer *s, const char *reference,
		 const char *hypothesis, struct rouge *out);

/* "rouge-score stemmed, [a-z0-9]+, F1 mean": printed with every ROUGE table. */
const char *rouge_signature(void);

#endif
