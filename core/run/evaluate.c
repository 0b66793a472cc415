/*
 * evaluate.c - predictions on a data set and the metrics over them.
 *
 * Examples are taken a block at a time. Those of a block are sorted by length and cut
 * into pieces; workers take pieces and write each example's outcome into its own slot;
 * then the outcomes are counted in the order of the data. So neither the order nor the
 * number of workers shows, and memory does not grow with the rows. What a piece holds
 * follows from the plan and the data alone.
 */
#include "run/evaluate.h"

#include <math.h> /* NAN */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "run/evaluate_internal.h"
#include "run/workers.h"

/* Rows of a decoding step that run at the speed of memory (ops.h). */
enum { DECODE_ROWS = 64, PIECE_MAX = 128 };
enum { BLOCK = 4096 }; /* examples: workers seldom wait for its last piece */

/* What came of one example. */
struct outcome {
	double loss, weight;      /* mean, and how many targets it is a mean of */
	double number, real;      /* predicted and gold */
	struct rouge rouge;
	float *p;                 /* classify, kept ones: [n_labels] */
	char *output, *detail;    /* summaries: kept ones */
	int gold, pred;
};

struct piece { int from, n; }; /* in eval.order */

/* What the outcomes come to, example after example. */
struct sums {
	double loss, weight;
	double rouge[PLAN_METRICS];
	struct tally *tally;      /* [n_labels] */
	double *gold, *guess;     /* [n] numbers: correlations want all of them */
};

struct eval {
	struct session *s;
	int task;
	const struct plan_task *plan;
	const struct dataset *data;
	bool greedy;
	uint64_t n, size, keep;
	uint64_t first;           /* of the block: examples k = first .. first + in - 1 */
	int in;
	int *order;               /* [in] places in the block, by length */
	uint32_t *length;         /* [in] */
	struct outcome *out;      /* [in] */
	struct piece *piece;
	int n_pieces;
	struct sums sums;
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

static uint64_t row_of(const struct eval *e, int at)
{
	return eval_spread(e->size, e->n, e->first + (uint64_t)at);
}

struct length_key { uint32_t length; int at; };

static int by_length(const void *a, const void *b)
{
	const struct length_key *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void sort_block(struct eval *e)
{
	struct length_key *key = xcalloc((size_t)e->in, sizeof *key);
	struct example ex;

	for (int i = 0; i < e->in; i++) {
		dataset_get(e->data, row_of(e, i), &ex);
		e->length[i] = (uint32_t)ex.n_ids;
		key[i] = (struct length_key){ e->length[i], i };
	}
	qsort(key, (size_t)e->in, sizeof *key, by_length);
	for (int i = 0; i < e->in; i++)
		e->order[i] = key[i].at;
	xfree(key);
}

static int piece_limit(const struct eval *e)
{
	int beams = e->greedy ? 1 : e->plan->beams;

	if (e->plan->kind != TASK_SUMMARIZE)
		return PIECE_MAX;
	return beams < DECODE_ROWS ? DECODE_ROWS / (beams > 0 ? beams : 1) : 1;
}

/* Pieces hold a micro-batch's tokens at most (one long example may exceed it). */
static void cut_pieces(struct eval *e)
{
	uint64_t budget = (uint64_t)e->s->plan->tokens;
	int limit = piece_limit(e);

	if (e->plan->kind == TASK_SUMMARIZE)
		budget *= 4; /* decoding wants many rows at once */
	e->n_pieces = 0;
	for (int at = 0; at < e->in;) {
		uint64_t tokens = 0;
		int n = 0;

		while (at + n < e->in && n < limit) {
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

static void build(const struct eval *e, struct worker *w, const int *k, int n,
		  struct batch *b)
{
	uint64_t row[PIECE_MAX];

	for (int i = 0; i < n; i++)
		row[i] = row_of(e, k[i]);
	tape_begin(&w->tape, NULL, NULL);
	batch_build(b, &w->tape.arena, e->data, e->task, row, n, 0,
		    tokenizer_start(e->s->tok));
}

/* The most probable class; the first of equals. */
static int greatest(const double *p, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		best = p[i] > p[best] ? i : best;
	return best;
}

static void run_labels(const struct eval *e, struct worker *w, const int *k, int n)
{
	int labels = e->s->task[e->task].n_labels;
	struct batch b;
	double *p, *loss;

	build(e, w, k, n, &b);
	model_classify(e->s->model, &w->tape, &b, &p, &loss);
	for (int i = 0; i < n; i++) {
		struct outcome *o = &e->out[k[i]];
		const double *row = p + (size_t)i * (size_t)labels;

		o->gold = b.label[i];
		o->pred = greatest(row, labels);
		o->weight = o->gold >= 0;
		o->loss = loss[i];
		if (is_kept(e, e->first + (uint64_t)k[i])) {
			o->p = xmalloc((size_t)labels * sizeof *o->p);
			for (int c = 0; c < labels; c++)
				o->p[c] = (float)row[c];
		}
	}
}

static void run_numbers(const struct eval *e, struct worker *w, const int *k, int n)
{
	double scale = e->s->task[e->task].scale, d;
	struct batch b;
	double *p;

	build(e, w, k, n, &b);
	model_predict(e->s->model, &w->tape, &b, &p);
	for (int i = 0; i < n; i++) {
		struct outcome *o = &e->out[k[i]];

		o->number = p[i];
		o->real = b.number[i];
		d = (o->number - o->real) / scale;
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

/* The summary at a place of the block: text, scores, what is kept of it. */
static void take_summary(const struct eval *e, int at, const struct hypothesis *h,
			 struct rouge_scorer *rs)
{
	struct outcome *o = &e->out[at];
	struct example ex;
	struct buf text;
	char *reference;

	dataset_get(e->data, row_of(e, at), &ex);
	buf_init(&text);
	tokenizer_decode(e->s->tok, h->ids, h->n, &text);
	reference = xstrndup(ex.target_text ? ex.target_text : "", ex.target_len);
	rouge_score(rs, reference, buf_str(&text), &o->rouge);
	xfree(reference);
	if (is_kept(e, e->first + (uint64_t)at)) {
		o->output = xstrdup(buf_str(&text));
		o->detail = detail_text(e->s, h, &ex);
	}
	buf_release(&text);
}

static void run_summaries(const struct eval *e, struct worker *w, const int *k, int n)
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
	const int *k = e->order + e->piece[job].from;
	int n = e->piece[job].n;

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

static void sums_init(struct eval *e)
{
	struct sums *s = &e->sums;

	if (e->plan->kind == TASK_CLASSIFY)
		s->tally = xcalloc((size_t)e->s->task[e->task].n_labels,
				   sizeof *s->tally);
	if (e->plan->kind == TASK_REGRESS) {
		s->gold = xcalloc(e->n, sizeof *s->gold);
		s->guess = xcalloc(e->n, sizeof *s->guess);
	}
}

static void sums_release(struct sums *s)
{
	xfree(s->tally);
	xfree(s->gold);
	xfree(s->guess);
}

static void count_outcome(struct eval *e, uint64_t k, const struct outcome *o)
{
	struct sums *s = &e->sums;

	if (o->weight > 0) {
		s->loss += o->loss * o->weight;
		s->weight += o->weight;
	}
	if (s->tally)
		tally_add(s->tally, e->s->task[e->task].n_labels, o->gold, o->pred);
	if (s->gold) {
		s->gold[k] = o->real;
		s->guess[k] = o->number;
	}
	for (int i = 0; i < e->plan->n_metrics; i++)
		s->rouge[i] += rouge_of(&o->rouge, e->plan->metrics[i]);
}

static double metric_of(const struct eval *e, int i)
{
	enum metric_id m = e->plan->metrics[i];

	switch (metric_table[m].input) {
	case METRIC_LABELS:
		return metric_tallied(m, e->sums.tally, e->s->task[e->task].n_labels);
	case METRIC_NUMBERS:
		return metric_numbers(m, e->sums.gold, e->sums.guess, e->n);
	default:
		return e->sums.rouge[i] / (double)e->n;
	}
}

static void fill_row(const struct eval *e, struct eval_row *r)
{
	r->timeline = e->s->timeline;
	r->step = e->s->step;
	r->task = e->task;
	r->n_examples = (int)e->n;
	r->loss = e->sums.weight > 0 ? e->sums.loss / e->sums.weight : NAN;
	r->n_metrics = e->plan->n_metrics;
	for (int i = 0; i < r->n_metrics; i++) {
		str_copy(r->metric[i].name, sizeof r->metric[i].name,
			 metric_table[e->plan->metrics[i]].name);
		r->metric[i].value = metric_of(e, i);
	}
}

/* --- what is kept --- */

static char *copy_text(const char *s, uint32_t len)
{
	return s ? xstrndup(s, len) : NULL;
}

static void keep_example(const struct eval *e, int at, struct prediction *p,
			 struct dev_row *d)
{
	struct outcome *o = &e->out[at];
	uint64_t row = row_of(e, at);
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

/* The block's outcomes in the order of the data, then their slots are free again. */
static void take_block(struct eval *e, struct evaluation *out)
{
	for (int i = 0; i < e->in; i++) {
		uint64_t k = e->first + (uint64_t)i;

		count_outcome(e, k, &e->out[i]);
		if (is_kept(e, k)) {
			keep_example(e, i, &out->kept[out->n_kept],
				     &out->dev_rows[out->n_kept]);
			out->n_kept++;
		}
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

static void clear_block(struct eval *e)
{
	for (int i = 0; i < e->in; i++) {
		xfree(e->out[i].p);
		xfree(e->out[i].output);
		xfree(e->out[i].detail);
		e->out[i] = (struct outcome){ 0 };
	}
}

/* A block after the other, until all are taken or it is to stop. */
static void run_blocks(struct eval *e, struct evaluation *out)
{
	size_t cap = e->n < BLOCK ? (size_t)e->n : BLOCK;

	e->out = xcalloc(cap, sizeof *e->out);
	e->order = xcalloc(cap, sizeof *e->order);
	e->length = xcalloc(cap, sizeof *e->length);
	e->piece = xcalloc(cap, sizeof *e->piece);
	out->kept = xcalloc(e->keep + 1, sizeof *out->kept);
	out->dev_rows = xcalloc(e->keep + 1, sizeof *out->dev_rows);
	sums_init(e);
	for (; e->first < e->n && !atomic_load(&e->is_stopped); e->first += cap) {
		e->in = (int)(e->n - e->first < cap ? e->n - e->first : cap);
		sort_block(e);
		cut_pieces(e);
		workers_run(e->s->workers, e->n_pieces, run_piece, e);
		if (!atomic_load(&e->is_stopped))
			take_block(e, out);
		clear_block(e);
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
	progress_begin(pg, e.n, "examples", "evaluating %s", e.plan->name);
	run_blocks(&e, out);
	if (!atomic_load(&e.is_stopped)) {
		fill_row(&e, &out->row);
		out->row.seconds = clock_now() - from;
	}
	sums_release(&e.sums);
	if (!atomic_load(&e.is_stopped))
		return ST_OK;
	evaluation_release(out);
	return err_set(err, ST_STOPPED, "evaluation stopped");
}
