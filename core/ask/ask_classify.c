/*
 * ask_classify.c - asking for a label: the most probable class, scored by counts of
 * hits and misses. The baseline is the class that train has most of.
 */
#include "ask/ask_classify.h"

#include <float.h>
#include <math.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "ask/said_labels.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/items.h"
#include "data/json_text.h"
#include "session/workers.h"
#include "tensor/kernels.h"

/* Probabilities of another system may have been rounded to two or three digits. */
static const double P_SUM_SLACK = 0.01;

int label_gold(const struct prediction *p)
{
	return prediction_class(p, LABEL_GOLD);
}

int label_pred(const struct prediction *p)
{
	return prediction_class(p, LABEL_PRED);
}

int label_count(const struct prediction *p)
{
	return p->n > LABEL_P ? p->n - LABEL_P : 0;
}

double label_p(const struct prediction *p, int k)
{
	return prediction_value(p, k < 0 ? -1 : LABEL_P + k);
}

void label_set(struct prediction *p, int gold, int pred, const float *prob, int n)
{
	double *v = prediction_values(p, LABEL_P + n);

	v[LABEL_GOLD] = gold;
	v[LABEL_PRED] = pred;
	for (int k = 0; k < n; k++)
		v[LABEL_P + k] = (double)prob[k];
}

/* --- outcomes --- */

/* Probabilities are kept as floats: what they are worth, and short. */
static void answer_labels(const struct ask_batch *a)
{
	int labels = a->s->task[a->task].n_labels;
	double *p, *loss;

	model_predict_losses(a->s->model, &a->w->tape, &a->b, &p, &loss);
	for (int i = 0; i < a->n; i++, p += labels) {
		struct outcome *o = a->out[i];
		double *v = prediction_values(&o->p, a->keep[i] ? LABEL_P + labels : LABEL_P);

		v[LABEL_GOLD] = a->b.label[i];
		v[LABEL_PRED] = k_greatest(labels, p);
		o->weight = a->b.label[i] >= 0;
		o->p.loss = loss[i];
		for (int k = 0; a->keep[i] && k < labels; k++)
			v[LABEL_P + k] = (double)(float)p[k];
	}
}

/* --- what another system said --- */

static enum status take_probabilities(const struct session_task *t, const struct json *all,
				      double *p, struct err *err)
{
	enum status st = said_probabilities(t, all, p, err);
	double sum = 0;

	for (int k = 0; !st && k < t->n_labels; k++)
		sum += p[k];
	if (!st && fabs(sum - 1) > P_SUM_SLACK)
		st = err_set(err, ST_INVALID, "the probabilities in 'p' sum to %.4g, not 1",
			     sum);
	return st;
}

/*
 * The loss is that of the probability which the right label got, and none without
 * them; 0 counts as DBL_EPSILON, as in scikit-learn's log_loss.
 */
static void set_said(const struct ask_said *a, int pred, const double *p, struct outcome *o)
{
	int n = p ? a->s->task[a->task].n_labels : 0, gold = a->ex->label;
	float *prob = xcalloc((size_t)n + 1, sizeof *prob);

	for (int k = 0; k < n; k++)
		prob[k] = (float)p[k];
	label_set(&o->p, gold, pred, prob, n);
	o->weight = n > 0;
	o->p.loss = n ? -log(fmax(p[gold], DBL_EPSILON)) : NAN;
	xfree(prob);
}

static enum status take(const struct ask_said *a, struct outcome *o, struct err *err)
{
	const struct session_task *t = &a->s->task[a->task];
	const struct json *all = json_get(a->object, "p");
	double *p = NULL;
	int pred = -1;
	enum status st = ST_OK;

	if (all && json_type(all) != JSON_NULL) {
		p = xcalloc((size_t)t->n_labels, sizeof *p);
		st = take_probabilities(t, all, p, err);
	}
	if (!st && a->value)
		st = said_label(t, a->value, &pred, err);
	else if (!st && p)
		pred = k_greatest(t->n_labels, p);
	else if (!st)
		st = err_set(err, ST_NOT_FOUND, "no 'label' and no 'p'");
	if (!st)
		set_said(a, pred, p, o);
	xfree(p);
	return st;
}

static bool has_p(const struct prediction *p, bool *is_otherwise)
{
	double most = label_p(p, 0);

	for (int k = 1; k < label_count(p); k++)
		most = fmax(most, label_p(p, k));
	*is_otherwise = label_p(p, label_pred(p)) < most;
	return label_count(p) > 0;
}

static void take_none(const struct ask_said *a, struct outcome *o)
{
	set_said(a, -1, NULL, o);
}

/* --- scores --- */

static int n_labels(const struct gather *g)
{
	return g->s->task[g->task].n_labels;
}

static void begin(struct gather *g)
{
	g->own = xcalloc((size_t)n_labels(g), sizeof(struct tally));
}

static void add(struct gather *g, const struct outcome *o)
{
	tally_add(g->own, n_labels(g), label_gold(&o->p), label_pred(&o->p));
}

static double metric(const struct gather *g, enum metric_id m)
{
	return metric_tallied(m, g->own, n_labels(g));
}

static void end(struct gather *g)
{
	xfree(g->own);
}

static void majority(const struct session *s, int task, const struct dataset *dev,
		     struct eval_row *out)
{
	const struct session_task *t = &s->task[task];
	const struct plan_task *p = &s->plan->tasks[task];
	const uint64_t *count = dataset_label_counts(t->train ? t->train : dev);
	size_t n = (size_t)out->n_examples;
	struct tally *tally = xcalloc((size_t)t->n_labels, sizeof *tally);
	struct example e;
	int best = 0;

	for (int k = 1; k < t->n_labels; k++)
		best = count[k] > count[best] ? k : best;
	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		tally_add(tally, t->n_labels, e.label, best);
	}
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = metric_tallied(p->metrics[k], tally, t->n_labels);
	xfree(tally);
}

/* --- words --- */

static void put_probabilities(const struct session_task *t, const char *name,
			      const double *p, struct json_out *j)
{
	json_open(j, name, '{');
	for (int k = 0; k < t->n_labels; k++)
		json_put_num(j, t->labels[k], p[k]);
	json_close(j, '}');
}

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	const struct session_task *t = &a->s->task[a->task];
	double *p;

	model_predict(a->s->model, &a->w->tape, a->b, &p);
	json_put_str(j, "label", t->labels[k_greatest(t->n_labels, p)]);
	put_probabilities(t, "p", p, j);
}

static int outputs(const struct session *s, int task)
{
	return s->task[task].n_labels;
}

static void put_explained(const struct session *s, int task, const double *p, int pred,
			  struct json_out *j)
{
	const struct session_task *t = &s->task[task];

	json_put_str(j, "pred", t->labels[pred]);
	json_put_num(j, "p", p[pred]);
	put_probabilities(t, "probs", p, j);
}

static double right(const struct prediction *p)
{
	return label_gold(p) < 0 ? (double)NAN : label_gold(p);
}

static double said(const struct prediction *p, enum metric_id m)
{
	(void)m;
	return label_pred(p) < 0 ? (double)NAN : label_pred(p);
}

const struct ask_kind ask_kind_classify = {
	.has_labels = true,
	.answer = answer_labels,
	.gather_begin = begin,
	.gather_add = add,
	.gather_metric = metric,
	.gather_end = end,
	.right_value = right,
	.said_value = said,
	.baseline = majority,
	.member = { "prediction", "label" },
	.take = take,
	.has_p = has_p,
	.take_none = take_none,
	.put_answer = put_answer,
	.outputs = outputs,
	.put_explained = put_explained,
};
