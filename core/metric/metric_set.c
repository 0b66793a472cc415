/*
 * metric_set.c - measures of sets of labels.
 */
#include "metric/metric.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

void set_tally_add(struct set_tally *t, const int32_t *gold, int n_gold,
		   const int32_t *pred, int n_pred)
{
	int at = 0;

	for (int i = 0; i < n_pred; i++)
		t->label[pred[i]].pred++;
	for (int i = 0; i < n_gold; i++) {
		t->label[gold[i]].gold++;
		while (at < n_pred && pred[at] < gold[i])
			at++;
		t->label[gold[i]].both += at < n_pred && pred[at] == gold[i];
	}
	t->rows++;
	t->exact += n_gold == n_pred &&
		    (!n_gold || !memcmp(gold, pred, (size_t)n_gold * sizeof *gold));
}

static double micro_f1(const struct set_tally *t, int n)
{
	double both = 0, gold = 0, pred = 0;

	for (int k = 0; k < n; k++) {
		both += (double)t->label[k].both;
		gold += (double)t->label[k].gold;
		pred += (double)t->label[k].pred;
	}
	return metric_f1_of(both, gold, pred);
}

static double macro_f1(const struct set_tally *t, int n)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += metric_f1_of((double)t->label[k].both, (double)t->label[k].gold,
				    (double)t->label[k].pred);
	return sum / n;
}

double metric_set_tallied(enum metric_id m, const struct set_tally *t, int n_labels)
{
	BUG_IF(n_labels < 1);
	if (!t->rows)
		return NAN;
	switch (m) {
	case METRIC_MICRO_F1:
		return micro_f1(t, n_labels);
	case METRIC_MACRO_F1:
		return macro_f1(t, n_labels);
	case METRIC_EXACT_MATCH:
		return (double)t->exact / (double)t->rows;
	default:
		BUG("metric %d is none of sets", (int)m);
	}
}
