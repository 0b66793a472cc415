/*
 * metric.h - the measures of a task's predictions, as GLUE and rouge-score
 * define them. Most are 0 to 1 and larger is better; the row says what is not so.
 *
 * One row of metric_table is one metric: everything else (plan checking,
 * `tutti score`, help, the desk's short name) is derived from it.
 */
#ifndef TUTTI_METRIC_METRIC_H
#define TUTTI_METRIC_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum metric_id { METRIC_ACCURACY, METRIC_F1, METRIC_MACRO_F1, METRIC_MATTHEWS,
		 METRIC_PEARSON, METRIC_SPEARMAN, METRIC_ROUGE1, METRIC_ROUGE2,
		 METRIC_ROUGEL, METRIC_ROUGELSUM, METRIC_PERPLEXITY, METRIC_MICRO_F1,
		 METRIC_EXACT_MATCH, METRIC_PIECE_ACCURACY, METRIC_KEPT_F1, METRICS };

/*
 * What a metric eats: labels, numbers, texts, sets of labels, units of a text that are
 * kept; or what a model alone has of
 * a row: its losses, its share of right pieces. Of these a row weighs as many pieces as it
 * has.
 */
enum metric_input { METRIC_LABELS, METRIC_NUMBERS, METRIC_TEXTS, METRIC_LOSSES,
		    METRIC_SETS, METRIC_PIECES, METRIC_UNITS };
/* What its values are: 0 to 1 (times 100 on screens), -1 to 1, or any number. */
enum metric_unit { METRIC_SHARE, METRIC_CORRELATION, METRIC_PLAIN };

struct metric_info {
	enum metric_id id;
	const char *name;  /* "matthews": plans, JSON, command line */
	const char *brief; /* "mcc": at most 4 columns, for a strip */
	enum metric_input input;
	enum metric_unit unit;
	bool lower_is_better;
	bool of_sets;      /* of labels, it is one of sets of them, too */
	int labels;        /* it is a measure of so many labels; 0: of any number */
	const char *help;  /* one line, with the source */
};

extern const struct metric_info metric_table[METRICS];
const struct metric_info *metric_find(const char *name); /* NULL: none */
/* Has a model alone what it eats? A row weighs as many pieces as it has, then. */
static inline bool metric_is_of_pieces(enum metric_input input)
{
	return input == METRIC_LOSSES || input == METRIC_PIECES;
}

/* Can files of single answers be scored by it? None has what a model alone has, sets are
 * rows of their own, and units are of a text that would have to be there, too. */
static inline bool metric_is_of_files(const struct metric_info *m)
{
	return !metric_is_of_pieces(m->input) && m->input != METRIC_SETS &&
	       m->input != METRIC_UNITS;
}

/*
 * A value turned so that higher is better; a new value's gain over an old one, above 0
 * where it is better; is it better? (NaN is never better, nor is anything than NaN.)
 */
double metric_turned(enum metric_id m, double x);
/*
 * A value as a merit, 1 the best there is: that of a perplexity is 1 over it, the
 * geometric mean of the probabilities; any other higher is better as it is.
 */
double metric_merit(enum metric_id m, double x);
double metric_gain(enum metric_id m, double now, double was);
/*
 * About the standard error of a value over n rows. Of what is a mean of 0 to 1: the most
 * that rows with this mean can have, sqrt(x (1 - x) / n) (Bhatia & Davis 2000), with a row
 * of each kind added (Agresti & Coull 1998), so that it is never 0; just so for accuracy,
 * too much for ROUGE. Of correlations (1 - x^2) / sqrt(n - 1) (Fisher 1915). NaN: not known.
 */
double metric_error(enum metric_id m, double x, int n);
bool metric_is_better(enum metric_id m, double now, double was);
/* exp(loss): of a mean loss in nats (Jelinek et al. 1977). */
double metric_perplexity(double loss);

/* Rows of a class: in gold, in the predictions, in both at once. */
struct tally { uint64_t gold, pred, both; };
/* One row more; tally [n_classes]. pred -1: no class was said, which is never right. */
void tally_add(struct tally *t, int n_classes, int gold, int pred);
/* A label metric of rows that were counted one by one. */
double metric_tallied(enum metric_id m, const struct tally *t, int n_classes);
/*
 * Sets of labels, row by row. tally [n_labels]: rows that have a label in gold, in the
 * prediction, in both; `exact` of `rows` have the very set that was said. micro_f1 is
 * 2 both / (gold + pred) over all labels together, macro_f1 the mean of every label's F1,
 * those that nobody has included (scikit-learn's f1_score of indicator matrices, with
 * zero_division 0), exact_match the share of exact rows (its accuracy_score).
 */
struct set_tally { struct tally *label; uint64_t rows, exact; };
/* Numbers of labels are rising; n_pred -1: no set was said, which is never right. */
void set_tally_add(struct set_tally *t, const int32_t *gold, int n_gold,
		   const int32_t *pred, int n_pred);
/* NaN without rows. */
double metric_set_tallied(enum metric_id m, const struct set_tally *t, int n_labels);
/* 2 both / (gold + pred), 0 of nothing. */
double metric_f1_of(double both, double gold, double pred);

/*
 * A metric is NaN where it has no meaning: without rows; f1 of any number of
 * classes but two. Label metrics: class numbers 0..n_classes-1. f1 is the binary
 * F1 of class 1 (GLUE), macro_f1 the mean over the classes that occur in gold or
 * pred. As in scikit-learn the F1 of a class without a hit is 0, that of a class
 * nobody has, too, and so is Matthews' where a side is one class alone.
 */
double metric_labels(enum metric_id m, const int *gold, const int *pred,
		     size_t n, int n_classes);
/*
 * Pearson, Spearman (average ranks for ties). NaN: fewer than two rows, a side
 * that does not vary, a number that is not finite (metric_numbers_why).
 */
double metric_numbers(enum metric_id m, const double *gold, const double *pred,
		      size_t n);
/* Why correlations of these are undefined, in words; NULL: they are not. */
const char *metric_numbers_why(const double *gold, const double *pred, size_t n);

#endif
