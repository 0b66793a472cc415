/*
 * compare_words.c - how sure a comparison can be, in words.
 */
#include "look/compare.h"

#include <math.h>

#include "base/mem.h"

enum { FEW_SPLITS = 5, FEW_ROWS = 30 }; /* below, a bootstrap is rough (significance.h) */

bool compare_is_told(const struct comparison *c, const struct compared_pair *p)
{
	return p->holm < 1 - c->level;
}

/* Systems of one run, and whether any has more. */
static void say_seeds(const struct comparison *c, struct buf *out)
{
	int single = 0;
	struct buf names;

	buf_init(&names);
	for (int i = 0; i < c->n_systems; i++)
		if (c->system[i].n == 1) {
			buf_addf(&names, "%s'%s'", single ? ", " : "", c->system[i].name);
			single++;
		}
	if (single == c->n_systems)
		buf_addf(out, "One run of each system: what is said is of these trained "
			 "models; differences between seeds are not known.\n");
	else if (single)
		buf_addf(out, "One run alone of %s: differences between its seeds are not "
			 "known.\n", buf_str(&names));
	buf_release(&names);
}

/* Runs of one system that did not get equally far. */
static void say_steps(const struct comparison *c, struct buf *out)
{
	for (int i = 0; i < c->n_systems; i++) {
		const struct compared_system *s = &c->system[i];
		const struct compared_run *r = &c->run[s->first];

		for (int k = 1; k < s->n; k++) {
			if (r[k].step == r->step)
				continue;
			buf_addf(out, "The runs of '%s' are not at one step: '%s' at %lld, "
				 "'%s' at %lld.\n", s->name, r->name, (long long)r->step,
				 r[k].name, (long long)r[k].step);
			break;
		}
	}
}

/* What was made of several splits. */
static void say_splits(const struct comparison *c, struct buf *out)
{
	if (!c->n_splits)
		return;
	buf_addf(out, "%d splits: they have training rows in common, so that intervals over "
		 "them are widened by what is held out (Nadeau and Bengio 2003).%s\n",
		 c->n_splits, c->n_splits < FEW_SPLITS ? " They are few: intervals are wide." :
							 "");
}

static void say_made(const struct comparison *c, struct buf *out)
{
	int n = 0;

	for (int i = 0; i < c->n_runs; i++)
		n += c->run[i].is_made;
	if (n)
		buf_addf(out, "%d of %d runs kept no predictions of all dev rows and were "
			 "evaluated here (budget.eval_end=all keeps them).\n", n, c->n_runs);
}

/* What these rows cannot tell, pair by pair; and the least that they could, of others. */
static void say_power(const struct comparison *c, const struct compared_measure *m,
		      struct buf *out)
{
	const struct metric_info *info = &metric_table[m->metric];
	bool is_share = info->unit == METRIC_SHARE;
	double least = NAN;

	if (m->n_rows < FEW_ROWS)
		buf_addf(out, "%s by %s: %d rows are few; intervals are rough.\n", m->task,
			 info->name, m->n_rows);
	for (int i = 0; i < m->n_pairs; i++) {
		const struct compared_pair *p = &m->pair[i];

		if (compare_is_told(c, p))
			continue;
		if (p->power.too_few)
			buf_addf(out, "%s by %s: '%s' and '%s' differ on %d of %d rows: too "
				 "few to tell, whichever way they fall.\n", m->task,
				 info->name, c->system[p->a].name, c->system[p->b].name,
				 p->power.differing, m->n_rows);
		else if (!(least > p->power.least))
			least = p->power.least;
	}
	if (isfinite(least))
		buf_addf(out, "%s by %s: a true difference of %.*f%s would be told by four in "
			 "five such comparisons, a smaller one by fewer.\n", m->task,
			 info->name, is_share ? 2 : 4, is_share ? 100 * least : least,
			 is_share ? " points" : "");
}

void compare_cautions(const struct comparison *c, struct buf *out)
{
	say_made(c, out);
	say_splits(c, out);
	if (!c->n_splits)
		say_seeds(c, out);
	say_steps(c, out);
	for (int i = 0; i < c->n_measures; i++)
		say_power(c, &c->measure[i], out);
}
