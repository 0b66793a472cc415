/*
 * gram.h - what methods on gradients begin with: the Gram matrix of the tasks that have
 * one in this step, close together; and the tools to solve for it.
 *
 * A task without a gradient (muted, not drawn, of weight 0, or all zeros) is left out: it
 * has nothing to be reconciled with, and a method that looks for the shortest combination
 * would give it all the weight and stop everybody else.
 *
 * Solvers are plain loops in a fixed order, without libm: the same bits everywhere. Each
 * ends after a number of rounds that follows from n, whatever the matrix, and gives
 * finite numbers for any that is symmetric and positive semidefinite but for rounding.
 */
#ifndef TUTTI_MIX_GRAM_H
#define TUTTI_MIX_GRAM_H

#include "mix/method.h"

enum { GRAM_MOST = MIX_TASKS_MAX * MIX_TASKS_MAX };

struct gram {
	int n;                       /* tasks with a gradient */
	int task[MIX_TASKS_MAX];     /* their numbers, ascending */
	double norm[MIX_TASKS_MAX];
	double g[GRAM_MOST];         /* [n * n] */
	double cosine[GRAM_MOST];    /* [n * n], ones on the diagonal */
};

/* False: nobody has a gradient, or there is no step to see. */
bool gram_read(const struct mix_view *v, struct gram *out);
/* out[task] = by x c for those in it; the others' stand as they were. */
void gram_say(const struct gram *g, const double *c, double by, double *out);
double gram_trace(const struct gram *g);
/* a row's dot product with x: (G x)_i. */
double gram_row(const double *g, int n, int i, const double *x);
double gram_form(const double *g, int n, const double *x); /* x' G x, at least 0 */
/* G / tr G + eps I */
void gram_conditioned(const struct gram *g, double eps, double *out);
/* The hand's preference: p_i = weight x k_i, up to what all have in common. */
void gram_preference(const struct gram *g, const struct mix_view *v, double *p);
/* The others than k in an order drawn from seed and step: returns how many. */
int gram_order(const struct gram *g, const struct mix_view *v, int k, int *order);

/* a x = b for positive definite a: false where rounding has left it no longer so. */
bool solve_cholesky(int n, const double *a, const double *b, double *x);
/*
 * The v that is least in v' a v / 2 - b' v among those with v >= u; a positive definite.
 * By an active set, exact but for rounding (Lawson & Hanson 1974, chapter 23).
 */
void solve_above(int n, const double *a, const double *b, const double *u, double *v);
/* a = sum over k of value[k] x column k of vector x its transpose; Jacobi's rotations. */
void solve_eigen(int n, const double *a, double *value, double *vector);

#endif
