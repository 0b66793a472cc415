/*
 * bench_products.c - how fast one product is, and ours beside OpenBLAS'.
 *
 * Beside OpenBLAS: the products of the linear layers of the benchmark's models
 * at the rows of one micro-batch, forward, gradient of the input, gradient of
 * the weights. Ours multiplies by weights packed beforehand, as in training,
 * where a copy is made once a step and serves all of its micro-batches; what
 * packing takes is its own column. CPU time, the two in turns.
 *   Then the products of MiniLM and BERT-base, float32 beside bfloat16 with and without
 * AMX: medians of rounds in turns.
 */
#include "bench_ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "tensor/blas.h"
#include "tensor/gemm_bf16.h"

static double peak; /* GF/s of a big product */

bool ops_quick;

double ops_seconds(ops_work *f, void *arg)
{
	double best = 1e9;
	int n = 1;

	f(arg);
	for (int round = 0; round < (ops_quick ? 2 : 7); round++) {
		double t0 = clock_thread_cpu(), t;

		for (int i = 0; i < n; i++)
			f(arg);
		t = (clock_thread_cpu() - t0) / n;
		best = t < best ? t : best;
		if (t * n < 0.01)
			n = (int)(0.02 / t) + 1;
	}
	return best;
}

void ops_row(const char *name, double s, double flops, double bytes)
{
	printf("%-38s %10.1f us", name, s * 1e6);
	if (flops > 0)
		printf(" %8.1f GF/s %4.0f%%", flops / s * 1e-9,
		       peak > 0 ? flops / s * 1e-7 / peak : 0);
	if (bytes > 0)
		printf(" %8.1f GB/s", bytes / s * 1e-9);
	printf("\n");
}

float *ops_noise(size_t n, uint64_t draw)
{
	struct rng r = rng_stream(1, RNG_TEST, 0, draw);
	float *v = xalloc64(n * sizeof *v);

	for (size_t i = 0; i < n; i++)
		v[i] = rng_normal(&r, i);
	return v;
}

/* --- a product --- */

struct running {
	struct product p;
	struct arena a;
	float *x, *w, *y, *packed; /* packed NULL: OpenBLAS, or packs on the way */
	bool is_transposed;
};

static void run_product(void *arg)
{
	struct running *r = arg;
	const struct product *p = &r->p;
	int ldx = p->f == blas_xtw ? p->M : p->K;
	int ldw = p->f == blas_xwt ? p->K : p->N;

	if (r->packed)
		blas_xp(p->M, p->N, p->K, r->x, ldx, r->packed, r->y, p->N, false);
	else
		p->f(&r->a, p->M, p->N, p->K, r->x, ldx, r->w, ldw, r->y, p->N, false);
}

static void run_packing(void *arg)
{
	struct running *r = arg;
	const struct product *p = &r->p;

	blas_pack(p->N, p->K, r->w, r->is_transposed ? p->K : p->N, r->is_transposed,
		  r->packed, 0, 1);
}

static void running_open(struct running *r, const struct product *p, int rows)
{
	*r = (struct running){ .p = *p, .is_transposed = p->f == blas_xwt };
	r->p.M = p->M ? p->M : rows;
	r->p.N = p->N ? p->N : rows;
	r->p.K = p->K ? p->K : rows;
	arena_init(&r->a);
	r->x = ops_noise((size_t)r->p.M * (size_t)r->p.K, 1);
	r->w = ops_noise((size_t)r->p.N * (size_t)r->p.K, 2);
	r->y = ops_noise((size_t)r->p.M * (size_t)r->p.N, 3);
}

static void running_release(struct running *r)
{
	arena_release(&r->a);
	xfree(r->x);
	xfree(r->w);
	xfree(r->y);
	xfree(r->packed);
}

static double flops_of(const struct product *p)
{
	return 2.0 * p->M * p->N * p->K;
}

double ops_product(const struct product *p, int rows)
{
	struct running r;
	double s;

	running_open(&r, p, rows);
	s = ops_seconds(run_product, &r);
	if (!peak)
		peak = flops_of(&r.p) / s * 1e-9;
	if (p->name)
		ops_row(p->name, s, flops_of(&r.p), 0);
	running_release(&r);
	return s;
}

/* --- beside OpenBLAS --- */

struct beside {
	double flops, own, blas, packing; /* packing: seconds, 0 where none */
};

static struct beside beside(const struct product *p, int rows)
{
	struct beside b = { .own = 1e9, .blas = 1e9 };
	size_t size = blas_packed_size(p->N, p->K);
	struct running r;
	float *packed;

	running_open(&r, p, rows);
	b.flops = flops_of(&r.p);
	packed = p->f != blas_xtw && size ? xalloc64(size * sizeof *packed) : NULL;
	for (int turn = 0; turn < 2; turn++) {
		r.packed = packed;
		if (packed && !turn)
			b.packing = ops_seconds(run_packing, &r);
		b.own = fmin(b.own, ops_seconds(run_product, &r));
		r.packed = NULL;
		blas_use_own(false);
		b.blas = fmin(b.blas, ops_seconds(run_product, &r));
		blas_use_own(true);
	}
	r.packed = packed;
	running_release(&r);
	return b;
}

static void add(struct beside *sum, const struct beside *b)
{
	sum->flops += b->flops;
	sum->own += b->own;
	sum->blas += b->blas;
	sum->packing += b->packing;
}

static void print_beside(const char *size, const char *name, const struct beside *b)
{
	printf("%-6s %-16s %8.1f %8.1f %6.2f %9.1f us\n", size, name,
	       b->flops / b->own * 1e-9, b->flops / b->blas * 1e-9, b->blas / b->own,
	       b->packing * 1e6);
}

/* All layers of a model `C` wide, a kind of product a line. */
static void beside_model(const char *name, int C, int rows)
{
	static const char *const kind[] = { "forward", "input gradient",
					    "weight gradient" };
	const int shape[4][2] = { { 3 * C, C }, { C, C }, { 4 * C, C }, { C, 4 * C } };
	struct beside sum[3] = { 0 }, all = { 0 };

	for (int i = 0; i < 4; i++) {
		int out = shape[i][0], in = shape[i][1];
		const struct product p[3] = { { NULL, blas_xwt, rows, out, in },
					      { NULL, blas_xw, rows, in, out },
					      { NULL, blas_xtw, out, in, rows } };

		for (int k = 0; k < 3; k++) {
			struct beside b = beside(&p[k], rows);

			add(&sum[k], &b);
			add(&all, &b);
		}
	}
	for (int k = 0; k < 3; k++)
		print_beside(name, kind[k], &sum[k]);
	print_beside(name, "all", &all);
}

void ops_beside_openblas(int rows)
{
	char own[64];

	snprintf(own, sizeof own, "%s", blas_name());
	blas_use_own(false);
	printf("\nGF/s of products of %d rows: %s, %s\n", rows, own, blas_name());
	blas_use_own(true);
	printf("%-23s %8s %8s %6s %12s\n", "", "ours", "OpenBLAS", "", "packing");
	beside_model("tiny", 128, rows);
	beside_model("small", 256, rows);
	beside_model("mini", 384, rows);
}

/* --- bfloat16 beside float32 --- */

enum way { OWN, BF16, BF16_PLAIN, OPENBLAS, PACK_BF16, WAYS };
enum { ROUNDS_MAX = 7 };

struct rounding {
	struct product p;
	struct arena *a;
	float *x, *w, *y, *own, *bf16; /* the right side in panels */
};

/* w is [N, K] but for blas_xtw, whose x is [K, M] and w [K, N]. */
static void run_way(const struct rounding *r, enum way way)
{
	int M = r->p.M, N = r->p.N, K = r->p.K;
	bool is_turned = r->p.f == blas_xtw;

	if (way == PACK_BF16 && is_turned)
		return; /* packs on the way */
	if (way == PACK_BF16)
		bf16_pack(N, K, r->w, K, true, r->bf16, 0, 1);
	else if ((way == BF16 || way == BF16_PLAIN) && is_turned)
		bf16_xtw(r->a, M, N, K, r->x, M, r->w, N, r->y, N, false);
	else if (way == BF16 || way == BF16_PLAIN)
		bf16_packed(r->a, M, N, K, 0, N, r->x, K, r->bf16, r->y, N, false);
	else if (way == OWN && r->own)
		blas_xp(M, N, K, r->x, K, r->own, r->y, N, false);
	else
		r->p.f(r->a, M, N, K, r->x, is_turned ? M : K, r->w, is_turned ? N : K, r->y, N,
		       false);
}

/* CPU seconds of one product: the mean of as many as take a fiftieth of a second. */
static double time_way(const struct rounding *r, enum way way)
{
	double t0, t = 0;
	int n = 0;

	bf16_use_amx(way != BF16_PLAIN);
	if (way == OPENBLAS)
		blas_use_own(false);
	run_way(r, way);
	t0 = clock_thread_cpu();
	for (; t < (ops_quick ? 0.001 : 0.02); n++, t = clock_thread_cpu() - t0)
		run_way(r, way);
	blas_use_own(true);
	bf16_use_amx(true);
	return t / n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_rounding(const struct product *p, int rows)
{
	double t[WAYS][ROUNDS_MAX], flops;
	int rounds = ops_quick ? 1 : ROUNDS_MAX;
	size_t size = p->f == blas_xtw ? 0 : blas_packed_size(p->N, p->K);
	struct running data;
	struct rounding r;

	running_open(&data, p, rows);
	r = (struct rounding){ data.p, &data.a, data.x, data.w, data.y, NULL, NULL };
	r.own = size ? xalloc64(size * sizeof *r.own) : NULL;
	r.bf16 = xalloc64(bf16_packed_size(r.p.N, r.p.K) * sizeof *r.bf16);
	if (size)
		blas_pack(r.p.N, r.p.K, r.w, r.p.K, true, r.own, 0, 1);
	run_way(&r, PACK_BF16);
	for (int i = 0; i < rounds; i++)
		for (int way = 0; way < WAYS; way++)
			t[way][i] = time_way(&r, way);
	flops = flops_of(&r.p) * 1e-9;
	for (int way = 0; way < WAYS; way++)
		qsort(t[way], (size_t)rounds, sizeof t[way][0], by_size);
	printf("%-10s %5d x %5d x %4d", p->name, r.p.M, r.p.N, r.p.K);
	for (int way = 0; way < PACK_BF16; way++)
		printf(" %9.1f", flops / t[way][rounds / 2]);
	printf(" %9.1f us\n", p->f == blas_xtw ? 0 : t[PACK_BF16][rounds / 2] * 1e6);
	running_release(&data);
	xfree(r.own);
	xfree(r.bf16);
}

void ops_bf16(int rows)
{
	static const struct product p[] = {
		{ "x w^T", blas_xwt, 0, 384, 384 },   { "x w^T", blas_xwt, 0, 1536, 384 },
		{ "x w^T", blas_xwt, 0, 384, 1536 },  { "x^T w", blas_xtw, 384, 384, 0 },
		{ "x^T w", blas_xtw, 384, 1536, 0 },  { "x^T w", blas_xtw, 1536, 384, 0 },
		{ "x w^T", blas_xwt, 0, 4096, 384 },  { "x^T w", blas_xtw, 4096, 384, 0 },
		{ "x w^T", blas_xwt, 0, 768, 768 },   { "x w^T", blas_xwt, 0, 3072, 768 },
		{ "x w^T", blas_xwt, 0, 768, 3072 },  { "x^T w", blas_xtw, 3072, 768, 0 },
		{ "x w^T", blas_xwt, 4, 30522, 384 }, { "x w^T", blas_xwt, 4, 1536, 384 },
	};
	char plain[32];

	if (!bf16_name())
		return;
	bf16_use_amx(false);
	snprintf(plain, sizeof plain, "%s", bf16_name());
	bf16_use_amx(true);
	printf("\nGF/s of %s in float32, of ours in bfloat16; M x N x K\n", blas_name());
	printf("%-31s %9s %9s %9s %9s %12s\n", "", "float32", bf16_name(), plain, "OpenBLAS",
	       "packing");
	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		print_rounding(&p[i], rows);
}
