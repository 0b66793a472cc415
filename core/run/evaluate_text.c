/*
 * evaluate_text.c - "try a text": what the tasks say of it, as JSON.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "run/evaluate_internal.h"
#include "run/workers.h"
#include "text/utf8.h"

struct try_text {
	struct session *s;
	int task;
	const char *text, *pair;
	struct json_out *j;
};

/* [CLS] text [SEP] or [CLS] text [SEP] pair [SEP], within the task's limit. */
static void encode(const struct try_text *t, int32_t *ids, struct example *ex)
{
	const struct tokenizer *tok = t->s->tok;
	int cap = t->s->plan->tasks[t->task].max_source, n = 0, room;
	bool has_pair = t->pair && t->pair[0];

	ids[n++] = tokenizer_special(tok, TOK_CLS);
	room = cap - 2 - has_pair;
	n += tokenizer_encode(tok, t->text, strlen(t->text), ids + n, NULL, room, NULL);
	ids[n++] = tokenizer_special(tok, TOK_SEP);
	ex->second = n;
	if (has_pair) {
		n += tokenizer_encode(tok, t->pair, strlen(t->pair), ids + n, NULL,
				      cap - 1 - n, NULL);
		ids[n++] = tokenizer_special(tok, TOK_SEP);
	}
	ex->ids = ids;
	ex->n_ids = n;
	ex->label = -1;
}

static void put_labels(const struct try_text *t, const float *p)
{
	const struct session_task *st = &t->s->task[t->task];
	int best = 0;

	for (int k = 1; k < st->n_labels; k++)
		best = p[k] > p[best] ? k : best;
	json_put_str(t->j, "label", st->labels[best]);
	json_open(t->j, "p", '{');
	for (int k = 0; k < st->n_labels; k++)
		json_put_num(t->j, st->labels[k], (double)p[k]);
	json_close(t->j, '}');
}

static void put_summary(const struct try_text *t, struct worker *w,
			const struct batch *b, const struct example *ex)
{
	struct generation g;
	struct buf text;

	generation_init(&g);
	buf_init(&text);
	eval_generate(t->s, t->task, false, w, b, &g);
	tokenizer_decode(t->s->tok, g.hyp[0].ids, g.hyp[0].n, &text);
	json_put_str(t->j, "text", buf_str(&text));
	eval_detail(t->s, &g.hyp[0], ex->ids, ex->n_ids, t->j);
	buf_release(&text);
	generation_release(&g);
}

static void run_text(struct worker *w, int job, void *arg)
{
	const struct try_text *t = arg;
	const struct plan_task *p = &t->s->plan->tasks[t->task];
	int32_t *ids = xcalloc((size_t)p->max_source + 4, sizeof *ids);
	struct example ex = { 0 };
	struct batch b;
	float *out;

	(void)job;
	encode(t, ids, &ex);
	tape_begin(&w->tape, NULL, NULL);
	batch_build_examples(&b, &w->tape.arena, p->kind, t->task, &ex, 1, 0,
			     tokenizer_special(t->s->tok, TOK_CLS));
	json_open(t->j, p->name, '{');
	json_put_str(t->j, "kind", task_kind_name(p->kind));
	if (p->kind == TASK_SUMMARIZE) {
		put_summary(t, w, &b, &ex);
	} else {
		model_predict(t->s->model, &w->tape, &b, &out);
		if (p->kind == TASK_CLASSIFY)
			put_labels(t, out);
		else
			json_put_num(t->j, "value", (double)out[0]);
	}
	json_close(t->j, '}');
	xfree(ids);
}

enum status evaluate_text(struct session *s, int task, const char *text,
			  const char *pair, struct buf *json, struct err *err)
{
	struct json_out j;
	struct try_text t = { .s = s, .text = text, .pair = pair, .j = &j };

	if (!utf8_valid(text, strlen(text)) || (pair && !utf8_valid(pair, strlen(pair))))
		return err_set(err, ST_INVALID, "the text is not valid UTF-8");
	json_out_init(&j, json, 0);
	json_open(&j, NULL, '{');
	json_open(&j, "tasks", '{');
	for (int i = 0; i < s->n_tasks; i++) {
		if (task >= 0 && i != task)
			continue;
		t.task = i;
		workers_run(s->workers, 1, run_text, &t);
	}
	json_close(&j, '}');
	json_close(&j, '}');
	return ST_OK;
}
