/*
 * record_picture.c - pictures made from the record of a run.
 */
#include "record_picture.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"

void picture_init(struct picture *m)
{
	memset(m, 0, sizeof *m);
	snapshot_init(&m->snap);
	telemetry_init(&m->tele);
}

void picture_release(struct picture *m)
{
	snapshot_release(&m->snap);
}

void picture_copy(struct picture *dst, const struct picture *src)
{
	snapshot_copy(&dst->snap, &src->snap);
	dst->tele = src->tele;
	dst->ramps = src->ramps;
}

struct picture *picture_new(const struct picture *src)
{
	struct picture *m = xcalloc(1, sizeof *m);

	snapshot_init(&m->snap);
	picture_copy(m, src);
	return m;
}

void picture_free(struct picture *m)
{
	if (!m)
		return;
	picture_release(m);
	xfree(m);
}

static void take_method(struct snapshot *s, enum method_role role,
			const struct plan_method *m)
{
	const char *args[MIX_PARAMS];

	for (int i = 0; i < m->n_args; i++)
		args[i] = m->arg[i].text;
	snapshot_say_method(s, role, m->name, args, m->n_args);
}

void picture_start(struct picture *m, const struct plan *p)
{
	struct snapshot *s = &m->snap;
	struct freeze_groups groups;

	plan_groups(p, &groups);
	snapshot_take_groups(s, &groups);
	plan_frozen(p, &s->frozen);
	plan_rates(p, &s->rates);
	s->steps = p->steps;
	s->base_lr = p->lr; /* lr: of the last step, none yet */
	s->clip = p->clip;
	s->gradients_every = p->gradients_every;
	s->dropout = p->dropout;
	str_copy(s->tokenizer, sizeof s->tokenizer, p->tokenizer_kind);
	for (int role = 0; role < METHOD_ROLES; role++)
		take_method(s, (enum method_role)role, &p->method[role]);
	s->n_channels = p->n_tasks < CHANNELS_MAX ? p->n_tasks : CHANNELS_MAX;
	s->ch = xcalloc((size_t)s->n_channels + 1, sizeof *s->ch);
	for (int i = 0; i < s->n_channels; i++) {
		struct channel *c = &s->ch[i];
		const struct plan_task *t = &p->tasks[i];

		str_copy(c->name, sizeof c->name, t->name);
		c->kind = t->kind;
		c->metric = t->metrics[0];
		c->rouge_unicode = t->rouge_unicode;
		c->weight = t->weight;
		c->factor = 1;
		c->share_auto = t->share < 0;
		c->share = c->share_auto ? 0 : t->share;
		c->muted = t->muted;
		c->loss = c->smooth = c->dev = c->dev_before = NAN;
		c->averaged = c->dev_best = c->baseline = NAN;
		c->grad_norm = c->effective = c->along = NAN;
		c->dev_step = -1;
		curve_init(&c->curve);
	}
}

/* --- what each kind does to the picture --- */

void picture_step(struct picture *m, const struct step_row *r)
{
	m->snap.step = r->step;
	ramps_step(&m->ramps, &m->snap, r->step);
	m->snap.skipped += r->skipped;
	m->snap.tokens += r->tokens;
	for (int k = 0; k < r->n; k++) {
		struct channel *c;

		if (r->task[k].task >= m->snap.n_channels)
			continue;
		c = &m->snap.ch[r->task[k].task];
		c->micro_batches += r->task[k].count;
		c->examples += r->task[k].examples;
		if (c->weight > 0) /* the row has weight x factor */
			c->factor = (double)r->task[k].weight / c->weight;
	}
	telemetry_step(&m->tele, &m->snap, r);
}

void picture_eval(struct picture *m, const struct eval_row *e, bool counts)
{
	telemetry_eval(&m->snap, e);
	m->snap.evals += counts && e->step >= 0;
}

void picture_saved(struct picture *m, const struct checkpoint_row *c)
{
	struct snapshot *s = &m->snap;

	s->checkpoint_step = c->step;
	if (c->best)
		s->best_step = c->step;
	str_copy(s->state, sizeof s->state, c->state);
}

void picture_entry(struct picture *m, const struct journal_entry *e)
{
	struct snapshot *s = &m->snap;
	struct command *c = xmalloc(sizeof *c);

	if (!command_parse_entry(e->command, c, NULL)) {
		command_show(c, s);
		ramps_take(&m->ramps, s, c, e->step);
	}
	xfree(c);
	if (s->n_journal == SNAPSHOT_JOURNAL) {
		memmove(s->journal, s->journal + 1,
			sizeof *s->journal * (SNAPSHOT_JOURNAL - 1));
		s->n_journal--;
	}
	s->journal[s->n_journal++] = *e;
}

/* Shares are as what was drawn, where the hand set none. */
void picture_settle(struct picture *m)
{
	struct snapshot *s = &m->snap;
	bool any_solo = false;

	for (int i = 0; i < s->n_channels; i++)
		any_solo |= s->ch[i].solo;
	for (int i = 0; i < s->n_channels; i++) {
		struct channel *c = &s->ch[i];

		c->silent = c->muted || (any_solo && !c->solo);
		if (c->share_auto)
			c->share = snapshot_drawn(s, c);
	}
	telemetry_derive(&m->tele, s);
}
