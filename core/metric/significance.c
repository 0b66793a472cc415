/*
 * significance.c - intervals and the paired bootstrap: the draws, and what is made
 * of them.
 *
 * Each draw of rows gives the metric of every seed of both systems, a row of one
 * table. Everything else is made of the table: percentiles, with the seeds drawn,
 * too; or variances for Student's interval.
 */
#include "metric/significance.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metric/significance_own.h"
#include "metric/student.h"

/* One system (b NULL) or two, and their metrics; columns: a's seeds, then b's. */
struct drawn {
	const struct answers_of *a, *b;
	int columns, n_rows, draws;
	struct coded answers;
	double *whole;    /* [columns], over all rows */
	double *cell;     /* [draws][columns], over rows drawn */
	bool *has_value;  /* [draws]: none of the draw's cells is NaN */
	int undefined;
};

static void drawn_release(struct drawn *t)
{
	coded_release(&t->answers);
	xfree(t->whole);
	xfree(t->cell);
	xfree(t->has_value);
}

static void one_draw(struct drawn *t, struct estimator *e, const uint32_t *row, int draw)
{
	double *cell = t->cell + (size_t)draw * (size_t)t->columns;

	t->has_value[draw] = true;
	for (int c = 0; c < t->columns; c++) {
		cell[c] = estimator_metric(e, t->answers.column[c], row, t->n_rows);
		if (isnan(cell[c]))
			t->has_value[draw] = false;
	}
	t->undefined += !t->has_value[draw];
}

static enum status fill(struct drawn *t, const struct paired_sample *s,
			const struct resampling *how)
{
	uint32_t *row = xcalloc((size_t)s->n_rows, sizeof *row);
	enum status st = ST_OK;
	struct estimator e;

	estimator_init(&e, s, 1);
	for (int c = 0; c < t->columns; c++)
		t->whole[c] = estimator_metric(&e, t->answers.column[c], NULL, s->n_rows);
	progress_begin(how->progress, (uint64_t)how->draws, "draws", "bootstrap");
	for (int i = 0; !st && i < how->draws && s->n_rows > 1; i++) {
		draw_from(how->seed, STREAM_ROWS, i, (uint32_t)s->n_rows, row,
			  s->n_rows);
		one_draw(t, &e, row, i);
		if (progress_tick(how->progress, (uint64_t)i))
			st = ST_STOPPED;
	}
	estimator_release(&e);
	xfree(row);
	return st;
}

static enum status drawn_init(struct drawn *t, const struct paired_sample *s,
			      const struct answers_of *a, const struct answers_of *b,
			      const struct resampling *how)
{
	int columns = a->n_seeds + (b ? b->n_seeds : 0);
	size_t wide = (size_t)columns, draws = (size_t)how->draws;
	const double **column;

	BUG_IF(a->n_seeds < 1 || (b && b->n_seeds < 1) || how->draws < 1);
	*t = (struct drawn){
		.a = a, .b = b, .columns = columns, .n_rows = s->n_rows,
		.draws = how->draws, .whole = xcalloc(wide, sizeof *t->whole),
		.cell = xreallocarray(NULL, draws * wide, sizeof *t->cell),
		.has_value = xcalloc(draws, sizeof *t->has_value),
	};
	column = xcalloc(wide, sizeof *column);
	for (int c = 0; c < columns; c++)
		column[c] = c < a->n_seeds ? a->value[c] : b->value[c - a->n_seeds];
	coded_init(&t->answers, s, column, columns, 1);
	xfree(column);
	return fill(t, s, how);
}

static double mean(const double *x, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += x[i];
	return sum / n;
}

/* a's mean over its columns of a table's row, less b's where there is one. */
static double contrast(const struct drawn *t, const double *cell)
{
	int n = t->a->n_seeds;

	return mean(cell, n) - (t->b ? mean(cell + n, t->b->n_seeds) : 0);
}

static double mean_drawn(const double *cell, const uint32_t *pick, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += cell[pick[i]];
	return sum / n;
}

/* The same of a system's seeds that are drawn with replacement; pick: scratch. */
static double contrast_drawn(const struct drawn *t, int draw, uint64_t seed,
			     uint32_t *pick)
{
	const double *cell = t->cell + (size_t)draw * (size_t)t->columns;
	int n = t->a->n_seeds;
	double x;

	draw_from(seed, STREAM_SEEDS_A, draw, (uint32_t)n, pick, n);
	x = mean_drawn(cell, pick, n);
	if (!t->b)
		return x;
	draw_from(seed, STREAM_SEEDS_B, draw, (uint32_t)t->b->n_seeds, pick,
		  t->b->n_seeds);
	return x - mean_drawn(cell + n, pick, t->b->n_seeds);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Between its neighbours in a straight line (Hyndman and Fan's type 7). */
static double percentile(const double *sorted, int n, double share)
{
	double at = share * (n - 1), low = floor(at);
	int i = (int)low;

	if (i >= n - 1)
		return sorted[n - 1];
	return sorted[i] + (at - low) * (sorted[i + 1] - sorted[i]);
}

static double deviation(const double *x, int n)
{
	double m = mean(x, n), sum = 0;

	for (int i = 0; i < n; i++)
		sum += (x[i] - m) * (x[i] - m);
	return n > 1 ? sqrt(sum / (n - 1)) : NAN;
}

/* Percentiles of the draws, and the p of those shifted to a difference of 0. */
static void from_draws(const struct drawn *t, const struct resampling *how,
		       double slack, struct difference *out)
{
	double *x = xreallocarray(NULL, (size_t)t->draws, sizeof *x);
	uint32_t *pick = xcalloc((size_t)t->columns, sizeof *pick);
	int n = 0, as_far = 0;

	for (int i = 0; i < t->draws; i++) {
		if (!t->has_value[i])
			continue;
		x[n] = contrast_drawn(t, i, how->seed, pick);
		as_far += fabs(x[n] - out->value) >= fabs(out->value) - slack;
		n++;
	}
	if (n) {
		qsort(x, (size_t)n, sizeof *x, by_size);
		out->low = percentile(x, n, (1 - how->level) / 2);
		out->high = percentile(x, n, (1 + how->level) / 2);
		out->error = deviation(x, n);
		out->p = (double)(1 + as_far) / (1 + n);
	}
	xfree(pick);
	xfree(x);
}

/* The covariance over draws of two sums of columns, from..from+n each. */
static double mean_of(const struct drawn *t, int draw, int from, int n)
{
	return mean(t->cell + (size_t)draw * (size_t)t->columns + from, n);
}

static double covariance(const struct drawn *t, int from, int n, int from_2, int n_2)
{
	double m = 0, m_2 = 0, sum = 0;
	int k = 0;

	for (int i = 0; i < t->draws; i++)
		if (t->has_value[i]) {
			m += mean_of(t, i, from, n);
			m_2 += mean_of(t, i, from_2, n_2);
			k++;
		}
	for (int i = 0; i < t->draws; i++)
		if (t->has_value[i])
			sum += (mean_of(t, i, from, n) - m / k) *
			       (mean_of(t, i, from_2, n_2) - m_2 / k);
	return k > 1 ? sum / (k - 1) : NAN;
}

/*
 * What one system's seeds at columns from..from+n add to the variance: `seeds` that of
 * their mean, s^2 / n, and `rows` the mean covariance over draws of rows of two
 * different seeds. s^2 holds what rows do to each seed alone, so that is in neither
 * twice. One seed: `seeds` is unknown and taken as 0, `rows` is all its variance.
 */
struct parts {
	double seeds, rows;
};

static struct parts parts_of(const struct drawn *t, int from, int n)
{
	double of_mean = covariance(t, from, n, from, n), alone = 0, s;

	if (n == 1)
		return (struct parts){0, of_mean};
	for (int c = from; c < from + n; c++)
		alone += covariance(t, c, 1, c, 1) / n;
	s = deviation(t->whole + from, n);
	return (struct parts){s * s / n, (n * of_mean - alone) / (n - 1)};
}

static double part_freedom(double variance, int n)
{
	return n > 1 ? variance * variance / (n - 1) : 0;
}

/* Welch's sum of variances with Satterthwaite's (1946) degrees of freedom. */
static void from_parts(const struct drawn *t, double level, struct difference *out)
{
	int n = t->a->n_seeds, n_b = t->b ? t->b->n_seeds : 0;
	struct parts a = parts_of(t, 0, n), b = {0, 0};
	double rows = a.rows, sum, loss;

	if (t->b) {
		b = parts_of(t, n, n_b);
		rows += b.rows - 2 * covariance(t, 0, n, n, n_b);
	}
	rows = isnan(rows) ? NAN : fmax(0, rows);
	sum = a.seeds + b.seeds + rows;
	loss = part_freedom(a.seeds, n) + part_freedom(b.seeds, n_b) +
	       part_freedom(rows, t->n_rows);
	out->error = sqrt(sum);
	out->freedom = sum > 0 ? sum * sum / loss : INFINITY;
	out->p = sum > 0 ? student_two_sided(out->value / out->error, out->freedom)
			 : out->value == 0;
	sum = out->error * student_quantile(1 - level, out->freedom);
	out->low = out->value - sum;
	out->high = out->value + sum;
}

static enum status compare(const struct paired_sample *s, const struct answers_of *a,
			   const struct answers_of *b, const struct resampling *how,
			   struct difference *out)
{
	struct drawn t;
	enum status st = drawn_init(&t, s, a, b, how);
	int n = a->n_seeds;

	*out = (struct difference){.low = NAN, .high = NAN, .p = NAN, .error = NAN};
	out->value = contrast(&t, t.whole);
	out->undefined = t.undefined;
	if (!st && s->n_rows > 1 && !isnan(out->value)) {
		double slack = tie_slack(mean(t.whole, n),
					 b ? mean(t.whole + n, b->n_seeds) : 0);

		if (how->seeds == SEEDS_STUDENT && t.columns > 1 + (b != NULL))
			from_parts(&t, how->level, out);
		else
			from_draws(&t, how, slack, out);
	}
	drawn_release(&t);
	return st;
}

enum status significance_bootstrap(const struct paired_sample *s,
				   const struct answers_of *a,
				   const struct answers_of *b,
				   const struct resampling *how, struct difference *out)
{
	return compare(s, a, b, how, out);
}

/* Rows that are right, of an accuracy without weights; -1: it is something else. */
static int rows_right(const struct paired_sample *s, const double *value)
{
	int right = 0;

	if (s->metric != METRIC_ACCURACY || s->weight)
		return -1;
	for (int i = 0; i < s->n_rows; i++) {
		if (!s->gold && value[i] != 0 && value[i] != 1)
			return -1;
		right += value[i] == (s->gold ? s->gold[i] : 1);
	}
	return right;
}

/* Wilson 1927: the shares from which a test would not tell this one. */
static struct interval wilson(int right, int n, double level)
{
	double z = student_quantile(1 - level, INFINITY), share = (double)right / n;
	double shrink = 1 + z * z / n, middle = (share + z * z / (2.0 * n)) / shrink;
	double half = z / shrink * sqrt(share * (1 - share) / n + z * z / (4.0 * n * n));

	return (struct interval){
		.value = share, .low = fmax(0, middle - half),
		.high = fmin(1, middle + half), .error = sqrt(share * (1 - share) / n),
	};
}

/* What is beyond the metric's range is no value of it. */
static void within_range(const struct paired_sample *s, struct interval *x)
{
	double least = metric_table[s->metric].unit == METRIC_CORRELATION ? -1 : 0;

	if (!s->gold || isnan(x->low)) /* scores of rows may be in another unit */
		return;
	x->low = fmax(least, x->low);
	x->high = fmin(1, x->high);
}

enum status significance_interval(const struct paired_sample *s,
				  const struct answers_of *system,
				  const struct resampling *how, struct interval *out)
{
	int right = system->n_seeds == 1 && s->n_rows > 1
			    ? rows_right(s, system->value[0]) : -1;
	struct difference d;
	enum status st;

	if (right >= 0) {
		*out = wilson(right, s->n_rows, how->level);
		return ST_OK;
	}
	st = compare(s, system, NULL, how, &d);

	*out = (struct interval){d.value, d.low, d.high, d.error, d.freedom, d.undefined};
	within_range(s, out);
	return st;
}
