/*
 * kernels.h - the inner loops of the ops, on raw arrays. For core/tensor alone.
 *
 * Every kernel is one C loop nest that the compiler turns into vector code,
 * compiled for several instruction sets and picked when the program starts.
 * All of them give the same bits: no fused multiply-add (-ffp-contract=off),
 * and every reduction runs over LANES explicit accumulators that are folded in
 * a fixed order. Sizes come first, then out, then in.
 *
 * So the order of a sum is written down rather than left to the width of a vector, and
 * exp, log and tanh are our own (vmath.h): libm chooses its code by the processor. sqrt
 * and division are correctly rounded everywhere and may be used. LANES, KEYS and such are
 * part of the bits: with others no older run would replay. Products have a rule of their
 * own (gemm.h).
 */
#ifndef TUTTI_TENSOR_KERNELS_H
#define TUTTI_TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum { LANES = 16 };

/*
 * One target under sanitizers, whose start-up cannot run the resolvers, and with
 * clang, whose clones (as of 14) cannot be called from another file.
 */
#if defined(TUTTI_ONE_TARGET) || !defined(__x86_64__) || defined(__clang__)
#define KERNEL
#else
#define KERNEL                                                                 \
	__attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#endif

/* Before a loop whose arrays may be the same but never overlap otherwise. */
#if defined(__clang__)
#define INDEPENDENT
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* --- kernels.c: elementwise and sums --- */
void k_add(size_t n, float *y, const float *x);             /* y += x */
void k_axpy(size_t n, float *y, float a, const float *x);   /* y += a x */
/* y = b y + a x */
void k_approach(size_t n, float a, const float *to, float *x); /* x += a (to - x) */
void k_axpby(size_t n, float *y, float b, float a, const float *x);
void k_scale(size_t n, float *y, float a, const float *x);  /* y = a x */
void k_scale_in(size_t n, float *y, float a);                /* y *= a */
void k_mul(size_t n, float *y, const float *x);             /* y *= x */
double k_sumsq(size_t n, const float *x);
double k_inner(size_t n, const float *x, const float *y);    /* sum of x y, in double */
double k_sum(size_t n, const float *x);
float k_dot(size_t n, const float *x, const float *y);
/* The index of the greatest, of equals the lowest: the most probable class. n >= 1 */
int k_greatest(int n, const double *x);
/* out[cols] += column sums of x [rows, cols]. */
void k_colsum(int rows, int cols, float *out, const float *x);
/* The same of x * y, which x becomes: back through an activation and its bias. */
void k_mul_colsum(int rows, int cols, float *out, float *x, const float *y);
/* x [rows, cols] += b */
void k_bias(int rows, int cols, float *x, const float *b);
/* y = x + a b + c (c NULL: none): a row of op_embed. */
void k_embed(int cols, float *y, float a, const float *tok, const float *pos,
	     const float *seg);

/*
 * Activations: y [rows, cols] holds x W^T and becomes act(y + b); der (NULL: not
 * wanted) gets the derivative there. b is never NULL.
 */
void k_relu(int rows, int cols, float *y, float *der, const float *b);
void k_gelu(int rows, int cols, float *y, float *der, const float *b);
void k_gelu_tanh(int rows, int cols, float *y, float *der, const float *b);
void k_tanh(int rows, int cols, float *y, float *der, const float *b);

/* y = x + (keep ? scale r : 0); keep NULL: all kept. */
void k_drop_add(size_t n, float *y, const float *x, const float *r,
		const uint8_t *keep, float scale);
/* y = (add ? y : 0) + (keep ? scale x : 0) */
void k_drop_back(size_t n, float *y, const float *x, const uint8_t *keep,
		 float scale, bool add);

/* --- norm.c --- */
/* stat [rows, 2]: mean and 1 / sqrt(var + eps). */
void k_norm(int rows, int cols, float *y, float *stat, const float *x,
	    const float *gamma, const float *beta, float eps);
/*
 * dx = (add ? dx : 0) + the norm's input gradient; dx may be dy. dgamma and
 * dbeta get their sums added.
 */
void k_norm_back(int rows, int cols, float *dx, float *dgamma, float *dbeta,
		 const float *x, const float *stat, const float *gamma,
		 const float *dy, bool add);

/* --- softmax.c --- */
/*
 * Rows of attention scores become probabilities of scale * s. Causal: row i
 * uses its first i + 1 columns, the rest become 0.
 */
void k_softmax(int rows, int cols, float *s, float scale, bool causal);
/* The same where row i uses its first prefix + i + 1 columns. */
void k_softmax_prefix(int rows, int cols, float *s, float scale, int prefix);
/* Drops probabilities: p keeps them with the sign set on dropped ones; pd is
 * what the product uses: scale * p where kept, 0 where not. */
void k_drop_probs(size_t n, float *p, float *pd, const uint8_t *keep,
		  float scale);
/* pd from signed p again. */
void k_undrop_probs(size_t n, float *pd, const float *p, float scale);
/*
 * In place on dp [rows, cols] (gradient of dropped probabilities): becomes the
 * gradient of the unscaled scores. p signed as above, keep_scale of dropout.
 */
void k_softmax_back(int rows, int cols, float *dp, const float *p, float scale,
		    float keep_scale);
/* One row of logits: x += b (NULL: none); returns the greatest. */
float k_logits_max(int n, float *x, const float *b);
/* x = exp(x - max); returns the sum. */
double k_exp_sum(int n, float *x, float max);
/* The sum alone, x unchanged. */
double k_exp_sum_of(int n, const float *x, float max);
/* x = a x + c */
void k_affine(int n, float *x, float a, float c);

/* --- rows.c: few rows against many --- */
/* y [R, n] = x [R, C] w [n, C]^T + b (NULL: none), w read once. */
void k_dots(int n, int C, int R, float *y, const float *x, const float *w,
	    const float *b);
/*
 * Attention of one query over keys that come in blocks of n <= KEYS, `heads` <=
 * HEADS_AT_ONCE side by side in a row. s: room for heads * KEYS scores.
 * max and sum [heads] carry the softmax from block to block; out [heads * D] is
 * rescaled whenever a head's greatest score grows.
 */
enum { KEYS = 64, HEADS_AT_ONCE = 16 };
struct attend {
	int heads, D, stride;
	float scale;
	const float *q;
	float *max, *sum, *out, *s;
};
void k_attend(const struct attend *a, int n, const float *k, const float *v);
/* probs [n] += share of each key, from the final max and sum: the mean of
 * `of` heads. */
void k_attend_probs(const struct attend *a, int n, const float *k, int of,
		    float *probs);

/* --- noise.c --- */
enum { NOISE_GROUP = 16 }; /* blocks of 4 words made side by side */
/*
 * Words of NOISE_GROUP blocks from `block` on: out[16 w + i] is word w of block
 * block + i, the same bits as rng_block's: what noise_keep reads, for its test.
 */
void noise_group(const struct rng *r, uint32_t block, uint32_t out[64]);
/*
 * keep[i] = 16 bits of noise >= threshold, for n elements from `block` on.
 * Returns the first block not used: a whole number of groups on.
 */
uint32_t noise_keep(const struct rng *r, uint32_t block, size_t n,
		    uint32_t threshold, uint8_t *keep);
/* noise_avx2.c: one group (128 elements) for processors that have it. */
bool noise_is_wide(void);
void noise_keep_wide(const struct rng *r, uint32_t block, uint32_t threshold,
		     uint8_t *keep);
/* The same without it. */
void noise_keep_plain(const struct rng *r, uint32_t block, uint32_t threshold,
		      uint8_t *keep);
/* Dropout as 16-bit arithmetic: the threshold and the exact 1 / P(kept). */
uint32_t noise_threshold(float p_drop, float *scale);

/* --- lstm.c --- */
/*
 * One time step of an LSTM, at some rows of a block of N. Gates stand side by side
 * in a row of 4H: i, f, g, o.
 */
struct lstm_step {
	int H;
	int before;      /* from a row to that of the step before; 0: the first step */
	float *z;        /* [N, 4H] what goes into the gates, then the gates */
	float *c, *u;    /* [N, H] cells, and their tanh */
	float *y;        /* h of row i at y + i ld; back: its gradient */
	int ld;
	const float *c0; /* first step: the cells before, row k's at c0 + k ld0 */
	int ld0;
	int ldr, ldh;    /* from row to row of r and h */
	const float *b;  /* [4H] */
};
/* z + r + b through the gates; h [rows, H] also goes to y. */
void k_lstm(const struct lstm_step *s, int rows, const int *row, const float *r, float *h);
/*
 * dh [rows, H] (beside y's own) and dc [rows, H] from the step after; dc becomes that of
 * the step before. z becomes its gradient, dz [rows, 4H] gets the same.
 */
void k_lstm_back(const struct lstm_step *s, int rows, const int *row, float *dz,
		 const float *dh, float *dc);

/* --- optim.c --- */
struct adamw_coef {
	float scale, beta1, beta2, eps;
	float rest1, rest2;  /* 1 - beta */
	float keep;          /* 1 - lr * weight_decay */
	float step;          /* lr / (1 - beta1^t) */
	float root;          /* 1 / sqrt(1 - beta2^t) */
};
void k_adamw(size_t n, float *w, float *m, float *v, const float *g,
	     const struct adamw_coef *c);

#endif
