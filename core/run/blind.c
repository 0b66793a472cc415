/*
 * blind.c - what ROUGE cannot see in a task's references.
 */
#include "run/blind.h"

#include "base/mem.h"
#include "run/evaluate_internal.h"

enum { LOOK_AT = 4000 };

struct rouge_blind rouge_blind_count(const struct session *s, int task)
{
	const struct plan_task *t = &s->plan->tasks[task];
	const struct session_task *st = &s->task[task];
	const struct dataset *d = st->dev ? st->dev : st->train;
	struct rouge_blind b = { 0, 0 };
	struct rouge_scorer *rs;
	struct example e;

	if (t->kind != TASK_SUMMARIZE || !d)
		return b;
	rs = rouge_scorer_new(plan_rouge(t));
	b.of = dataset_size(d) < LOOK_AT ? dataset_size(d) : LOOK_AT;
	for (uint64_t k = 0; k < b.of; k++) {
		char *reference;

		dataset_get(d, eval_spread(dataset_size(d), b.of, k), &e);
		reference = xstrndup(e.target_text ? e.target_text : "", e.target_len);
		b.n += !rouge_has_words(rs, reference);
		xfree(reference);
	}
	rouge_scorer_free(rs);
	return b;
}

bool rouge_blind_words(const struct plan_task *t, struct rouge_blind b, struct buf *out)
{
	if (!b.n)
		return false;
	buf_addf(out, "rouge counts %s: %llu of %llu references have none%s",
		 t->rouge_unicode ? "letters and digits" : "a-z and 0-9 only",
		 (unsigned long long)b.n, (unsigned long long)b.of,
		 t->rouge_unicode ? "" : " (\"rouge\": \"unicode\" counts every script's "
					 "letters)");
	return true;
}
