/*
 * explain.c - attributions: one backward pass into scratch gradients, then forward
 * passes of copies that each lack a token, packed into micro-batches.
 */
#include "ask/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "base/json.h"
#include "base/mem.h"
#include "session/workers.h"
#include "tensor/kernels.h"
#include "text/utf8.h"

enum { PACK_TOKENS = 512 }; /* of a micro-batch of copies */

struct explain {
	struct session *s;
	int task;
	const struct plan_task *plan;
	const struct ask_kind *kind;
	const char *text, *pair;
	int32_t *ids;             /* [2 * max_source] */
	struct token_span *spans; /* [2 * max_source] */
	struct example ex;
	struct layout at;
	struct grads *grads;      /* scratch */
	int n_out;                /* labels, or 1 */
	double *p;                /* [n_out] */
	float *score;             /* [n_ids] gradient x input */
	int pred;
	int n_hidden, per_job;
	int *hidden;              /* [n_hidden] which ids are occluded, ascending */
	float *drop;              /* [n_ids] NaN: not occluded */
};

static struct batch batch_of(const struct explain *e, struct worker *w,
			     const struct example *ex, int n)
{
	struct batch b;

	batch_build_examples(&b, &w->tape.arena, e->plan->kind, e->task, ex, n, 0,
			     tokenizer_start(e->s->tok));
	return b;
}

/* --- gradient x input --- */

static void run_gradient(struct worker *w, int job, void *arg)
{
	struct explain *e = arg;
	float *score;
	double *p;
	struct batch b;

	(void)job;
	tape_begin(&w->tape, e->grads, NULL);
	b = batch_of(e, w, &e->ex, 1);
	model_attribute(e->s->model, &w->tape, &b, &p, &score);
	memcpy(e->p, p, (size_t)e->n_out * sizeof *p);
	memcpy(e->score, score, (size_t)e->ex.n_ids * sizeof *score);
	tape_begin(&w->tape, NULL, NULL); /* nothing of the scratch stays behind */
	e->pred = k_greatest(e->n_out, e->p);
}

/* --- occlusion --- */

static int most_hidden(const struct explain *e)
{
	double n = EXPLAIN_FLOPS / model_predict_flops(e->s->model, e->task, e->ex.n_ids);

	return n > EXPLAIN_TOKENS ? EXPLAIN_TOKENS :
	       n < EXPLAIN_FEWEST ? EXPLAIN_FEWEST : (int)n;
}

struct ranked {
	float size;
	int i;
};

/* Numbers that are none come last. */
static int by_size(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->i - y->i;
}

static int by_place(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void choose_hidden(struct explain *e)
{
	struct ranked *r = xcalloc((size_t)e->ex.n_ids, sizeof *r);
	int n = 0, most = most_hidden(e);

	for (int i = 0; i < e->ex.n_ids; i++)
		if (layout_is_text(&e->at, i))
			r[n++] = (struct ranked){ isfinite(e->score[i]) ?
						  fabsf(e->score[i]) : -1.0f, i };
	qsort(r, (size_t)n, sizeof *r, by_size);
	e->n_hidden = n < most ? n : most;
	for (int k = 0; k < e->n_hidden; k++)
		e->hidden[k] = r[k].i;
	qsort(e->hidden, (size_t)e->n_hidden, sizeof *e->hidden, by_place);
	e->per_job = PACK_TOKENS / e->ex.n_ids;
	e->per_job = e->per_job < 1 ? 1 : e->per_job;
	xfree(r);
}

static void run_occluded(struct worker *w, int job, void *arg)
{
	struct explain *e = arg;
	int from = job * e->per_job, n = e->n_hidden - from;
	size_t len = (size_t)e->ex.n_ids;
	struct example *ex;
	struct batch b;
	int32_t *ids;
	double *p;

	n = n < e->per_job ? n : e->per_job;
	tape_begin(&w->tape, NULL, NULL);
	ex = arena_alloc(&w->tape.arena, (size_t)n * sizeof *ex);
	ids = arena_alloc(&w->tape.arena, (size_t)n * len * sizeof *ids);
	for (int k = 0; k < n; k++) {
		int32_t *copy = ids + (size_t)k * len;

		memcpy(copy, e->ex.ids, len * sizeof *copy);
		copy[e->hidden[from + k]] = tokenizer_hidden(e->s->tok);
		ex[k] = e->ex;
		ex[k].ids = copy;
	}
	b = batch_of(e, w, ex, n);
	model_predict(e->s->model, &w->tape, &b, &p);
	for (int k = 0; k < n; k++)
		e->drop[e->hidden[from + k]] =
			(float)(e->p[e->pred] - p[k * e->n_out + e->pred]);
}

/* --- the answer --- */

static void put_pieces(const struct explain *e, struct json_out *j)
{
	json_open(j, "pieces", '[');
	for (int i = 0; i < e->ex.n_ids; i++)
		if (layout_is_text(&e->at, i))
			json_put_str(j, NULL, tokenizer_piece(e->s->tok, e->ex.ids[i]));
	json_close(j, ']');
	json_open(j, "offsets", '[');
	for (int i = 0; i < e->ex.n_ids; i++)
		if (layout_is_text(&e->at, i)) {
			json_open(j, NULL, '[');
			json_put_int(j, NULL, e->spans[i].start);
			json_put_int(j, NULL, e->spans[i].end);
			json_close(j, ']');
		}
	json_close(j, ']');
	json_open(j, "words", '[');
	for (int i = 0; i < e->ex.n_ids; i++)
		if (layout_is_text(&e->at, i))
			json_put_int(j, NULL, e->spans[i].word);
	json_close(j, ']');
	json_put_int(j, "second", e->at.len[0]);
	json_put_int(j, "left_out", layout_lost(&e->at));
}

static void put_values(const struct explain *e, struct json_out *j, const char *name,
		       const float *v)
{
	json_open(j, name, '[');
	for (int i = 0; i < e->ex.n_ids; i++)
		if (layout_is_text(&e->at, i))
			json_put_num(j, NULL, (double)v[i]);
	json_close(j, ']');
}

static void put_answer(const struct explain *e, struct buf *json)
{
	struct json_out j;

	json_out_init(&j, json, 0);
	json_open(&j, NULL, '{');
	json_put_str(&j, "task", e->plan->name);
	json_put_str(&j, "kind", task_kind_name(e->plan->kind));
	json_put_str(&j, "text", e->text);
	if (layout_has(&e->at, 1))
		json_put_str(&j, "pair", e->pair);
	put_pieces(e, &j);
	e->kind->put_explained(e->s, e->task, e->p, e->pred, &j);
	put_values(e, &j, "gradient_x_input", e->score);
	put_values(e, &j, "occlusion", e->drop);
	json_put_int(&j, "occluded", e->n_hidden);
	json_put_str(&j, "mask", tokenizer_piece(e->s->tok,
		     tokenizer_hidden(e->s->tok)));
	json_close(&j, '}');
}

/* --- from the text to the answer --- */

static void attribute(struct explain *e)
{
	size_t n = (size_t)e->ex.n_ids;

	e->n_out = e->kind->outputs(e->s, e->task);
	e->p = xcalloc((size_t)e->n_out, sizeof *e->p);
	e->score = xcalloc(n, sizeof *e->score);
	e->drop = xcalloc(n, sizeof *e->drop);
	e->hidden = xcalloc(n, sizeof *e->hidden);
	for (size_t i = 0; i < n; i++)
		e->drop[i] = NAN;
	e->grads = grads_new(&e->s->params);
	workers_run(e->s->workers, 1, run_gradient, e);
	grads_free(e->grads);
	choose_hidden(e);
	workers_run(e->s->workers, (e->n_hidden + e->per_job - 1) / e->per_job,
		    run_occluded, e);
}

enum status explain_text(struct session *s, int task, const char *text,
			 const char *pair, struct buf *json, struct err *err)
{
	struct explain e = { .s = s, .task = task, .plan = &s->plan->tasks[task],
			     .text = text, .pair = pair };
	size_t room = 2 * (size_t)e.plan->max_source;
	enum status st = ST_OK;

	e.kind = ask_kind(e.plan->kind);
	if (e.kind->unexplained)
		return err_set(err, ST_INVALID, "task '%s' %s: there is no one answer to "
			       "explain", e.plan->name, e.kind->unexplained);
	if (!utf8_valid(text, strlen(text)) || (pair && !utf8_valid(pair, strlen(pair))))
		return err_set(err, ST_INVALID, "the text is not valid UTF-8");
	e.ids = xcalloc(room, sizeof *e.ids);
	e.spans = xcalloc(room, sizeof *e.spans);
	e.at = eval_encode(s, task, text, pair, e.ids, e.spans, &e.ex);
	if (e.at.len[0] + e.at.len[1] == 0) {
		st = err_set(err, ST_INVALID, "the text has no tokens");
	} else {
		session_look(s);
		attribute(&e);
		put_answer(&e, json);
	}
	xfree(e.ids);
	xfree(e.spans);
	xfree(e.p);
	xfree(e.score);
	xfree(e.drop);
	xfree(e.hidden);
	return st;
}
