/*
 * kv_cache.h - keys and values of what the hypotheses of a search have said, for
 * decoders with self-attention. For core/model alone.
 *
 * A place for each slot of the search and each layer: [max_len + 1][2C], k | v of a
 * piece in a row. All live rows are equally long.
 */
#ifndef TUTTI_MODEL_KV_CACHE_H
#define TUTTI_MODEL_KV_CACHE_H

#include "model/kind.h"

struct kv_cache {
	int layers, C;
	size_t slot_floats, layer_floats;
	float *kv; /* [layers][slots][slot_floats] */
};

/* Room for a search, in the tape's arena. */
void kv_cache_init(struct kv_cache *c, const struct decoding *g, int layers);
/* Rows [R] of qkv [.., 3C], q | k | v of the live rows, go behind what their slots have. */
void kv_cache_put(const struct kv_cache *c, const struct decoding *g, int layer,
		  const struct ten *qkv);
/* What the slot of live row r has: g->length + 1 rows of 2C floats. */
const float *kv_cache_at(const struct kv_cache *c, const struct decoding *g, int layer,
			 int r);
/* As decoder_kind.move. */
void kv_cache_move(const struct kv_cache *c, const struct decoding *g,
		   const struct search_move *move, int n);

#endif
