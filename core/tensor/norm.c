/*
 * norm.c - layer norm kernels. A row stays in the first-level cache, so passes
 * over it are cheap; its sums are taken in double.
 */
#include "tensor/lanes.h"

V_INLINE double row_mean(int n, const float *x)
{
	double acc[LANES] = { 0 };

	lanes_add((size_t)n, acc, x);
	return fold_double(acc) / n;
}

V_INLINE double row_variance(int n, const float *x, float mean)
{
	double acc[LANES] = { 0 };
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++) {
			double d = (double)(x[i + l] - mean);

			acc[l] += d * d;
		}
	for (int l = 0; i < n; i++, l++)
		acc[l] += (double)(x[i] - mean) * (double)(x[i] - mean);
	return fold_double(acc) / n;
}

KERNEL void k_norm(int rows, int cols, float *restrict y, float *restrict stat,
		   const float *restrict x, const float *restrict gamma,
		   const float *restrict beta, float eps)
{
	for (int r = 0; r < rows; r++, x += cols, y += cols, stat += 2) {
		float mean = (float)row_mean(cols, x);
		double var = row_variance(cols, x, mean);
		float rstd = (float)(1.0 / __builtin_sqrt(var + (double)eps));

		for (int j = 0; j < cols; j++)
			y[j] = (x[j] - mean) * rstd * gamma[j] + beta[j];
		stat[0] = mean;
		stat[1] = rstd;
	}
}

/*
 * With xh = (x - mean) rstd and g = gamma dy:
 * dx = rstd (g - mean(g) - xh mean(g xh)); dgamma = sum dy xh; dbeta = sum dy.
 * dx and dy may be one array: a row's dy is read before its dx is written.
 */
KERNEL void k_norm_back(int rows, int cols, float *dx, float *restrict dgamma,
			float *restrict dbeta, const float *restrict x,
			const float *restrict stat,
			const float *restrict gamma, const float *dy, bool add)
{
	for (int r = 0; r < rows; r++, x += cols, dy += cols, dx += cols) {
		float mean = stat[2 * r], rstd = stat[2 * r + 1];
		double ag[LANES] = { 0 }, ax[LANES] = { 0 };
		float mg, mx;
		int i = 0;

		for (; i + LANES <= cols; i += LANES)
			for (int l = 0; l < LANES; l++) {
				float xh = (x[i + l] - mean) * rstd;
				float g = gamma[i + l] * dy[i + l];

				ag[l] += (double)g;
				ax[l] += (double)(g * xh);
			}
		for (int l = 0; i < cols; i++, l++) {
			float g = gamma[i] * dy[i];

			ag[l] += (double)g;
			ax[l] += (double)(g * ((x[i] - mean) * rstd));
		}
		mg = (float)(fold_double(ag) / cols);
		mx = (float)(fold_double(ax) / cols);
		for (int j = 0; j < cols; j++) {
			dgamma[j] += dy[j] * ((x[j] - mean) * rstd);
			dbeta[j] += dy[j];
		}
		if (add)
			INDEPENDENT
			for (int j = 0; j < cols; j++)
				dx[j] += rstd * (gamma[j] * dy[j] - mg -
						 (x[j] - mean) * rstd * mx);
		else
			INDEPENDENT
			for (int j = 0; j < cols; j++)
				dx[j] = rstd * (gamma[j] * dy[j] - mg -
						(x[j] - mean) * rstd * mx);
	}
}
