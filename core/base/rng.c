/*
 * rng.c - Philox 4x32-10, the normal deviate and the keyed permutation.
 *
 * Everything here is integer arithmetic, or + - * / of doubles in a fixed
 * order without fused operations: the same bits on every machine.
 *
 * The counter of a stream:  ctr[0] = low 32 bits of draw
 *                           ctr[1] = high 16 bits of draw, task << 16
 *                           ctr[2] = purpose
 *                           ctr[3] = number of the block of four words
 */
#include "base/rng.h"

#include "base/status.h"

struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, uint32_t task,
		      uint64_t draw)
{
	BUG_IF(task > 0xffff || draw >> 48);
	return (struct rng){
		.key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
		.ctr = { (uint32_t)draw, (uint32_t)(draw >> 32) | task << 16,
			 (uint32_t)purpose },
	};
}

/* Ten rounds; multipliers and key increments from the paper, section 3.3. */
void rng_block(const struct rng *r, uint32_t block, uint32_t out[4])
{
	uint32_t k0 = r->key[0], k1 = r->key[1];
	uint32_t c0 = r->ctr[0], c1 = r->ctr[1], c2 = r->ctr[2], c3 = block;

	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53u * c0;
		uint64_t b = (uint64_t)0xCD9E8D57u * c2;

		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)b;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

uint32_t rng_u32(const struct rng *r, uint64_t index)
{
	uint32_t words[4];

	rng_block(r, (uint32_t)(index >> 2), words);
	return words[index & 3];
}

double rng_uniform(const struct rng *r, uint64_t index)
{
	return (double)rng_u32(r, index) * 0x1p-32;
}

/*
 * floor(n * w / 2^64) of a 64-bit word w: the index's own word above, its
 * neighbour in the block below, where it only settles near-ties.
 */
uint32_t rng_below(const struct rng *r, uint64_t index, uint32_t n)
{
	uint32_t words[4];
	uint64_t high, low;

	BUG_IF(n == 0);
	rng_block(r, (uint32_t)(index >> 2), words);
	high = words[index & 3];
	low = words[(index + 1) & 3];
	return (uint32_t)((high * n + (low * n >> 32)) >> 32);
}

/*
 * The inverse of the normal distribution function around its middle.
 *
 * With q = p - 1/2, |q| <= Q = F(1.9) - 1/2, the inverse is odd in q and is
 * approximated by q * N(q^2) / D(q^2). The coefficients are a fit of our own:
 * least squares on 2000 Chebyshev points against a reference inverse, linear in
 * N and D, reweighted by 1/D and by the last error until the error was level;
 * the largest error is 8.3e-10, below a float's resolution.
 *
 * A normal variable cut at +-c has the variance 1 - 2 c f(c) / (2 F(c) - 1);
 * with c = 1.9 that is 0.7354669452777464, and SCALE is 1 / sqrt of it.
 */
float rng_normal(const struct rng *r, uint64_t index)
{
	static const double N[6] = {
		2.506628279887554, -30.47208900464768, 136.49699514437697,
		-269.8990954090895, 213.82438166620847, -37.820843242163384,
	};
	static const double D[6] = {
		1.0, -13.203801696643854, 65.97846892039885,
		-152.60901392430785, 156.92447363868465, -52.27240460599582,
	};
	static const double Q = 0.47128344018399815, SCALE = 1.1660533491790848;
	/* The middle of one of 2^32 equal cells of (-1, 1): never the ends. */
	double u = ((double)rng_u32(r, index) + 0.5) * 0x1p-31 - 1.0;
	double q = u * Q, z = q * q;
	double num = N[5], den = D[5];

	for (int i = 4; i >= 0; i--) {
		num = num * z + N[i];
		den = den * z + D[i];
	}
	return (float)(q * num / den * SCALE);
}

enum { ROUNDS_MAX = 15 };

struct feistel {
	uint32_t key[ROUNDS_MAX + 1]; /* one a round; the last one settles parity */
	int rounds, half;             /* half: bits of one half */
	uint64_t mask;                /* of one half */
};

/*
 * Fifteen rounds for up to 256 values, where fewer leave some orders a few
 * percent too frequent, and seven above.
 */
static void feistel_setup(struct feistel *f, const struct rng *r, uint64_t n)
{
	f->half = 1;
	while (f->half < 32 && (n - 1) >> (2 * f->half))
		f->half++;
	f->mask = ((uint64_t)1 << f->half) - 1;
	f->rounds = f->half <= 4 ? 15 : 7;
	for (uint32_t i = 0; (int)i <= f->rounds; i += 4)
		rng_block(r, i / 4, f->key + i);
}

/*
 * Round function: key and half mixed by two multiply-xorshift steps (Steele,
 * Lea, Flood 2014, the finaliser of SplitMix), the top bits taken: they depend
 * on every bit of both, which tiny halves need most.
 */
static uint64_t feistel_mix(const struct feistel *f, int round, uint64_t x)
{
	uint64_t z = (uint64_t)f->key[round] << 32 | x;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	z ^= z >> 31;
	return z >> (64 - f->half);
}

static uint64_t feistel_apply(const struct feistel *f, uint64_t x)
{
	uint64_t left = x >> f->half, right = x & f->mask;

	for (int round = 0; round < f->rounds; round++) {
		uint64_t next = left ^ feistel_mix(f, round, right);

		left = right;
		right = next;
	}
	return left << f->half | right;
}

/*
 * The network permutes 0..4^half - 1, which is at most 4 n values; walking its
 * cycle from i < n comes back below n at the latest at i. From 16 values on its
 * permutations are all even ones, so a keyed bit exchanges 0 and 1 at the end.
 */
uint64_t rng_permute(const struct rng *r, uint64_t n, uint64_t i)
{
	struct feistel f;

	BUG_IF(i >= n);
	if (n == 1)
		return 0;
	feistel_setup(&f, r, n);
	do
		i = feistel_apply(&f, i);
	while (i >= n);
	return i < 2 ? i ^ (f.key[f.rounds] >> 31) : i;
}
