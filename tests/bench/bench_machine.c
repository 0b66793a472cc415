/*
 * bench_machine.c - what this machine can do: fused multiply-adds from
 * registers, and OpenBLAS' sgemm on one core at the shapes of the models'
 * linear layers. The rest of the table is measured against these.
 */
#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

/* --- FMA --- */

/* Flops of `n` rounds; enough independent chains to hide the latency. */
typedef double fma_loop(long n);

#ifdef __x86_64__
enum { CHAINS = 12 };
static volatile float sink;

#define FMA_LOOP(name, isa, vec, lanes, set1, fmadd, zero)                     \
	__attribute__((target(isa))) static double name(long n)                \
	{                                                                      \
		vec a[CHAINS], x = set1(0.999f), y = set1(1e-3f);              \
		_Pragma("GCC unroll 12") for (int k = 0; k < CHAINS; k++)      \
			a[k] = set1((float)k);                                 \
		for (long i = 0; i < n; i++) {                                 \
			_Pragma("GCC unroll 12")                               \
			for (int k = 0; k < CHAINS; k++)                       \
				a[k] = fmadd(a[k], x, y);                      \
		}                                                              \
		_Pragma("GCC unroll 12") for (int k = 1; k < CHAINS; k++)      \
			a[0] = fmadd(a[k], x, a[0]);                           \
		sink = zero(a[0]);                                             \
		return 2.0 * lanes * CHAINS * (double)n;                       \
	}

FMA_LOOP(fma_avx2, "avx2,fma", __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps,
	 _mm256_cvtss_f32)
FMA_LOOP(fma_avx512, "avx512f", __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps,
	 _mm512_cvtss_f32)
#endif

struct fma_run {
	fma_loop *loop;
	double rate;
};

static void *run_fma(void *arg)
{
	struct fma_run *r = arg;
	double flops = 0, from = clock_now(), spent;

	do {
		flops += r->loop(2000000);
		spent = clock_now() - from;
	} while (spent < 0.15);
	r->rate = flops / spent * 1e-9;
	return NULL;
}

static double fma_rate(fma_loop *loop, int cores)
{
	struct fma_run run[BENCH_CORES_MAX];
	pthread_t thread[BENCH_CORES_MAX];
	double sum = 0;

	for (int i = 0; i < cores; i++) {
		run[i].loop = loop;
		if (pthread_create(&thread[i], NULL, run_fma, &run[i]))
			bench_die("no thread to be had");
	}
	for (int i = 0; i < cores; i++) {
		pthread_join(thread[i], NULL);
		sum += run[i].rate;
	}
	return sum;
}

/* One, then all; 0: done. */
static int next_cores(int cores)
{
	return cores < bench_cores() ? bench_cores() : 0;
}

static void bench_fma(struct bench *b, const void *arg)
{
	static const struct {
		const char *name;
		fma_loop *loop;
	} isa[] = {
#ifdef __x86_64__
		{ "AVX2", fma_avx2 }, { "AVX-512", fma_avx512 },
#endif
		{ NULL, NULL },
	};
	bool has[2] = { false, false };

	(void)arg;
#ifdef __x86_64__
	has[0] = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	has[1] = __builtin_cpu_supports("avx512f");
#endif
	for (int i = 0; isa[i].name; i++)
		for (int cores = 1; has[i] && cores; cores = next_cores(cores))
			bench_figure(b, "GF/s", fma_rate(isa[i].loop, cores),
				     "FMA %s, %d core%s", isa[i].name, cores,
				     cores == 1 ? "" : "s");
}

/* --- sgemm --- */

/* Rows of a micro-batch: a quarter of 32 texts of 45 tokens. */
enum { TOKENS = 360, PRODUCTS = 3 };

struct product {
	int M, N, K;
	CBLAS_TRANSPOSE a, b;
};

static float *noise(size_t n, uint64_t draw)
{
	struct rng r = rng_stream(1, RNG_TEST, 0, draw);
	float *v = xalloc64(n * sizeof *v);

	for (size_t i = 0; i < n; i++)
		v[i] = rng_normal(&r, i);
	return v;
}

static double time_product(const struct product *p, double seconds)
{
	size_t M = (size_t)p->M, N = (size_t)p->N, K = (size_t)p->K;
	float *x = noise(M * K, 1), *w = noise(K * N, 2), *y = noise(M * N, 3);
	double from = 0, spent = 0;
	long n = -2; /* two to warm up */

	for (; n < 1 || spent < seconds; n++) {
		if (n == 0)
			from = clock_now();
		cblas_sgemm(CblasRowMajor, p->a, p->b, p->M, p->N, p->K, 1.0f, x,
			    p->a == CblasNoTrans ? p->K : p->M, w,
			    p->b == CblasNoTrans ? p->N : p->K, 0.0f, y, p->N);
		spent = n < 0 ? 0 : clock_now() - from;
	}
	xfree(x);
	xfree(w);
	xfree(y);
	return 2.0 * p->M * p->N * p->K * (double)n / spent * 1e-9;
}

/* A layer's products: forward, gradient of the input, gradient of the weights. */
static void layer_rates(int out, int in, double seconds, double rate[PRODUCTS])
{
	const struct product p[PRODUCTS] = {
		{ TOKENS, out, in, CblasNoTrans, CblasTrans },
		{ TOKENS, in, out, CblasNoTrans, CblasNoTrans },
		{ out, in, TOKENS, CblasTrans, CblasNoTrans },
	};

	for (int i = 0; i < PRODUCTS; i++)
		rate[i] = time_product(&p[i], seconds);
}

/* Geometric means over qkv, out, up and down; returns that over all products. */
static double shape_rates(const struct bench_shape *s, double seconds,
			  double mean[PRODUCTS])
{
	int C = s->dim, F = 4 * C, shape[4][2] = { { 3 * C, C }, { C, C }, { F, C },
						   { C, F } };
	double log_sum[PRODUCTS] = { 0 }, all = 0, rate[PRODUCTS];

	for (int i = 0; i < 4; i++) {
		layer_rates(shape[i][0], shape[i][1], seconds, rate);
		for (int k = 0; k < PRODUCTS; k++)
			log_sum[k] += log(rate[k]) / 4;
	}
	for (int k = 0; k < PRODUCTS; k++) {
		all += log_sum[k] / PRODUCTS;
		mean[k] = exp(log_sum[k]);
	}
	return exp(all);
}

double bench_sgemm_rate(const struct bench_shape *s, double seconds)
{
	double mean[PRODUCTS];

	return shape_rates(s, seconds / (4 * PRODUCTS), mean);
}

static void bench_sgemm(struct bench *b, const void *arg)
{
	static const char *const name[PRODUCTS] = { "forward", "input gradient",
						    "weight gradient" };
	const struct bench_shape *s = arg;
	double mean[PRODUCTS], all = shape_rates(s, b->seconds / 60, mean);

	for (int k = 0; k < PRODUCTS; k++)
		bench_figure(b, "GF/s", mean[k], "sgemm %s, %s", s->name, name[k]);
	bench_figure(b, "GF/s", all, "sgemm %s", s->name);
}

const struct bench_case bench_machine_cases[] = {
	{ "machine fma", bench_fma, NULL, false },
	{ "machine sgemm tiny", bench_sgemm, &bench_shapes[SHAPE_TINY], false },
	{ "machine sgemm small", bench_sgemm, &bench_shapes[SHAPE_SMALL], false },
	{ "machine sgemm mini", bench_sgemm, &bench_shapes[SHAPE_MINI], false },
	{ NULL, NULL, NULL, false },
};
