/*
 * kind_multilabel.c - a set of labels, which may be empty, for a text or a pair of texts.
 */
#include "base/str.h"
#include "data/data_kind.h"
#include "data/guess_own.h"

/* --- for files that nobody has described --- */

/* A column of lists of few different words; one of many is a text. */
static int mark(const struct looking *l, int column)
{
	const struct sample_column *c = &l->s->column[column];
	uint64_t n = sample_values(c);

	if (!guess_has_lists(c) || c->lists * 10 < c->n * 9 || n < 4 ||
	    c->listed < 2 || c->listed >= SAMPLE_DISTINCT ||
	    (uint64_t)c->listed * 2 > n || sample_mean_words(c) > 8)
		return GUESS_NEVER;
	return guess_name_mark(l, column, PART_LABEL) + 6 +
	       ((uint64_t)c->listed * 5 <= n ? 1 : -2);
}

static void propose(struct looking *l, int column, int m)
{
	char name[64], what[64];

	guess_say_column(l, column, name);
	str_format(what, sizeof what, "%s has lists of %d%s words", name,
		   l->s->column[column].listed, l->s->is_whole ? "" : " or more");
	guess_add_labelled(l, TASK_MULTILABEL, column, m, what);
}

const struct data_kind data_kind_multilabel = {
	.target = &data_target_labels,
	.units = data_units_one,
	.column = { DATA_LABELLED("labels") },
	.saying = "find the labels %y, %X",
	.mark = mark, .propose = propose,
};
