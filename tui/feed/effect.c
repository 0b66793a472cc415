/*
 * effect.c - losses around an entry and the line through those before it, from the
 * rows of its steps.
 */
#include "effect.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "look/telemetry.h"

/* Sums about nothing; x is small, counted from the entry. */
struct sums {
	double n, x, y, xx, xy, yy;
};

struct summaries_view {
	struct effect *e;
	int64_t last;                 /* the newest row */
	int64_t seen[CHANNELS_MAX];
	double smooth[CHANNELS_MAX];
	struct sums before[CHANNELS_MAX], after[CHANNELS_MAX];
};

static void add(struct sums *s, double x, double y)
{
	s->n++;
	s->x += x;
	s->y += y;
	s->xx += x * x;
	s->xy += x * y;
	s->yy += y * y;
}

static void take_path(struct summaries_view *w, int64_t step)
{
	struct effect *e = w->e;
	int64_t from = e->step - e->length, wide = 2 * e->length, at;

	if (e->channel < 0 || step <= from || !w->seen[e->channel])
		return;
	at = (step - from - 1) * EFFECT_PATH / wide;
	if (at < EFFECT_PATH)
		e->path[at] = (float)w->smooth[e->channel];
}

static void take_loss(struct summaries_view *w, int t, int64_t step, double loss)
{
	const struct effect *e = w->e;
	int64_t n = ++w->seen[t] < SMOOTH_STEPS ? w->seen[t] : SMOOTH_STEPS;

	w->smooth[t] += (loss - w->smooth[t]) / (double)n;
	if (step > e->step)
		add(&w->after[t], (double)(step - e->step), loss);
	else if (step > e->step - e->length)
		add(&w->before[t], (double)(step - e->step), loss);
}

static void take_row(void *arg, const struct step_row *r)
{
	struct summaries_view *w = arg;

	w->last = r->step;
	for (int k = 0; k < r->n; k++)
		if (r->task[k].task < w->e->n && isfinite((double)r->task[k].loss))
			take_loss(w, r->task[k].task, r->step, (double)r->task[k].loss);
	take_path(w, r->step);
}

/* The formulas of the banner of effect.h. */
static void fit(struct effect_loss *l, const struct sums *b, const struct sums *a)
{
	double mx = b->x / b->n, my = b->y / b->n, far;
	double sxx = b->xx - b->n * mx * mx, sxy = b->xy - b->n * mx * my;
	double syy = b->yy - b->n * my * my, rest;

	if (b->n > 0)
		l->before = my;
	if (a->n > 0)
		l->after = a->y / a->n;
	if (b->n < 3 || a->n < 1 || !(sxx > 0))
		return;
	far = a->x / a->n - mx;
	l->slope = sxy / sxx;
	l->trend = my + l->slope * far;
	rest = (syy - l->slope * sxy) / (b->n - 2);
	l->error = sqrt(fmax(rest, 0) * (1 / b->n + 1 / a->n + far * far / sxx));
}

/* How far entry k reaches from entry i: it ends what can be seen of that one. */
static bool is_apart(const struct marks *m, int i, int k, int64_t *distance)
{
	*distance = m->e[k].step - m->e[i].step;
	if (*distance < 0)
		*distance = -*distance;
	return m->e[k].timeline == m->e[i].timeline && *distance >= EFFECT_LEAST &&
	       !mark_is_note(&m->e[k]);
}

int64_t effect_length(const struct snapshot *s, const struct marks *m, int i,
		      bool *is_whole)
{
	int64_t step = m->e[i].step, length = EFFECT_STEPS, apart;
	int64_t left = s->step > step ? s->step - step : 0;

	if (step >= EFFECT_LEAST && step < length)
		length = step; /* no more were before it */
	for (int k = 0; k < m->n; k++)
		if (is_apart(m, i, k, &apart) && apart < length)
			length = apart;
	*is_whole = left >= length || s->phase >= PHASE_DONE;
	return left < length ? left : length;
}

void effect_read(struct effect *e, const struct feed *f, const struct snapshot *s,
		 const struct marks *m, int i, int channel)
{
	struct summaries_view w = {.e = e};
	int64_t from;

	*e = (struct effect){.seq = m->e[i].seq, .step = m->e[i].step};
	e->asked = e->length = effect_length(s, m, i, &e->is_whole);
	e->n = s->n_channels < CHANNELS_MAX ? s->n_channels : CHANNELS_MAX;
	e->channel = channel < e->n ? channel : -1;
	for (int t = 0; t < e->n; t++)
		e->loss[t] = (struct effect_loss){NAN, NAN, NAN, NAN, NAN};
	for (int k = 0; k < EFFECT_PATH; k++)
		e->path[k] = NAN;
	if (e->length <= 0 || !f->steps)
		return;
	from = e->step - e->length - EFFECT_WARM;
	f->steps(f->arg, s->run_path, from < 1 ? 1 : from, e->step + e->length, 1, 1,
		 take_row, &w, NULL);
	for (int t = 0; t < e->n; t++)
		fit(&e->loss[t], &w.before[t], &w.after[t]);
	if (w.last < e->step + e->length && s->phase < PHASE_DONE)
		e->is_whole = false; /* the newest rows are not on the disk yet */
	if (w.last > e->step && w.last < e->step + e->length)
		e->length = w.last - e->step;
}

static bool can_tell(const struct effect *e, int channel)
{
	return channel >= 0 && channel < e->n && e->length >= EFFECT_LEAST;
}

double effect_of(const struct effect *e, int channel)
{
	return can_tell(e, channel) ? e->loss[channel].after - e->loss[channel].trend : NAN;
}

double effect_change(const struct effect *e, int channel)
{
	return can_tell(e, channel) ? e->loss[channel].after - e->loss[channel].before : NAN;
}

double effect_of_all(const struct effect *e, double *error)
{
	double sum = 0, squares = 0;
	int n = 0;

	for (int t = 0; t < e->n; t++) {
		double size = fabs(e->loss[t].trend), part = effect_of(e, t) / size;

		if (!isfinite(part))
			continue;
		sum += part;
		squares += e->loss[t].error / size * (e->loss[t].error / size);
		n++;
	}
	*error = n ? sqrt(squares) / n : NAN;
	return n ? sum / n : NAN;
}
