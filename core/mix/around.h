/*
 * around.h - what stands around every method on gradients: how often it is asked, how
 * its word is smoothed, and over what part of the shared parameters it speaks. A row
 * has it by ending its parameters with MIX_AROUND; one without has 1, 0 and all.
 *
 *   every=K       asked at every K-th step; in between its last word counts. Gradients
 *                 are combined all the same, norms and products are not computed.
 *   ema=A         c <- A c + (1 - A) c', an average of coefficients (Zhou, Zhang, Jiang et
 *                 al. 2022, "On the Convergence of Stochastic Multi-Objective Gradient
 *                 Manipulation and Beyond", algorithm 1), from the first word on. Each
 *                 task's own: it stands still in steps that the task is not in.
 *   scope=layer   embeddings and every shared layer are settled alone, each by its own
 *                 Gram matrix, as Wang et al. 2021 have it for parts of a model. A task's
 *                 factor is then what came of its gradient along itself: the mean of the
 *                 groups' coefficients by |g_i|^2 in each.
 *
 * Memory: of each group the method's own, then a coefficient for each task (NaN: none
 * yet); behind the groups, steps since it was asked.
 */
#ifndef TUTTI_MIX_AROUND_H
#define TUTTI_MIX_AROUND_H

#include "mix/mix.h"

extern const char *const around_scopes[];

/* Behind the row's own parameters: initialisers of struct mix_param. */
#define MIX_AROUND                                                                 \
	{ "every", 1, 1000, 1, "steps from one word of the method to the next", mix_whole }, \
	{ "ema", 0, 0.999, 0, "part of the last coefficients that stays", NULL },  \
	{ "scope", 0, 1, 0, "all shared parameters as one, or each layer alone",   \
	  around_scopes }

bool around_has(const struct method *row);
bool around_is_by_layer(const struct method *row, const double *param);
/* Where its own memory of a group begins, its coefficients behind that. */
double *around_own(const struct mix_method *method, int n, int group, double *memory);
double *around_kept(const struct mix_method *method, int n, int group, double *memory);
/* Is the method asked in this step? */
bool around_is_due(const struct mix_method *method, int n);
/* Memory anew, of `groups`; what it has of locked channels stays if it was there before. */
void around_begin(struct mix_method *method, const struct mix *m, bool was_there);
/*
 * Asks the method, if it is due, with the step that `v` and `seen` show. out: the tasks'
 * factors. False: something is not finite.
 */
bool around_say(const struct mix_method *method, struct mix_view *v,
		const struct mix_seen *seen, double *memory, double *out);

#endif
