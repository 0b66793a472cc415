/*
 * kind_classify.c - one of several labels for a text or a pair of texts.
 */
#include "base/str.h"
#include "data/data_kind.h"
#include "data/guess_own.h"

/* --- for files that nobody has described --- */

static int mark(const struct looking *l, int column)
{
	const struct sample_column *c = &l->s->column[column];
	bool is_numeric = guess_is_numeric(c);
	uint64_t n = sample_values(c);
	int m;

	if (c->distinct < 2 || c->distinct >= SAMPLE_DISTINCT || guess_is_index(c) ||
	    guess_has_lists(c) || n < 4 || (uint64_t)c->distinct * 2 > n ||
	    sample_mean_words(c) > 6)
		return GUESS_NEVER;
	if (is_numeric && c->wholes < c->numbers && c->distinct > 4)
		return GUESS_NEVER;
	m = guess_target_mark(l, column, PART_LABEL, 0.97 * (double)n);
	m += c->distinct <= 20 ? 2 : 0;
	m += (uint64_t)c->distinct * 5 <= n ? 1 : -2;
	m += is_numeric && c->distinct <= 10 ? 2 : 0;
	m += is_numeric && c->distinct > 20 ? -3 : 0;
	return m;
}

static void propose(struct looking *l, int column, int m)
{
	char name[64], what[64];

	guess_say_column(l, column, name);
	str_format(what, sizeof what, "%s has %d%s values", name,
		   l->s->column[column].distinct, l->s->is_whole ? "" : " or more");
	guess_add_labelled(l, TASK_CLASSIFY, column, m, what);
}

const struct data_kind data_kind_classify = {
	.target = &data_target_label,
	.units = data_units_one,
	.column = { DATA_LABELLED("label") },
	.saying = "classify by %y, %X",
	.mark = mark, .propose = propose,
};
