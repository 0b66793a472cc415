/*
 * bench_decode.c - summaries: one document as soon as possible, and a dev set
 * in batches against one document after another.
 *
 * Weights are random; lengths are forced: 31 pieces and [SEP] are 32 turns of
 * the decoder, the encoding of the source included.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "bench.h"
#include "ask/evaluate.h"

enum { PIECES = 31, TURNS = PIECES + 1 };

/* --- one document --- */

struct decoder_run {
	struct session *s;
	struct tape tape;
	struct decode_config dc;
	int32_t banned[TOK_SPECIALS];
	int n_banned;
};

static void decoder_open(struct decoder_run *d, const struct bench *b, int beams)
{
	*d = (struct decoder_run){ .dc = { .beams = beams, .min_len = PIECES,
					   .max_len = PIECES, .length_penalty = 1 } };
	d->s = bench_session(b, "summarize-even", NULL, 1, false);
	tape_init(&d->tape, &d->s->params);
	d->n_banned = tokenizer_never_written(d->s->tok, d->banned);
}

static void decode(struct decoder_run *d, uint64_t row)
{
	int32_t cls = tokenizer_start(d->s->tok);
	int32_t sep = tokenizer_end(d->s->tok);
	struct generation g;
	struct batch b;

	generation_init(&g);
	tape_begin(&d->tape, NULL, NULL);
	batch_build(&b, &d->tape.arena, d->s->task[0].train, 0, &row, 1, 0, 0, cls);
	model_generate(d->s->model, &d->tape, &b, &d->dc, cls, sep, d->banned,
		       d->n_banned, &g);
	if (g.hyp[0].n != PIECES)
		bench_die("a summary of %d pieces, not %d", g.hyp[0].n, PIECES);
	generation_release(&g);
}

static void bench_decoding(struct bench *b, const void *arg)
{
	int beams = *(const int *)arg;
	struct decoder_run d;
	const char *name = beams == 1 ? "decode greedy" : "decode beam 4";
	double from, cpu, spent = 0;
	uint64_t n = 0;

	decoder_open(&d, b, beams);
	decode(&d, 0);
	from = clock_now();
	cpu = clock_process_cpu();
	for (; n < 3 || spent < b->seconds / 2; n++) {
		decode(&d, n % dataset_size(d.s->task[0].train));
		spent = clock_now() - from;
	}
	cpu = clock_process_cpu() - cpu;
	bench_figure(b, "ms/token", spent / (double)n / TURNS * 1e3, "%s", name);
	bench_figure(b, "ms/token", cpu / (double)n / TURNS * 1e3, "%s, CPU", name);
	tape_release(&d.tape);
	session_free(d.s);
}

/* --- a dev set --- */

struct evaluating {
	const char *name, *set;
	int workers, n, n_quick; /* documents: all of them in the first round */
};

static double evaluate(struct session *s, int n)
{
	struct eval_options o = { .max_examples = n };
	struct evaluation e;
	struct err err;
	double from = clock_now(), spent;

	if (evaluate_task(s, 0, &o, NULL, &e, &err))
		bench_die("%s", err.text);
	spent = clock_now() - from;
	n = e.row.n_examples;
	evaluation_release(&e);
	return spent / n * 1e3;
}

static void bench_evaluation(struct bench *b, const void *arg)
{
	const struct evaluating *v = arg;
	struct session *s = bench_session(b, "evaluate", v->set, v->workers, false);
	double one = bench_now(b, "evaluate beam 4, one by one"), ms;

	ms = evaluate(s, b->is_quick ? v->n_quick : v->n);
	bench_figure(b, "ms/text", ms, "evaluate beam 4, %s", v->name);
	if (!isnan(one))
		bench_figure(b, "x", one / ms, "evaluate beam 4, %s : one by one",
			     v->name);
	session_free(s);
}

/* A budget below any text's length leaves one text in a batch. */
const struct bench_case bench_decode_cases[] = {
	{ "decode greedy", bench_decoding, &(const int){ 1 }, false },
	{ "decode beam 4", bench_decoding, &(const int){ 4 }, false },
	{ "evaluate one by one", bench_evaluation,
	  &(const struct evaluating){ "one by one", "mix.tokens=8", 1, 10, 4 }, false },
	{ "evaluate batched", bench_evaluation,
	  &(const struct evaluating){ "batched, 2 workers", NULL, 2, 64, 16 }, false },
	{ "evaluate batched, workers 1", bench_evaluation,
	  &(const struct evaluating){ "batched, 1 worker", NULL, 1, 16, 16 }, false },
	{ "evaluate 500", bench_evaluation,
	  &(const struct evaluating){ "500 batched, 2 workers", NULL, 2, 500, 64 },
	  true },
	{ NULL, NULL, NULL, false },
};
