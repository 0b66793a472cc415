/*
 * ask_mlm.c - asking for pieces that were hidden: the likeliest of each place, scored by
 * how many are right and by perplexity. In a text that was typed each "[MASK]" is a place.
 */
#include "ask/ask_pieces.h"

#include <string.h>

#include "base/json.h"
#include "session/workers.h"

/* The text's rows that are masks, as rows that are asked for a piece, whichever. */
static struct batch with_masks(const struct ask_text *a)
{
	struct batch b = *a->b;
	int32_t mask = tokenizer_special(a->s->tok, TOK_MASK);
	int32_t *out = arena_alloc(&a->w->tape.arena, ((size_t)b.N + 1) * sizeof *out);

	for (int i = 0; i < b.N; i++)
		out[i] = b.ids[i] == mask ? mask : -1;
	b.ids_out = out;
	return b;
}

/* The text with what is likeliest in each place. */
static void put_filled(const struct ask_text *a, const struct batch *b,
		       const struct piece_answers *x, struct json_out *j)
{
	int32_t *ids = arena_alloc(&a->w->tape.arena, ((size_t)b->N + 1) * sizeof *ids);
	struct buf text;

	memcpy(ids, b->ids, (size_t)b->N * sizeof *ids);
	for (int k = 0; k < x->n; k++)
		ids[x->row[k]] = x->best[k * x->most];
	buf_init(&text);
	tokenizer_decode(a->s->tok, ids, b->N, &text);
	json_put_str(j, "text", buf_str(&text));
	buf_release(&text);
}

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	struct batch b = with_masks(a);
	int V = model_config(a->s->model)->vocab;
	struct piece_answers x;

	model_pieces(a->s->model, &a->w->tape, &b, V < PIECES_TRIED ? V : PIECES_TRIED, &x);
	put_filled(a, &b, &x, j);
	json_open(j, "hidden", '[');
	for (int k = 0; k < x.n; k++) {
		json_open(j, NULL, '[');
		for (int i = k * x.most; i < (k + 1) * x.most; i++) {
			if (x.best[i] >= tokenizer_size(a->s->tok))
				continue; /* a row of a table that is no piece */
			json_open(j, NULL, '[');
			json_put_str(j, NULL, tokenizer_piece(a->s->tok, x.best[i]));
			json_put_num(j, NULL, (double)x.best_p[i]);
			json_close(j, ']');
		}
		json_close(j, ']');
	}
	json_close(j, ']');
}

const struct ask_kind ask_kind_mlm = {
	ASK_PIECES,
	.unexplained = "puts many pieces back",
	.put_answer = put_answer,
};
