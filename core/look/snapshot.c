/*
 * snapshot.c - pictures of a session: made empty, copied, let go.
 */
#include "look/snapshot.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/mem.h"

const char *phase_name(enum phase p)
{
	static const char *const names[] = {
		[PHASE_PREPARING] = "preparing", [PHASE_RUNNING] = "running",
		[PHASE_PAUSED] = "paused", [PHASE_EVALUATING] = "evaluating",
		[PHASE_SAVING] = "saving", [PHASE_DONE] = "done",
		[PHASE_STOPPED] = "stopped", [PHASE_FAILED] = "failed",
	};

	return names[p];
}

void snapshot_init(struct snapshot *s)
{
	memset(s, 0, sizeof *s);
	s->curve.span = 1;
	rates_init(&s->rates);
	s->phase = PHASE_PREPARING;
	s->work_left = s->seconds_left = -1;
	s->checkpoint_step = s->eval_step = s->best_step = -1;
}

void snapshot_release(struct snapshot *s)
{
	xfree(s->ch);
	conflicts_release(&s->conflicts);
	snapshot_init(s);
}

#define COPY_POINTS(d, s, f) memcpy((d)->f, (s)->f, (size_t)(s)->n * sizeof *(s)->f)

/* Of a curve only the points that are there: most of it is room. */
static void copy_channel(struct channel *dst, const struct channel *src)
{
	const struct curve *c = &src->curve;

	memcpy(dst, src, offsetof(struct channel, curve));
	dst->curve.span = c->span;
	dst->curve.n = c->n;
	COPY_POINTS(&dst->curve, c, mean);
	COPY_POINTS(&dst->curve, c, smooth);
	COPY_POINTS(&dst->curve, c, count);
	COPY_POINTS(&dst->curve, c, batches);
	COPY_POINTS(&dst->curve, c, examples);
	dst->dev_curve = src->dev_curve;
	dst->grad_curve = src->grad_curve;
}

static void copy_run_curve(struct run_curve *dst, const struct run_curve *src)
{
	dst->span = src->span;
	dst->n = src->n;
	COPY_POINTS(dst, src, norm);
	COPY_POINTS(dst, src, count);
	COPY_POINTS(dst, src, tokens);
	COPY_POINTS(dst, src, seconds);
}

void snapshot_copy(struct snapshot *dst, const struct snapshot *src)
{
	struct channel *ch = dst->ch;

	if (dst == src)
		return;
	if (dst->n_channels != src->n_channels || !ch)
		ch = xreallocarray(ch, src->n_channels ? (size_t)src->n_channels : 1,
				   sizeof *ch);
	memcpy(dst, src, offsetof(struct snapshot, curve));
	copy_run_curve(&dst->curve, &src->curve);
	dst->n_journal = src->n_journal;
	memcpy(dst->journal, src->journal,
	       (size_t)src->n_journal * sizeof *src->journal);
	dst->n_channels = src->n_channels;
	dst->ch = ch;
	for (int i = 0; i < src->n_channels; i++)
		copy_channel(&ch[i], &src->ch[i]);
	conflicts_copy(&dst->conflicts, &src->conflicts);
}

struct freeze_groups snapshot_groups(const struct snapshot *s)
{
	struct freeze_groups g = { .layers = s->layers, .shared_layers = s->shared_layers,
				   .n_tasks = s->n_channels, .heads = s->heads,
				   .adapters = s->adapters,
				   .shared_adapters = s->shared_adapters };

	for (int i = 0; i < g.n_tasks; i++)
		g.task[i] = s->ch[i].name;
	return g;
}

void snapshot_take_groups(struct snapshot *s, const struct freeze_groups *g)
{
	s->layers = g->layers;
	s->shared_layers = g->shared_layers;
	s->heads = g->heads;
	s->adapters = g->adapters;
	s->shared_adapters = g->shared_adapters;
}

static char *method_name(struct snapshot *s, enum method_role role)
{
	return role == METHOD_SAMPLING ? s->sampling : s->weighting;
}

void snapshot_take_method(struct snapshot *s, const struct method *row, const double *param)
{
	str_copy(method_name(s, row->role), sizeof s->sampling, row->name);
	method_show_set(row, param, s->method[row->role], sizeof s->method[0]);
}

void snapshot_say_method(struct snapshot *s, enum method_role role, const char *name,
			 const char *const *args, int n)
{
	const struct method *row = method_find(role, name);
	double param[MIX_PARAMS];

	if (row && !method_params(row, args, n, param, NULL)) {
		snapshot_take_method(s, row, param);
		return;
	}
	str_copy(method_name(s, role), sizeof s->sampling, name);
	str_copy(s->method[role], sizeof s->method[role], name);
}

bool snapshot_shares_nothing(const struct snapshot *s)
{
	struct freeze_groups g = snapshot_groups(s);

	return freeze_covers_shared(&g, &s->frozen);
}

void snapshot_settle_frozen(struct snapshot *s)
{
	if (!snapshot_shares_nothing(s))
		return;
	for (int i = 0; i < s->n_channels; i++)
		s->ch[i].grad_norm = s->ch[i].effective = s->ch[i].along = NAN;
}

double snapshot_drawn(const struct snapshot *s, const struct channel *ch)
{
	uint64_t all = 0;

	for (int i = 0; i < s->n_channels; i++)
		all += s->ch[i].micro_batches;
	return all ? (double)ch->micro_batches / (double)all : 0;
}
