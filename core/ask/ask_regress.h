/*
 * ask_regress.h - what a prediction of a number holds: its values are the number that
 * is right and the one that was said.
 */
#ifndef TUTTI_ASK_ASK_REGRESS_H
#define TUTTI_ASK_ASK_REGRESS_H

#include "store/prediction.h"

double number_gold(const struct prediction *p);  /* NaN: none */
double number_guess(const struct prediction *p); /* NaN: none */
/* In place of its values. */
void number_set(struct prediction *p, double gold, double guess);

#endif
