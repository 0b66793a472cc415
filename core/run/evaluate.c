/*
 * evaluate.c - predictions on a data set and the metrics over them.
 *
 * Examples are sorted by length and cut into pieces; workers take pieces and
 * write each example's outcome into its own slot, so neither the order nor the
 * number of workers shows. What a piece holds does not depend on workers either.
 */
#include "run/evaluate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "run/evaluate_internal.h"
#include "run/workers.h"
#include "tensor/vmath.h"

/* Rows of a decoding step that run at the speed of memory (ops.h). */
enum { DECODE_ROWS = 64, PIECE_MAX = 128 };

/* What came of one example. */
struct outcome {
	double loss, weight;      /* mean, and how many targets it is a mean of */
	double number;
	struct rouge rouge;
	float *p;                 /* classify, kept ones: [n_labels] */
	char *output, *detail;    /* summaries: kept ones */
	int gold, pred;
};

struct piece { uint64_t from, n; }; /* in eval.order */

struct eval {
	struct session *s;
	int task;
	const struct plan_task *plan;
	const struct dataset *data;
	bool greedy;
	uint64_t n, size, keep;
	uint64_t *order;          /* [n] example numbers k, sorted by length */
	uint32_t *length;         /* [n] of example k */
	struct outcome *out;      /* [n] of example k */
	struct piece *piece;
	int n_pieces;
	struct progress *pg;
	atomic_bool is_stopped;
	_Atomic uint64_t done;
};

uint64_t eval_spread(uint64_t size, uint64_t n, uint64_t k)
{
	return n >= size ? k : (uint64_t)((double)k * (double)size / (double)n);
}

static bool is_kept(const struct eval *e, uint64_t k)
{
	uint64_t j;

	if (!e->keep)
		return false;
	if (e->keep >= e->n)
		return true;
	j = (uint64_t)((double)k * (double)e->keep / (double)e->n);
	for (j = j ? j - 1 : 0; j < e->keep && eval_spread(e->n, e->keep, j) <= k; j++)
		if (eval_spread(e->n, e->keep, j) == k)
			return true;
	return false;
}

double rouge_of(const struct rouge *r, enum metric_id m)
{
	switch (m) {
	case METRIC_ROUGE1: return r->r1.f1;
	case METRIC_ROUGE2: return r->r2.f1;
	case METRIC_ROUGEL: return r->rl.f1;
	case METRIC_ROUGELSUM: return r->rlsum.f1;
	default: return 0;
	}
}

/* --- pieces --- */

struct length_key { uint32_t length; uint64_t k; };

static int by_length(const void *a, const void *b)
{
	const struct length_key *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->k < y->k ? -1 : x->k > y->k;
}

static void sort_examples(struct eval *e)
{
	struct length_key *key = xcalloc(e->n, sizeof *key);
	struct example ex;

	for (uint64_t k = 0; k < e->n; k++) {
		dataset_get(e->data, eval_spread(e->size, e->n, k), &ex);
		e->length[k] = (uint32_t)ex.n_ids;
		key[k] = (struct length_key){ e->length[k], k };
	}
	qsort(key, e->n, sizeof *key, by_length);
	for (uint64_t k = 0; k < e->n; k++)
		e->order[k] = key[k].k;
	xfree(key);
}

static uint64_t piece_limit(const struct eval *e)
{
	int beams = e->greedy ? 1 : e->plan->beams;

	if (e->plan->kind != TASK_SUMMARIZE)
		return PIECE_MAX;
	return beams < DECODE_ROWS ? (uint64_t)(DECODE_ROWS / (beams > 0 ? beams : 1)) : 1;
}

/* Pieces hold a micro-batch's tokens at most (one long example may exceed it). */
static void cut_pieces(struct eval *e)
{
	uint64_t limit = piece_limit(e), budget = (uint64_t)e->s->plan->tokens;

	if (e->plan->kind == TASK_SUMMARIZE)
		budget *= 4; /* decoding wants many rows at once */
	e->piece = xcalloc(e->n + 1, sizeof *e->piece);
	for (uint64_t at = 0; at < e->n;) {
		uint64_t tokens = 0, n = 0;

		while (at + n < e->n && n < limit) {
			tokens += e->length[e->order[at + n]];
			if (n && tokens > budget)
				break;
			n++;
		}
		e->piece[e->n_pieces++] = (struct piece){ at, n };
		at += n;
	}
}

/* --- one piece --- */

static void build(const struct eval *e, struct worker *w, const uint64_t *k, int n,
		  struct batch *b)
{
	uint64_t row[PIECE_MAX];

	for (int i = 0; i < n; i++)
		row[i] = eval_spread(e->size, e->n, k[i]);
	tape_begin(&w->tape, NULL, NULL);
	batch_build(b, &w->tape.arena, e->data, e->task, row, n, 0,
		    tokenizer_special(e->s->tok, TOK_CLS));
}

/* The most probable class; the first of equals. */
static int greatest(const float *p, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		best = p[i] > p[best] ? i : best;
	return best;
}

static void run_labels(const struct eval *e, struct worker *w, const uint64_t *k, int n)
{
	int labels = e->s->task[e->task].n_labels;
	struct batch b;
	float *p;

	build(e, w, k, n, &b);
	model_predict(e->s->model, &w->tape, &b, &p);
	for (int i = 0; i < n; i++) {
		struct outcome *o = &e->out[k[i]];
		const float *row = p + (size_t)i * (size_t)labels;

		o->gold = b.label ? b.label[i] : -1;
		o->pred = greatest(row, labels);
		o->weight = o->gold >= 0;
		o->loss = o->gold >= 0 ? -v_logd((double)row[o->gold]) : NAN;
		if (is_kept(e, k[i])) {
			o->p = xmalloc((size_t)labels * sizeof *o->p);
			memcpy(o->p, row, (size_t)labels * sizeof *o->p);
		}
	}
}

static void run_numbers(const struct eval *e, struct worker *w, const uint64_t *k,
			int n)
{
	double scale = e->s->task[e->task].scale, d;
	struct batch b;
	float *p;

	build(e, w, k, n, &b);
	model_predict(e->s->model, &w->tape, &b, &p);
	for (int i = 0; i < n; i++) {
		struct outcome *o = &e->out[k[i]];

		o->number = (double)p[i];
		d = b.number ? (o->number - (double)b.number[i]) / scale : 0;
		o->loss = d * d;
		o->weight = 1;
	}
}

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

/* The summary of example k: its text, its scores, and what is kept of it. */
static void take_summary(const struct eval *e, uint64_t k, const struct hypothesis *h,
			 struct rouge_scorer *rs)
{
	struct outcome *o = &e->out[k];
	struct example ex;
	struct buf text;
	char *reference;

	dataset_get(e->data, eval_spread(e->size, e->n, k), &ex);
	buf_init(&text);
	tokenizer_decode(e->s->tok, h->ids, h->n, &text);
	reference = xstrndup(ex.target_text ? ex.target_text : "", ex.target_len);
	rouge_score(rs, reference, buf_str(&text), &o->rouge);
	xfree(reference);
	if (is_kept(e, k)) {
		o->output = xstrdup(buf_str(&text));
		o->detail = detail_text(e->s, h, &ex);
	}
	buf_release(&text);
}

static void run_summaries(const struct eval *e, struct worker *w, const uint64_t *k,
			  int n)
{
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(e->plan));
	struct generation g;
	struct batch b;

	generation_init(&g);
	build(e, w, k, n, &b);
	eval_generate(e->s, e->task, e->greedy, w, &b, &g);
	for (int i = 0; i < n; i++)
		take_summary(e, k[i], &g.hyp[i * g.beams], rs);
	for (int i = 0; i < n; i++) {
		e->out[k[i]].weight = b.dec_off[i + 1] - b.dec_off[i];
		e->out[k[i]].loss = g.loss ? g.loss[i] : 0;
	}
	generation_release(&g);
	rouge_scorer_free(rs);
}

static void run_piece(struct worker *w, int job, void *arg)
{
	struct eval *e = arg;
	const uint64_t *k = e->order + e->piece[job].from;
	int n = (int)e->piece[job].n;

	if (atomic_load_explicit(&e->is_stopped, memory_order_relaxed))
		return;
	if (e->plan->kind == TASK_CLASSIFY)
		run_labels(e, w, k, n);
	else if (e->plan->kind == TASK_REGRESS)
		run_numbers(e, w, k, n);
	else
		run_summaries(e, w, k, n);
	atomic_fetch_add(&e->done, (uint64_t)n);
	/* worker 0 is the thread that the progress belongs to */
	if (w->index == 0 && progress_tick(e->pg, atomic_load(&e->done)))
		atomic_store(&e->is_stopped, true);
}

/* --- metrics --- */

static double label_metric(const struct eval *e, enum metric_id m)
{
	int *gold = xcalloc(e->n, sizeof *gold), *pred = xcalloc(e->n, sizeof *pred);
	double x;

	for (uint64_t k = 0; k < e->n; k++) {
		gold[k] = e->out[k].gold;
		pred[k] = e->out[k].pred;
	}
	x = metric_labels(m, gold, pred, e->n, e->s->task[e->task].n_labels);
	xfree(gold);
	xfree(pred);
	return x;
}

static double number_metric(const struct eval *e, enum metric_id m)
{
	double *gold = xcalloc(e->n, sizeof *gold), *pred = xcalloc(e->n, sizeof *pred);
	struct example ex;
	double x;

	for (uint64_t k = 0; k < e->n; k++) {
		dataset_get(e->data, eval_spread(e->size, e->n, k), &ex);
		gold[k] = (double)ex.number;
		pred[k] = e->out[k].number;
	}
	x = metric_numbers(m, gold, pred, e->n);
	xfree(gold);
	xfree(pred);
	return x;
}

static double text_metric(const struct eval *e, enum metric_id m)
{
	double sum = 0;

	for (uint64_t k = 0; k < e->n; k++)
		sum += rouge_of(&e->out[k].rouge, m);
	return sum / (double)e->n;
}

static void fill_row(const struct eval *e, struct eval_row *r)
{
	double loss = 0, weight = 0;

	for (uint64_t k = 0; k < e->n; k++)
		if (e->out[k].weight > 0) {
			loss += e->out[k].loss * e->out[k].weight;
			weight += e->out[k].weight;
		}
	r->timeline = e->s->timeline;
	r->step = e->s->step;
	r->task = e->task;
	r->n_examples = (int)e->n;
	r->loss = weight > 0 ? loss / weight : NAN;
	r->n_metrics = e->plan->n_metrics;
	for (int i = 0; i < r->n_metrics; i++) {
		enum metric_id m = e->plan->metrics[i];

		str_copy(r->metric[i].name, sizeof r->metric[i].name,
			 metric_table[m].name);
		r->metric[i].value = metric_table[m].input == METRIC_LABELS ?
			label_metric(e, m) : metric_table[m].input == METRIC_NUMBERS ?
			number_metric(e, m) : text_metric(e, m);
	}
}

/* --- what is kept --- */

static char *copy_text(const char *s, uint32_t len)
{
	return s ? xstrndup(s, len) : NULL;
}

static void keep_example(const struct eval *e, uint64_t k, struct prediction *p,
			 struct dev_row *d)
{
	struct outcome *o = &e->out[k];
	uint64_t row = eval_spread(e->size, e->n, k);
	struct example ex;

	dataset_get(e->data, row, &ex);
	*d = (struct dev_row){ .row = (int64_t)row, .line = (int64_t)ex.line,
			       .text = copy_text(ex.text, ex.text_len),
			       .pair = copy_text(ex.pair, ex.pair_len),
			       .target = copy_text(ex.target_text, ex.target_len) };
	*p = (struct prediction){ .row = (int64_t)row, .gold = o->gold, .pred = o->pred,
				  .number = (double)ex.number, .guess = o->number,
				  .loss = o->loss, .p = o->p, .output = o->output,
				  .detail = o->detail,
				  .rouge = { o->rouge.r1.f1, o->rouge.r2.f1,
					     o->rouge.rl.f1 } };
	p->n_p = o->p ? e->s->task[e->task].n_labels : 0;
	o->p = NULL;
	o->output = o->detail = NULL;
}

static void keep_examples(const struct eval *e, struct evaluation *out)
{
	out->kept = xcalloc(e->keep ? e->keep : 1, sizeof *out->kept);
	out->dev_rows = xcalloc(e->keep ? e->keep : 1, sizeof *out->dev_rows);
	for (uint64_t k = 0; k < e->n && out->n_kept < (int)e->keep; k++)
		if (is_kept(e, k)) {
			keep_example(e, k, &out->kept[out->n_kept],
				     &out->dev_rows[out->n_kept]);
			out->n_kept++;
		}
}

void evaluation_release(struct evaluation *e)
{
	for (int i = 0; i < e->n_kept; i++) {
		xfree(e->kept[i].p);
		xfree(e->kept[i].output);
		xfree(e->kept[i].detail);
		xfree(e->dev_rows[i].text);
		xfree(e->dev_rows[i].pair);
		xfree(e->dev_rows[i].target);
	}
	xfree(e->kept);
	xfree(e->dev_rows);
	*e = (struct evaluation){ 0 };
}

static void eval_free(struct eval *e)
{
	for (uint64_t k = 0; k < e->n; k++) {
		xfree(e->out[k].p);
		xfree(e->out[k].output);
		xfree(e->out[k].detail);
	}
	xfree(e->out);
	xfree(e->order);
	xfree(e->length);
	xfree(e->piece);
}

enum status evaluate_task(struct session *s, int task, const struct eval_options *o,
			  struct progress *pg, struct evaluation *out, struct err *err)
{
	struct eval e = { .s = s, .task = task, .plan = &s->plan->tasks[task], .pg = pg,
			  .data = o->data ? o->data : s->task[task].dev,
			  .greedy = o->greedy };
	double from = clock_now();

	*out = (struct evaluation){ 0 };
	if (!e.data || !dataset_size(e.data))
		return err_set(err, ST_NOT_FOUND, "task '%s' has no dev rows", e.plan->name);
	e.size = e.n = dataset_size(e.data);
	if (o->max_examples > 0 && e.n > (uint64_t)o->max_examples)
		e.n = (uint64_t)o->max_examples;
	e.keep = (uint64_t)(o->keep > 0 ? o->keep : 0);
	e.keep = e.keep > e.n ? e.n : e.keep;
	e.out = xcalloc(e.n, sizeof *e.out);
	e.order = xcalloc(e.n, sizeof *e.order);
	e.length = xcalloc(e.n, sizeof *e.length);
	sort_examples(&e);
	cut_pieces(&e);
	progress_begin(pg, e.n, "examples", "evaluating %s", e.plan->name);
	workers_run(s->workers, e.n_pieces, run_piece, &e);
	if (!atomic_load(&e.is_stopped)) {
		fill_row(&e, &out->row);
		out->row.seconds = clock_now() - from;
		keep_examples(&e, out);
	}
	eval_free(&e);
	return e.is_stopped ? err_set(err, ST_STOPPED, "evaluation stopped") : ST_OK;
}
