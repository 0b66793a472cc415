/*
 * results_measure.c - arithmetic over kept predictions: calibration, margins, what
 * changed since the evaluation before, which rows hold a text.
 */
#include "results.h"

#include <math.h>
#include <string.h>

#include "ask/ask_classify.h"
#include "base/mem.h"
#include "kind_view.h"

enum { TEMPERATURE_WORK = 60000 }; /* probabilities: more would be felt */

double result_margin(const struct prediction *p)
{
	double first = -1, second = -1;

	for (int i = 0; i < label_count(p); i++) {
		double v = label_p(p, i);

		if (v > first) {
			second = first;
			first = v;
		} else if (v > second) {
			second = v;
		}
	}
	return second >= 0 ? first - second : NAN;
}

/* --- calibration --- */

/* Mean loss of softmax(log p / T) over the rows that have a gold label. */
static double loss_at(const struct prediction_set *s, double temperature)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < s->n; i++) {
		const struct prediction *p = &s->p[i];
		double z = 0, gold;

		if (label_gold(p) < 0 || label_gold(p) >= label_count(p))
			continue;
		for (int k = 0; k < label_count(p); k++)
			z += pow(fmax(label_p(p, k), 1e-30), 1 / temperature);
		gold = log(fmax(label_p(p, label_gold(p)), 1e-30)) / temperature;
		sum += log(z) - gold;
		n++;
	}
	return n ? sum / n : NAN;
}

/* Golden section over log T: the loss is convex in 1/T. */
static double best_temperature(const struct prediction_set *s)
{
	double a = log(.05), b = log(20), ratio = (sqrt(5) - 1) / 2;
	double x = b - ratio * (b - a), y = a + ratio * (b - a);
	double fx = loss_at(s, exp(x)), fy = loss_at(s, exp(y));

	for (int i = 0; i < 18; i++)
		if (fx < fy) {
			b = y;
			y = x;
			fy = fx;
			x = b - ratio * (b - a);
			fx = loss_at(s, exp(x));
		} else {
			a = x;
			x = y;
			fx = fy;
			y = a + ratio * (b - a);
			fy = loss_at(s, exp(y));
		}
	return isfinite(fx) ? exp((a + b) / 2) : NAN;
}

void results_calibrate(const struct prediction_set *s, struct calibration *out)
{
	int all = 0, work = 0;

	memset(out, 0, sizeof *out);
	for (int i = 0; i < s->n; i++) {
		const struct prediction *p = &s->p[i];
		double v;
		int k;

		work += label_count(p);
		if (label_pred(p) < 0 || label_pred(p) >= label_count(p) || label_gold(p) < 0)
			continue;
		v = label_p(p, label_pred(p));
		if (!(v >= 0 && v <= 1))
			continue;
		k = (int)(v * CALIBRATION_BINS);
		k = k < CALIBRATION_BINS ? k : CALIBRATION_BINS - 1;
		out->bin[k].confidence += v;
		out->bin[k].accuracy += label_pred(p) == label_gold(p);
		out->bin[k].n++;
		all++;
	}
	for (int k = 0; k < CALIBRATION_BINS; k++) {
		int n = out->bin[k].n;

		if (!n)
			continue;
		out->ece += fabs(out->bin[k].confidence - out->bin[k].accuracy) / all;
		out->bin[k].confidence /= n;
		out->bin[k].accuracy /= n;
	}
	out->ece = all ? out->ece : NAN;
	out->temperature = all && work <= TEMPERATURE_WORK ? best_temperature(s) : NAN;
}

/* --- what changed --- */

uint8_t *results_changes(const struct prediction_set *now,
			 const struct prediction_set *before,
			 bool (*is_error)(const struct prediction *p), int *fixed,
			 int *broken)
{
	uint8_t *change = xcalloc((size_t)now->n + 1, sizeof *change);

	*fixed = *broken = 0;
	for (int i = 0, k = 0; i < now->n; i++) { /* both are in order of rows */
		bool was, is = !is_error(&now->p[i]);

		while (k < before->n && before->p[k].row < now->p[i].row)
			k++;
		if (k == before->n || before->p[k].row != now->p[i].row)
			continue;
		was = !is_error(&before->p[k]);
		if (is != was)
			change[i] = is ? CHANGE_FIXED : CHANGE_BROKEN;
		*fixed += is && !was;
		*broken += was && !is;
	}
	return change;
}

void results_compare(struct results *r, const struct feed *f, const char *run_path)
{
	struct prediction_set before = {0};

	if (!f->predictions_before ||
	    f->predictions_before(f->arg, run_path, r->task, r->set.step, &before, NULL))
		return;
	r->before_step = before.step;
	r->change = results_changes(&r->set, &before, view_kind(r->kind)->is_error,
				    &r->n_fixed, &r->n_broken);
	prediction_set_release(&before);
}

int results_wrong(const struct results *r, int label)
{
	const struct tally *t = &r->tally[label];

	return (int)(t->gold + t->pred - 2 * t->both);
}

const char *result_pair(const struct dev_row *row)
{
	return row->pair && row->pair[0] ? row->pair : NULL;
}

/* --- looking for a text --- */

bool result_holds(const struct results *r, int i, const char *what)
{
	const struct dev_row *row = &r->set.row[i];
	const char *in[] = {row->text, row->pair, row->target};

	for (size_t k = 0; k < sizeof in / sizeof *in; k++)
		if (in[k] && strcasestr(in[k], what))
			return true;
	return false;
}
