/*
 * gemm_bf16.c - the loops around the kernels (see gemm_bf16.h, gemm_bf16_kernel.h).
 *
 * ROWS x BF16_KC of the left side are rounded at a time and stay in the second-level
 * cache; two panels of the right side stay in the first while all those rows pass.
 */
#include "tensor/gemm_bf16.h"

#include <stdatomic.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "tensor/gemm_bf16_kernel.h"

enum { ROWS = 256 };

/* --- which kernel --- */

static const struct bf16_kernel none;
static _Atomic(const struct bf16_kernel *) chosen; /* NULL: not yet */

#ifdef __x86_64__
/* Linux wants a process to ask before its first tile (arch_prctl(2)). */
static bool amx_is_permitted(void)
{
	enum { REQUEST = 0x1023, TILE_DATA = 18 };

	return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

static bool has_amx(void)
{
	unsigned a, b, c, d, more;

	if (!__get_cpuid_count(7, 1, &more, &b, &c, &d) ||
	    !__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return false;
	return d >> 22 & 1 && d >> 24 & 1 && /* AMX-BF16, AMX-TILE */
	       more >> 5 & 1 &&		     /* AVX512_BF16 */
	       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       amx_is_permitted();
}

bool bf16_runs(const struct bf16_kernel *g)
{
	bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");

	if (!g->product)
		return false;
	if (g == &bf16_amx)
		return has_amx();
#ifdef TUTTI_SANITIZED
	return avx2; /* gemm_avx512.c: there it is made of AVX2 */
#else
	return g == &bf16_avx512 ? avx2 && __builtin_cpu_supports("avx512f") : avx2;
#endif
}
#else
bool bf16_runs(const struct bf16_kernel *g)
{
	(void)g;
	return false;
}
#endif

void bf16_use(const struct bf16_kernel *g)
{
	atomic_store(&chosen, g);
}

void bf16_use_amx(bool yes)
{
	bf16_use(yes && bf16_runs(&bf16_amx) ? &bf16_amx :
		 bf16_runs(&bf16_avx512)     ? &bf16_avx512 :
		 bf16_runs(&bf16_avx2)	     ? &bf16_avx2 :
					       &none);
}

/* Whoever comes first asks; who comes at the same time gets the same answer. */
static const struct bf16_kernel *kernel(void)
{
	if (!atomic_load_explicit(&chosen, memory_order_acquire))
		bf16_use_amx(true);
	return atomic_load_explicit(&chosen, memory_order_acquire);
}

const char *bf16_name(void)
{
	return kernel()->name;
}

/* --- into tiles --- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int tiles_of(int n)
{
	return (n + BF16_SIDE - 1) / BF16_SIDE;
}

static int blocks_of(int K)
{
	return (K + BF16_K - 1) / BF16_K;
}

/* One tile from x [rows, cols]: as it lies when it is whole, else filled up with 0. */
static void convert(void (*f)(const float *, long, bool, uint32_t *), int rows, int cols,
		    int height, int width, const float *x, long ldx, bool turned,
		    uint32_t *tile)
{
	float whole[BF16_SIDE * BF16_K];

	if (rows < height || cols < width) {
		memset(whole, 0, sizeof whole);
		for (int i = 0; i < least(rows, height); i++)
			memcpy(whole + i * width, x + i * ldx,
			       (size_t)least(cols, width) * sizeof *x);
		x = whole;
		ldx = width;
	}
	f(x, ldx, turned, tile);
}

/* Tiles of x [n, K], rows of k: [n / 16][blocks], a row of them every `step` words. */
static void tiles_from_rows(const struct bf16_kernel *g, int n, int K, const float *x,
			    long ldx, bool turned, uint32_t *out, long step)
{
	for (int i = 0; i < n; i += BF16_SIDE, x += BF16_SIDE * ldx, out += step)
		for (int k = 0; k < K; k += BF16_K)
			convert(g->from_rows, n - i, K - k, BF16_SIDE, BF16_K, x + k, ldx,
				turned, out + k / BF16_K * BF16_TILE);
}

/* The same of x [K, n]; k outside, as memory lies. */
static void tiles_from_columns(const struct bf16_kernel *g, int n, int K, const float *x,
			       long ldx, bool turned, uint32_t *out, long step)
{
	for (int k = 0; k < K; k += BF16_K, x += BF16_K * ldx, out += BF16_TILE)
		for (int i = 0; i < n; i += BF16_SIDE)
			convert(g->from_columns, K - k, n - i, BF16_K, BF16_SIDE, x + i,
				ldx, turned, out + i / BF16_SIDE * step);
}

size_t bf16_packed_size(int N, int K)
{
	return (size_t)tiles_of(N) * (size_t)blocks_of(K) * BF16_TILE;
}

void bf16_pack(int N, int K, const float *w, int ldw, bool transposed, float *out,
	       int part, int parts)
{
	const struct bf16_kernel *g = kernel();
	long panel = (long)blocks_of(K) * BF16_TILE;
	int first = (int)((long)tiles_of(N) * part / parts);
	int from = first * BF16_SIDE;
	int to = least((int)((long)tiles_of(N) * (part + 1) / parts) * BF16_SIDE, N);
	uint32_t *panels = (uint32_t *)(void *)out + first * panel;

	if (from >= to)
		return;
	if (transposed)
		tiles_from_rows(g, to - from, K, w + (long)from * ldw, ldw, true, panels,
				panel);
	else
		tiles_from_columns(g, to - from, K, w + from, ldw, false, panels, panel);
}

/* --- products --- */

static uint32_t *room(struct arena *a, int n, int K)
{
	return arena_alloc(a, bf16_packed_size(n, least(K, BF16_KC)) * sizeof(uint32_t));
}

void bf16_packed(struct arena *a, int M, int N, int K, int from, int cols,
		 const float *x, int ldx, const float *panels, float *y, int ldy,
		 bool add)
{
	const struct bf16_kernel *g = kernel();
	struct arena_mark mark = arena_mark(a);
	uint32_t *left = room(a, least(M, ROWS), K);
	long panel = (long)blocks_of(K) * BF16_TILE;
	const uint32_t *right = (const uint32_t *)(const void *)panels +
				from / BF16_SIDE * panel;

	(void)N;
	for (int m = 0; m < M; m += ROWS)
		for (int k = 0; k < K; k += BF16_KC) {
			int mb = least(M - m, ROWS), kc = least(K - k, BF16_KC);
			int blocks = blocks_of(kc);

			tiles_from_rows(g, mb, kc, x + (long)m * ldx + k, ldx, false, left,
					(long)blocks * BF16_TILE);
			g->product(mb, cols, blocks, left,
				   right + (long)(k / BF16_K) * BF16_TILE, panel,
				   y + (long)m * ldy, ldy, add || k > 0);
		}
	arena_rewind(a, mark);
}

void bf16_xtw(struct arena *a, int M, int N, int K, const float *x, int ldx,
	      const float *w, int ldw, float *y, int ldy, bool add)
{
	const struct bf16_kernel *g = kernel();
	struct arena_mark mark = arena_mark(a);
	uint32_t *left = room(a, least(M, ROWS), K), *right = room(a, N, K);

	for (int k = 0; k < K; k += BF16_KC) {
		int kc = least(K - k, BF16_KC), blocks = blocks_of(kc);
		long step = (long)blocks * BF16_TILE;

		tiles_from_columns(g, N, kc, w + (long)k * ldw, ldw, false, right, step);
		for (int m = 0; m < M; m += ROWS) {
			int mb = least(M - m, ROWS);

			tiles_from_columns(g, mb, kc, x + (long)k * ldx + m, ldx, true, left,
					   step);
			g->product(mb, N, blocks, left, right, step, y + (long)m * ldy, ldy,
				   add || k > 0);
		}
	}
	arena_rewind(a, mark);
}
