/*
 * freezing.c - groups of parameters that stand still, as parameters.
 */
#include "session/freezing.h"

#include "session/session.h"

int freezing_layer(const struct session *s, int p)
{
	int top = model_config(s->model)->layers - 1, layer = model_layer(s->model, p);

	return layer > top && s->params.p[p].owner == PARAM_SHARED ? top : layer;
}

void freezing_groups(const struct session *s, struct freeze_groups *out)
{
	plan_groups(s->plan, out);
	out->heads = 0;
	for (int p = 0; p < s->params.n; p++)
		if (freezing_layer(s, p) >= out->layers)
			out->heads |= (uint64_t)1 << s->params.p[p].owner;
}

bool freezing_has(const struct session *s, const struct freeze *f, int p)
{
	int layer = freezing_layer(s, p);

	if (model_is_adapter(s->model, p))
		return f->adapters;
	if (layer < 0)
		return f->embeddings;
	if (layer < model_config(s->model)->layers)
		return f->layers >> layer & 1;
	return f->heads >> s->params.p[p].owner & 1;
}

double freezing_rate(const struct session *s, const struct rates *r, int p)
{
	int layer = freezing_layer(s, p);

	if (model_is_adapter(s->model, p))
		return r->adapters;
	if (layer < 0)
		return r->embeddings;
	if (layer < model_config(s->model)->layers)
		return r->layers[layer];
	return r->heads[s->params.p[p].owner];
}

bool freezing_leaves(const struct session *s, const struct freeze *f, int owner)
{
	int writer = owner == PARAM_SHARED ? -1 : plan_decoder_of(s->plan, owner);

	for (int p = 0; p < s->params.n; p++) {
		int of = s->params.p[p].owner;

		if ((of == owner || (writer >= 0 && of == writer)) && !freezing_has(s, f, p))
			return true;
	}
	return false;
}

size_t freezing_trained(const struct session *s)
{
	size_t n = 0;

	for (int p = 0; p < s->params.n; p++)
		if (!freezing_has(s, &s->mix.frozen, p))
			n += param_room(&s->params, p);
	return n;
}

void freezing_set_rates(struct session *s)
{
	for (int p = 0; p < s->params.n; p++)
		s->adam.rate[p] = s->rate[p] * freezing_rate(s, &s->mix.rates, p);
}

void freezing_begin(struct session *s)
{
	s->has_frozen = freeze_any(&s->mix.frozen);
	for (int p = 0; p < s->params.n; p++) {
		s->frozen[p] = freezing_has(s, &s->mix.frozen, p);
		BUG_IF(!s->frozen[p] && param_is_still(&s->params, p));
	}
}
