/*
 * weights.h - products with a parameter matrix, packed or not. For core/tensor
 * and whoever owns the parameters (core/session).
 *
 * A packed copy of a matrix (blas.h) is made after the values have changed, at
 * most once a step, and shared by all threads. Products find it by themselves;
 * without one they pack on the way, to the same bits. Whoever changes values
 * says so with weights_changed(): packed copies are then not used until all
 * have been made anew. Who forgets it multiplies by the weights of before. No products
 * run between the two, as the flag is not a lock.
 */
#ifndef TUTTI_TENSOR_WEIGHTS_H
#define TUTTI_TENSOR_WEIGHTS_H

#include "base/mem.h"
#include "tensor/param.h"

/*
 * In a set with PRECISION_BF16: are the three products with this matrix in bfloat16
 * (blas.h)? Those of layers' matrices and output tables are, from so many rows (outputs)
 * on: what has fewer costs next to nothing and says most (a head's labels or number, the
 * gate of copying), so it stays in float32.
 */
enum { WEIGHTS_BF16_ROWS = 32 };
bool weights_in_bf16(const struct param_set *ps, int p);

/* y [M, out] = x [M, in] W^T */
void weights_forward(const struct param_set *ps, int p, struct arena *a, int M,
		     const float *x, float *y);
/*
 * The same for rows from .. from + rows of W (from: a multiple of BLAS_PART, or nothing
 * packed is used): y [M, rows], dx [M, in] += dy [M, rows] W[from ..].
 */
void weights_forward_part(const struct param_set *ps, int p, struct arena *a, int M,
			  const float *x, int from, int rows, float *y);
void weights_back_part(const struct param_set *ps, int p, struct arena *a, int M,
		       const float *dy, int from, int rows, float *dx);
/* dx [M, in] = dy [M, out] W (+ dx) */
void weights_back(const struct param_set *ps, int p, struct arena *a, int M,
		  const float *dy, float *dx, bool add);
/* dW [out, in] = dy [M, out]^T x [M, in] (+ dW); its rows from .. from + rows alone. */
void weights_grad(const struct param_set *ps, int p, struct arena *a, int M,
		  const float *dy, const float *x, float *dw, bool add);
void weights_grad_part(const struct param_set *ps, int p, struct arena *a, int M,
		       const float *dy, int from, int rows, const float *x, float *dw,
		       bool add);
/* Is there a packed copy for weights_forward? */
bool weights_packed(const struct param_set *ps, int p);

void weights_changed(struct param_set *ps);
/*
 * begin: true when there is something to do; then every part of `parts`, from
 * any threads; then end. `training`: copies for weights_back too, unless they are
 * large. begin makes room at its first call; nothing is allocated after that, until
 * weights_release.
 */
bool weights_pack_begin(struct param_set *ps, bool training);
void weights_pack(struct param_set *ps, int part, int parts);
void weights_pack_end(struct param_set *ps);
size_t weights_packed_bytes(const struct param_set *ps, bool training); /* of that room */
/* So large that steps do better without copies (session_pack). */
bool weights_are_large(const struct param_set *ps);
void weights_release(struct param_set *ps); /* by param_set_release, too */

#endif
