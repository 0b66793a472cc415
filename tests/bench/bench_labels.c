/*
 * bench_labels.c - many labels: what a text costs to be given one of 150, when they are
 * said (gpt) and when a head tells them apart (transformer), by the path of evaluations
 * on one thread. Weights are random.
 */
#include <math.h>

#include "ask/evaluate.h"
#include "base/clock.h"
#include "bench.h"

struct labelling {
	const char *name, *plan;
	int n, n_quick; /* texts at a time */
};

/* CPU seconds of n texts. */
static double label_texts(struct session *s, int n)
{
	struct eval_options o = { .max_examples = n };
	double cpu = clock_process_cpu();
	struct evaluation e;
	struct err err;

	if (evaluate_task(s, 0, &o, NULL, &e, &err))
		bench_die("%s", err.text);
	if (e.row.n_examples != n)
		bench_die("%d texts, not %d", e.row.n_examples, n);
	evaluation_release(&e);
	return clock_process_cpu() - cpu;
}

static void bench_labelling(struct bench *b, const void *arg)
{
	const struct labelling *l = arg;
	struct session *s = bench_session(b, l->plan, NULL, 1, false);
	double encoder = bench_now(b, "150 labels, transformer, CPU"), cpu = 0, ms;
	int n = b->is_quick ? l->n_quick : l->n, texts = 0;

	label_texts(s, n);
	while (!texts || cpu < b->seconds / 2) {
		cpu += label_texts(s, n);
		texts += n;
	}
	ms = cpu / texts * 1e3;
	bench_figure(b, "ms/text", ms, "150 labels, %s, CPU", l->name);
	if (!isnan(encoder))
		bench_figure(b, "x", ms / encoder, "150 labels, %s : transformer", l->name);
	session_free(s);
}

const struct bench_case bench_labels_cases[] = {
	{ "150 labels, transformer", bench_labelling,
	  &(const struct labelling){ "transformer", "intents-encoder", 512, 128 }, false },
	{ "150 labels, gpt", bench_labelling,
	  &(const struct labelling){ "gpt", "intents-gpt", 16, 4 }, false },
	{ NULL, NULL, NULL, false },
};
