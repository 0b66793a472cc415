/*
 * evaluate.c - predictions on a data set and the metrics over them.
 *
 * Examples are taken a block at a time. Those of a block are sorted by length and cut
 * into pieces; workers take pieces and write each example's outcome into its own slot;
 * then the outcomes are counted in the order of the data. So neither the order nor the
 * number of workers shows, and memory does not grow with the rows. What a piece holds
 * follows from the plan and the data alone.
 */
#include "ask/evaluate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "session/workers.h"

/* Rows of a decoding step that run at the speed of memory (ops.h). */
enum { DECODE_ROWS = 64 };
enum { BLOCK = 4096 }; /* examples: workers seldom wait for its last piece */

struct piece { int from, n; }; /* in eval.order */

struct eval {
	const struct session *s;
	int task;
	const struct plan_task *plan;
	const struct ask_kind *kind;
	const struct dataset *data;
	bool greedy;
	uint64_t n, size, keep, detail;
	uint64_t first;           /* of the block: examples k = first .. first + in - 1 */
	int in;
	int *order;               /* [in] places in the block, by length */
	uint32_t *length;         /* [in] */
	struct outcome *out;      /* [in] */
	struct piece *piece;
	int n_pieces;
	struct gather sums;       /* what the outcomes come to */
	struct progress *pg;
	atomic_bool is_stopped;
	_Atomic uint64_t done;
};

uint64_t eval_spread(uint64_t size, uint64_t n, uint64_t k)
{
	return n >= size ? k : (uint64_t)((double)k * (double)size / (double)n);
}

/* Is example k among `some` that are spread over all of them? */
static bool is_among(const struct eval *e, uint64_t some, uint64_t k)
{
	uint64_t j;

	if (!some)
		return false;
	if (some >= e->n)
		return true;
	j = (uint64_t)((double)k * (double)some / (double)e->n);
	for (j = j ? j - 1 : 0; j < some && eval_spread(e->n, some, j) <= k; j++)
		if (eval_spread(e->n, some, j) == k)
			return true;
	return false;
}

static bool is_kept(const struct eval *e, uint64_t k)
{
	return is_among(e, e->keep, k);
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

	if (!e->kind->decodes)
		return ASK_ROWS_MAX;
	return beams < DECODE_ROWS ? DECODE_ROWS / (beams > 0 ? beams : 1) : 1;
}

/* Pieces hold a micro-batch's tokens at most (one long example may exceed it). */
static void cut_pieces(struct eval *e)
{
	uint64_t budget = (uint64_t)e->s->plan->tokens;
	int limit = piece_limit(e);

	if (e->kind->decodes)
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

static void begin_batch(struct eval *e, struct worker *w, const struct piece *p,
			struct ask_batch *a)
{
	const int *at = e->order + p->from;

	*a = (struct ask_batch){ .s = e->s, .task = e->task, .data = e->data,
				 .greedy = e->greedy, .w = w, .n = p->n };
	for (int i = 0; i < a->n; i++) {
		a->row[i] = row_of(e, at[i]);
		a->keep[i] = is_kept(e, e->first + (uint64_t)at[i]);
		a->detail[i] = a->keep[i] &&
			       is_among(e, e->detail, e->first + (uint64_t)at[i]);
		a->out[i] = &e->out[at[i]];
	}
	tape_begin(&w->tape, NULL, NULL);
	batch_build(&a->b, &w->tape.arena, a->data, a->task, a->row, a->n, 0, 0,
		    tokenizer_start(a->s->tok));
}

static void run_piece(struct worker *w, int job, void *arg)
{
	struct eval *e = arg;
	struct ask_batch a;

	if (atomic_load_explicit(&e->is_stopped, memory_order_relaxed))
		return;
	begin_batch(e, w, &e->piece[job], &a);
	e->kind->answer(&a);
	atomic_fetch_add(&e->done, (uint64_t)a.n);
	/* worker 0 is the thread that the progress belongs to */
	if (w->index == 0 && progress_tick(e->pg, atomic_load(&e->done)))
		atomic_store(&e->is_stopped, true);
}

/* --- metrics --- */

static void count_outcome(struct eval *e, const struct outcome *o)
{
	if (o->weight > 0) {
		e->sums.loss += o->p.loss * o->weight;
		e->sums.weight += o->weight;
	}
	e->kind->gather_add(&e->sums, o);
	e->sums.k++;
}

static void fill_row(const struct eval *e, struct eval_row *r)
{
	r->timeline = e->s->timeline;
	r->step = e->s->step;
	r->task = e->task;
	r->n_examples = (int)e->n;
	r->loss = gather_loss(&e->sums);
	r->n_metrics = e->plan->n_metrics;
	for (int i = 0; i < r->n_metrics; i++) {
		str_copy(r->metric[i].name, sizeof r->metric[i].name,
			 metric_table[e->plan->metrics[i]].name);
		r->metric[i].value = e->kind->gather_metric(&e->sums,
							    e->plan->metrics[i]);
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
	uint64_t row = row_of(e, at);
	struct example ex;

	dataset_get(e->data, row, &ex);
	*d = (struct dev_row){ .row = (int64_t)row, .line = (int64_t)ex.line,
			       .text = copy_text(ex.text, ex.text_len),
			       .pair = copy_text(ex.pair, ex.pair_len),
			       .target = copy_text(ex.target_text, ex.target_len) };
	*p = e->out[at].p;
	p->row = (int64_t)row;
	p->weight = e->out[at].weight;
	e->out[at].p = (struct prediction){ 0 };
}

/* The block's outcomes in the order of the data, then their slots are free again. */
static void take_block(struct eval *e, struct evaluation *out)
{
	for (int i = 0; i < e->in; i++) {
		uint64_t k = e->first + (uint64_t)i;

		count_outcome(e, &e->out[i]);
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
		prediction_release(&e->kept[i]);
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
		prediction_release(&e->out[i].p);
		e->out[i] = (struct outcome){ 0 };
	}
}

static size_t make_block(struct eval *e)
{
	size_t cap = e->n < BLOCK ? (size_t)e->n : BLOCK;

	e->out = xcalloc(cap, sizeof *e->out);
	e->order = xcalloc(cap, sizeof *e->order);
	e->length = xcalloc(cap, sizeof *e->length);
	e->piece = xcalloc(cap, sizeof *e->piece);
	return cap;
}

static void free_block(struct eval *e)
{
	xfree(e->out);
	xfree(e->order);
	xfree(e->length);
	xfree(e->piece);
}

/* A block after the other, until all are taken or it is to stop. */
static void run_blocks(struct eval *e, struct evaluation *out)
{
	size_t cap = make_block(e);

	out->kept = xcalloc(e->keep + 1, sizeof *out->kept);
	out->dev_rows = xcalloc(e->keep + 1, sizeof *out->dev_rows);
	e->kind->gather_begin(&e->sums);
	for (; e->first < e->n && !atomic_load(&e->is_stopped); e->first += cap) {
		e->in = (int)(e->n - e->first < cap ? e->n - e->first : cap);
		sort_block(e);
		cut_pieces(e);
		workers_run(e->s->workers, e->n_pieces, run_piece, e);
		if (!atomic_load(&e->is_stopped))
			take_block(e, out);
		clear_block(e);
	}
	free_block(e);
}

/* False: there are no rows. */
static bool begin(struct eval *e, struct session *s, int task, const struct eval_options *o)
{
	*e = (struct eval){ .s = s, .task = task, .plan = &s->plan->tasks[task],
			    .data = o->data ? o->data : s->task[task].dev,
			    .greedy = o->greedy };
	if (!e->data || !dataset_size(e->data))
		return false;
	session_look(s);
	e->size = e->n = dataset_size(e->data);
	if (o->max_examples > 0 && e->n > (uint64_t)o->max_examples)
		e->n = (uint64_t)o->max_examples;
	e->keep = (uint64_t)(o->keep > 0 ? o->keep : 0);
	e->keep = e->keep > e->n ? e->n : e->keep;
	e->detail = o->detail > 0 ? (uint64_t)o->detail : e->keep;
	e->kind = ask_kind(e->plan->kind);
	e->sums = (struct gather){ .s = s, .task = task, .n = e->n, .data = e->data,
				   .fits = o->fit && e->plan->threshold < 0 };
	return true;
}

void evaluate_outcomes(const struct session *s, int task, const struct dataset *data,
		       struct outcome *o, struct evaluation *out)
{
	uint64_t n = dataset_size(data);
	struct eval e = { .s = s, .task = task, .plan = &s->plan->tasks[task],
			  .data = data, .n = n, .size = n, .keep = n, .in = (int)n,
			  .out = o,
			  .sums = { .s = s, .task = task, .n = n, .data = data } };

	*out = (struct evaluation){ .kept = xcalloc(n + 1, sizeof *out->kept),
				    .dev_rows = xcalloc(n + 1, sizeof *out->dev_rows) };
	e.kind = ask_kind(e.plan->kind);
	e.kind->gather_begin(&e.sums);
	take_block(&e, out);
	fill_row(&e, &out->row);
	e.kind->gather_end(&e.sums);
}

bool evaluate_takes(const struct session *s, int task)
{
	const struct session_task *t = &s->task[task];

	if (!t->dev || !dataset_size(t->dev))
		return false;
	return plan_is_heard(&s->plan->tasks[task]) || s->mix.ch[task].drawn || t->has_init ||
	       (!s->mix.ch[task].muted && s->mix.ch[task].share != 0);
}

enum status evaluate_task(struct session *s, int task, const struct eval_options *o,
			  struct progress *pg, struct evaluation *out, struct err *err)
{
	struct eval e;
	double from = clock_now();

	*out = (struct evaluation){ 0 };
	if (!begin(&e, s, task, o))
		return err_set(err, ST_NOT_FOUND, "task '%s' has no dev rows", e.plan->name);
	e.pg = pg;
	progress_begin(pg, e.n, "examples", "evaluating %s", e.plan->name);
	run_blocks(&e, out);
	if (!atomic_load(&e.is_stopped)) {
		if (e.sums.fits && e.kind->gather_fit)
			s->task[task].threshold = e.kind->gather_fit(&e.sums, out->kept,
								     out->n_kept);
		fill_row(&e, &out->row);
		out->row.seconds = clock_now() - from;
	}
	e.kind->gather_end(&e.sums);
	if (!atomic_load(&e.is_stopped))
		return ST_OK;
	evaluation_release(out);
	return err_set(err, ST_STOPPED, "evaluation stopped");
}

/* --- what it needs --- */

static uint64_t tokens_of(const struct eval *e, const struct piece *p)
{
	uint64_t tokens = 0;

	for (int i = 0; i < p->n; i++)
		tokens += e->length[e->order[p->from + i]];
	return tokens;
}

static uint64_t size_of(const struct eval *e, int piece, bool by_tokens)
{
	return by_tokens ? tokens_of(e, &e->piece[piece]) : (uint64_t)e->piece[piece].n;
}

/* The piece of most tokens of the block, or that of most examples; the longer of two. */
static int largest(const struct eval *e, bool by_tokens)
{
	int best = 0;

	for (int i = 1; i < e->n_pieces; i++)
		if (size_of(e, i, by_tokens) >= size_of(e, best, by_tokens))
			best = i;
	return best;
}

/* Every job has a block of outcomes of its own. */
static void run_again(struct worker *w, int job, void *arg)
{
	struct eval *e = arg;

	run_piece(w, 0, &e[job]);
}

static void run_everywhere(const struct eval *e, int piece)
{
	int n = workers_count(e->s->workers);
	struct eval *all = xcalloc((size_t)n, sizeof *all);

	for (int i = 0; i < n; i++) {
		all[i] = *e;
		all[i].piece = &e->piece[piece];
		all[i].out = xcalloc((size_t)e->in, sizeof *all[i].out);
	}
	workers_run(e->s->workers, n, run_again, all);
	for (int i = 0; i < n; i++) {
		clear_block(&all[i]);
		xfree(all[i].out);
	}
	xfree(all);
}

static void read_block(struct eval *e, uint64_t first, size_t cap)
{
	e->first = first;
	e->in = (int)(e->n - first < cap ? e->n - first : cap);
	sort_block(e);
	cut_pieces(e);
}

static void run_largest(struct eval *e, size_t cap, bool by_tokens)
{
	uint64_t most = 0, first = 0;

	for (uint64_t at = 0; at < e->n; at += cap) {
		uint64_t size;

		read_block(e, at, cap);
		size = size_of(e, largest(e, by_tokens), by_tokens);
		if (size > most) {
			most = size;
			first = at;
		}
	}
	read_block(e, first, cap);
	run_everywhere(e, largest(e, by_tokens));
}

void evaluate_largest(struct session *s, int task, const struct eval_options *o)
{
	struct eval e;
	size_t cap;

	if (!begin(&e, s, task, o))
		return;
	cap = make_block(&e);
	run_largest(&e, cap, true);
	run_largest(&e, cap, false);
	free_block(&e);
}
