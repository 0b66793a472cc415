/*
 * compare_splits.c - systems over several random splits: which ones, and one task by one
 * metric over them (compare.h says why so).
 */
#include "look/compare_own.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* --- which --- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Those of a system, rising; `out` has room for its runs. */
static int splits_of(const struct compare_work *w, const struct compared_system *s,
		     int64_t *out)
{
	int n = 0;

	for (int i = s->first; i < s->first + s->n; i++)
		out[i - s->first] = w->run[i].system.split;
	qsort(out, (size_t)s->n, sizeof *out, by_number);
	for (int i = 0; i < s->n; i++)
		if (!n || out[i] != out[n - 1])
			out[n++] = out[i];
	return n;
}

static bool are_equal(const int64_t *a, int n, const int64_t *b, int n_b)
{
	for (int i = 0; i < n && n == n_b; i++)
		if (a[i] != b[i])
			return false;
	return n == n_b;
}

static void add_splits(struct buf *b, const int64_t *split, int n)
{
	for (int i = 0; i < n; i++)
		if (split[i] < 0)
			buf_addf(b, "%snone", i ? ", " : "");
		else
			buf_addf(b, "%s%lld", i ? ", " : "", (long long)split[i]);
}

static enum status refuse(struct compare_work *w, const struct compared_system *s,
			  const struct compared_system *t, const int64_t *other, int n_other,
			  int n)
{
	struct buf a, b;

	buf_init(&a);
	buf_init(&b);
	add_splits(&a, w->split, n);
	add_splits(&b, other, n_other);
	err_set(w->err, ST_INVALID, "'%.100s' is there on splits %.150s and '%.100s' on %.150s: "
		"rows of other splits are no pairs; name runs of the splits that both have "
		"('tutti sweep --gather' has the means of all)", s->name, buf_str(&a), t->name,
		buf_str(&b));
	buf_release(&a);
	buf_release(&b);
	return ST_INVALID;
}

/* One split each, alike or not, is none of several: rows say whether they are alike. */
enum status compare_find_splits(struct compare_work *w)
{
	struct comparison *c = w->c;
	int64_t *other = xcalloc((size_t)c->n_runs + 1, sizeof *other);
	enum status st = ST_OK;
	bool several = false;
	int n = 0;

	w->split = xcalloc((size_t)c->n_runs + 1, sizeof *w->split);
	for (int i = 0; i < c->n_systems; i++)
		several |= splits_of(w, &c->system[i], other) > 1;
	if (several)
		n = splits_of(w, &c->system[0], w->split);
	for (int i = 1; several && i < c->n_systems && !st; i++) {
		int k = splits_of(w, &c->system[i], other);

		if (!are_equal(w->split, n, other, k))
			st = refuse(w, &c->system[0], &c->system[i], other, k, n);
	}
	c->n_splits = n;
	xfree(other);
	return st;
}

/* --- one measure --- */

/* The mean over the seeds of a split; the least and the most of all runs so far. */
static double mean_of(const struct sides *x, int system, struct compared_value *v)
{
	const struct answers_of *a = &x->of[system];
	double sum = 0;

	for (int k = 0; k < a->n_seeds; k++) {
		double one = sample_metric(&x->s, a->value[k], NULL, x->s.n_rows);

		sum += one;
		v->least = one < v->least || isnan(v->least) ? one : v->least;
		v->most = one > v->most || isnan(v->most) ? one : v->most;
	}
	return sum / a->n_seeds;
}

/* Adds a split's rows: values [n_systems] of each system, what differs in each pair. */
static void take_split(struct compare_work *w, const struct plan_task *t,
		       struct compared_measure *m, int split, double *value)
{
	struct sides x;

	sides_take(w, &x, m, t, &w->split[split]);
	m->n_rows += x.s.n_rows;
	for (int i = 0; i < m->n_values; i++)
		value[m->value[i].system] = mean_of(&x, m->value[i].system, &m->value[i]);
	for (int i = 0; i < m->n_pairs; i++) {
		struct compared_pair *p = &m->pair[i];

		p->power.differing += significance_power(&x.s, &x.of[p->a], &x.of[p->b],
							 &p->boot, w->c->level).differing;
	}
	sides_release(&x, w->c);
}

static void put_value(const struct compare_work *w, double held_out, const double *x,
		      struct compared_value *v)
{
	struct difference d;

	significance_splits(x, w->c->n_splits, held_out, w->c->level, &d);
	v->value = (struct interval){ d.value, d.low, d.high, d.error, d.freedom,
				      d.undefined };
}

static void put_pair(const struct compare_work *w, double held_out, const double *x,
		     struct compared_pair *p)
{
	significance_splits(x, w->c->n_splits, held_out, w->c->level, &p->boot);
	p->swap = (struct randomization){ .value = p->boot.value, .p = NAN };
	p->power.least = significance_least(&p->boot, w->c->level);
	p->p = p->boot.p;
}

enum status compare_measure_splits(struct compare_work *w, const struct plan_task *t,
				   struct compared_measure *m)
{
	size_t systems = (size_t)w->c->n_systems, n = (size_t)w->c->n_splits;
	double *value = xcalloc(systems * n, sizeof *value);
	double *x = xcalloc(n, sizeof *x);

	m->value = xcalloc(systems + 1, sizeof *m->value);
	for (int i = 0; i < w->c->n_systems; i++)
		if (compare_has_task(w, i, m->task))
			m->value[m->n_values++] = (struct compared_value){
				.system = i, .least = NAN, .most = NAN };
	compare_make_pairs(w, m);
	for (size_t k = 0; k < n; k++)
		take_split(w, t, m, (int)k, value + k * systems);
	for (int i = 0; i < m->n_values; i++) {
		for (size_t k = 0; k < n; k++)
			x[k] = value[k * systems + (size_t)m->value[i].system];
		put_value(w, t->dev_share, x, &m->value[i]);
	}
	for (int i = 0; i < m->n_pairs; i++) {
		struct compared_pair *p = &m->pair[i];

		for (size_t k = 0; k < n; k++)
			x[k] = value[k * systems + (size_t)p->a] -
			       value[k * systems + (size_t)p->b];
		put_pair(w, t->dev_share, x, p);
	}
	xfree(value);
	xfree(x);
	return ST_OK;
}
