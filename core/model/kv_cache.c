/*
 * kv_cache.c - see kv_cache.h.
 */
#include "model/kv_cache.h"

#include <string.h>

void kv_cache_init(struct kv_cache *c, const struct decoding *g, int layers)
{
	*c = (struct kv_cache){ .layers = layers, .C = g->m->cfg.dim };
	c->slot_floats = ((size_t)g->max_len + 1) * 2 * (size_t)c->C;
	c->layer_floats = (size_t)g->slots * c->slot_floats;
	c->kv = arena_alloc(&g->t->arena,
			    (size_t)layers * c->layer_floats * sizeof *c->kv);
}

static float *slot_at(const struct kv_cache *c, int layer, int slot)
{
	return c->kv + (size_t)layer * c->layer_floats + (size_t)slot * c->slot_floats;
}

void kv_cache_put(const struct kv_cache *c, const struct decoding *g, int layer,
		  const struct ten *qkv)
{
	size_t C = (size_t)c->C, at = (size_t)g->length * 2 * C;

	for (int r = 0; r < g->R; r++)
		memcpy(slot_at(c, layer, g->row[r].slot) + at,
		       qkv->v + (size_t)r * 3 * C + C, 2 * C * sizeof *c->kv);
}

const float *kv_cache_at(const struct kv_cache *c, const struct decoding *g, int layer,
			 int r)
{
	return slot_at(c, layer, g->row[r].slot);
}

void kv_cache_move(const struct kv_cache *c, const struct decoding *g,
		   const struct search_move *move, int n)
{
	size_t bytes = (size_t)(g->length + 1) * 2 * (size_t)c->C * sizeof *c->kv;

	for (int i = 0; i < n; i++)
		for (int l = 0; l < c->layers; l++)
			memcpy(slot_at(c, l, move[i].to), slot_at(c, l, move[i].from),
			       bytes);
}
