/*
 * beams.c - candidates of one text, for a person who looks on.
 */
#include "ask/beams.h"

#include <math.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "session/workers.h"
#include "text/utf8.h"

struct beams {
	struct session *s;
	int task;
	const char *text;
	double until;
	struct buf *answer;
};

static bool is_late(void *arg)
{
	const struct beams *b = arg;

	return clock_now() > b->until;
}

static void put_candidate(const struct session *s, const struct hypothesis *h,
			  struct json_out *j)
{
	struct buf text;

	buf_init(&text);
	tokenizer_decode(s->tok, h->ids, h->n, &text);
	json_open(j, NULL, '{');
	json_put_num(j, "score", (double)h->score);
	json_put_int(j, "pieces", h->n);
	json_put_str(j, "text", buf_str(&text));
	json_close(j, '}');
	buf_release(&text);
}

static void put_answer(const struct beams *b, const struct generation *g)
{
	struct json_out j;

	json_out_init(&j, b->answer, 0);
	json_open(&j, NULL, '{');
	json_put_str(&j, "task", b->s->plan->tasks[b->task].name);
	json_put_int(&j, "step", b->s->step);
	json_put_bool(&j, "whole", !g->stopped);
	json_open(&j, "beams", '[');
	for (int i = 0; i < g->beams; i++)
		if (isfinite(g->hyp[i].score))
			put_candidate(b->s, &g->hyp[i], &j);
	json_close(&j, ']');
	json_close(&j, '}');
}

static void search(struct worker *w, int job, void *arg)
{
	struct beams *b = arg;
	const struct plan_task *p = &b->s->plan->tasks[b->task];
	int32_t *ids = xcalloc(2 * (size_t)p->max_source, sizeof *ids);
	struct decode_config dc;
	struct example ex = { 0 };
	struct generation g;
	struct batch batch;

	(void)job;
	eval_encode(b->s, b->task, b->text, NULL, ids, NULL, &ex);
	tape_begin(&w->tape, NULL, NULL);
	batch_build_examples(&batch, &w->tape.arena, p->kind, b->task, &ex, 1, 0,
			     tokenizer_start(b->s->tok));
	eval_decode_config(b->s, b->task, &dc);
	dc.beams = dc.beams < BEAMS_LEAST ? BEAMS_LEAST :
		   dc.beams > BEAMS_MOST ? BEAMS_MOST : dc.beams;
	dc.stop = is_late;
	dc.arg = b;
	generation_init(&g);
	eval_decode(b->s, &dc, w, &batch, &g);
	put_answer(b, &g);
	generation_release(&g);
	xfree(ids);
}

enum status beams_answer(struct session *s, const struct command *c,
			 struct buf *answer, struct err *err)
{
	char name[TASK_NAME_MAX];
	size_t word = strcspn(c->arg[0], " \t");
	struct beams b = { .s = s, .text = c->arg[0] + word, .answer = answer,
			   .until = clock_now() + BEAMS_SECONDS };

	if (!str_format(name, sizeof name, "%.*s", (int)word, c->arg[0]))
		name[0] = '\0';
	b.task = plan_task_find(s->plan, name);
	if (b.task < 0)
		return err_set(err, ST_NOT_FOUND, "no task '%.40s' in the plan", name);
	if (!ask_kind(s->plan->tasks[b.task].kind)->decodes)
		return err_set(err, ST_INVALID, "task '%s' writes no summaries", name);
	b.text += strspn(b.text, " \t");
	if (!*b.text)
		return err_set(err, ST_INVALID, "no text: %s", c->row->usage);
	if (!utf8_valid(b.text, strlen(b.text)))
		return err_set(err, ST_INVALID, "the text is not valid UTF-8");
	session_look(s);
	workers_run(s->workers, 1, search, &b);
	return ST_OK;
}
