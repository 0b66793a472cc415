/*
 * ask_extract.c - asking which units of a text are kept: words from a threshold on, or the
 * likeliest sentences; scored by the F1 of what is kept, row by row, and by ROUGE of the
 * text that it makes.
 *
 * The F1 is the mean over rows, as the literature on sentence compression has it
 * (Filippova et al. 2015, "Sentence compression by deletion with LSTMs", 5.2: "per
 * sentence"), not over all rows' units together.
 */
#include "ask/ask_extract.h"

#include <math.h>
#include <string.h>

#include "ask/evaluate_internal.h"
#include "ask/extract_own.h"
#include "ask/threshold.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/plan_kind.h"
#include "session/workers.h"

/* --- outcomes --- */

/* Thousandths of a thousandth are enough, and short to keep. */
static double short_p(float p)
{
	return p < 0 ? (double)NAN : floor((double)p * 1e6 + 0.5) / 1e6;
}

/*
 * As of a summary's pieces (evaluate.h): each unit with its probability, and the source
 * piece that it begins with.
 */
static char *detail_text(const struct session *s, const struct extract_units *u,
			 const struct example *e)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_open(&j, "pieces", '[');
	for (int i = 0; i < u->n && i < e->n_unit && u->p[i] >= 0; i++) {
		char *text = xstrndup(u->unit[i].s, u->unit[i].len);

		json_open(&j, NULL, '[');
		json_put_str(&j, NULL, text);
		json_put_num(&j, NULL, short_p(u->p[i]));
		json_put_null(&j, NULL);
		json_put_int(&j, NULL, e->unit[i].from);
		json_close(&j, ']');
		xfree(text);
	}
	json_close(&j, ']');
	json_open(&j, "source", '[');
	for (int i = 0; i < e->n_ids; i++)
		json_put_str(&j, NULL, tokenizer_piece(s->tok, e->ids[i]));
	json_close(&j, ']');
	json_close(&j, '}');
	return buf_take(&b);
}

/* Row i of the batch: what the model says of its units; their mean loss, of how many. */
static void read_row(const struct extract_units *u, const struct example *e,
		     const struct batch *b, int i, const float *p, const double *loss,
		     struct outcome *o)
{
	int at = b->unit_off[i];
	double sum = 0;

	for (int k = 0; k < e->n_unit; k++) {
		if (!unit_is_read(&e->unit[k], e->n_ids))
			continue;
		if (k < u->n)
			u->p[k] = p[at];
		sum += loss[at++];
	}
	at -= b->unit_off[i];
	o->weight = e->has_kept ? at : 0;
	o->p.loss = at ? sum / at : 0;
}

static void answer_units(const struct ask_batch *a)
{
	const struct plan_task *t = &a->s->plan->tasks[a->task];
	double threshold = a->s->task[a->task].threshold, *loss;
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(t));
	struct extract_units u;
	float *p;

	model_units(a->s->model, &a->w->tape, &a->b, &p, &loss);
	extract_begin(&u, t);
	for (int i = 0; i < a->n; i++) {
		struct outcome *o = a->out[i];
		struct example e;
		struct buf text;

		dataset_get(a->data, a->row[i], &e);
		extract_read(&u, &e);
		read_row(&u, &e, &a->b, i, p, loss, o);
		extract_choose(&u, t, threshold);
		extract_score(&u, &e, NULL, threshold, rs, a->keep[i] || t->threshold < 0,
			      &o->p);
		buf_init(&text);
		extract_text(&u, &text);
		if (a->keep[i])
			o->p.text = xstrdup(buf_str(&text));
		if (a->detail[i])
			o->p.detail = detail_text(a->s, &u, &e);
		buf_release(&text);
	}
	extract_end(&u);
	rouge_scorer_free(rs);
}

/* --- scores --- */

/* Of a row what a fit needs: its units' probabilities, and which are right. */
struct fitted {
	int n;
	float *p;
	bool *gold;
};

struct sums {
	double sum[METRICS];
	struct fitted *row; /* [n] where a threshold is fitted */
	size_t n, cap;
};

static void begin(struct gather *g)
{
	g->own = xcalloc(1, sizeof(struct sums));
}

static void add_metrics(struct sums *s, const struct prediction *p)
{
	for (int m = 0; m < METRICS; m++)
		if (plan_kind_measures(TASK_EXTRACT, (enum metric_id)m))
			s->sum[m] += extract_metric(p, (enum metric_id)m);
}

static void add(struct gather *g, const struct outcome *o)
{
	struct sums *s = g->own;
	int n = extract_n(&o->p);
	struct fitted *r;

	add_metrics(s, &o->p);
	if (!g->fits)
		return;
	ARRAY_GROW(s->row, s->n, s->cap);
	r = &s->row[s->n++];
	*r = (struct fitted){ n, xcalloc((size_t)n + 1, sizeof *r->p),
			      xcalloc((size_t)n + 1, sizeof *r->gold) };
	for (int i = 0; i < n; i++) {
		double p = extract_p(&o->p, i);

		r->p[i] = isnan(p) ? -1.0f : (float)p;
		r->gold[i] = extract_gold(&o->p, i);
	}
}

static double metric(const struct gather *g, enum metric_id m)
{
	const struct sums *s = g->own;

	return s->sum[m] / (double)g->n;
}

/* Summed over rows. */
static double f1_at(const struct sums *s, double threshold)
{
	bool *pred = xcalloc(UNITS_MAX, sizeof *pred);
	double sum = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct fitted *r = &s->row[i];
		struct unit_counts c;

		units_choose_words(r->p, r->n, threshold, pred);
		c = units_count(r->gold, pred, r->n);
		sum += metric_f1_of(c.both, c.gold, c.pred);
	}
	xfree(pred);
	return sum;
}

/* As threshold_fit_best: of equals the nearest to 0.5, then the lower. */
static double best_threshold(const struct sums *s)
{
	int best = THRESHOLDS / 2;
	double most = f1_at(s, 0.5);

	for (int off = 1; off < THRESHOLDS / 2; off++)
		for (int side = -1; side <= 1; side += 2) {
			int t = THRESHOLDS / 2 + side * off;
			double f1 = f1_at(s, (double)t / THRESHOLDS);

			if (f1 > most) {
				most = f1;
				best = t;
			}
		}
	return (double)best / THRESHOLDS;
}

/* Another threshold's answer to an example, of the same probabilities. */
static void say_again(const struct plan_task *t, const struct example *e, const float *p, int n,
		      double threshold, struct rouge_scorer *rs, struct extract_units *u,
		      struct prediction *out)
{
	extract_read(u, e);
	for (int i = 0; i < n && i < u->n; i++)
		u->p[i] = p[i];
	extract_choose(u, t, threshold);
	extract_score(u, e, NULL, threshold, rs, true, out);
}

static double fit(struct gather *g, struct prediction *kept, int n)
{
	const struct plan_task *t = &g->s->plan->tasks[g->task];
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(t));
	struct sums *s = g->own;
	double threshold = best_threshold(s);
	uint64_t size = dataset_size(g->data);
	struct extract_units u;
	int at = 0;

	extract_begin(&u, t);
	memset(s->sum, 0, sizeof s->sum);
	for (size_t k = 0; k < s->n; k++) {
		uint64_t row = eval_spread(size, g->n, k);
		struct prediction p = { 0 };
		struct example e;

		dataset_get(g->data, row, &e);
		say_again(t, &e, s->row[k].p, s->row[k].n, threshold, rs, &u, &p);
		add_metrics(s, &p);
		if (at < n && kept[at].row == (int64_t)row) {
			struct buf text;

			buf_init(&text);
			extract_text(&u, &text);
			xfree(kept[at].text);
			kept[at].text = buf_take(&text);
			memcpy(prediction_values(&kept[at], p.n), p.v,
			       (size_t)p.n * sizeof *p.v);
			at++;
		}
		prediction_release(&p);
	}
	extract_end(&u);
	rouge_scorer_free(rs);
	return threshold;
}

static void end(struct gather *g)
{
	struct sums *s = g->own;

	for (size_t i = 0; i < s->n; i++) {
		xfree(s->row[i].p);
		xfree(s->row[i].gold);
	}
	xfree(s->row);
	xfree(s);
}

/* --- words --- */

static bool measures_texts(const struct plan_task *t)
{
	for (int k = 0; k < t->n_metrics; k++)
		if (metric_table[t->metrics[k]].input == METRIC_TEXTS)
			return true;
	return false;
}

static const char *signature(const struct plan_task *t)
{
	if (t->threshold < 0)
		return "the threshold was fitted to dev rows, in training: of dev rows these "
		       "figures are of the rows it was fitted to";
	return measures_texts(t) ? rouge_signature(plan_rouge(t)) : NULL;
}

static void put_units(const struct extract_units *u, struct json_out *j)
{
	char *keep = xcalloc((size_t)u->n + 1, 1);

	for (int i = 0; i < u->n; i++)
		keep[i] = u->pred[i] ? '1' : '0';
	json_put_str(j, "keep", keep);
	json_open(j, "p", '[');
	for (int i = 0; i < u->n; i++)
		json_put_num(j, NULL, short_p(u->p[i]));
	json_close(j, ']');
	xfree(keep);
}

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	const struct plan_task *t = &a->s->plan->tasks[a->task];
	double threshold = a->s->task[a->task].threshold, *loss;
	struct extract_units u;
	struct outcome o = { 0 };
	struct buf text;
	float *p;

	model_units(a->s->model, &a->w->tape, a->b, &p, &loss);
	extract_begin(&u, t);
	extract_read(&u, a->ex);
	read_row(&u, a->ex, a->b, 0, p, loss, &o);
	extract_choose(&u, t, threshold);
	buf_init(&text);
	extract_text(&u, &text);
	json_put_str(j, "text", buf_str(&text));
	if (u.how == UNIT_WORDS)
		json_put_num(j, "threshold", threshold);
	put_units(&u, j);
	buf_release(&text);
	extract_end(&u);
}

const struct ask_kind ask_kind_extract = {
	.unexplained = "keeps many parts of a text",
	.answer = answer_units,
	.gather_begin = begin,
	.gather_add = add,
	.gather_metric = metric,
	.gather_fit = fit,
	.gather_end = end,
	.said_value = extract_metric,
	.baseline = extract_baseline,
	.signature = signature,
	.member = { "prediction", "keep", "text", "summary" },
	.take = extract_take,
	.take_none = extract_take_none,
	.put_answer = put_answer,
};
