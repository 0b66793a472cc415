/*
 * ask_pieces.c - see ask_pieces.h.
 */
#include "ask/ask_pieces.h"

#include <math.h>

#include "ask/evaluate_internal.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/data_kind.h"
#include "session/workers.h"

enum { COUNT, RIGHT, VALUES };
enum { BASELINE_ROWS = 1 << 16 }; /* of train, spread: enough for frequencies */

int pieces_count(const struct prediction *p)
{
	return p->n == VALUES ? (int)p->v[COUNT] : 0;
}

int pieces_right(const struct prediction *p)
{
	return p->n == VALUES ? (int)p->v[RIGHT] : 0;
}

void pieces_set(struct prediction *p, int n, int right)
{
	double *v = prediction_values(p, VALUES);

	v[COUNT] = n;
	v[RIGHT] = right;
}

/* --- outcomes --- */

static const char *piece(const struct ask_batch *a, int32_t id)
{
	bool is_one = id >= 0 && id < tokenizer_size(a->s->tok);

	return tokenizer_piece(a->s->tok, is_one ? id : tokenizer_stand_in(a->s->tok));
}

/* Thousandths of a thousandth are enough, and short to keep. */
static double short_p(float p)
{
	return floor((double)p * 1e6 + 0.5) / 1e6;
}

/* Of row i of the batch: its answers are number from .. end. */
static char *detail(const struct ask_batch *a, int i, const struct piece_answers *x,
		    int from, int end)
{
	const struct batch *b = &a->b;
	struct json_out j;
	struct buf out;

	buf_init(&out);
	json_out_init(&j, &out, 0);
	json_open(&j, NULL, '{');
	json_open(&j, "pieces", '[');
	for (int k = b->off[i]; k < b->off[i + 1]; k++)
		json_put_str(&j, NULL, piece(a, b->ids[k]));
	json_close(&j, ']');
	json_open(&j, "hidden", '[');
	for (int k = from; k < end; k++) {
		json_open(&j, NULL, '[');
		json_put_int(&j, NULL, x->row[k] - b->off[i]);
		json_put_str(&j, NULL, piece(a, b->ids_out[x->row[k]]));
		json_put_num(&j, NULL, short_p(x->p[k]));
		json_put_str(&j, NULL, piece(a, x->best[k]));
		json_put_num(&j, NULL, short_p(x->best_p[k]));
		json_close(&j, ']');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	return buf_take(&out);
}

void pieces_answer(const struct ask_batch *a)
{
	struct piece_answers x;
	int k = 0;

	model_pieces(a->s->model, &a->w->tape, &a->b, 1, &x);
	for (int i = 0; i < a->n; i++) {
		struct outcome *o = a->out[i];
		int from = k, right = 0;
		double loss = 0;

		for (; k < x.n && x.row[k] < a->b.off[i + 1]; k++) {
			right += x.best[k] == a->b.ids_out[x.row[k]];
			loss += x.loss[k];
		}
		pieces_set(&o->p, k - from, right);
		o->weight = k - from;
		o->p.loss = k > from ? loss / (k - from) : 0;
		if (a->detail[i])
			o->p.detail = detail(a, i, &x, from, k);
	}
}

/* --- scores --- */

struct counts {
	double asked, right;
};

void pieces_begin(struct gather *g)
{
	g->own = xcalloc(1, sizeof(struct counts));
}

void pieces_add(struct gather *g, const struct outcome *o)
{
	struct counts *c = g->own;

	c->asked += pieces_count(&o->p);
	c->right += pieces_right(&o->p);
}

double pieces_metric(const struct gather *g, enum metric_id m)
{
	const struct counts *c = g->own;

	if (m == METRIC_PERPLEXITY)
		return metric_perplexity(gather_loss(g));
	return c->asked > 0 ? c->right / c->asked : (double)NAN;
}

void pieces_end(struct gather *g)
{
	xfree(g->own);
}

double pieces_said(const struct prediction *p, enum metric_id m)
{
	(void)m;
	return pieces_count(p) ? (double)pieces_right(p) / pieces_count(p) : (double)NAN;
}

/* --- the baseline --- */

struct frequencies {
	double *n, sum;  /* [size] */
	int size, most;
};

static void count_pieces(const struct dataset *d, struct frequencies *f)
{
	uint64_t size = dataset_size(d), n = size < BASELINE_ROWS ? size : BASELINE_ROWS;
	struct example e;

	for (int i = 0; i < f->size; i++)
		f->n[i] = 1;
	f->sum = f->size;
	for (uint64_t k = 0; k < n; k++) {
		dataset_get(d, eval_spread(size, n, k), &e);
		for (int i = 0; i < e.n_ids; i++)
			f->n[dataset_safe_id(d, e.ids[i])]++;
		f->sum += e.n_ids;
	}
}

/* What is never asked for, as no text has it, is no answer. */
static void leave_out_specials(const struct tokenizer *tok, bool says_end,
			       struct frequencies *f)
{
	for (int s = 0; s < TOK_SPECIALS; s++) {
		int32_t id = tokenizer_special(tok, (enum special)s);

		if (id < 0 || !(f->n[id] > 0) || (says_end && id == tokenizer_end(tok)))
			continue;
		f->sum -= f->n[id];
		f->n[id] = 0;
	}
	for (int i = 0; i < f->size; i++)
		f->most = f->n[i] > f->n[f->most] ? i : f->most;
}

/* The pieces of one dev row that are asked for, as every evaluation asks for them. */
static void say_commonest(const struct batch *b, const struct frequencies *f,
			  struct counts *c, double *loss)
{
	for (int i = 0; i < b->N; i++) {
		int32_t id = b->ids_out[i];

		if (id < 0)
			continue;
		c->asked++;
		c->right += id == f->most;
		*loss -= log(f->n[id] > 0 ? f->n[id] / f->sum : 1 / f->sum);
	}
}

void pieces_baseline(const struct session *s, int task, const struct dataset *dev,
		     struct eval_row *out)
{
	const struct session_task *t = &s->task[task];
	const struct plan_task *p = &s->plan->tasks[task];
	struct frequencies f = { .size = tokenizer_size(s->tok) };
	uint64_t n = (uint64_t)out->n_examples;
	struct counts c = { 0 };
	struct arena a;
	double loss = 0;

	f.n = xcalloc((size_t)f.size + 1, sizeof *f.n);
	count_pieces(t->train ? t->train : dev, &f);
	leave_out_specials(s->tok, !data_kind(p->kind)->is_masked, &f);
	arena_init(&a);
	for (uint64_t k = 0; k < n; k++) {
		uint64_t row = eval_spread(dataset_size(dev), n, k);
		struct batch b;

		arena_reset(&a);
		batch_build(&b, &a, dev, task, &row, 1, 0, 0, tokenizer_start(s->tok));
		say_commonest(&b, &f, &c, &loss);
	}
	arena_release(&a);
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = p->metrics[k] == METRIC_PERPLEXITY ?
				       metric_perplexity(loss / c.asked) : c.right / c.asked;
	xfree(f.n);
}
