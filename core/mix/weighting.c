/*
 * weighting.c - the weighting methods: the factor on each task's loss beside
 * the hand's weight. A locked channel keeps the factor it has.
 */
#include "mix/mix.h"
#include "tensor/vmath.h"

static void no_factors(struct mix *m)
{
	for (int i = 0; i < m->n; i++) {
		struct mix_channel *c = &m->ch[i];

		if (!c->locked)
			c->factor = 1;
	}
}

/*
 * Uncertainty (Kendall, Gal & Cipolla 2018, eq. 7 and 10). Each task learns
 * s = log sigma^2 by minimising
 *   classification, summaries:  exp(-s) L + s / 2       ds: 1/2 - exp(-s) L
 *   regression:                 exp(-s) L / 2 + s / 2   ds: 1/2 - exp(-s) L / 2
 * with Adam of its own, on the task's mean loss L of the step, in steps where
 * it had micro-batches. The factor is exp(-s), or exp(-s) / 2 for regression; s
 * starts where the factor is 1 and stays within +-limit.
 */
enum { UNC_LR, UNC_LIMIT };               /* parameters */
enum { UNC_S, UNC_M, UNC_V, UNC_COUNT, UNC_EACH }; /* memory of each task */

static double power_of(double x, double n)
{
	return v_expd(n * v_logd(x));
}

static int uncertainty_memory(int tasks)
{
	return UNC_EACH * tasks;
}

static void uncertainty_start(struct mix *m)
{
	no_factors(m);
	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < UNC_EACH && !m->ch[i].locked; k++)
			m->weighting.memory[UNC_EACH * i + k] = 0;
}

static void uncertainty_move(struct mix *m, int task, double loss, bool regress)
{
	const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
	double half = regress ? 0.5 : 1.0, limit = m->weighting.param[UNC_LIMIT];
	double *memory = &m->weighting.memory[UNC_EACH * task];
	double *s = &memory[UNC_S], *count = &memory[UNC_COUNT];
	double d, mean, var;

	if (*count == 0)
		*s = regress ? -0.6931471805599453 : 0;
	*count += 1;
	d = 0.5 - half * v_expd(-*s) * loss;
	memory[UNC_M] = beta1 * memory[UNC_M] + (1 - beta1) * d;
	memory[UNC_V] = beta2 * memory[UNC_V] + (1 - beta2) * d * d;
	mean = memory[UNC_M] / (1 - power_of(beta1, *count));
	var = memory[UNC_V] / (1 - power_of(beta2, *count));
	*s -= m->weighting.param[UNC_LR] * mean / (__builtin_sqrt(var) + eps);
	*s = *s > limit ? limit : *s < -limit ? -limit : *s;
	m->ch[task].factor = half * v_expd(-*s);
}

static void uncertainty_update(struct mix *m, const struct mix_feedback *f)
{
	for (int i = 0; i < m->n; i++)
		if (f->count[i] && !m->ch[i].locked && isfinite(f->loss[i]))
			uncertainty_move(m, i, f->loss[i], f->regress[i]);
}

const struct weighting_method weighting_table[] = {
	{ .name = "fixed",
	  .help = "the hand's weights alone",
	  .source = "the hand",
	  .start = no_factors },
	{ .name = "uncertainty",
	  .help = "learned log-variances: noisy losses count less",
	  .source = "Kendall, Gal & Cipolla 2018",
	  .param = { { "lr", 1e-6, 1, 1e-3, "rate of the log-variances" },
		     { "limit", 0.1, 20, 6, "bound of the log-variances" } },
	  .memory = uncertainty_memory,
	  .start = uncertainty_start,
	  .update = uncertainty_update },
};
const int weighting_count = (int)(sizeof weighting_table / sizeof *weighting_table);
