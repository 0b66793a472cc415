/*
 * config.c - the registry of trunks, heads and decoders, and what a configuration
 * may say. What it leaves open is set here, and nowhere else.
 *
 * Once and before anything is declared, so that passes, parameters and whoever asks for
 * model_config() see one value and none asks "is it 0?". A trunk settles first, for what
 * it has otherwise than all; the common answers fill the rest, and only then is it
 * checked: a settled value has to pass too. Said aloud, the settled values give the same
 * bits (test_settled, test_settings).
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/adapter.h"

#define ADDRESS(name) &trunk_##name,
static const struct trunk_kind *const trunks[] = { TRUNK_LIST(ADDRESS) };
#undef ADDRESS
#define ADDRESS(name) &decoder_##name,
static const struct decoder_kind *const decoders[] = { DECODER_LIST(ADDRESS) };
#undef ADDRESS
#define ADDRESS(constant, name) [TASK_##constant] = &head_##name,
static const struct head_kind *const heads[TASK_KINDS] = { TASK_KIND_LIST(ADDRESS) };
enum {
	TRUNKS = sizeof trunks / sizeof trunks[0],
	DECODERS = sizeof decoders / sizeof decoders[0],
};

const char *model_kind_name(int i)
{
	return i >= 0 && i < TRUNKS ? trunks[i]->name : NULL;
}

const struct trunk_kind *trunk_find(const char *name)
{
	for (int i = 0; i < TRUNKS; i++)
		if (str_eq(trunks[i]->name, name))
			return trunks[i];
	return NULL;
}

const struct decoder_kind *decoder_find(const char *name)
{
	for (int i = 0; i < DECODERS; i++)
		if (str_eq(decoders[i]->name, name))
			return decoders[i];
	return NULL;
}

const struct head_kind *head_of(const struct trunk_kind *trunk, enum task_kind k)
{
	const struct head_kind *h = trunk && trunk->head ? trunk->head(k) : heads[k];

	return h && h->is_causal && trunk && !trunk->decoder ? NULL : h;
}

bool model_kind_says(const char *kind)
{
	const struct trunk_kind *trunk = trunk_find(kind);

	return trunk && trunk->decoder;
}

bool model_kind_answers(const char *kind, enum task_kind task)
{
	const struct trunk_kind *trunk = trunk_find(kind);

	return trunk && head_of(trunk, task);
}

static bool has(field_names names, const char *field)
{
	for (; *names; names++)
		if (str_eq(*names, field))
			return true;
	return false;
}

bool model_uses(const char *kind, const char *decoder, const char *field)
{
	static const char *const all[] = { "kind", "dropout", "precision", "init", NULL };
	const struct trunk_kind *trunk = trunk_find(kind);
	const struct decoder_kind *d;

	if (!trunk)
		return false;
	if (!decoder)
		return model_kind_has(kind, field);
	if (has(all, field) || has(trunk->fields, field))
		return true;
	d = trunk->decoder ? NULL : decoder_find(decoder);
	return !trunk->decoder && (str_eq(field, "decoder") || (d && has(d->fields, field)));
}

bool model_kind_has(const char *kind, const char *field)
{
	for (int i = 0; i < DECODERS; i++)
		if (model_decoder_fits(decoders[i]->name, kind) &&
		    model_uses(kind, decoders[i]->name, field))
			return true;
	return false;
}

bool model_is_of_trunk(const char *kind, const char *field)
{
	const struct trunk_kind *trunk = trunk_find(kind);

	return trunk && (str_eq(field, "kind") || has(trunk->fields, field));
}

int model_kind_dim_multiple(const char *kind)
{
	const struct trunk_kind *trunk = trunk_find(kind);

	return trunk && trunk->dim_multiple ? trunk->dim_multiple : 1;
}

bool model_decoder_fits(const char *decoder, const char *kind)
{
	const struct decoder_kind *d = decoder_find(decoder);
	const struct trunk_kind *trunk = trunk_find(kind);

	return d && trunk && (!d->needs_stack || trunk->stack || trunk->decoder);
}

/* --- settings --- */

/* What the kind has not settled itself. */
static void settle(struct model_config *c)
{
	if (c->eps <= 0)
		c->eps = c->pre_norm ? 1e-5f : 1e-12f;
	if (c->act == ACT_NONE)
		c->act = ACT_GELU;
	if (c->table_scale <= 0)
		c->table_scale = c->pre_norm ? sqrt((double)c->dim) : 1.0;
	if (!c->max_positions)
		c->max_positions = c->max_source;
	if (!c->embed_dim)
		c->embed_dim = c->dim;
	if (!c->segments)
		c->segments = 2;
	if (c->head_act == ACT_NONE)
		c->head_act = ACT_TANH;
	adapter_settle(c);
}

/* As its trunk, its decoder and all have it. */
static void settle_all(struct model_config *c, const struct trunk_kind *trunk)
{
	const struct decoder_kind *d = trunk->decoder ? NULL : decoder_find(c->decoder);

	if (d && d->settle)
		d->settle(c);
	if (trunk->settle)
		trunk->settle(c);
	settle(c);
}

/* --- checks --- */

enum status model_check_sizes(const struct size_row *row, int n, struct err *err)
{
	for (int i = 0; i < n; i++)
		if (row[i].value < row[i].min || row[i].value > row[i].max)
			return err_set(err, ST_INVALID,
				       "model.%s must be %d to %d, not %d",
				       row[i].name, row[i].min, row[i].max,
				       row[i].value);
	return ST_OK;
}

static enum status check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "dim", c->dim, 1, 1 << 16 },
		{ "vocab", c->vocab, 1, 1 << 24 },
		{ "max_source", c->max_source, 1, 1 << 20 },
		{ "max_positions", c->max_positions, c->max_source, 1 << 20 },
		{ "position_offset", c->position_offset, 0, 1 << 20 },
		{ "embed_dim", c->embed_dim, 1, 1 << 16 },
		{ "segments", c->segments, NO_SEGMENTS, SEGMENTS_MAX },
	};
	enum status st = model_check_sizes(row, sizeof row / sizeof *row, err);

	if (!st && c->embed_dim != c->dim && c->pre_norm)
		st = err_set(err, ST_INVALID, "model.embed_dim (%d) must be model.dim (%d) "
			     "in pre-norm", c->embed_dim, c->dim);
	return st;
}

enum status model_settle(struct model_config *c, struct err *err)
{
	const struct trunk_kind *trunk;
	enum status st;

	if (!memchr(c->kind, 0, sizeof c->kind) || !trunk_find(c->kind))
		return err_set(err, ST_INVALID, "unknown model kind '%.23s'",
			       c->kind);
	if (!c->decoder[0])
		str_copy(c->decoder, sizeof c->decoder, "cross");
	if (!memchr(c->decoder, 0, sizeof c->decoder) || !decoder_find(c->decoder))
		return err_set(err, ST_INVALID, "unknown decoder '%.23s'", c->decoder);
	if (!model_decoder_fits(c->decoder, c->kind))
		return err_set(err, ST_INVALID, "model.decoder '%s' writes with a trunk's "
			       "own layers; '%s' has none for it", c->decoder, c->kind);
	trunk = trunk_find(c->kind);
	if (c->adapter && !trunk->declare_adapters)
		return err_set(err, ST_INVALID, "model.adapter: a '%s' has no layers that "
			       "adapters stand beside", c->kind);
	settle_all(c, trunk);
	st = check(c, err);
	if (!st && c->dim % model_kind_dim_multiple(c->kind))
		st = err_set(err, ST_INVALID, "model.dim (%d) must be a multiple of %d "
			     "in a %s", c->dim, trunk->dim_multiple, trunk->name);
	return st ? st : trunk->check(c, err);
}

int model_places(const struct model_config *cfg)
{
	const struct trunk_kind *trunk = trunk_find(cfg->kind);
	struct model_config c = *cfg;

	BUG_IF(!trunk);
	c.max_positions = 0;
	settle_all(&c, trunk);
	return c.max_positions;
}

void model_open_layout(struct model_config *cfg)
{
	struct model_config c = *cfg;

	c.eps = 0;
	c.act = c.head_act = ACT_NONE;
	c.table_scale = 0;
	c.embed_dim = c.segments = 0;
	settle_all(&c, trunk_find(c.kind));
	if (!memcmp(&c.eps, &cfg->eps, sizeof c.eps))
		cfg->eps = 0;
	if (!memcmp(&c.table_scale, &cfg->table_scale, sizeof c.table_scale))
		cfg->table_scale = 0;
	if (c.act == cfg->act)
		cfg->act = ACT_NONE;
	if (c.head_act == cfg->head_act)
		cfg->head_act = ACT_NONE;
	if (c.embed_dim == cfg->embed_dim)
		cfg->embed_dim = 0;
	if (c.segments == cfg->segments)
		cfg->segments = 0;
}

static enum status check_task(const struct model *m, const struct model_task *t,
			      struct err *err)
{
	enum status st;

	if (!t->name[0] || !memchr(t->name, 0, sizeof t->name))
		return err_set(err, ST_INVALID, "a task needs a name");
	if (!head_of(m->trunk, t->kind))
		return err_set(err, ST_INVALID, "task '%s': a '%s' model has no answers for "
			       "tasks of kind '%s'", t->name, m->trunk->name,
			       task_kind_name(t->kind));
	st = head_of(m->trunk, t->kind)->check(m, t, err);
	if (st)
		return st;
	if (!(t->smoothing >= 0.0f && t->smoothing < 1.0f))
		return err_set(err, ST_INVALID, "task '%s' needs a smoothing "
			       "from 0 to below 1, not %g", t->name,
			       (double)t->smoothing);
	return ST_OK;
}

/* Who has another task's decoder, that one writes, and has its own. */
static enum status check_decoder_of(const struct model *m, const struct model_task *t,
				    struct err *err)
{
	int of = t->decoder_of - 1;

	if (of < 0)
		return ST_OK;
	if (of >= m->n_tasks || m->task[of].decoder_of ||
	    !head_of(m->trunk, t->kind)->writes || !head_of(m->trunk, m->task[of].kind)->writes)
		return err_set(err, ST_INVALID, "task '%s' has the decoder of a task that has "
			       "none of its own", t->name);
	return ST_OK;
}

enum status model_check_tasks(const struct model *m, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < m->n_tasks && !st; i++) {
		st = check_task(m, &m->task[i], err);
		if (!st)
			st = check_decoder_of(m, &m->task[i], err);
		for (int k = 0; k < i && !st; k++)
			if (str_eq(m->task[i].name, m->task[k].name))
				st = err_set(err, ST_INVALID,
					     "two tasks are called '%s'",
					     m->task[i].name);
	}
	return st;
}
