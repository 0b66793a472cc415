/*
 * ask_lm.c - asking for the next piece of a text at every place of it: how many are the
 * likeliest, and the perplexity; of a text that was typed its own.
 */
#include "ask/ask_pieces.h"

#include "base/json.h"
#include "data/data_kind.h"
#include "session/workers.h"

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	struct batch b = *a->b;
	struct arena *arena = &a->w->tape.arena;
	int32_t *ids = arena_alloc(arena, ((size_t)b.N + 1) * sizeof *ids);
	int32_t *out = arena_alloc(arena, ((size_t)b.N + 1) * sizeof *out);
	struct piece_answers x;
	double loss = 0;

	for (int i = 0; i < b.N; i++)
		ids[i] = b.ids[i];
	data_kind(TASK_LM)->aim(NULL, 0, 0, b.N, ids, NULL, out);
	b.ids_out = out;
	model_pieces(a->s->model, &a->w->tape, &b, 1, &x);
	for (int k = 0; k < x.n; k++)
		loss += x.loss[k] / x.n;
	json_put_num(j, "perplexity", metric_perplexity(loss));
	json_put_int(j, "pieces", x.n);
}

const struct ask_kind ask_kind_lm = {
	ASK_PIECES,
	.unexplained = "says every piece of a text",
	.put_answer = put_answer,
};
