/*
 * text_scores.c - see text_scores.h.
 *
 * Scores of all texts come from one pass: the prompt's rows once, then a branch for each
 * text (op_branch_attention), of which the last piece is only predicted.
 */
#include "model/text_scores.h"

#include <string.h>

#include "base/mem.h"
#include "model/lm.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

/* Text k: ids[off[k]] .. ids[off[k + 1]]. */
struct texts {
	int n;
	int32_t *ids;
	int *off; /* [n + 1] */
};

static const struct texts *texts_of(const struct model *m, const struct batch *b)
{
	return m->head[b->task];
}

/* --- checks and parameters --- */

static int text_len(const struct model_task *t, int k)
{
	return t->text_off[k + 1] - t->text_off[k];
}

static bool is_same_text(const struct model_task *t, int a, int b)
{
	return text_len(t, a) == text_len(t, b) &&
	       !memcmp(t->text + t->text_off[a], t->text + t->text_off[b],
		       (size_t)text_len(t, a) * sizeof *t->text);
}

enum status text_scores_check(const struct model_task *task, int n, const char *what,
			      struct err *err)
{
	if (!task->text)
		return err_set(err, ST_INVALID, "task '%s' has no texts for its %ss",
			       task->name, what);
	for (int k = 0; k < n; k++) {
		if (text_len(task, k) < 1 || text_len(task, k) > LABEL_PIECES_MAX)
			return err_set(err, ST_INVALID, "task '%s': the text of %s %d has "
				       "%d pieces, not 1 to %d", task->name, what, k + 1,
				       text_len(task, k), (int)LABEL_PIECES_MAX);
		for (int i = 0; i < k; i++)
			if (is_same_text(task, i, k))
				return err_set(err, ST_INVALID, "task '%s': %ss %d and %d "
					       "are one text", task->name, what, i + 1,
					       k + 1);
	}
	return ST_OK;
}

void *text_scores_declare(struct build *own, const struct model_task *task, int n_texts)
{
	struct arena *a = &own->m->arena;
	struct texts *x = arena_alloc(a, sizeof *x);
	size_t n = (size_t)n_texts + 1, ids = (size_t)task->text_off[n_texts];

	x->n = n_texts;
	x->off = arena_alloc(a, n * sizeof *x->off);
	x->ids = arena_alloc(a, (ids + 1) * sizeof *x->ids);
	memcpy(x->off, task->text_off, n * sizeof *x->off);
	memcpy(x->ids, task->text, ids * sizeof *x->ids);
	return x;
}

/* --- in training --- */

/* The batch with text which[e] as row e's target; -1: it has none. */
static void said_batch(struct arena *a, const struct batch *b, const struct texts *x,
		       const int32_t *which, struct batch *said)
{
	size_t most = (size_t)b->B * LABEL_PIECES_MAX + 1;
	int32_t *in = arena_alloc(a, most * sizeof *in), *out, *pos;
	int *off = arena_alloc(a, ((size_t)b->B + 1) * sizeof *off), n = 0;

	out = arena_alloc(a, most * sizeof *out);
	pos = arena_alloc(a, most * sizeof *pos);
	off[0] = 0;
	for (int e = 0; e < b->B; e++) {
		int k = which[e];

		for (int i = 0; k >= 0 && i < x->off[k + 1] - x->off[k]; i++, n++) {
			out[n] = x->ids[x->off[k] + i];
			in[n] = i ? out[n - 1] : 0; /* no start piece: never read */
			pos[n] = i;
		}
		off[e + 1] = n;
	}
	*said = *b;
	said->T = n;
	said->dec_in = in;
	said->dec_out = out;
	said->dec_pos = pos;
	said->dec_off = off;
}

struct loss text_scores_loss(const struct model *m, struct tape *t, const struct batch *b,
			     const int32_t *which, float p_drop)
{
	struct batch said;

	said_batch(&t->arena, b, texts_of(m, b), which, &said);
	return lm_loss(m, t, &said, LM_EXAMPLES, p_drop, m->task[b->task].smoothing, NULL);
}

/* --- scores of all texts --- */

/* The prompts' rows [N], then for each prompt a branch for each text. */
struct branched {
	int n, asks;
	int32_t *ids, *pos, *seg;
	int *branch_off, *of;  /* [B * texts + 1], [B * texts] */
	int *asking;           /* [asks] rows from which pieces are predicted */
	int32_t *target;       /* [asks] which */
	int *text_off;         /* [B * texts + 1] each text's asks */
};

/* Text k behind prompt e: all its pieces are predicted, all but the last are read. */
static void add_branch(const struct batch *b, const struct texts *x, int e, int k,
		       struct branched *l)
{
	int branch = e * x->n + k, len = x->off[k + 1] - x->off[k];
	int places = b->off[e + 1] - b->off[e];

	for (int i = 0; i < len; i++) {
		l->asking[l->asks] = i ? l->n - 1 : b->off[e + 1] - 1;
		l->target[l->asks++] = x->ids[x->off[k] + i];
		if (i + 1 == len)
			break;
		l->ids[l->n] = x->ids[x->off[k] + i];
		l->pos[l->n] = places + i;
		l->seg[l->n++] = 0;
	}
	l->of[branch] = e;
	l->branch_off[branch + 1] = l->n - b->N;
	l->text_off[branch + 1] = l->asks;
}

static struct branched branch_out(struct arena *a, const struct batch *b,
				  const struct texts *x)
{
	size_t branches = (size_t)b->B * (size_t)x->n + 1;
	size_t asks = (size_t)b->B * (size_t)x->off[x->n] + 1, n = (size_t)b->N + asks;
	struct branched l = {
		.n = b->N,
		.ids = arena_alloc(a, n * sizeof *l.ids),
		.pos = arena_alloc(a, n * sizeof *l.pos),
		.seg = arena_alloc(a, n * sizeof *l.seg),
		.branch_off = arena_zalloc(a, branches * sizeof *l.branch_off),
		.of = arena_alloc(a, branches * sizeof *l.of),
		.asking = arena_alloc(a, asks * sizeof *l.asking),
		.target = arena_alloc(a, asks * sizeof *l.target),
		.text_off = arena_zalloc(a, branches * sizeof *l.text_off),
	};

	memcpy(l.ids, b->ids, (size_t)b->N * sizeof *l.ids);
	memcpy(l.pos, b->pos, (size_t)b->N * sizeof *l.pos);
	memcpy(l.seg, b->seg, (size_t)b->N * sizeof *l.seg);
	for (int e = 0; e < b->B; e++)
		for (int k = 0; k < x->n; k++)
			add_branch(b, x, e, k, &l);
	return l;
}

static struct ten *branched_rows(const struct model *m, struct tape *t,
				 const struct batch *b, const struct branched *l,
				 float p_drop, struct ten **embedded)
{
	struct places in = { l->n, l->ids, l->pos, l->seg };
	struct stream s = { .t = t, .cfg = &m->cfg, .p_drop = p_drop,
			    .stack = m->trunk->stack(m, b->task) };
	struct branches *rows = arena_alloc(&t->arena, sizeof *rows);
	struct ten *x = m->trunk->embed(m, t, &in);

	*rows = (struct branches){ { b->B, b->off },
				   { b->B * texts_of(m, b)->n, l->branch_off }, l->of };
	if (embedded) /* the first N are the source's: what is asked for */
		*embedded = x;
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++) {
		stream_layer_begin(&s);
		stream_branches(&s, i, rows);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return op_rows(t, s.h, l->asking, l->asks);
}

/* y [texts] += log softmax of the logits at each text's first piece, by its length. */
static void add_log_probs(const struct texts *x, int V, float *logits, float *y)
{
	float top = k_logits_max(V, logits, NULL);
	double all = (double)top + v_logd(k_exp_sum_of(V, logits, top));

	for (int k = 0; k < x->n; k++)
		y[k] += (float)(((double)logits[x->ids[x->off[k]]] - all) /
				(x->off[k + 1] - x->off[k]));
}

enum { ENDS_AT_ONCE = 32 };

/*
 * All texts' first pieces are predicted from one row, the prompt's last: its logits, made
 * once, are added to the means y [B, texts] of what is predicted behind it.
 */
static void add_first(const struct model *m, struct tape *t, const struct branched *l,
		      const struct texts *x, const struct ten *asking, struct ten *y)
{
	size_t C = (size_t)asking->cols, V = (size_t)m->cfg.vocab;
	struct arena_mark mark = arena_mark(&t->arena);
	float *end = arena_alloc(&t->arena, ENDS_AT_ONCE * C * sizeof *end);
	float *logits = arena_alloc(&t->arena, ENDS_AT_ONCE * V * sizeof *logits);

	for (int from = 0, n; from < y->rows; from += n) {
		n = y->rows - from < ENDS_AT_ONCE ? y->rows - from : ENDS_AT_ONCE;
		for (int i = 0; i < n; i++)
			memcpy(end + (size_t)i * C,
			       asking->v + (size_t)l->text_off[(from + i) * x->n] * C,
			       C * sizeof *end);
		infer_output(t, end, n, m->token, PARAM_NONE, logits);
		for (int i = 0; i < n; i++)
			add_log_probs(x, m->cfg.vocab, logits + (size_t)i * V,
				      y->v + (from + i) * x->n);
	}
	arena_rewind(&t->arena, mark);
}

/* [B, texts] of a batch, all at once. */
static struct ten *scores_of(const struct model *m, struct tape *t, const struct batch *b,
			     float p_drop, struct ten **embedded)
{
	const struct texts *x = texts_of(m, b);
	struct branched *l = arena_alloc(&t->arena, sizeof *l);
	struct ragged *of_text = arena_alloc(&t->arena, sizeof *of_text);
	bool firsts = !t->grads; /* apart: no gradient flows through them */
	struct ten *asking, *y;

	*l = branch_out(&t->arena, b, x);
	for (int i = 0; i < b->B * x->n && firsts; i++)
		l->target[l->text_off[i]] = -1;
	asking = branched_rows(m, t, b, l, p_drop, embedded);
	y = op_log_probs(t, asking, m->token, PARAM_NONE, l->target);
	*of_text = (struct ragged){ b->B * x->n, l->text_off };
	y = op_pool(t, y, of_text, POOL_MEAN);
	y->rows = b->B; /* the same numbers in the same order */
	y->cols = x->n;
	if (firsts)
		add_first(m, t, l, x, asking, y);
	return y;
}

enum { ROWS_AT_ONCE = 4096 };

/* Of the examples from `from` on as many as there is room for; returns the next one. */
static int some_examples(struct arena *a, const struct batch *b, int texts, int from,
			 struct batch *some)
{
	int *off = arena_alloc(a, ((size_t)b->B + 2) * sizeof *off);
	int at = b->off[from], e = from;

	off[0] = 0;
	do {
		e++;
		off[e - from] = b->off[e] - at;
	} while (e < b->B && b->off[e + 1] - at + (e + 1 - from) * texts <= ROWS_AT_ONCE);
	*some = *b;
	some->B = e - from;
	some->N = off[some->B];
	some->ids = b->ids + at;
	some->pos = b->pos + at;
	some->seg = b->seg + at;
	some->off = off;
	return e;
}

struct ten *text_scores(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop, struct ten **embedded)
{
	const struct texts *x = texts_of(m, b);
	struct ten *y;

	if (t->grads || embedded)
		return scores_of(m, t, b, p_drop, embedded);
	y = tape_ten(t, b->B, x->n);
	for (int e = 0; e < b->B;) {
		struct arena_mark mark = arena_mark(&t->arena);
		struct batch some;
		int next = some_examples(&t->arena, b, x->off[x->n], e, &some);
		const struct ten *of = scores_of(m, t, &some, p_drop, NULL);

		memcpy(y->v + e * x->n, of->v,
		       (size_t)some.B * (size_t)x->n * sizeof *y->v);
		arena_rewind(&t->arena, mark);
		e = next;
	}
	return y;
}

/* --- what it costs --- */

double text_scores_flops(const struct model *m, int task, double n, double t)
{
	const struct texts *x = m->head[task];

	(void)t;
	return lm_flops(m, n, (double)x->off[x->n] / x->n);
}

/* A branch for each text; its first piece is predicted with all others' at once. */
double text_scores_score_flops(const struct model *m, int task, double n)
{
	const struct texts *x = m->head[task];
	double flops = 0, predicted = 1;

	for (int k = 0; k < x->n; k++) {
		int len = x->off[k + 1] - x->off[k];

		flops += continuation_flops(m, lm_way, n, len, true);
		predicted += len - 1;
	}
	return flops + 2.0 * m->cfg.dim * m->cfg.vocab * predicted;
}
