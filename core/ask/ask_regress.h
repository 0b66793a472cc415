/*
 * ask_regress.h - what a prediction of a number holds: its values are the number that
 * is right and the one that was said; of a model that says its answers also what it
 * might have said, the likeliest first, each with its probability among all the numbers
 * that it can say; the number next to the right one is always among them.
 */
#ifndef TUTTI_ASK_ASK_REGRESS_H
#define TUTTI_ASK_ASK_REGRESS_H

#include "store/prediction.h"

double number_gold(const struct prediction *p);  /* NaN: none */
double number_guess(const struct prediction *p); /* NaN: none */
/* In place of its values, without others that might have been said. */
void number_set(struct prediction *p, double gold, double guess);

enum { NUMBERS_SAID = 8 }; /* at most so many of the likeliest are kept */
int number_said_count(const struct prediction *p);  /* 0: a model that says none */
double number_said(const struct prediction *p, int k);
double number_said_p(const struct prediction *p, int k);
/* Adds a number that might have been said. */
void number_say(struct prediction *p, double number, double prob);

#endif
