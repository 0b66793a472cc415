/*
 * text_scores.c - see text_scores.h.
 *
 * Scores of all texts come from one pass: the prompt's rows once, then what the texts
 * begin with, each beginning once (op_tree_attention). A text's last piece is only
 * predicted, and so are all pieces behind one beginning from one row.
 */
#include "model/text_scores.h"

#include <string.h>

#include "base/mem.h"
#include "model/lm.h"

/*
 * Text k: ids[off[k]] .. ids[off[k + 1]]. Beginnings that something follows have a row
 * each, a longer one behind the shorter one. What is predicted, each once, is an ask:
 * from the prompt (beginning -1) or from a beginning, in this order.
 */
struct texts {
	int n;
	int32_t *ids;
	int *off;       /* [n + 1] */
	int rows, asks, depth;
	int32_t *piece; /* [rows] the last of each beginning */
	int *parent;    /* [rows] the beginning before it; -1: the prompt */
	int *place;     /* [rows] behind the prompt */
	int *from;      /* [asks] beginning */
	int32_t *asked; /* [asks] piece */
	int *ask;       /* [off[n]] of each text's pieces */
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

/* The beginning that goes on from `parent` with `piece`: as it is, or a new one. */
static int beginning(struct texts *x, int parent, int32_t piece)
{
	int i = parent + 1;

	while (i < x->rows && (x->parent[i] != parent || x->piece[i] != piece))
		i++;
	if (i < x->rows)
		return i;
	x->parent[i] = parent;
	x->piece[i] = piece;
	x->place[i] = parent < 0 ? 0 : x->place[parent] + 1;
	x->depth = x->place[i] >= x->depth ? x->place[i] + 1 : x->depth;
	return x->rows++;
}

/* That `piece` is asked of beginning `from`, whose asks begin at `first`. */
static int ask_for(struct texts *x, int first, int from, int32_t piece)
{
	int i = first;

	while (i < x->asks && x->asked[i] != piece)
		i++;
	if (i < x->asks)
		return i;
	x->from[i] = from;
	x->asked[i] = piece;
	return x->asks++;
}

/* behind [off[n]]: the beginning that each piece is behind. */
static void find_asks(struct texts *x, const int *behind)
{
	for (int from = -1; from < x->rows; from++) {
		int first = x->asks;

		for (int i = 0; i < x->off[x->n]; i++)
			if (behind[i] == from)
				x->ask[i] = ask_for(x, first, from, x->ids[i]);
	}
}

static void find_beginnings(struct arena *a, struct texts *x)
{
	size_t n = (size_t)x->off[x->n] + 1;
	int *behind = arena_alloc(a, n * sizeof *behind);

	x->piece = arena_alloc(a, n * sizeof *x->piece);
	x->parent = arena_alloc(a, n * sizeof *x->parent);
	x->place = arena_alloc(a, n * sizeof *x->place);
	x->from = arena_alloc(a, n * sizeof *x->from);
	x->asked = arena_alloc(a, n * sizeof *x->asked);
	x->ask = arena_alloc(a, n * sizeof *x->ask);
	x->depth = 1;
	for (int k = 0; k < x->n; k++)
		for (int i = x->off[k], at = -1; i < x->off[k + 1]; i++) {
			behind[i] = at;
			if (i + 1 < x->off[k + 1])
				at = beginning(x, at, x->ids[i]);
		}
	find_asks(x, behind);
}

void *text_scores_declare(struct build *own, const struct model_task *task, int n_texts)
{
	struct arena *a = &own->m->arena;
	struct texts *x = arena_zalloc(a, sizeof *x);
	size_t n = (size_t)n_texts + 1, ids = (size_t)task->text_off[n_texts];

	x->n = n_texts;
	x->off = arena_alloc(a, n * sizeof *x->off);
	x->ids = arena_alloc(a, (ids + 1) * sizeof *x->ids);
	memcpy(x->off, task->text_off, n * sizeof *x->off);
	memcpy(x->ids, task->text, ids * sizeof *x->ids);
	find_beginnings(a, x);
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
	const struct model_task *task = &m->task[b->task];
	struct batch said;
	float *weight = NULL;

	if (task->class_weight) {
		weight = arena_alloc(&t->arena, ((size_t)b->B + 1) * sizeof *weight);
		for (int e = 0; e < b->B; e++)
			weight[e] = which[e] < 0 ? 1.0f : task->class_weight[which[e]];
	}
	said_batch(&t->arena, b, texts_of(m, b), which, &said);
	return lm_loss(m, t, &said, (struct lm_mean){ LM_EXAMPLES, weight }, p_drop,
		       task->smoothing, NULL);
}

/* --- scores of all texts --- */

/* The prompts' rows [N], then for each prompt those of the texts' beginnings. */
struct grown {
	int n;
	int32_t *ids, *pos, *seg;
	int *off, *parent;   /* [B + 1], [B * rows] */
	int *asking;         /* [B * (1 + rows)] rows from which pieces are predicted */
	int *of;             /* [B * asks] which of those */
	int32_t *piece;      /* [B * asks] */
	int *ask, *text_off; /* [B * off[texts]], [B * texts + 1] of each text's pieces */
};

/* The beginnings behind prompt e, and what is asked there. */
static void grow(const struct batch *b, const struct texts *x, int e, struct grown *l)
{
	int places = b->off[e + 1] - b->off[e], rows = 1 + x->rows;

	l->asking[e * rows] = b->off[e + 1] - 1;
	for (int i = 0; i < x->rows; i++) {
		l->asking[e * rows + 1 + i] = l->n;
		l->parent[e * x->rows + i] = x->parent[i];
		l->ids[l->n] = x->piece[i];
		l->pos[l->n] = places + x->place[i];
		l->seg[l->n++] = 0;
	}
	l->off[e + 1] = l->n - b->N;
	for (int i = 0; i < x->asks; i++) {
		l->of[e * x->asks + i] = e * rows + 1 + x->from[i];
		l->piece[e * x->asks + i] = x->asked[i];
	}
	for (int i = 0; i < x->off[x->n]; i++)
		l->ask[e * x->off[x->n] + i] = e * x->asks + x->ask[i];
	for (int k = 0; k < x->n; k++)
		l->text_off[e * x->n + k + 1] = e * x->off[x->n] + x->off[k + 1];
}

static struct grown grow_all(struct arena *a, const struct batch *b, const struct texts *x)
{
	size_t B = (size_t)b->B, rows = B * (size_t)x->rows, n = (size_t)b->N + rows + 1;
	size_t asks = B * (size_t)x->asks + 1, pieces = B * (size_t)x->off[x->n] + 1;
	struct grown l = {
		.n = b->N,
		.ids = arena_alloc(a, n * sizeof *l.ids),
		.pos = arena_alloc(a, n * sizeof *l.pos),
		.seg = arena_alloc(a, n * sizeof *l.seg),
		.off = arena_zalloc(a, (B + 1) * sizeof *l.off),
		.parent = arena_alloc(a, (rows + 1) * sizeof *l.parent),
		.asking = arena_alloc(a, (B + rows + 1) * sizeof *l.asking),
		.of = arena_alloc(a, asks * sizeof *l.of),
		.piece = arena_alloc(a, asks * sizeof *l.piece),
		.ask = arena_alloc(a, pieces * sizeof *l.ask),
		.text_off = arena_zalloc(a, (B * (size_t)x->n + 1) * sizeof *l.text_off),
	};

	memcpy(l.ids, b->ids, (size_t)b->N * sizeof *l.ids);
	memcpy(l.pos, b->pos, (size_t)b->N * sizeof *l.pos);
	memcpy(l.seg, b->seg, (size_t)b->N * sizeof *l.seg);
	for (int e = 0; e < b->B; e++)
		grow(b, x, e, &l);
	return l;
}

/* The states from which pieces are predicted: [B * (1 + rows), C]. */
static struct ten *grown_rows(const struct model *m, struct tape *t,
			      const struct batch *b, const struct grown *l, float p_drop,
			      struct ten **embedded)
{
	struct places in = { l->n, l->ids, l->pos, l->seg };
	struct stream s = { .t = t, .cfg = &m->cfg, .p_drop = p_drop,
			    .stack = m->trunk->stack(m, b->task) };
	struct trees *rows = arena_alloc(&t->arena, sizeof *rows);
	struct ten *x = m->trunk->embed(m, t, &in);

	*rows = (struct trees){ { b->B, b->off }, { b->B, l->off }, l->parent,
				texts_of(m, b)->depth };
	if (embedded) /* the first N are the source's: what is asked for */
		*embedded = x;
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++) {
		stream_layer_begin(&s);
		stream_trees(&s, i, rows);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return op_rows(t, s.h, l->asking, b->B * (1 + texts_of(m, b)->rows));
}

/* [B, texts] of a batch, all at once. */
static struct ten *scores_of(const struct model *m, struct tape *t, const struct batch *b,
			     float p_drop, struct ten **embedded)
{
	const struct texts *x = texts_of(m, b);
	struct grown *l = arena_alloc(&t->arena, sizeof *l);
	struct ragged *of_text = arena_alloc(&t->arena, sizeof *of_text);
	struct ten *y;

	*l = grow_all(&t->arena, b, x);
	y = grown_rows(m, t, b, l, p_drop, embedded);
	y = op_log_probs(t, y, m->token, PARAM_NONE, l->of, l->piece, b->B * x->asks);
	*of_text = (struct ragged){ b->B * x->n, l->text_off };
	y = op_pool(t, op_rows(t, y, l->ask, b->B * x->off[x->n]), of_text, POOL_MEAN);
	y->rows = b->B; /* the same numbers in the same order */
	y->cols = x->n;
	return y;
}

enum { ROWS_AT_ONCE = 4096 };

/* Of the examples from `from` on as many as there is room for; returns the next one. */
static int some_examples(struct arena *a, const struct batch *b, int rows, int from,
			 struct batch *some)
{
	int *off = arena_alloc(a, ((size_t)b->B + 2) * sizeof *off);
	int at = b->off[from], e = from;

	off[0] = 0;
	do {
		e++;
		off[e - from] = b->off[e] - at;
	} while (e < b->B && b->off[e + 1] - at + (e + 1 - from) * rows <= ROWS_AT_ONCE);
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
		int next = some_examples(&t->arena, b, x->rows, e, &some);
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
