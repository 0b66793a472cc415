/*
 * effect.c - smoothed losses around an entry, from the rows of its steps.
 */
#include "effect.h"

#include <math.h>
#include <string.h>

#include "run/telemetry.h"

struct reading {
	struct effect *e;
	int64_t last;                 /* the newest row */
	int64_t seen[CHANNELS_MAX];
	double smooth[CHANNELS_MAX];
	bool past[CHANNELS_MAX];      /* there was a loss after the entry */
};

static void take_path(struct reading *w, int64_t step)
{
	struct effect *e = w->e;
	int64_t from = e->step - e->length, wide = 2 * e->length, at;

	if (e->channel < 0 || step <= from || !w->seen[e->channel])
		return;
	at = (step - from - 1) * EFFECT_PATH / wide;
	if (at < EFFECT_PATH)
		e->path[at] = (float)w->smooth[e->channel];
}

static void take_row(void *arg, const struct step_row *r)
{
	struct reading *w = arg;
	struct effect *e = w->e;

	w->last = r->step;
	for (int k = 0; k < r->n; k++) {
		int t = r->task[k].task;
		double loss = (double)r->task[k].loss;
		int64_t n;

		if (t >= e->n || !isfinite(loss))
			continue;
		n = ++w->seen[t] < SMOOTH_STEPS ? w->seen[t] : SMOOTH_STEPS;
		w->smooth[t] += (loss - w->smooth[t]) / (double)n;
		w->past[t] |= r->step > e->step;
	}
	take_path(w, r->step);
	for (int t = 0; t < e->n; t++) {
		float v = w->seen[t] ? (float)w->smooth[t] : NAN;

		if (r->step <= e->step - e->length)
			e->before[t] = v;
		if (r->step <= e->step)
			e->at[t] = v;
		e->after[t] = w->past[t] ? v : NAN;
	}
}

int64_t effect_length(const struct snapshot *s, const struct marks *m, int i,
		      bool *is_whole)
{
	int64_t step = m->e[i].step, length = EFFECT_STEPS;
	int64_t left = s->step > step ? s->step - step : 0;

	for (int k = 0; k < m->n; k++)
		if (m->e[k].timeline == m->e[i].timeline &&
		    m->e[k].step - step >= EFFECT_LEAST && m->e[k].step - step < length)
			length = m->e[k].step - step;
	*is_whole = left >= length || s->phase >= PHASE_DONE;
	return left < length ? left : length;
}

void effect_read(struct effect *e, const struct feed *f, const struct snapshot *s,
		 const struct marks *m, int i, int channel)
{
	struct reading w = {.e = e};
	int64_t from;

	*e = (struct effect){.seq = m->e[i].seq, .step = m->e[i].step};
	e->asked = e->length = effect_length(s, m, i, &e->is_whole);
	e->n = s->n_channels < CHANNELS_MAX ? s->n_channels : CHANNELS_MAX;
	e->channel = channel < e->n ? channel : -1;
	for (int t = 0; t < e->n; t++)
		e->before[t] = e->at[t] = e->after[t] = NAN;
	for (int k = 0; k < EFFECT_PATH; k++)
		e->path[k] = NAN;
	if (e->length <= 0 || !f->steps)
		return;
	from = e->step - e->length - EFFECT_WARM;
	f->steps(f->arg, s->run_path, from < 1 ? 1 : from, e->step + e->length, 1, 1,
		 take_row, &w, NULL);
	if (w.last < e->step + e->length && s->phase < PHASE_DONE)
		e->is_whole = false; /* the newest rows are not on the disk yet */
	if (w.last > e->step && w.last < e->step + e->length)
		e->length = w.last - e->step;
}

double effect_change(const struct effect *e, int channel)
{
	if (channel < 0 || channel >= e->n || e->length < EFFECT_LEAST)
		return NAN;
	return (double)e->after[channel] - (double)e->at[channel];
}

double effect_change_before(const struct effect *e, int channel)
{
	if (channel < 0 || channel >= e->n || e->length < EFFECT_LEAST)
		return NAN;
	return (double)e->at[channel] - (double)e->before[channel];
}

double effect_of_all(const struct effect *e)
{
	double sum = 0;
	int n = 0;

	for (int t = 0; t < e->n; t++) {
		double change = effect_change(e, t) / fabs((double)e->at[t]);

		if (!isfinite(change))
			continue;
		sum += change;
		n++;
	}
	return n ? sum / n : NAN;
}
