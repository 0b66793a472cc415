/*
 * sketch.h - a gradient in few numbers, for inner products of gradients that nobody has
 * room to keep: a count sketch (Charikar, Chen and Farach-Colton 2002, "Finding frequent
 * items in data streams"; for inner products Alon, Gibbons, Matias and Szegedy 1999 and
 * Weinberger et al. 2009, "Feature hashing for large scale multitask learning").
 *
 * Element i of parameter p is added to one of B = SKETCH_BUCKETS buckets with a sign.
 * Signs are fair coins. B elements in a row are a run; each run lies in the buckets turned
 * by a distance of its own, uniform in 0..B-1. So two elements of one run never meet, and
 * any two others meet with probability 1/B, as with a hash of each element; but a run is
 * added as vectors are, and needs a random number for 128 elements.
 *
 * The inner product of two sketches made with the same seed and window has the mean x . y
 * and the variance
 *     sum over i != k that may meet of (x_i^2 y_k^2 + x_i y_i x_k y_k) / B
 *         <= (|x|^2 |y|^2 + (x . y)^2) / B,
 * so a cosine is off by about 1 / sqrt(B) (SKETCH_ERROR), and a vector of at most B
 * elements in one run not at all. Sketches are linear: those of parts add up.
 *
 * Another window draws anew, so that errors of several windows average out.
 */
#ifndef TUTTI_TENSOR_SKETCH_H
#define TUTTI_TENSOR_SKETCH_H

#include "tensor/param.h"

enum { SKETCH_BUCKETS = 4096 };
#define SKETCH_ERROR (1.0 / 64) /* 1 / sqrt(SKETCH_BUCKETS) */

/* out [SKETCH_BUCKETS] += the sketch of what is touched of parameter p. */
void grads_sketch_param(const struct grads *g, int p, uint64_t seed, uint64_t window,
			float *out);
/* sum += by * x, and x is 0 then; the inner product. All [SKETCH_BUCKETS]. */
void sketch_move(float *sum, float by, float *x);
double sketch_inner(const float *a, const float *b);

#endif
