/*
 * task_sums.h - each task's gradient of one step on the parameters that tasks share,
 * for weighting methods that need norms or the Gram matrix. Nothing is here, and
 * nothing is computed, while no method does.
 *
 * g_i = (1/k_i) sum over the task's k_i micro-batches of n / nbar x the gradient of the
 * micro-batch's mean loss, without weights (DESIGN 3.1, 6). The sum is a tree over the
 * micro-batches' numbers, as the step's own is: the other tasks' leaves are empty. What
 * is not added there (weight 0, say) is not here either.
 *
 * What is applied to the shared parameters is the sum over tasks, in their order, of
 * weight x k_i / M x c_i g_i, c_i being the method's coefficient; a task's own
 * parameters get weight x k_i / M x their gradient. There no other task pulls, so there
 * is nothing to settle; and a coefficient may be negative, which would make a head
 * unlearn its task. Of s->sum the shared part alone is replaced, so with all c_i = 1 the
 * tasks' own parameters get the bits that `fixed` gives them (test_ones; test_gram has
 * the whole against a sum in double).
 *
 * By layer (mix/around.h): embeddings and each shared layer are a group, with a Gram
 * matrix of its own, and c_i is the group's.
 *
 * Trees of their own, beside the step's, since that one has the weights at its leaves:
 * measuring must not change it, and a norm must not depend on the hand's weight.
 *   Who writes what: `take` runs inside workers_sum, one at a time and in order, on
 * whichever thread is free; `measure` and `combine` after it, in parts that all workers
 * share. Room is made once and kept, also when the method goes.
 */
#ifndef TUTTI_SESSION_TASK_SUMS_H
#define TUTTI_SESSION_TASK_SUMS_H

#include "mix/mix.h"
#include "tensor/sum_tree.h"

struct session;

struct task_sums {
	bool is_on;                          /* in the step under way */
	int n_buffers, n_free;
	struct grads **all, **free;          /* [n_buffers], of shared parameters alone */
	struct grads *open;                  /* of the micro-batch under way; NULL: none */
	struct sum_tree tree[MIX_TASKS_MAX];
	/* of the step, after its micro-batches: */
	int count[MIX_TASKS_MAX];            /* micro-batches that entered */
	const struct grads *sum[MIX_TASKS_MAX]; /* k_i g_i; NULL: none */
	int n_groups;
	int *group;                          /* [n parameters], 0 of those of tasks */
	double *part;                        /* [GRADS_PARTS][n_groups][n * n] */
	double *gram;                        /* [n * n] */
	double *groups;                      /* [n_groups][n * n]; measured by group alone */
	float *by;                           /* [n_groups][n]: what each counts with */
	double norm[MIX_TASKS_MAX];
};

/* How many buffers that takes at most; bytes: of them, for a model's parameters. */
int task_sums_buffers(int tasks, int jobs);
size_t task_sums_bytes(const struct param_set *ps, int tasks, int jobs);
void task_sums_release(struct task_sums *t);
void task_sums_give_back(struct task_sums *t); /* between steps: the memory, not the room */

/* Embeddings and the shared layers: into how many groups the shared parameters fall. */
int task_sums_groups(const struct session *s);

/* Once a step's micro-batches are drawn: are they wanted? Room is made when they first are. */
bool task_sums_begin(struct session *s);
/* Each micro-batch's gradient and its n / nbar, as gradients_take has them. */
void task_sums_take(struct session *s, int job, const struct grads *g, int param,
		    double by);
/*
 * Norms and, if `all`, the Gram matrix; `by_group`: of each group, and of the whole their
 * sum. By all workers, in a fixed order.
 */
void task_sums_measure(struct session *s, bool all, bool by_group);
/*
 * The Gram matrix of each group, out [groups][n * n], for whoever looks: what methods are
 * shown stays as it is, to the bit. Any time until the next step.
 */
void task_sums_look(struct session *s, double *out);
/*
 * Puts the combination in the place of the shared parameters' part of s->sum, with
 * the mix's coefficients. Returns the new sum of squares of the whole.
 */
double task_sums_combine(struct session *s);

#endif
