/*
 * ask_summarize.h - what a prediction of a summary holds: its values are the F1 of
 * ROUGE-1, 2, L and Lsum, then precision and recall of each, as they were measured
 * when it was evaluated; the text is the summary, the details are its pieces.
 */
#ifndef TUTTI_ASK_ASK_SUMMARIZE_H
#define TUTTI_ASK_ASK_SUMMARIZE_H

#include "metric/metric.h"
#include "metric/rouge.h"
#include "store/prediction.h"

enum summary_score { SUMMARY_ROUGE1, SUMMARY_ROUGE2, SUMMARY_ROUGEL, SUMMARY_ROUGELSUM,
		     SUMMARY_SCORES };
enum { SUMMARY_VALUES = 3 * SUMMARY_SCORES };
double summary_score(const struct prediction *p, enum summary_score s); /* NaN: none */
/* All of it; false, and nothing is set: a run of before kept F1s alone. */
bool summary_rouge(const struct prediction *p, struct rouge *out);
/* In place of its values. */
void summary_set(struct prediction *p, const struct rouge *r);
/* Into v [SUMMARY_VALUES], of whatever holds more than a summary. */
void summary_put(double *v, const struct rouge *r);
/* Of a row what a metric of texts is the mean of; NaN: it is none of texts. */
double summary_metric(const struct prediction *p, enum metric_id m);

#endif
