/*
 * fake_gradients.h - made-up gradient norms of the run that is not there: every
 * 50 steps, each task some steps into the round.
 */
#ifndef TUTTI_TESTS_FAKE_GRADIENTS_H
#define TUTTI_TESTS_FAKE_GRADIENTS_H

static const double fake_norm[FAKE_TASKS][2] = { /* at the start, in the end */
	{2.1, .31}, {1.4, .62}, {1.9, .44}, {.9, .38}, {6.2, 1.7}, {2.6, .9},
};

static inline void fake_gradients(const struct fake *f, struct channel *ch, int k,
				  int task)
{
	struct grad_curve *g = &ch->grad_curve;
	int64_t every = 50;

	ch->grad_norm = NAN;
	while (f->step / every > GRAD_POINTS / 2)
		every *= 2;
	for (int64_t s = 1 + task % 3; s <= f->step; s += every) {
		double v = fake_norm[k][1] + (fake_norm[k][0] - fake_norm[k][1]) *
						     exp(-(double)s / 1800);

		if (k == 3 && s > 7000) /* muted since */
			break;
		g->step[g->n] = s;
		g->norm[g->n++] = (float)(v * exp(.22 * fake_noise(s * 3, task)));
	}
	if (!g->n)
		return;
	ch->grad_step = f->step - 39 + task % 3;
	if (k == 3)
		ch->grad_step = g->step[g->n - 1];
	ch->grad_norm = fake_norm[k][1];
}

static inline void fake_effective(struct snapshot *s)
{
	double sum = 0;

	s->gradients_every = 50;
	for (int i = 0; i < s->n_channels; i++)
		if (!s->ch[i].silent)
			sum += s->ch[i].weight * s->ch[i].share * s->ch[i].grad_norm;
	for (int i = 0; i < s->n_channels; i++) {
		struct channel *ch = &s->ch[i];

		ch->effective = ch->silent ? 0 : ch->weight * ch->share *
							 ch->grad_norm / sum;
	}
}

/* "gradients": everybody at the step it is. */
static inline void fake_measure(struct fake *f)
{
	for (int i = 0; i < f->s.n_channels; i++)
		if (!f->s.ch[i].silent)
			f->s.ch[i].grad_step = f->step + 1;
}

#endif
