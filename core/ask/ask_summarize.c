/*
 * ask_summarize.c - asking for a summary, or for what was taken out of a text: decoded
 * text beside the reference, scored by ROUGE. The baseline is the better of the first and
 * the longest three sentences.
 */
#include "ask/ask_summarize.h"

#include <math.h> /* NAN */
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/items.h"
#include "plan/plan_kind.h"
#include "session/workers.h"

double summary_score(const struct prediction *p, enum summary_score s)
{
	return prediction_value(p, (int)s);
}

void summary_set(struct prediction *p, const struct rouge *r)
{
	summary_put(prediction_values(p, SUMMARY_VALUES), r);
}

void summary_put(double *v, const struct rouge *r)
{
	const struct rouge_score *const all[] = { &r->r1, &r->r2, &r->rl, &r->rlsum };
	double *more = v + SUMMARY_SCORES;

	for (int i = 0; i < SUMMARY_SCORES; i++) {
		v[i] = all[i]->f1;
		more[2 * i] = all[i]->precision;
		more[2 * i + 1] = all[i]->recall;
	}
}

bool summary_rouge(const struct prediction *p, struct rouge *out)
{
	struct rouge_score *const all[] = { &out->r1, &out->r2, &out->rl, &out->rlsum };

	if (p->n < SUMMARY_VALUES)
		return false;
	for (int i = 0; i < SUMMARY_SCORES; i++) {
		const double *more = p->v + SUMMARY_SCORES + 2 * i;

		*all[i] = (struct rouge_score){ more[0], more[1], p->v[i] };
	}
	return true;
}

double summary_metric(const struct prediction *p, enum metric_id m)
{
	switch (m) {
	case METRIC_ROUGE1: return summary_score(p, SUMMARY_ROUGE1);
	case METRIC_ROUGE2: return summary_score(p, SUMMARY_ROUGE2);
	case METRIC_ROUGEL: return summary_score(p, SUMMARY_ROUGEL);
	case METRIC_ROUGELSUM: return summary_score(p, SUMMARY_ROUGELSUM);
	default: return NAN;
	}
}

/* --- outcomes --- */

static char *detail_text(const struct session *s, const struct hypothesis *h,
			 const struct example *ex)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	eval_detail(s, h, ex->ids, ex->n_ids, &j);
	json_close(&j, '}');
	return buf_take(&b);
}

static void score_summary(struct rouge_scorer *rs, const struct example *ex,
			  const char *text, struct prediction *p)
{
	char *reference = xstrndup(ex->target_text ? ex->target_text : "", ex->target_len);
	struct rouge r;

	rouge_score(rs, reference, text, &r);
	xfree(reference);
	summary_set(p, &r);
}

/* The summary of row i of the batch: text, scores, what is kept of it. */
static void take_summary(const struct ask_batch *a, int i, const struct hypothesis *h,
			 struct rouge_scorer *rs)
{
	struct outcome *o = a->out[i];
	struct example ex;
	struct buf text;

	dataset_get(a->data, a->row[i], &ex);
	buf_init(&text);
	tokenizer_decode(a->s->tok, h->ids, h->n, &text);
	score_summary(rs, &ex, buf_str(&text), &o->p);
	if (a->keep[i])
		o->p.text = xstrdup(buf_str(&text));
	if (a->detail[i])
		o->p.detail = detail_text(a->s, h, &ex);
	buf_release(&text);
}

static void answer_summaries(const struct ask_batch *a)
{
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(&a->s->plan->tasks[a->task]));
	struct generation g;

	generation_init(&g);
	eval_generate(a->s, a->task, a->greedy, a->w, &a->b, &g);
	for (int i = 0; i < a->n; i++) {
		take_summary(a, i, &g.hyp[i * g.beams], rs);
		a->out[i]->weight = a->b.dec_off[i + 1] - a->b.dec_off[i];
		a->out[i]->p.loss = g.loss ? g.loss[i] : 0;
	}
	generation_release(&g);
	rouge_scorer_free(rs);
}

/* --- what another system said --- */

static void set_said(const struct ask_said *a, const char *text, struct outcome *o)
{
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(&a->s->plan->tasks[a->task]));

	score_summary(rs, a->ex, text, &o->p);
	rouge_scorer_free(rs);
	o->p.text = xstrdup(text);
	o->p.loss = NAN; /* nobody said how likely its pieces were */
}

static enum status take(const struct ask_said *a, struct outcome *o, struct err *err)
{
	const char *p;
	size_t n;
	char *text;

	if (!a->value)
		return err_set(err, ST_NOT_FOUND, "no 'summary'");
	if (json_type(a->value) != JSON_STRING)
		return err_set(err, ST_INVALID, "the summary is %s: a string is wanted",
			       json_type_name(json_type(a->value)));
	p = json_string(a->value);
	n = strlen(p);
	text_trim(&p, &n);
	if (!n)
		return err_set(err, ST_NOT_FOUND, "an empty summary");
	text = xstrndup(p, n);
	set_said(a, text, o);
	xfree(text);
	return ST_OK;
}

static void take_none(const struct ask_said *a, struct outcome *o)
{
	set_said(a, "", o);
}

/* --- scores --- */

static void begin(struct gather *g)
{
	g->own = xcalloc(METRICS, sizeof(double));
}

static void add(struct gather *g, const struct outcome *o)
{
	double *sum = g->own;

	for (int m = 0; m < METRICS; m++)
		if (plan_kind_measures(TASK_SUMMARIZE, (enum metric_id)m))
			sum[m] += summary_metric(&o->p, (enum metric_id)m);
}

static double metric(const struct gather *g, enum metric_id m)
{
	const double *sum = g->own;

	if (m == METRIC_PERPLEXITY)
		return metric_perplexity(gather_loss(g));
	return sum[m] / (double)g->n;
}

static void end(struct gather *g)
{
	xfree(g->own);
}

/* Adds one row's scores of both ways of choosing sentences. */
static void add_scores(const struct plan_task *p, struct rouge_scorer *rs,
		       const struct example *e, double sum[2][PLAN_METRICS])
{
	char *reference = xstrndup(e->target_text, e->target_len);
	struct prediction x = { 0 };
	struct rouge r;
	struct buf b;

	buf_init(&b);
	for (int way = 0; way < 2; way++) {
		buf_clear(&b);
		if (way == 0)
			baseline_lead(e->text, e->text_len, &b);
		else
			baseline_longest(e->text, e->text_len, &b);
		rouge_score(rs, reference, buf_str(&b), &r);
		summary_set(&x, &r);
		for (int k = 0; k < p->n_metrics; k++)
			sum[way][k] += summary_metric(&x, p->metrics[k]);
	}
	prediction_release(&x);
	buf_release(&b);
	xfree(reference);
}

/* Which of its metrics is the first of texts; -1: none is. */
static int first_of_texts(const struct plan_task *p)
{
	for (int k = 0; k < p->n_metrics; k++)
		if (metric_table[p->metrics[k]].input == METRIC_TEXTS)
			return k;
	return -1;
}

/* The better of the two by the first metric of texts: sentences have no losses. */
static void sentences(const struct session *s, int task, const struct dataset *dev,
		      struct eval_row *out)
{
	const struct plan_task *p = &s->plan->tasks[task];
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(p));
	double sum[2][PLAN_METRICS] = { { 0 } };
	size_t n = (size_t)out->n_examples;
	struct example e;
	int by = first_of_texts(p), best;

	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		add_scores(p, rs, &e, sum);
	}
	best = by >= 0 && metric_is_better(p->metrics[by], sum[1][by], sum[0][by]);
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = metric_table[p->metrics[k]].input != METRIC_TEXTS ?
				       NAN : n ? sum[best][k] / (double)n : 0;
	rouge_scorer_free(rs);
}

static const char *signature(const struct plan_task *t)
{
	return first_of_texts(t) < 0 ? NULL : rouge_signature(plan_rouge(t));
}

/* --- words --- */

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	struct generation g;
	struct buf text;

	generation_init(&g);
	buf_init(&text);
	eval_generate(a->s, a->task, false, a->w, a->b, &g);
	tokenizer_decode(a->s->tok, g.hyp[0].ids, g.hyp[0].n, &text);
	json_put_str(j, "text", buf_str(&text));
	if (a->detail)
		eval_detail(a->s, &g.hyp[0], a->ex->ids, a->ex->n_ids, j);
	buf_release(&text);
	generation_release(&g);
}

#define WRITES                                                                 \
	.decodes = true, .answer = answer_summaries,                           \
	.gather_begin = begin, .gather_add = add, .gather_metric = metric,     \
	.gather_end = end, .said_value = summary_metric, .baseline = sentences,      \
	.member = { "prediction", "summary", "text" }, .take = take,           \
	.take_none = take_none, .signature = signature, .put_answer = put_answer

const struct ask_kind ask_kind_summarize = {
	WRITES,
	.unexplained = "writes summaries",
};
const struct ask_kind ask_kind_denoise = {
	WRITES,
	.unexplained = "writes what was taken out",
};
