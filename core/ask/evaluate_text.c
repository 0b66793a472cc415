/*
 * evaluate_text.c - decoding as a plan says, hypotheses as JSON, and "try a
 * text": what the tasks say of it.
 */
#include <math.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/data_kind.h"
#include "session/workers.h"
#include "text/utf8.h"

void eval_decode_config(const struct session *s, int task, struct decode_config *dc)
{
	const struct plan_task *p = &s->plan->tasks[task];
	int most = p->max_target - 1; /* places for pieces beside [SEP] */

	*dc = (struct decode_config){
		.beams = p->beams,
		.min_len = p->min_length,
		.max_len = p->max_length > 0 && p->max_length < most ? p->max_length : most,
		.length_penalty = (float)p->length_penalty,
		.no_repeat = p->no_repeat,
	};
	if (dc->min_len > dc->max_len)
		dc->min_len = dc->max_len;
}

/*
 * What no summary has: marks, and rows of a table from elsewhere that are no piece of the
 * tokenizer. *out in the arena.
 */
static int never_written(const struct session *s, struct arena *a, int32_t **out)
{
	int32_t marks[TOK_SPECIALS];
	int n = tokenizer_never_written(s->tok, marks), pieces = tokenizer_size(s->tok);
	int rows = model_config(s->model)->vocab;

	*out = arena_alloc(a, (size_t)(n + rows - pieces + 1) * sizeof **out);
	memcpy(*out, marks, (size_t)n * sizeof **out);
	for (int id = pieces; id < rows; id++)
		(*out)[n++] = id;
	return n;
}

void eval_decode(const struct session *s, const struct decode_config *dc,
		 struct worker *w, const struct batch *b, struct generation *g)
{
	int32_t *never;
	int n = never_written(s, &w->tape.arena, &never);

	model_generate(s->model, &w->tape, b, dc, tokenizer_start(s->tok),
		       tokenizer_end(s->tok), never, n, g);
}

void eval_generate(const struct session *s, int task, bool greedy, struct worker *w,
		   const struct batch *b, struct generation *g)
{
	struct decode_config dc;

	eval_decode_config(s, task, &dc);
	if (greedy)
		dc.beams = 1;
	dc.losses = b->T > 0;
	eval_decode(s, &dc, w, b, g);
}

/* Thousandths are enough to see, and short to keep. */
static void put_gaze(const struct gaze *g, struct json_out *j)
{
	json_open(j, NULL, '[');
	for (int k = 0; k < GAZES && g->at[k] >= 0; k++) {
		json_put_int(j, NULL, g->at[k]);
		json_put_num(j, NULL, (int)((double)g->share[k] * 1000 + .5) / 1000.0);
	}
	json_close(j, ']');
}

void eval_detail(const struct session *s, const struct hypothesis *h,
		 const int32_t *source, int n_source, struct json_out *j)
{
	bool copies = model_config(s->model)->copy;

	json_open(j, "pieces", '[');
	for (int i = 0; i < h->n; i++) {
		json_open(j, NULL, '[');
		json_put_str(j, NULL, tokenizer_piece(s->tok, h->ids[i]));
		json_put_num(j, NULL, (double)h->prob[i]);
		json_put_num(j, NULL, copies ? (double)h->gate[i] : NAN);
		json_put_int(j, NULL, h->from[i]);
		put_gaze(&h->look[i], j);
		json_close(j, ']');
	}
	json_close(j, ']');
	json_open(j, "source", '[');
	for (int i = 0; i < n_source; i++)
		json_put_str(j, NULL, tokenizer_piece(s->tok, source[i]));
	json_close(j, ']');
}

/* --- try a text --- */

struct try_text {
	struct session *s;
	int task;
	const char *text, *pair;
	bool detail;
	struct json_out *j;
};

struct layout eval_encode(const struct session *s, int task, const char *text,
			  const char *pair, int32_t *ids, struct token_span *spans,
			  struct example *ex)
{
	const struct plan_task *p = &s->plan->tasks[task];
	struct layout_words one = { text, strlen(text) }, two = { NULL, 0 };
	struct layout l;

	if (p->pair[0] && pair && pair[0])
		two = (struct layout_words){ pair, strlen(pair) };
	if (data_kind(p->kind)->has_marks)
		layout_masked(s->tok, plan_prompt(p), one, two, p->max_source, ids, spans, &l);
	else
		layout_prompted(s->tok, plan_prompt(p), one, two, p->max_source, ids, spans,
				&l);
	ex->ids = ids;
	ex->n_ids = l.n;
	ex->second = l.at[1];
	ex->label = ex->n_set = -1;
	return l;
}

/* The text's units, in the tape's arena. */
static void add_units(const struct try_text *t, const struct layout *l,
		      const struct token_span *spans, struct arena *a, struct example *ex)
{
	enum unit_kind how = (enum unit_kind)t->s->plan->tasks[t->task].unit;
	struct text_part *part = arena_alloc(a, UNITS_MAX * sizeof *part);
	struct unit_place *unit;

	ex->n_unit = text_units(how, t->text, strlen(t->text), part, UNITS_MAX);
	unit = arena_alloc(a, ((size_t)ex->n_unit + 1) * sizeof *unit);
	units_place(how, t->text, part, ex->n_unit, NULL, l, spans, unit);
	ex->unit = unit;
}

static void run_text(const struct try_text *t, struct worker *w)
{
	const struct plan_task *p = &t->s->plan->tasks[t->task];
	size_t cap = 2 * (size_t)p->max_source;
	int32_t *ids = xcalloc(cap, sizeof *ids);
	struct token_span *spans = xcalloc(cap, sizeof *spans);
	struct example ex = { .text = t->text, .text_len = (uint32_t)strlen(t->text) };
	struct layout l;
	struct batch b;

	l = eval_encode(t->s, t->task, t->text, t->pair, ids, spans, &ex);
	tape_begin(&w->tape, NULL, NULL);
	if (data_target(p->kind)->has_units)
		add_units(t, &l, spans, &w->tape.arena, &ex);
	batch_build_examples(&b, &w->tape.arena, p->kind, t->task, &ex, 1, 0,
			     tokenizer_start(t->s->tok));
	json_open(t->j, p->name, '{');
	json_put_str(t->j, "kind", task_kind_name(p->kind));
	ask_kind(p->kind)->put_answer(&(struct ask_text){
		.s = t->s, .task = t->task, .detail = t->detail, .w = w, .b = &b,
		.ex = &ex }, t->j);
	if (t->detail && layout_lost(&l) > 0)
		json_put_int(t->j, "left_out", layout_lost(&l));
	json_close(t->j, '}');
	xfree(spans);
	xfree(ids);
}

struct try_texts {
	struct session *s;
	int task;
	bool detail;
	const char *const *text, *const *pair;
	struct buf *json;
};

/* One text, by every task or the one that was asked. */
static void run_texts(struct worker *w, int job, void *arg)
{
	const struct try_texts *all = arg;
	struct json_out j;
	struct try_text t = { .s = all->s, .text = all->text[job],
			      .pair = all->pair[job], .detail = all->detail, .j = &j };

	json_out_init(&j, &all->json[job], 0);
	json_open(&j, NULL, '{');
	json_open(&j, "tasks", '{');
	for (t.task = 0; t.task < all->s->n_tasks; t.task++)
		if (all->task < 0 || t.task == all->task)
			run_text(&t, w);
	json_close(&j, '}');
	json_close(&j, '}');
}

enum status evaluate_text(struct session *s, int task, const char *text,
			  const char *pair, struct buf *json, struct err *err)
{
	struct try_texts all = { s, task, true, &text, &pair, json };

	if (!utf8_valid(text, strlen(text)) || (pair && !utf8_valid(pair, strlen(pair))))
		return err_set(err, ST_INVALID, "the text is not valid UTF-8");
	session_look(s);
	workers_run(s->workers, 1, run_texts, &all);
	return ST_OK;
}

void evaluate_texts(struct session *s, int task, int n, const char *const *text,
		    const char *const *pair, struct buf *json)
{
	struct try_texts all = { s, task, false, text, pair, json };

	session_look(s);
	workers_run(s->workers, n, run_texts, &all);
}
