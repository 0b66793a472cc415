/*
 * losses.c - the newest loss of every task.
 */
#include "mix/losses.h"

#include <math.h> /* isfinite */

#include "tensor/vmath.h"

int losses_take(const struct mix_view *v, const double *loss, int each, double floor,
		double *memory, int *task)
{
	int n = 0;

	for (int i = 0; loss && i < v->n; i++) {
		double *last = &memory[each * i];

		if (v->count[i] && isfinite(loss[i]))
			*last = loss[i] > floor ? loss[i] : floor;
		if (v->active[i] && *last > 0)
			task[n++] = i;
	}
	return n;
}

void losses_softmax(double *x, int n)
{
	double most = x[0], sum = 0;

	for (int i = 1; i < n; i++)
		most = x[i] > most ? x[i] : most;
	for (int i = 0; i < n; i++) {
		x[i] = v_expd(x[i] - most);
		sum += x[i];
	}
	for (int i = 0; i < n; i++)
		x[i] /= sum;
}
