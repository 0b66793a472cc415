/*
 * conflicts.h - how the tasks' gradients agree, over a run: of each pair and each group of
 * shared parameters the mean over its last measurements, and its history.
 *
 * Fed with rows (store_conflict.h), live or from the store. The means are exponential over
 * CONFLICT_MEAN measurements, plain ones until there are so many.
 */
#ifndef TUTTI_LOOK_CONFLICTS_H
#define TUTTI_LOOK_CONFLICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/store_conflict.h"

enum { CONFLICT_POINTS = 64, CONFLICT_MEAN = 8, CONFLICT_NAME = 16 };

struct conflicts {
	uint64_t version;     /* another one where any figure is; 0: nothing was measured */
	int n, groups;        /* tasks, groups; 0: no pair was measured */
	int64_t step, from;   /* the newest row's gradients are of these steps */
	bool is_exact;        /* the newest row */
	int64_t rows;         /* measurements, of pairs or of norms alone */
	double seconds;       /* what one takes: a mean over the last ones */
	double spent;         /* what all took */
	/*
	 * Points of histories are means over buckets of `span` steps, as in struct curve;
	 * NaN: not measured there.
	 */
	int64_t span;
	int points;
	/* [pairs] each, conflict_at: */
	uint32_t *seen;       /* measurements */
	int64_t *at;          /* the newest one's step */
	float *mean;          /* [pairs][1 + groups]: in all, in each group */
	float *part;          /* [pairs][groups]: what each adds to the cosine in all */
	float *history;       /* [pairs][1 + groups][CONFLICT_POINTS] */
	uint16_t *count;      /* [pairs][CONFLICT_POINTS] measurements in a bucket */
};

void conflicts_release(struct conflicts *c); /* all zeros: nothing was measured */
/* dst keeps what it has where the version is the same. */
void conflicts_copy(struct conflicts *dst, const struct conflicts *src);
/* Takes a row of a run of n tasks. */
void conflicts_take(struct conflicts *c, int n, const struct conflict_row *r);

/* Tasks i and k in either order; a group, or CONFLICT_ALL. NaN: not measured. */
double conflicts_mean(const struct conflicts *c, int i, int k, int group);
int64_t conflicts_step(const struct conflicts *c, int i, int k); /* 0: never */
/* [c->points], or NULL. */
const float *conflicts_history(const struct conflicts *c, int i, int k, int group);
/* One deviation of such a mean at most: 0 where the newest are exact. */
double conflicts_error(const struct conflicts *c, int i, int k);
/* The pair that agrees least, a < b; false: none was measured. */
bool conflicts_worst(const struct conflicts *c, int *a, int *b);
/* The group that does most towards the sign of the pair's cosine in all; -1: none. */
int conflicts_where(const struct conflicts *c, int i, int k);

/* "all", "embeddings", "layer 3" */
const char *conflicts_group(char out[CONFLICT_NAME], int group);
/* A cosine with its sign, "-0.21"; "?": not measured. */
const char *conflicts_cosine(char out[CONFLICT_NAME], double x);
/* What is behind a pair's names: "-0.21 (+-0.02), most in layer 3". */
void conflicts_words(const struct conflicts *c, int i, int k, char *out, size_t cap);

#endif
