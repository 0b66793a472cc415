/*
 * rouge.h - ROUGE-1/2/L/Lsum F-measures equal to Google's rouge-score with
 * use_stemmer=True: lower-case, [a-z0-9]+ tokens, Porter on tokens longer than
 * three letters; Lsum splits both sides at newlines (union LCS per sentence).
 * Lin 2004, "ROUGE: a package for automatic evaluation of summaries".
 *
 * On request, beyond the published program: `unicode` counts letters and digits
 * of every script (case folded, NFC; scripts without blanks a character at a
 * time; stems of words of a-z and 0-9 alone), `split` ends Lsum's lines behind
 * sentences, too (text/sentence.h).
 */
#ifndef TUTTI_METRIC_ROUGE_H
#define TUTTI_METRIC_ROUGE_H

#include <stdbool.h>
#include <stddef.h>

struct rouge_score {
	double precision, recall, f1;
};
/* r1, r2, rL, rLsum of one pair. */
struct rouge {
	struct rouge_score r1, r2, rl, rlsum;
};

struct rouge_options {
	bool unicode, split;
};

struct rouge_scorer; /* scratch memory and the stemmer; one thread at a time */
struct rouge_scorer *rouge_scorer_new(struct rouge_options o);
void rouge_scorer_free(struct rouge_scorer *s);
void rouge_score(struct rouge_scorer *s, const char *reference,
		 const char *hypothesis, struct rouge *out);
/* Is there anything in the text that is counted? */
bool rouge_has_words(struct rouge_scorer *s, const char *text);
/* Nothing is counted: in other scripts there is (FOREIGN), or nowhere (WORDLESS). */
enum rouge_sight { ROUGE_SEEN, ROUGE_FOREIGN, ROUGE_WORDLESS };
enum rouge_sight rouge_sight(struct rouge_scorer *s, const char *text);

/* "rouge-score: F1 mean, Porter stems, ..": printed with every ROUGE table. */
const char *rouge_signature(struct rouge_options o);

#endif
