/*
 * pieces.c - see pieces.h, and model_pieces().
 */
#include "model/pieces.h"

#include <string.h>

#include "tensor/kernels.h"
#include "tensor/vmath.h"

enum { ROWS_AT_ONCE = 64 }; /* logits [64, V] */

void pieces_asked(struct tape *t, const struct batch *b, struct asked_rows *out)
{
	size_t n = (size_t)b->N + 1;

	out->n = 0;
	out->row = arena_alloc(&t->arena, n * sizeof *out->row);
	out->piece = arena_alloc(&t->arena, n * sizeof *out->piece);
	for (int i = 0; i < b->N && b->ids_out; i++)
		if (b->ids_out[i] >= 0) {
			out->row[out->n] = i;
			out->piece[out->n++] = b->ids_out[i];
		}
}

struct loss pieces_loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	const struct head_kind *head = model_head(m, b);
	struct asked_rows asked;
	struct ten *x;
	int w, bias;

	pieces_asked(t, b, &asked);
	if (!asked.n)
		return (struct loss){ .units = 0 };
	x = head->states(m, t, b, p_drop, &asked, &w, &bias);
	return op_output_loss(t, x, w, bias, asked.piece, m->task[b->task].smoothing, NULL);
}

/* --- answers --- */

/* The `most` likeliest of p [V], the first of equals first. */
static void likeliest(const float *p, int V, int most, int32_t *best, float *prob)
{
	int kept = 0;

	for (int id = 0; id < V; id++) {
		int at = kept;

		if (kept == most && !(p[id] > prob[most - 1]))
			continue;
		while (at > 0 && prob[at - 1] < p[id])
			at--;
		kept += kept < most;
		memmove(best + at + 1, best + at, (size_t)(kept - 1 - at) * sizeof *best);
		memmove(prob + at + 1, prob + at, (size_t)(kept - 1 - at) * sizeof *prob);
		best[at] = id;
		prob[at] = p[id];
	}
}

/* -log softmax(x)[piece], in double: no probability is too small for it. */
static double loss_of(const float *x, int V, int32_t piece)
{
	double max = (double)x[0], sum = 0;

	if (piece < 0)
		return 0;
	for (int i = 1; i < V; i++)
		max = (double)x[i] > max ? (double)x[i] : max;
	for (int i = 0; i < V; i++)
		sum += v_expd((double)x[i] - max);
	return max + v_logd(sum) - (double)x[piece];
}

static void answer_rows(const struct asked_rows *asked, int from, int n, int V, float *x,
			struct piece_answers *out)
{
	for (int i = from; i < from + n; i++)
		out->loss[i] = loss_of(x + (size_t)(i - from) * (size_t)V, V, asked->piece[i]);
	k_softmax(n, V, x, 1.0f, false);
	for (int i = from; i < from + n; i++) {
		const float *p = x + (size_t)(i - from) * (size_t)V;

		out->p[i] = p[asked->piece[i]];
		likeliest(p, V, out->most, out->best + i * out->most,
			  out->best_p + i * out->most);
	}
}

void model_pieces(const struct model *m, struct tape *t, const struct batch *b, int most,
		  struct piece_answers *out)
{
	const struct head_kind *head = model_head(m, b);
	int V = m->cfg.vocab, w, bias;
	struct arena *a = &t->arena;
	struct asked_rows asked;
	struct ten *x;
	float *logits;

	BUG_IF(!head->says_pieces || most < 1 || most > V);
	pieces_asked(t, b, &asked);
	*out = (struct piece_answers){ .n = asked.n, .most = most, .row = asked.row };
	out->loss = arena_alloc(a, ((size_t)asked.n + 1) * sizeof *out->loss);
	out->p = arena_alloc(a, ((size_t)asked.n + 1) * sizeof *out->p);
	out->best = arena_alloc(a, (size_t)(asked.n * most + 1) * sizeof *out->best);
	out->best_p = arena_alloc(a, (size_t)(asked.n * most + 1) * sizeof *out->best_p);
	if (!asked.n)
		return;
	x = head->states(m, t, b, 0.0f, &asked, &w, &bias);
	logits = arena_alloc(a, (size_t)ROWS_AT_ONCE * (size_t)V * sizeof *logits);
	for (int i = 0; i < asked.n; i += ROWS_AT_ONCE) {
		int n = asked.n - i < ROWS_AT_ONCE ? asked.n - i : ROWS_AT_ONCE;

		infer_output(t, x->v + (size_t)i * (size_t)x->cols, n, w, bias, logits);
		answer_rows(&asked, i, n, V, logits, out);
	}
}
