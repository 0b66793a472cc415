/*
 * multilabel_baseline.c - one set for all rows. Of F1 it is that of the most frequent
 * labels, as many as give the best micro-F1 on the train rows; of the exact match the
 * set that most train rows have.
 */
#include "ask/multilabel_own.h"

#include <stdlib.h>
#include <string.h>

#include "ask/evaluate_internal.h"
#include "base/hash.h"
#include "base/mem.h"

struct constant {
	int32_t *label; /* rising */
	int n;
};

/* --- the best by micro-F1 --- */

/* All labels, those of most rows first. */
static int32_t *by_frequency(const uint64_t *count, int n)
{
	int32_t *order = xcalloc((size_t)n + 1, sizeof *order);

	for (int i = 0; i < n; i++) {
		int k = i;

		for (; k && count[order[k - 1]] < count[i]; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	return order;
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Labels that are always said: right as often as rows have them. */
static struct constant best_labels(const uint64_t *count, int n, uint64_t rows)
{
	struct constant c = { by_frequency(count, n), 0 };
	double all = 0, both = 0, best = -1;

	for (int i = 0; i < n; i++)
		all += (double)count[i];
	for (int i = 0; i < n; i++) {
		double f1;

		both += (double)count[c.label[i]];
		f1 = metric_f1_of(both, all, (double)rows * (i + 1));
		if (f1 > best) {
			best = f1;
			c.n = i + 1;
		}
	}
	qsort(c.label, (size_t)c.n, sizeof *c.label, by_number);
	return c;
}

/* --- the most frequent set --- */

/* Numbers of labels, as they are but in a damaged cache. */
static bool is_sound(const struct example *e, int n_labels)
{
	for (int i = 0; i < e->n_set; i++)
		if (e->set[i] < 0 || e->set[i] >= n_labels)
			return false;
	return e->n_set >= 0;
}

struct seen { uint64_t hash, row; };

static int by_hash(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* Of equally frequent ones the one that a row has first. */
static struct constant frequent_set(const struct dataset *d, int n_labels)
{
	uint64_t n = dataset_size(d), best = 0, row = 0;
	struct seen *seen = xcalloc(n + 1, sizeof *seen);
	struct constant c = { xcalloc((size_t)n_labels + 1, sizeof *c.label), 0 };
	struct example e;

	for (uint64_t i = 0; i < n; i++) {
		dataset_get(d, i, &e);
		seen[i] = (struct seen){ e.n_set > 0 ? hash64_bytes(e.set,
					 (size_t)e.n_set * sizeof *e.set) : 0, i };
	}
	qsort(seen, n, sizeof *seen, by_hash);
	for (uint64_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && seen[end].hash == seen[i].hash;)
			end++;
		if (end - i > best || (end - i == best && seen[i].row < row)) {
			best = end - i;
			row = seen[i].row;
		}
	}
	xfree(seen);
	dataset_get(d, row, &e);
	for (int i = 0; is_sound(&e, n_labels) && i < e.n_set && i < n_labels; i++)
		c.label[c.n++] = e.set[i];
	return c;
}

/* --- scores --- */

static void say(const struct constant *c, const struct dataset *dev, size_t n, int n_labels,
		struct set_tally *t)
{
	struct example e;

	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		if (is_sound(&e, n_labels))
			set_tally_add(t, e.set, e.n_set, c->label, c->n);
	}
}

void multilabel_baseline(const struct session *s, int task, const struct dataset *dev,
			 struct eval_row *out)
{
	const struct session_task *t = &s->task[task];
	const struct plan_task *p = &s->plan->tasks[task];
	const struct dataset *from = t->train ? t->train : dev;
	struct constant set[2] = {
		best_labels(dataset_label_counts(from), t->n_labels, dataset_size(from)),
		frequent_set(from, t->n_labels),
	};
	struct set_tally tally[2] = { { 0 }, { 0 } };

	for (int i = 0; i < 2; i++) {
		tally[i].label = xcalloc((size_t)t->n_labels, sizeof *tally[i].label);
		say(&set[i], dev, (size_t)out->n_examples, t->n_labels, &tally[i]);
	}
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = metric_set_tallied(
			p->metrics[k], &tally[p->metrics[k] == METRIC_EXACT_MATCH],
			t->n_labels);
	for (int i = 0; i < 2; i++) {
		xfree(tally[i].label);
		xfree(set[i].label);
	}
}
