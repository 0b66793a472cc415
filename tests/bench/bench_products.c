/*
 * bench_products.c - how fast one product is, and ours beside OpenBLAS'.
 *
 * Beside OpenBLAS: the products of the linear layers of the benchmark's models
 * at the rows of one micro-batch, forward, gradient of the input, gradient of
 * the weights. Ours multiplies by weights packed beforehand, as in training,
 * where a copy is made once a step and serves all of its micro-batches; what
 * packing takes is its own column. CPU time, the two in turns.
 */
#include "bench_ops.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/rng.h"
#include "tensor/blas.h"

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
