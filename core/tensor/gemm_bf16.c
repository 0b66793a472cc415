/*
 * gemm_bf16.c - see gemm_bf16.h. Plain loops for now: the rule, written down.
 */
#include "tensor/gemm_bf16.h"

#include <math.h>
#include <string.h>

const char *bf16_name(void)
{
	return "plain loops";
}

void bf16_use_amx(bool yes)
{
	(void)yes;
}

static float rounded(float x)
{
	unsigned u;

	memcpy(&u, &x, sizeof u);
	if ((u & 0x7fffffff) > 0x7f800000)
		u |= 0x400000; /* stays not a number */
	else
		u += 0x7fff + ((u >> 16) & 1);
	u &= 0xffff0000;
	if (!(u & 0x7f800000))
		u &= 0x80000000;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* The sum of K products of a[k sa] and b[k sb], K <= BF16_KC. */
static float chain(int K, const float *a, long sa, const float *b, long sb)
{
	float acc = 0.0f;

	for (int k = 0; k < K; k += BF16_K) {
		float odd_even[2] = { 0.0f, 0.0f };

		for (int i = k; i < k + BF16_K && i < K; i++)
			odd_even[i & 1] = fmaf(rounded(a[i * sa]), rounded(b[i * sb]),
					       odd_even[i & 1]);
		acc += odd_even[0] + odd_even[1];
	}
	return acc;
}

size_t bf16_packed_size(int N, int K)
{
	return (size_t)N * (size_t)K;
}

void bf16_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
	       int part, int parts)
{
	for (int n = N * part / parts; n < N * (part + 1) / parts; n++)
		for (int k = 0; k < K; k++)
			out[(long)n * K + k] = transposed ? w[(long)n * ldw + k] :
							    w[(long)k * ldw + n];
}

static void product(int M, int N, int K, const float *x, long rs, long cs, const float *w,
		    long ws, long wc, float *y, int ldy, bool add)
{
	for (int k = 0; k < K; k += BF16_KC, add = true)
		for (int i = 0; i < M; i++)
			for (int j = 0; j < N; j++) {
				float *to = y + (long)i * ldy + j;
				int kc = K - k < BF16_KC ? K - k : BF16_KC;

				*to = (add ? *to : 0.0f) +
				      chain(kc, x + i * rs + k * cs, cs,
					    w + j * ws + k * wc, wc);
			}
}

void bf16_packed(struct arena *a, int M, int N, int K, int from, int cols,
		 const float *x, int ldx, const float *panels, float *y, int ldy,
		 bool add)
{
	(void)a;
	(void)N;
	product(M, cols, K, x, ldx, 1, panels + (long)from * K, K, 1, y, ldy, add);
}

void bf16_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add)
{
	(void)a;
	product(M, N, K, x, 1, ldx, w, 1, ldw, y, ldy, add);
}
