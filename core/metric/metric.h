/*
 * metric.h - the measures of a task's predictions, as GLUE and rouge-score
 * define them: 0 to 1 (correlations -1 to 1), larger is better, all of them.
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
		 METRIC_ROUGEL, METRIC_ROUGELSUM, METRICS };

/* What a metric eats: labels, numbers or texts. */
enum metric_input { METRIC_LABELS, METRIC_NUMBERS, METRIC_TEXTS };

struct metric_info {
	enum metric_id id;
	const char *name;  /* "matthews": plans, JSON, command line */
	const char *brief; /* "mcc": at most 4 columns, for a strip */
	enum metric_input input;
	const char *help;  /* one line, with the source */
};

extern const struct metric_info metric_table[METRICS];
const struct metric_info *metric_find(const char *name); /* NULL: none */

/* Rows of a class: in gold, in the predictions, in both at once. */
struct tally { uint64_t gold, pred, both; };
/* One row more; tally [n_classes]. */
void tally_add(struct tally *t, int n_classes, int gold, int pred);
/* A label metric of rows that were counted one by one. */
double metric_tallied(enum metric_id m, const struct tally *t, int n_classes);
/*
 * Label metrics: class numbers 0..n_classes-1. f1 is the binary F1 of class 1
 * (of 2 classes; GLUE), macro_f1 the mean over the classes that occur in gold
 * or pred (scikit-learn's default). A metric that is not defined on the data
 * (no rows, no positives, no variance, a number that is not finite) is 0.
 */
double metric_labels(enum metric_id m, const int *gold, const int *pred,
		     size_t n, int n_classes);
/* Pearson, Spearman (average ranks for ties). */
double metric_numbers(enum metric_id m, const double *gold, const double *pred,
		      size_t n);

#endif
