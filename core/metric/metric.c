/*
 * metric.c - measures of labels and numbers, and the table of all metrics.
 */
#include "metric/metric.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROW(...) ROW_OF(__VA_ARGS__) /* LABELS and the others are two each */
#define ROW_OF(i, n, b, in, u, l, h)                                              \
	[i] = {.id = i, .name = n, .brief = b, .input = in, .unit = u, .labels = l,    \
	       .help = h}
#define LABELS METRIC_LABELS, METRIC_SHARE
#define NUMBERS METRIC_NUMBERS, METRIC_CORRELATION
#define TEXTS METRIC_TEXTS, METRIC_SHARE
#define SETS METRIC_SETS, METRIC_SHARE

const struct metric_info metric_table[METRICS] = {
	ROW(METRIC_ACCURACY, "accuracy", "acc", LABELS, 0,
	    "share of rows with the right label (GLUE, Wang et al. 2018)"),
	ROW(METRIC_F1, "f1", "f1", LABELS, 2,
	    "F1 of the second of two labels, the positive one (GLUE)"),
	[METRIC_MACRO_F1] = {.id = METRIC_MACRO_F1, .name = "macro_f1", .brief = "mf1",
			     .input = METRIC_LABELS, .unit = METRIC_SHARE,
			     .of_sets = true, .help =
	    "mean of every label's F1, each label counted alike (scikit-learn)"},
	ROW(METRIC_MATTHEWS, "matthews", "mcc", METRIC_LABELS, METRIC_CORRELATION, 0,
	    "correlation of labels, -1 to 1 (Matthews 1975; Gorodkin 2004; GLUE)"),
	ROW(METRIC_PEARSON, "pearson", "r", NUMBERS, 0,
	    "linear correlation of numbers, -1 to 1 (Pearson 1895; GLUE)"),
	ROW(METRIC_SPEARMAN, "spearman", "rho", NUMBERS, 0,
	    "correlation of ranks, ties share theirs, -1 to 1 (Spearman 1904)"),
	ROW(METRIC_ROUGE1, "rouge1", "r1", TEXTS, 0,
	    "words in common, F1, stemmed (Lin 2004; as rouge-score)"),
	ROW(METRIC_ROUGE2, "rouge2", "r2", TEXTS, 0,
	    "pairs of words in common, F1, stemmed (Lin 2004; as rouge-score)"),
	ROW(METRIC_ROUGEL, "rougeL", "rL", TEXTS, 0,
	    "longest common subsequence of words, F1 (Lin 2004; as rouge-score)"),
	ROW(METRIC_ROUGELSUM, "rougeLsum", "rLs", TEXTS, 0,
	    "the same, by lines and, in a run, sentences (Lin 2004; as rouge-score)"),
	[METRIC_PERPLEXITY] = {.id = METRIC_PERPLEXITY, .name = "perplexity",
			       .brief = "ppl", .input = METRIC_LOSSES,
			       .unit = METRIC_PLAIN, .lower_is_better = true, .help =
	    "exp of the dev loss a piece, lower is better (Jelinek et al. 1977)"},
	ROW(METRIC_MICRO_F1, "micro_f1", "uf1", SETS, 0,
	    "F1 of sets of labels, all rows' labels counted together (scikit-learn)"),
	ROW(METRIC_EXACT_MATCH, "exact_match", "em", SETS, 0,
	    "share of rows with the very set of labels (scikit-learn's accuracy)"),
	ROW(METRIC_PIECE_ACCURACY, "piece_accuracy", "pacc", METRIC_PIECES, METRIC_SHARE, 0,
	    "share of pieces asked for that are found (Devlin et al. 2019)"),
	ROW(METRIC_KEPT_F1, "kept_f1", "kf1", METRIC_UNITS, METRIC_SHARE, 0,
	    "mean over rows of the F1 of what is kept (Filippova et al. 2015)"),
};

double metric_turned(enum metric_id m, double x)
{
	return metric_table[m].lower_is_better ? -x : x;
}

double metric_merit(enum metric_id m, double x)
{
	return metric_table[m].lower_is_better ? 1 / x : x;
}

double metric_error(enum metric_id m, double x, int n)
{
	double p = (n * x + 1) / (n + 2);

	if (metric_table[m].unit == METRIC_SHARE && n > 0 && x >= 0 && x <= 1)
		return sqrt(p * (1 - p) / n);
	if (metric_table[m].unit == METRIC_CORRELATION && n > 1 && x >= -1 && x <= 1)
		return (1 - x * x) / sqrt(n - 1);
	return NAN;
}

double metric_gain(enum metric_id m, double now, double was)
{
	return metric_turned(m, now - was);
}

bool metric_is_better(enum metric_id m, double now, double was)
{
	return metric_turned(m, now) > metric_turned(m, was);
}

double metric_perplexity(double loss)
{
	return exp(loss);
}

const struct metric_info *metric_find(const char *name)
{
	for (int i = 0; i < METRICS; i++)
		if (!strcmp(metric_table[i].name, name))
			return &metric_table[i];
	return NULL;
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

void tally_add(struct tally *t, int n_classes, int gold, int pred)
{
	BUG_IF(gold < 0 || gold >= n_classes || pred < -1 || pred >= n_classes);
	t[gold].gold++;
	t[gold].both += gold == pred;
	if (pred >= 0)
		t[pred].pred++;
}

double metric_f1_of(double both, double gold, double pred)
{
	return ratio(2 * both, gold + pred);
}

static double class_f1(const struct tally *t)
{
	return metric_f1_of((double)t->both, (double)t->gold, (double)t->pred);
}

/* 0 / 0, no rows, is NaN. */
static double accuracy(const struct tally *t, size_t k)
{
	uint64_t right = 0, all = 0;

	for (size_t c = 0; c < k; c++) {
		right += t[c].both;
		all += t[c].gold;
	}
	return (double)right / (double)all;
}

static double macro_f1(const struct tally *t, size_t k)
{
	double sum = 0;
	size_t present = 0;

	for (size_t c = 0; c < k; c++) {
		sum += class_f1(&t[c]);
		present += t[c].gold + t[c].pred > 0;
	}
	return ratio(sum, (double)present);
}

/*
 * Gorodkin 2004, equation 8, which is Matthews' for two classes. Rows of which no class
 * was said are one more class, which no row is of.
 */
static double matthews(const struct tally *t, size_t k)
{
	double all = 0, right = 0, cross = 0, gg = 0, pp = 0, said = 0, square;

	for (size_t c = 0; c < k; c++) {
		double gold = (double)t[c].gold, pred = (double)t[c].pred;
		all += gold;
		right += (double)t[c].both;
		cross += gold * pred;
		gg += gold * gold;
		pp += pred * pred;
		said += pred;
	}
	pp += (all - said) * (all - said);
	square = (all * all - pp) * (all * all - gg);
	return square > 0 ? (right * all - cross) / sqrt(square) : 0;
}

double metric_tallied(enum metric_id m, const struct tally *t, int n_classes)
{
	size_t k = (size_t)n_classes;

	BUG_IF(n_classes < 1);
	if (isnan(accuracy(t, k)) ||
	    (metric_table[m].labels && metric_table[m].labels != n_classes))
		return NAN;
	switch (m) {
	case METRIC_ACCURACY:
		return accuracy(t, k);
	case METRIC_F1:
		return class_f1(&t[1]);
	case METRIC_MACRO_F1:
		return macro_f1(t, k);
	case METRIC_MATTHEWS:
		return matthews(t, k);
	default:
		BUG("metric %d is none of labels", (int)m);
	}
}

double metric_labels(enum metric_id m, const int *gold, const int *pred, size_t n,
		     int n_classes)
{
	struct tally *t = xcalloc((size_t)n_classes, sizeof *t);
	double value;

	for (size_t i = 0; i < n; i++)
		tally_add(t, n_classes, gold[i], pred[i]);
	value = metric_tallied(m, t, n_classes);
	xfree(t);
	return value;
}

static bool is_constant(const double *x, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (x[i] != x[0])
			return false;
	return true;
}

static bool all_finite(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

const char *metric_numbers_why(const double *gold, const double *pred, size_t n)
{
	if (n < 2)
		return n ? "one row alone" : "no rows";
	if (!all_finite(gold, n) || !all_finite(pred, n))
		return "a number is not finite";
	if (is_constant(gold, n))
		return "the references are all the same";
	return is_constant(pred, n) ? "the predictions are all the same" : NULL;
}

/*
 * One side, seen from its mean in a unit of its own size. Units are powers of
 * two: they change no bit of what is computed, and nothing overflows or vanishes
 * when squared. The mean is a double and `rest`: far from 0 the numbers may lie
 * closer together than the nearest double lies to their mean.
 */
struct side {
	const double *x;
	int unit;
	double mean, rest;
};

static int exponent_of(double x)
{
	int e = 0;

	frexp(x, &e);
	return e;
}

static double from_mean(const struct side *s, size_t i)
{
	return ldexp(s->x[i], -s->unit) - s->mean - s->rest;
}

static struct side side_of(const double *x, size_t n)
{
	struct side s = {.x = x};
	double most = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(x[i]));
	s.unit = exponent_of(most);
	for (size_t i = 0; i < n; i++)
		sum += ldexp(x[i], -s.unit);
	s.mean = sum / (double)n;
	sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += from_mean(&s, i);
	s.rest = sum / (double)n;
	return s;
}

static double pearson(const double *x, const double *y, size_t n)
{
	struct side a = side_of(x, n), b = side_of(y, n);
	double xy = 0, xx = 0, yy = 0, r;

	for (size_t i = 0; i < n; i++) {
		double dx = from_mean(&a, i), dy = from_mean(&b, i);
		xy += dx * dy;
		xx += dx * dx;
		yy += dy * dy;
	}
	r = xy / (sqrt(xx) * sqrt(yy));
	return r > 1 ? 1 : r < -1 ? -1 : r;
}

struct ranked {
	double x;
	size_t at;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* Ranks from 1; equal values share the mean of theirs. Caller frees. */
static double *ranks(const double *x, size_t n)
{
	struct ranked *r = xreallocarray(NULL, n, sizeof *r);
	double *rank = xreallocarray(NULL, n, sizeof *rank);

	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){x[i], i};
	qsort(r, n, sizeof *r, by_value);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && r[end].x == r[i].x;)
			end++;
		for (size_t k = i; k < end; k++)
			rank[r[k].at] = ((double)(i + 1) + (double)end) / 2;
	}
	xfree(r);
	return rank;
}

static double spearman(const double *x, const double *y, size_t n)
{
	double *rx = ranks(x, n), *ry = ranks(y, n), rho = pearson(rx, ry, n);

	xfree(rx);
	xfree(ry);
	return rho;
}

double metric_numbers(enum metric_id m, const double *gold, const double *pred,
		      size_t n)
{
	BUG_IF(m != METRIC_PEARSON && m != METRIC_SPEARMAN);
	if (metric_numbers_why(gold, pred, n))
		return NAN;
	return m == METRIC_PEARSON ? pearson(gold, pred, n) : spearman(gold, pred, n);
}
