/*
 * baseline.c - what costs nothing, as the kind of a task has it; of texts the first
 * three or the longest three sentences (turns, in a dialogue).
 */
#include <string.h>

#include "ask/ask_kind.h"
#include "base/mem.h"
#include "base/str.h"
#include "text/parts.h"

enum { PARTS_MAX = 2048 };

/* --- summaries of a text's parts --- */

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
		n += !char_is_blank(p->s[i]) && (i == 0 || char_is_blank(p->s[i - 1]));
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
	ask_kind(p->kind)->baseline(s, task, dev, out);
	return ST_OK;
}
