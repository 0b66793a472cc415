/*
 * method_gradnorm.c - gradient normalization (Chen, Badrinarayanan, Lee & Rabinovich 2018,
 * eq. 1 and 2, algorithm 1): tasks learn at like rates when the lengths G_i = w_i |g_i| of
 * what they put in are near mean(G) r_i^alpha, r_i = (L_i / L_i(0)) / mean of these: who
 * has fallen least so far gets the longest gradient. w minimises
 *   sum |G_i - mean(G) r_i^alpha|,   dw_i: |g_i| sign(G_i - mean(G) r_i^alpha),
 * the wished lengths held constant, and is brought back to its sum after each step.
 *
 * w moves by Adam (learned.h), within 0.01 and T, and begins at 1; L_i(0) is the first
 * loss that is seen. Of a step's tasks alone, whose w keep the sum they had. Norms of the
 * shared parameters, where the paper takes the last shared layer. Constant: 1.
 */
#include <math.h> /* isfinite */

#include "mix/around.h"
#include "mix/gram.h"
#include "mix/learned.h"

enum { ALPHA, LR };                                            /* parameters */
enum { W, FIRST, LEARNED, EACH = LEARNED + LEARNED_MEMORY };   /* memory of each task */

/* w of each, its first loss, and what is left of it: r_i. */
static void begin(const struct mix_view *v, const struct gram *g, double *memory, double *w,
		  double *r)
{
	double sum = 0;

	for (int k = 0; k < g->n; k++) {
		double *x = &memory[EACH * g->task[k]];
		double loss = v->loss[g->task[k]];

		loss = isfinite(loss) && loss > 1e-12 ? loss : 1e-12;
		if (x[FIRST] == 0) {
			x[W] = 1;
			x[FIRST] = loss;
		}
		w[k] = x[W];
		r[k] = loss / x[FIRST];
		sum += r[k] / g->n;
	}
	for (int k = 0; k < g->n; k++)
		r[k] /= sum;
}

static void say(const struct mix_view *v, double *memory, double *out)
{
	double w[MIX_TASKS_MAX], r[MIX_TASKS_MAX], mean = 0, sum = 0, now = 0;
	struct gram g;

	if (!v->loss || !gram_read(v, &g))
		return;
	begin(v, &g, memory, w, r);
	for (int k = 0; k < g.n; k++) {
		mean += w[k] * g.norm[k] / g.n;
		sum += w[k];
	}
	for (int k = 0; k < g.n; k++) {
		double wish = mean * v_expd(v->param[ALPHA] * v_logd(r[k]));
		double off = w[k] * g.norm[k] - wish;
		double d = off > 0 ? g.norm[k] / mean : off < 0 ? -g.norm[k] / mean : 0;

		learned_move(&w[k], v->param[LR], d, &memory[EACH * g.task[k] + LEARNED]);
		w[k] = w[k] < 0.01 ? 0.01 : w[k] > v->n ? v->n : w[k];
		now += w[k];
	}
	for (int k = 0; k < g.n; k++) {
		w[k] *= sum / now;
		memory[EACH * g.task[k] + W] = w[k];
	}
	gram_say(&g, w, 1, out);
}

const struct method method_gradnorm = {
	.name = "gradnorm",
	.help = "gradients brought to like lengths, longer for who has learned less",
	.source = "Chen et al. 2018, GradNorm",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES | NEEDS_NORMS,
	.param = { [ALPHA] = { "alpha", 0, 10, 1.5, "how much who lags is helped", NULL },
		   [LR] = { "lr", 1e-6, 1, 0.025, "rate of the weights", NULL }, MIX_AROUND },
	.each = EACH,
	.say = say,
};
