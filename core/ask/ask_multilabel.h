/*
 * ask_multilabel.h - what a prediction of a set of labels holds: how many labels are
 * right (-1: not known) and how many were said (-1: none was), the threshold that was
 * said by, then the numbers of both, rising, and the probability of every label where
 * they were kept.
 */
#ifndef TUTTI_ASK_ASK_MULTILABEL_H
#define TUTTI_ASK_ASK_MULTILABEL_H

#include "store/prediction.h"

int set_gold_count(const struct prediction *p);     /* -1: not known */
int set_pred_count(const struct prediction *p);     /* -1: nothing was said */
int set_gold(const struct prediction *p, int i);    /* number of a label; -1: beyond */
int set_pred(const struct prediction *p, int i);
bool set_has_gold(const struct prediction *p, int label);
bool set_has_pred(const struct prediction *p, int label);
double set_threshold(const struct prediction *p);   /* NaN: not known */
int set_p_count(const struct prediction *p);        /* probabilities there are */
double set_p(const struct prediction *p, int k);    /* of label k; NaN: none */
bool set_is_right(const struct prediction *p);      /* the very set */
/* Labels in both. */
int set_both(const struct prediction *p);

/*
 * In place of its values. Numbers rise; n_gold, n_pred may be -1, prob [n] NULL with n 0.
 */
struct set_said {
	const int32_t *gold, *pred;
	int n_gold, n_pred;
	double threshold;
	const float *prob;
	int n;
};
void set_put(struct prediction *p, const struct set_said *s);

/* Labels whose probability is at or above the threshold, rising, into out [n]. */
int set_above(const float *prob, int n, double threshold, int32_t *out);

#endif
