/*
 * lstm.c - kernels of an LSTM: one time step of some sequences, all gates at once.
 *
 * Rows are found by number, so that what is kept stands in the order of the block;
 * what the products of a step read and write stands without gaps.
 */
#include "tensor/lanes.h"

/* Slices of H in a row of gates: i | f | g | o, PyTorch's order. */
V_INLINE void cell(int H, float *z, const float *r, const float *b, const float *c0,
		   float *c, float *u, float *h)
{
	float *zf = z + H, *zg = z + 2 * H, *zo = z + 3 * H;
	const float *rf = r + H, *rg = r + 2 * H, *ro = r + 3 * H;
	const float *bf = b + H, *bg = b + 2 * H, *bo = b + 3 * H;

	INDEPENDENT
	for (int j = 0; j < H; j++) {
		float i = v_sigmoid(z[j] + r[j] + b[j]);
		float f = v_sigmoid(zf[j] + rf[j] + bf[j]);
		float g = v_tanh(zg[j] + rg[j] + bg[j]);
		float o = v_sigmoid(zo[j] + ro[j] + bo[j]);
		float s = f * c0[j] + i * g, t = v_tanh(s);

		z[j] = i;
		zf[j] = f;
		zg[j] = g;
		zo[j] = o;
		c[j] = s;
		u[j] = t;
		h[j] = o * t;
	}
}

/* Cells of the step before, for the k-th row of this one. */
V_INLINE const float *cells_before(const struct lstm_step *s, int k, int row)
{
	return s->before ? s->c + (size_t)(row + s->before) * (size_t)s->H :
			   s->c0 + (size_t)k * (size_t)s->ld0;
}

KERNEL void k_lstm(const struct lstm_step *s, int rows, const int *row, const float *r,
		   float *h)
{
	size_t H = (size_t)s->H;

	for (int k = 0; k < rows; k++, r += s->ldr, h += s->ldh) {
		size_t at = (size_t)row[k] * H;
		float *y = s->y + (size_t)row[k] * (size_t)s->ld;

		cell(s->H, s->z + 4 * at, r, s->b, cells_before(s, k, row[k]), s->c + at,
		     s->u + at, h);
		for (size_t j = 0; j < H; j++)
			y[j] = h[j];
	}
}

/* z: gates, which become the gradients of what went into them, as dz does. */
V_INLINE void cell_back(int H, float *z, float *dz, const float *c0, const float *u,
			const float *dy, const float *dh, float *dc)
{
	float *zf = z + H, *zg = z + 2 * H, *zo = z + 3 * H;
	float *df = dz + H, *dg = dz + 2 * H, *dq = dz + 3 * H;

	INDEPENDENT
	for (int j = 0; j < H; j++) {
		float i = z[j], f = zf[j], g = zg[j], o = zo[j], t = u[j];
		float d = dy[j] + dh[j], e = dc[j] + d * o * (1.0f - t * t);
		float di = e * g * i * (1.0f - i);
		float de = e * c0[j] * f * (1.0f - f);
		float dt = e * i * (1.0f - g * g);
		float d_o = d * t * o * (1.0f - o);

		dc[j] = e * f;
		z[j] = dz[j] = di;
		zf[j] = df[j] = de;
		zg[j] = dg[j] = dt;
		zo[j] = dq[j] = d_o;
	}
}

KERNEL void k_lstm_back(const struct lstm_step *s, int rows, const int *row, float *dz,
			const float *dh, float *dc)
{
	size_t H = (size_t)s->H;

	for (int k = 0; k < rows; k++, dz += 4 * H, dh += H, dc += H) {
		size_t at = (size_t)row[k] * H;

		cell_back(s->H, s->z + 4 * at, dz, cells_before(s, k, row[k]), s->u + at,
			  s->y + (size_t)row[k] * (size_t)s->ld, dh, dc);
	}
}
