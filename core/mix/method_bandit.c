/*
 * method_bandit.c - sampling as a bandit that plays for learning progress: Exp3 (Auer,
 * Cesa-Bianchi, Freund & Schapire 2002, "The nonstochastic multiarmed bandit problem",
 * section 3; with shared weights, Exp3.S, section 8), its reward as in Graves et al. 2017
 * ("Automated curriculum learning for neural networks", section 3).
 *
 *   p_i = (1 - gamma) w_i / sum w + gamma / n           over the n tasks on auto
 *   w_i = w_i exp(gamma x_i / n), then + alpha / n x (sum w)
 *   x_i = r_i c_i / (M p_i)   c_i of the step's M micro-batches were task i's
 *
 * Reward: r_i = how far the step's loss is below the task's running mean m_i, as a part
 * of that mean, -1 .. 1, and m_i = decay m_i + (1 - decay) loss_i after it. A mean loss
 * has no unit left when divided by another, so that a summary's 7 and a label's 0.7 play
 * for the same. The target is thus no metric: a task gains while it still learns, whether
 * it is good or bad at it, and one that gets worse gives way. Exp3 wants rewards within
 * 0 .. 1 for its bound; with losses of single steps nothing is promised but that every
 * task keeps gamma / n.
 *
 * Where a task has no micro-batch nothing is known of it and its weight stands still; its
 * first one begins its mean. Weights are kept as logarithms, the largest 0, the least at
 * -30, so that no run is too long for them.
 */
#include <math.h> /* isfinite */

#include "mix/active.h"
#include "tensor/vmath.h"

enum { GAMMA, ALPHA, DECAY };        /* parameters */
enum { LOG_WEIGHT, MEAN, SEEN, EACH }; /* memory of each task */

/* p [n] of who [n]. */
static void chances(const struct mix_view *v, const double *memory, const int *who, int n,
		    double *p)
{
	double gamma = v->param[GAMMA], most = -1e300, sum = 0;

	for (int i = 0; i < n; i++)
		if (memory[EACH * who[i] + LOG_WEIGHT] > most)
			most = memory[EACH * who[i] + LOG_WEIGHT];
	for (int i = 0; i < n; i++)
		sum += p[i] = v_expd(memory[EACH * who[i] + LOG_WEIGHT] - most);
	for (int i = 0; i < n; i++)
		p[i] = (1 - gamma) * p[i] / sum + gamma / n;
}

/* What the step was worth to the task. */
static double reward(const struct mix_view *v, int task, double *m)
{
	double loss = v->loss[task], gain;

	if (m[SEEN] == 0) {
		m[SEEN] = 1;
		m[MEAN] = loss;
		return 0;
	}
	gain = m[MEAN] > 1e-12 ? (m[MEAN] - loss) / m[MEAN] : 0;
	m[MEAN] = v->param[DECAY] * m[MEAN] + (1 - v->param[DECAY]) * loss;
	return gain > 1 ? 1 : gain < -1 ? -1 : gain;
}

static void learn(const struct mix_view *v, double *memory, const int *who, int n,
		  const double *p)
{
	double w[MIX_TASKS_MAX], most = -1e300, sum = 0;
	int all = 0;

	for (int i = 0; i < v->n; i++)
		all += v->count[i];
	for (int i = 0; i < n; i++) {
		double *m = &memory[EACH * who[i]];
		int count = v->count[who[i]];

		if (!count || !isfinite(v->loss[who[i]]))
			continue;
		m[LOG_WEIGHT] += v->param[GAMMA] / n * reward(v, who[i], m) * count /
				 (all * p[i]);
	}
	for (int i = 0; i < n; i++)
		most = memory[EACH * who[i] + LOG_WEIGHT] > most ?
			       memory[EACH * who[i] + LOG_WEIGHT] : most;
	for (int i = 0; i < n; i++)
		sum += w[i] = v_expd(memory[EACH * who[i] + LOG_WEIGHT] - most);
	for (int i = 0; i < n; i++) {
		double x = v_logd(w[i] + v->param[ALPHA] / n * sum + 1e-13);

		memory[EACH * who[i] + LOG_WEIGHT] = x > 0 ? 0 : x;
	}
}

static void say(const struct mix_view *v, double *memory, double *wish)
{
	int who[MIX_TASKS_MAX], n = active_on_auto(v, who);
	double p[MIX_TASKS_MAX];

	if (!n)
		return;
	chances(v, memory, who, n, p);
	if (v->loss)
		learn(v, memory, who, n, p);
	for (int i = 0; i < n; i++)
		wish[who[i]] = p[i];
}

const struct method method_bandit = {
	.name = "bandit",
	.help = "more of the tasks that are learning now (Exp3; the reward is how far a "
		"step's loss is below the task's running mean)",
	.source = "Auer et al. 2002, Exp3; reward as in Graves et al. 2017",
	.role = METHOD_SAMPLING,
	.needs = NEEDS_LOSSES,
	.param = { [GAMMA] = { "gamma", 0.01, 1, 0.2,
			       "part that is divided evenly, and rate", NULL },
		   [ALPHA] = { "alpha", 0, 1, 0.001, "how fast the past is forgotten", NULL },
		   [DECAY] = { "decay", 0, 0.9999, 0.95, "of the running means, per step", NULL } },
	.each = EACH,
	.say = say,
};
