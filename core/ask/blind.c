/*
 * blind.c - what ROUGE cannot see in a task's references.
 */
#include "ask/blind.h"

#include "ask/evaluate_internal.h"
#include "base/mem.h"
#include "plan/plan_kind.h"

enum { LOOK_AT = 4000 };

void rouge_blind_add(struct rouge_blind *b, struct rouge_scorer *rs, const char *text)
{
	enum rouge_sight sight = rouge_sight(rs, text);

	b->of++;
	b->n += sight != ROUGE_SEEN;
	b->foreign += sight == ROUGE_FOREIGN;
}

struct rouge_blind rouge_blind_count(const struct session *s, int task)
{
	const struct plan_task *t = &s->plan->tasks[task];
	const struct session_task *st = &s->task[task];
	const struct dataset *d = st->dev ? st->dev : st->train;
	struct rouge_blind b = { 0 };
	struct rouge_scorer *rs;
	struct example e;
	uint64_t n;

	if (!plan_kind_measures(t->kind, METRIC_ROUGE1) || !d)
		return b;
	rs = rouge_scorer_new(plan_rouge(t));
	n = dataset_size(d) < LOOK_AT ? dataset_size(d) : LOOK_AT;
	for (uint64_t k = 0; k < n; k++) {
		char *reference;

		dataset_get(d, eval_spread(dataset_size(d), n, k), &e);
		reference = xstrndup(e.target_text ? e.target_text : "", e.target_len);
		rouge_blind_add(&b, rs, reference);
		xfree(reference);
	}
	rouge_scorer_free(rs);
	return b;
}

bool rouge_blind_words(struct rouge_blind b, const char *remedy, struct buf *out)
{
	if (b.foreign)
		buf_addf(out, "rouge counts a-z and 0-9 only: %llu of %llu references have "
			 "none (%s counts every script's letters)",
			 (unsigned long long)b.foreign, (unsigned long long)b.of, remedy);
	if (b.n > b.foreign)
		buf_addf(out, "%s%llu of %llu references have no letter and no digit: "
			 "rouge is 0 there", b.foreign ? "; " : "",
			 (unsigned long long)(b.n - b.foreign), (unsigned long long)b.of);
	return b.n > 0;
}
