/*
 * compare_measure.c - one task by one metric: each system's value, each pair's
 * difference and its tests.
 */
#include "look/compare_own.h"

#include <math.h>

#include "base/mem.h"

static double *right_of(const struct task_answers *a, const double *said)
{
	double *x = xcalloc((size_t)a->n + 1, sizeof *x);

	for (int i = 0; i < a->n; i++)
		x[i] = said[i] == a->gold[i];
	return x;
}

const double *compare_said(const struct run_answers *r, const struct task_answers *a,
			     enum metric_id m)
{
	const struct plan_task *t = &r->plan->tasks[a - r->task];

	for (int i = 0; i < t->n_metrics; i++)
		if (t->metrics[i] == m)
			return a->said[i];
	return NULL;
}

void sides_release(struct sides *x, const struct comparison *c)
{
	for (int i = 0; i < c->n_systems; i++) {
		for (int k = 0; x->right && x->right[i] && k < c->system[i].n; k++)
			xfree(x->right[i][k]);
		if (x->right)
			xfree(x->right[i]);
		xfree((void *)(uintptr_t)x->of[i].value);
	}
	xfree(x->right);
	xfree(x->of);
}

/* Of scores that rows have for themselves. */
static bool is_mean(enum metric_id m)
{
	enum metric_input input = metric_table[m].input;

	return input == METRIC_TEXTS || input == METRIC_UNITS ||
	       metric_is_of_pieces(input) ||
	       m == METRIC_ACCURACY || m == METRIC_EXACT_MATCH;
}

static void take_system(struct compare_work *w, struct sides *x, int system,
			const struct compared_measure *m, const int64_t *split)
{
	const struct compared_system *s = &w->c->system[system];
	const double **value = xcalloc((size_t)s->n, sizeof *value);
	enum metric_input input = metric_table[m->metric].input;
	int n = 0;

	if (x->right)
		x->right[system] = xcalloc((size_t)s->n, sizeof **x->right);
	for (int i = s->first; i < s->first + s->n; i++) {
		const struct task_answers *a = compare_answers(w, i, m->task);

		if (split && w->run[i].system.split != *split)
			continue;
		value[n] = compare_said(&w->run[i], a, m->metric);
		if (x->right)
			x->right[system][n] = right_of(a, value[n]);
		if (m->metric == METRIC_ACCURACY)
			value[n] = x->right[system][n];
		n++;
		x->s.n_rows = a->n;
		x->s.gold = is_mean(m->metric) ? NULL : a->gold;
		x->s.weight = metric_is_of_pieces(input) ? a->weight : NULL;
	}
	x->of[system] = (struct answers_of){ n, value };
}

void sides_take(struct compare_work *w, struct sides *x, const struct compared_measure *m,
		const struct plan_task *t, const int64_t *split)
{
	size_t n = (size_t)w->c->n_systems;

	*x = (struct sides){ .s = { .metric = m->metric, .n_classes = t->n_labels },
			     .of = xcalloc(n + 1, sizeof *x->of) };
	if (metric_table[m->metric].input == METRIC_LABELS)
		x->right = xcalloc(n + 1, sizeof *x->right);
	for (int i = 0; i < w->c->n_systems; i++)
		if (compare_has_task(w, i, m->task))
			take_system(w, x, i, m, split);
}

static void range_of_seeds(const struct sides *x, int system, struct compared_value *v)
{
	v->least = v->most = NAN;
	for (int k = 0; k < x->of[system].n_seeds; k++) {
		double one = sample_metric(&x->s, x->of[system].value[k], NULL, x->s.n_rows);

		v->least = k && !(one < v->least) ? v->least : one;
		v->most = k && !(one > v->most) ? v->most : one;
	}
}

static double larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static enum status test_pair(const struct sides *x, const struct resampling *how,
			     bool has_mcnemar, struct compared_pair *p)
{
	const struct answers_of *a = &x->of[p->a], *b = &x->of[p->b];
	enum status st = significance_bootstrap(&x->s, a, b, how, &p->boot);

	if (!st)
		st = significance_randomization(&x->s, a, b, how, &p->swap);
	if (st)
		return st;
	p->power = significance_power(&x->s, a, b, &p->boot, how->level);
	p->p = larger(p->boot.p, p->swap.p);
	p->has_mcnemar = has_mcnemar && a->n_seeds == 1 && b->n_seeds == 1;
	if (p->has_mcnemar)
		p->mcnemar = mcnemar(NULL, x->right[p->a][0], x->right[p->b][0],
				     x->s.n_rows);
	return ST_OK;
}

void compare_make_pairs(struct compare_work *w, struct compared_measure *m)
{
	int n = w->c->n_systems;

	m->pair = xcalloc((size_t)(n * n) + 1, sizeof *m->pair);
	for (int a = 0; a < n; a++)
		for (int b = a + 1; b < n; b++) {
			struct compared_pair *p = &m->pair[m->n_pairs];

			if (!compare_has_task(w, a, m->task) ||
			    !compare_has_task(w, b, m->task) ||
			    (w->baseline >= 0 && a != w->baseline && b != w->baseline))
				continue;
			*p = (struct compared_pair){ .a = a, .b = b };
			if (a == w->baseline) {
				p->a = b;
				p->b = a;
			}
			m->n_pairs++;
		}
}

enum status compare_measure(struct compare_work *w, const struct plan_task *t,
			   struct compared_measure *m)
{
	struct resampling how = { .level = w->c->level, .draws = w->c->draws,
				  .seed = w->c->seed, .progress = w->pg };
	enum status st = ST_OK;
	struct sides x;

	if (w->c->n_splits)
		return compare_measure_splits(w, t, m);
	sides_take(w, &x, m, t, NULL);
	m->n_rows = x.s.n_rows;
	m->value = xcalloc((size_t)w->c->n_systems + 1, sizeof *m->value);
	for (int i = 0; i < w->c->n_systems && !st; i++) {
		struct compared_value *v = &m->value[m->n_values];

		if (!x.of[i].n_seeds)
			continue;
		m->n_values++;
		v->system = i;
		range_of_seeds(&x, i, v);
		st = significance_interval(&x.s, &x.of[i], &how, &v->value);
	}
	compare_make_pairs(w, m);
	for (int i = 0; i < m->n_pairs && !st; i++)
		st = test_pair(&x, &how, m->has_mcnemar, &m->pair[i]);
	sides_release(&x, w->c);
	return st ? err_set(w->err, st, "comparing was stopped") : ST_OK;
}
