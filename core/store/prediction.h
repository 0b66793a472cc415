/*
 * prediction.h - what a model said of one row, in a shape that fits every kind of
 * task: numbers, a text, and details of the text's pieces. Which number stands where
 * is the kind's own knowledge (ask_classify.h, ask_regress.h, ask_summarize.h).
 */
#ifndef TUTTI_STORE_PREDICTION_H
#define TUTTI_STORE_PREDICTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { PREDICTION_VALUES_MAX = 65536 + 2 };

struct prediction {
	int64_t row;        /* of the data set */
	double loss;
	double weight;      /* units that the loss is a mean of: what it counts in the mean
			       over rows; 0: it does not, or nobody kept it */
	int n;
	double *v;          /* [n] owned; NULL: none */
	char *text;         /* owned: what was written; NULL: nothing */
	char *detail;       /* owned: JSON about its pieces (evaluate.h); NULL: none */
};

/* Value i; NaN beyond the last. */
double prediction_value(const struct prediction *p, int i);
/* The same as the number of a class; -1: none. */
int prediction_class(const struct prediction *p, int i);
/* Room for n values in place of those that are there; returns them, borrowed. */
double *prediction_values(struct prediction *p, int n);
void prediction_release(struct prediction *p);

/*
 * The weight and the values as bytes, appended to `out`: exact, and four bytes a value
 * where that is exact (prediction.c has the format). Unpacking sets weight, n and v;
 * false: these are no such bytes, and nothing is set.
 */
void prediction_pack(const struct prediction *p, struct buf *out);
bool prediction_unpack(const unsigned char *bytes, size_t len, struct prediction *p);

#endif
