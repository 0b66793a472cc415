/*
 * learned.h - a number that a method learns by gradients: Adam (Kingma & Ba 2015) for it
 * alone, so that it moves by about `lr` a step whatever the gradient's size. Its memory
 * stands in the method's: LEARNED_MEMORY numbers, 0 at first.
 */
#ifndef TUTTI_MIX_LEARNED_H
#define TUTTI_MIX_LEARNED_H

#include "tensor/vmath.h"

enum { LEARNED_M, LEARNED_V, LEARNED_COUNT, LEARNED_MEMORY };

static inline double learned_power(double x, double n)
{
	return v_expd(n * v_logd(x));
}

static inline void learned_move(double *x, double lr, double d, double *memory)
{
	const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
	double *count = &memory[LEARNED_COUNT], mean, var;

	*count += 1;
	memory[LEARNED_M] = beta1 * memory[LEARNED_M] + (1 - beta1) * d;
	memory[LEARNED_V] = beta2 * memory[LEARNED_V] + (1 - beta2) * d * d;
	mean = memory[LEARNED_M] / (1 - learned_power(beta1, *count));
	var = memory[LEARNED_V] / (1 - learned_power(beta2, *count));
	*x -= lr * mean / (__builtin_sqrt(var) + eps);
}

#endif
