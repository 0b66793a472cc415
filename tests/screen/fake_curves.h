/*
 * fake_curves.h - made-up rows of steps, a whole run's curve of the gradient norm,
 * and a second run to lay behind it.
 */
#ifndef TUTTI_TESTS_FAKE_CURVES_H
#define TUTTI_TESTS_FAKE_CURVES_H

static inline double fake_loss(int k, int task, int64_t step)
{
	double a = fake_task[k].start, b = fake_task[k].end;
	double v = b + (a - b) * exp(-(double)step / 2500);

	if (k == 4 && step > 12100) /* the weight turned up at 12,100 */
		v *= 1 - .04 * (1 - exp(-(double)(step - 12100) / 120));
	return v * (1 + .15 * fake_noise(step * 3, task));
}

static inline void fake_row(const struct fake *f, int64_t step, struct step_row *r)
{
	*r = (struct step_row){.step = step, .lr = 3e-4f, .seconds = .14f, .tokens = 2000};
	r->grad_norm = (float)(1.4 + .4 * fake_noise(step, 9) + exp(-(double)step / 900));
	for (int i = 0; i < f->tasks && i < MIX_TASKS_MAX; i++) {
		int k = i % FAKE_TASKS;

		if ((step + i) % 3 || (k == 3 && step > 7000))
			continue;
		r->task[r->n].task = (uint8_t)i;
		r->task[r->n].count = (uint8_t)(1 + (k == 4));
		r->task[r->n].examples = (uint16_t)(k == 4 ? 6 : 24);
		r->task[r->n].weight = (float)fake_task[k].weight;
		r->task[r->n++].loss = (float)fake_loss(k, i, step);
	}
}

static inline enum status fake_steps(void *arg, const char *path, int64_t from,
				     int64_t to, int64_t span, int64_t take,
				     void (*each)(void *arg, const struct step_row *r),
				     void *each_arg, struct err *err)
{
	struct fake *f = arg;
	struct step_row r;

	(void)path;
	(void)err;
	for (int64_t s = from; s <= to && s <= f->step; s++) {
		if (span > take && (s - from) % span >= take)
			continue;
		fake_row(f, s, &r);
		each(each_arg, &r);
	}
	return ST_OK;
}

/* Buckets of the whole step, and what each task drew. */
static inline void fake_run_curve(struct fake *f)
{
	struct run_curve *c = &f->s.curve;

	c->span = 1;
	while (f->step / c->span >= CURVE_POINTS)
		c->span *= 2;
	c->n = (int)((f->step + c->span - 1) / c->span);
	for (int i = 0; i < c->n; i++) {
		int64_t end = (i + 1) * c->span;
		struct step_row r;

		fake_row(f, end, &r);
		c->norm[i] = r.grad_norm;
		c->count[i] = (uint32_t)c->span;
		c->tokens[i] = (uint64_t)(end * 2000);
		c->seconds[i] = (float)((double)end * .14);
	}
	for (int t = 0; t < f->tasks; t++) {
		struct curve *k = &f->s.ch[t].curve;

		f->s.ch[t].n_train = 20000;
		for (int i = 0; i < k->n; i++) {
			double share = fake_task[t % FAKE_TASKS].share;

			k->batches[i] = (uint32_t)lrint((double)(k->span * 4) * share *
							(1 + .04 * fake_noise(i, t)));
			k->examples[i] = k->batches[i] * 12;
		}
	}
}

static inline enum status fake_picture(void *arg, const char *path, const char *name,
				       struct snapshot *out, struct err *err)
{
	const struct fake *f = arg;

	(void)path;
	if (!str_eq(name, "glue4-alone") && !str_eq(name, "glue4-short"))
		return err_set(err, ST_NOT_FOUND, "no run '%s'", name);
	snapshot_copy(out, &f->s);
	if (str_eq(name, "glue4-short")) /* it ended after 500 steps */
		out->step = 500;
	for (int t = 0; t < out->n_channels && out->step == 500; t++) {
		out->ch[t].curve.n = (int)(500 / out->ch[t].curve.span) + 1;
		out->ch[t].dev_curve.n = 1;
	}
	str_copy(out->run, sizeof out->run, name);
	for (int t = 0; t < out->n_channels; t++)
		for (int i = 0; i < out->ch[t].curve.n; i++)
			out->ch[t].curve.smooth[i] *= 1.3f;
	return ST_OK;
}

#endif
