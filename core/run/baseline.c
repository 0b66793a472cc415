/*
 * baseline.c - what costs nothing: the majority class, the mean, the first
 * three or the longest three sentences (turns, in a dialogue).
 */
#include <string.h>

#include "base/mem.h"
#include "run/evaluate_internal.h"
#include "text/parts.h"

enum { PARTS_MAX = 2048 };

/* --- summaries of a text's parts --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void join_part(struct buf *out, const struct text_part *p)
{
	if (out->len)
		buf_addc(out, ' ');
	buf_add(out, p->s, p->len);
}

void baseline_lead(const char *text, size_t len, struct buf *out)
{
	struct text_part *part = xcalloc(PARTS_MAX, sizeof *part);
	int n = text_parts(text, len, part, PARTS_MAX);

	for (int i = 0; i < n && i < 3; i++)
		join_part(out, &part[i]);
	xfree(part);
}

/* Words of a part: how long it is. */
static int count_words(const struct text_part *p)
{
	int n = 0;

	for (size_t i = 0; i < p->len; i++)
		n += !is_blank(p->s[i]) && (i == 0 || is_blank(p->s[i - 1]));
	return n;
}

void baseline_longest(const char *text, size_t len, struct buf *out)
{
	struct text_part *part = xcalloc(PARTS_MAX, sizeof *part);
	int *words = xcalloc(PARTS_MAX, sizeof *words);
	int n = text_parts(text, len, part, PARTS_MAX);

	for (int i = 0; i < n; i++)
		words[i] = count_words(&part[i]);
	for (int i = 0; i < n; i++) {
		int before = 0; /* parts that come before this one by length */

		for (int k = 0; k < n; k++)
			before += words[k] > words[i] || (words[k] == words[i] && k < i);
		if (before < 3)
			join_part(out, &part[i]);
	}
	xfree(words);
	xfree(part);
}

/* --- baselines of tasks --- */

static void name_metrics(const struct plan_task *p, struct eval_row *out)
{
	out->n_metrics = p->n_metrics;
	for (int k = 0; k < p->n_metrics; k++)
		str_copy(out->metric[k].name, sizeof out->metric[k].name,
			 metric_table[p->metrics[k]].name);
}

static void classify_baseline(const struct session *s, int task,
			      const struct dataset *dev, struct eval_row *out)
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

static void regress_baseline(const struct session *s, int task,
			     const struct dataset *dev, struct eval_row *out)
{
	const struct plan_task *p = &s->plan->tasks[task];
	size_t n = (size_t)out->n_examples;
	double *gold = xcalloc(n, sizeof *gold), *pred = xcalloc(n, sizeof *pred);
	struct example e;

	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		gold[i] = (double)e.number;
		pred[i] = s->task[task].mean;
	}
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = metric_numbers(p->metrics[k], gold, pred, n);
	xfree(gold);
	xfree(pred);
}

/* Adds one row's scores of both ways of choosing sentences. */
static void add_scores(const struct plan_task *p, struct rouge_scorer *rs,
		       const struct example *e, double sum[2][PLAN_METRICS])
{
	char *reference = xstrndup(e->target_text, e->target_len);
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
		for (int k = 0; k < p->n_metrics; k++)
			sum[way][k] += rouge_of(&r, p->metrics[k]);
	}
	buf_release(&b);
	xfree(reference);
}

/* The better of the two by the first metric. */
static void summary_baseline(const struct session *s, int task,
			     const struct dataset *dev, struct eval_row *out)
{
	const struct plan_task *p = &s->plan->tasks[task];
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(p));
	double sum[2][PLAN_METRICS] = { { 0 } };
	size_t n = (size_t)out->n_examples;
	struct example e;
	int best;

	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		add_scores(p, rs, &e, sum);
	}
	best = sum[1][0] > sum[0][0];
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = n ? sum[best][k] / (double)n : 0;
	rouge_scorer_free(rs);
}

enum status evaluate_baseline(struct session *s, int task, const struct dataset *data,
			      int max_examples, struct eval_row *out, struct err *err)
{
	const struct dataset *dev = data ? data : s->task[task].dev;
	const struct plan_task *p = &s->plan->tasks[task];
	uint64_t n;

	if (!dev || !dataset_size(dev))
		return err_set(err, ST_NOT_FOUND, "task '%s' has no dev rows", p->name);
	n = dataset_size(dev);
	if (max_examples > 0 && n > (uint64_t)max_examples)
		n = (uint64_t)max_examples;
	*out = (struct eval_row){ .timeline = s->timeline, .step = -1, .task = task,
				  .n_examples = (int)n };
	name_metrics(p, out);
	switch (p->kind) {
	case TASK_CLASSIFY:
		classify_baseline(s, task, dev, out);
		break;
	case TASK_REGRESS:
		regress_baseline(s, task, dev, out);
		break;
	default:
		summary_baseline(s, task, dev, out);
		break;
	}
	return ST_OK;
}
