/*
 * gemm_bf16_amx.c - products of bfloat16 for AMX: 32 x 32 outputs in four tiles, two tiles
 * of either side.
 *
 * The tile registers are set up by every product and given back at its end, so that a
 * thread that does something else has none to save. The compiler does not know that they
 * read and write memory: KEEP tells it.
 */
#if (defined(__AMX_BF16__) || defined(__AMXBF16__)) && defined(__AVX512BF16__) && \
	defined(__AVX512BW__)
#include <immintrin.h>
#include <string.h>

#include "tensor/gemm_bf16_kernel.h"

#define KEEP __asm__ volatile("" ::: "memory")
#define UNROLL _Pragma("GCC unroll 16")
#define INLINE static inline __attribute__((always_inline))

enum { LINE = BF16_SIDE * 4 /* bytes of a tile's row */ };

/* --- into tiles --- */

/* 16 words a row to 16 words a column (r is lost). */
INLINE void store_turned(__m512i r[BF16_SIDE], uint32_t *out)
{
	__m512i t[BF16_SIDE];

	UNROLL for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	UNROLL for (int i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	/* a quarter q of r[4 g + c] is column 4 q + c of rows 4 g .. 4 g + 3 */
	UNROLL for (int c = 0; c < 4; c++) {
		__m512i a = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x44);
		__m512i b = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xee);
		__m512i d = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x44);
		__m512i e = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xee);

		_mm512_storeu_si512(out + c * 16, _mm512_shuffle_i32x4(a, d, 0x88));
		_mm512_storeu_si512(out + (4 + c) * 16, _mm512_shuffle_i32x4(a, d, 0xdd));
		_mm512_storeu_si512(out + (8 + c) * 16, _mm512_shuffle_i32x4(b, e, 0x88));
		_mm512_storeu_si512(out + (12 + c) * 16, _mm512_shuffle_i32x4(b, e, 0xdd));
	}
}

INLINE void store(__m512i r[BF16_SIDE], bool turned, uint32_t *out)
{
	if (turned)
		store_turned(r, out);
	else
		UNROLL for (int i = 0; i < BF16_SIDE; i++)
			_mm512_storeu_si512(out + i * BF16_SIDE, r[i]);
}

/* 16 of `low`, then 16 of `high`; rounded to nearest even, whatever MXCSR says. */
INLINE __m512i both(const float *low, const float *high)
{
	return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(high), _mm512_loadu_ps(low));
}

static void from_rows(const float *x, long ldx, bool turned, uint32_t *out)
{
	__m512i r[BF16_SIDE];

	UNROLL for (int i = 0; i < BF16_SIDE; i++, x += ldx)
		r[i] = both(x, x + BF16_SIDE);
	store(r, turned, out);
}

static void from_columns(const float *x, long ldx, bool turned, uint32_t *out)
{
	static const uint16_t in_turns[] = { 0,	 16, 1,	 17, 2,	 18, 3,	 19, 4,	 20, 5,
					     21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
					     11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };
	const __m512i order = _mm512_loadu_si512(in_turns);
	__m512i r[BF16_SIDE];

	UNROLL for (int i = 0; i < BF16_SIDE; i++, x += 2 * ldx)
		r[i] = _mm512_permutexvar_epi16(order, both(x, x + ldx));
	store(r, turned, out);
}

/* --- products: tiles 0 to 3 are y, 4 and 5 the left side, 6 and 7 the right --- */

/* What LDTILECFG reads (Intel SDM, volume 1). */
struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};
_Static_assert(sizeof(struct tile_config) == 64, "as the processor reads it");

static void configure(void)
{
	struct tile_config all = { .palette = 1 };

	for (int i = 0; i < 8; i++) {
		all.row_bytes[i] = LINE;
		all.rows[i] = BF16_SIDE;
	}
	KEEP;
	_tile_loadconfig(&all);
}

/* Tile T from or to y [rows, cols] of which it may cover less than a whole tile. */
#define LOAD(T, rows, cols, y)                                                         \
	do {                                                                           \
		if (!add) {                                                            \
			_tile_zero(T);                                                 \
		} else if ((rows) >= BF16_SIDE && (cols) >= BF16_SIDE) {               \
			_tile_loadd(T, y, ldy * 4);                                    \
		} else {                                                               \
			bf16_from_edge(least(rows), least(cols), y, ldy, edge);        \
			KEEP;                                                          \
			_tile_loadd(T, edge, LINE);                                    \
			KEEP;                                                          \
		}                                                                      \
	} while (0)
#define STORE(T, rows, cols, y)                                                        \
	do {                                                                           \
		if ((rows) >= BF16_SIDE && (cols) >= BF16_SIDE) {                      \
			_tile_stored(T, y, ldy * 4);                                   \
		} else {                                                               \
			_tile_stored(T, edge, LINE);                                   \
			KEEP;                                                          \
			bf16_to_edge(least(rows), least(cols), edge, y, ldy);          \
			KEEP;                                                          \
		}                                                                      \
	} while (0)

INLINE int least(int n)
{
	return n < BF16_SIDE ? n : BF16_SIDE;
}

/*
 * y [<= 16 mt, <= 16 nt], rows and cols of it; mt, nt are 1 or 2. The next square of y
 * begins at `next` and is fetched meanwhile: its rows are far apart.
 */
INLINE void square(const int mt, const int nt, int rows, int cols, int blocks,
		   const uint32_t *left, const uint32_t *right, long panel, float *y,
		   long ldy, bool add, const float *next)
{
	const uint32_t *left2 = left + (long)blocks * BF16_TILE, *right2 = right + panel;
	float *below = y + BF16_SIDE * ldy, edge[BF16_TILE];

	memset(edge, 0, sizeof edge);
	LOAD(0, rows, cols, y);
	if (nt > 1)
		LOAD(1, rows, cols - BF16_SIDE, y + BF16_SIDE);
	if (mt > 1)
		LOAD(2, rows - BF16_SIDE, cols, below);
	if (mt > 1 && nt > 1)
		LOAD(3, rows - BF16_SIDE, cols - BF16_SIDE, below + BF16_SIDE);
	for (long at = 0; at < (long)blocks * BF16_TILE; at += BF16_TILE) {
		for (int i = 0; mt > 1 && i < 4 && at < 8 * BF16_TILE; i++, next += ldy)
			for (int j = 0; j < nt * BF16_SIDE; j += BF16_SIDE)
				__builtin_prefetch(next + j, 1);
		_tile_loadd(4, left + at, LINE);
		_tile_loadd(6, right + at, LINE);
		_tile_dpbf16ps(0, 4, 6);
		if (nt > 1) {
			_tile_loadd(7, right2 + at, LINE);
			_tile_dpbf16ps(1, 4, 7);
		}
		if (mt > 1) {
			_tile_loadd(5, left2 + at, LINE);
			_tile_dpbf16ps(2, 5, 6);
		}
		if (mt > 1 && nt > 1)
			_tile_dpbf16ps(3, 5, 7);
	}
	STORE(0, rows, cols, y);
	if (nt > 1)
		STORE(1, rows, cols - BF16_SIDE, y + BF16_SIDE);
	if (mt > 1)
		STORE(2, rows - BF16_SIDE, cols, below);
	if (mt > 1 && nt > 1)
		STORE(3, rows - BF16_SIDE, cols - BF16_SIDE, below + BF16_SIDE);
}

static void product(int M, int N, int blocks, const uint32_t *left, const uint32_t *right,
		    long panel, float *y, long ldy, bool add)
{
	const int two = 2 * BF16_SIDE;

	configure();
	for (int n = 0; n < N; n += two, right += 2 * panel)
		for (int m = 0; m < M; m += two) {
			const uint32_t *l = left + (long)(m / BF16_SIDE) * blocks * BF16_TILE;
			float *to = y + m * ldy + n;
			const float *next = m + two < M ? to + two * ldy : y + n + two;
			int rows = M - m, cols = N - n;

			if (rows > BF16_SIDE && cols > BF16_SIDE)
				square(2, 2, rows, cols, blocks, l, right, panel, to, ldy,
				       add, next);
			else if (rows > BF16_SIDE)
				square(2, 1, rows, cols, blocks, l, right, panel, to, ldy,
				       add, next);
			else if (cols > BF16_SIDE)
				square(1, 2, rows, cols, blocks, l, right, panel, to, ldy,
				       add, next);
			else
				square(1, 1, rows, cols, blocks, l, right, panel, to, ldy,
				       add, next);
		}
	_tile_release();
	KEEP;
}

const struct bf16_kernel bf16_amx = {
	.name = "AMX", .from_rows = from_rows, .from_columns = from_columns,
	.product = product,
};
#else
#include "tensor/gemm_bf16_kernel.h"
const struct bf16_kernel bf16_amx;
#endif
