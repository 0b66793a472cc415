/*
 * ask_classify.h - what a prediction of a label holds: its values are the class that
 * is right, the class that was said (-1: none) and the probability of every class.
 */
#ifndef TUTTI_ASK_ASK_CLASSIFY_H
#define TUTTI_ASK_ASK_CLASSIFY_H

#include "store/prediction.h"

enum label_value { LABEL_GOLD, LABEL_PRED, LABEL_P /* of class 0, 1, ... */ };
int label_gold(const struct prediction *p);        /* class, or -1 */
int label_pred(const struct prediction *p);        /* class, or -1 */
int label_count(const struct prediction *p);       /* probabilities there are */
double label_p(const struct prediction *p, int k); /* of class k; NaN: none */
/* In place of its values; prob [n] may be NULL with n 0. For made up predictions. */
void label_set(struct prediction *p, int gold, int pred, const float *prob, int n);

#endif
