/*
 * losses.h - the newest loss of every task, for methods that weigh losses against each
 * other: a step has not always all of them. Kept in the first of the task's numbers.
 *
 * A method that reads losses speaks after the update, for the next step: what it says
 * stands on what each task's loss was when it was last met. The paper's own is the loss
 * of that very step; a micro-batch's weight is settled before its loss is known.
 */
#ifndef TUTTI_MIX_LOSSES_H
#define TUTTI_MIX_LOSSES_H

#include "mix/method.h"

/*
 * Takes the step's losses into memory[each * task] (at least `floor`, since they are
 * divided by) and lists the tasks that are active and have been met: their number.
 */
int losses_take(const struct mix_view *v, const double *loss, int each, double floor,
		double *memory, int *task);
/* x [n] <- its softmax, whatever its size. */
void losses_softmax(double *x, int n);

#endif
