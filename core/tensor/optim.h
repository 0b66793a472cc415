/*
 * optim.h - AdamW (Loshchilov & Hutter 2019, alg. 2): Adam (Kingma & Ba 2015)
 * with decoupled weight decay, bias correction by each parameter's own count.
 *
 * A parameter that no micro-batch of this step touched is left alone: no
 * drift, no decay, no count (test_adamw_untouched). Of a PARAM_LAZY table only touched
 * rows move (one count for the table).
 *
 * A count of its own for each parameter, since bias correction asks how many gradients
 * its moments have seen: a task that is drawn for the first time at step 1000 begins as
 * one that is drawn at step 1. A row of a lazy table has its table's count instead: one
 * that comes late is hardly corrected, and its first step is (1 - beta1) /
 * sqrt(1 - beta2) times the rate.
 */
#ifndef TUTTI_TENSOR_OPTIM_H
#define TUTTI_TENSOR_OPTIM_H

#include <stdint.h>

#include "tensor/param.h"

/*
 * The largest norm of a gradient (after clipping) that may be given, the caller's to see
 * to: its square still fits a float, so that the second moment stays finite (I11).
 */
#define ADAMW_GRADIENT 1e18

struct adamw {
	const struct param_set *ps;
	float *m, *v;    /* [ps->moving] */
	int64_t *count;  /* [ps->n] updates of each parameter */
	double *rate;    /* [ps->n] factor on its group's rate, and so on its decay; the
			    owner's to set, 1 from adamw_init */
	int *group;      /* [ps->n] which of the groups; the owner's to set, from
			    adamw_init 0 of shared ones and 1 + task */
};

/* Settings of one group: the shared parameters, or some of one task's own. */
struct adamw_group {
	float lr, beta1, beta2, eps, weight_decay;
};

void adamw_init(struct adamw *o, const struct param_set *ps);
size_t adamw_bytes(const struct param_set *ps); /* of its moments and counts */
void adamw_release(struct adamw *o);
/* Moments and counts of before the first update. */
void adamw_clear(struct adamw *o);
/*
 * First adamw_count once (counts every touched parameter), then each part of
 * `parts` its slice. The gradient used is scale * g (clipping). `groups` has
 * all entries that o->group names.
 */
void adamw_count(struct adamw *o, const struct grads *g);
void adamw_step(struct adamw *o, struct grads *g, float scale,
		const struct adamw_group *groups, int part, int parts);

#endif
