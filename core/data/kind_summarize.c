/*
 * kind_summarize.c - a short text that says what a long one is about.
 */
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/guess_own.h"

static uint32_t units(const struct cache_record *r)
{
	return r->n_target;
}

/* --- for files that nobody has described --- */

/* A long text and a short one that says what it is. */
static void add(struct looking *l, int source, int target)
{
	const struct sample *s = l->s;
	double is = sample_mean_words(&s->column[source]);
	double ts = sample_mean_words(&s->column[target]);
	int named = guess_name_mark(l, target, PART_SUMMARY);
	int mark = guess_text_mark(l, source, PART_SOURCE) - 4 + named;
	struct guess_task t = { .kind = TASK_SUMMARIZE, .text = source, .pair = -1,
				.target = target };
	char a[64], b[64];

	if (source == target || is < 1.5 * ts || is < 8 || ts < 1.5 ||
	    !guess_is_many(&s->column[target]) || l->text[target] == GUESS_NEVER ||
	    !guess_is_filled(&s->column[target]))
		return;
	if (guess_are_pair(l, source, target))
		return;
	mark += is >= 3 * ts ? 2 : 0;
	if (named <= 0 && is < 2.5 * ts)
		mark -= 3;
	guess_say_column(l, source, a);
	guess_say_column(l, target, b);
	str_format(t.why, sizeof t.why, "%s about %.0f words, %s about %.0f", a, is, b, ts);
	guess_add(l, &t, mark);
}

static void propose(struct looking *l, int column, int mark)
{
	enum { MOST = 32 };

	(void)mark;
	for (int k = 0; k < l->s->n_columns; k++)
		if (l->s->n_columns <= MOST)
			add(l, column, k);
}

const struct data_kind data_kind_summarize = {
	.target = &data_target_text,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "source", "long text", "Column of the text to summarize." },
		[COLUMN_TARGET] = { "target", "summary", "Column of the summary; of an "
				    "extract: 0 and 1, one a word or sentence, or the text "
				    "that is kept." },
	},
	.saying = "summarize %x to %y",
	.propose = propose,
};
