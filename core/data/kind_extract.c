/*
 * kind_extract.c - which words or sentences of a text are kept: a compressed sentence, a
 * summary of sentences as they stand.
 */
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/guess_own.h"

static uint32_t units(const struct cache_record *r)
{
	return r->value.read ? r->value.read : 1;
}

/* --- for files that nobody has described --- */

/* Rows of 0 and 1 alone; more than of kinds that take them for numbers, or names. */
static int mark(const struct looking *l, int column)
{
	const struct sample_column *c = &l->s->column[column];

	return c->distinct > 2 && c->masks == sample_values(c) ? 40 : GUESS_NEVER;
}

static void propose(struct looking *l, int column, int m)
{
	char name[64], what[96];

	guess_say_column(l, column, name);
	str_format(what, sizeof what, "%s has 0 and 1", name);
	guess_add_labelled(l, TASK_EXTRACT, column, m, what);
}

const struct data_kind data_kind_extract = {
	.target = &data_target_units,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "source", "text", "Column of the text to summarize." },
		[COLUMN_TARGET] = { "target", "what is kept", "Column of the summary; of an "
				    "extract: 0 and 1, one a word or sentence, or the text "
				    "that is kept." },
	},
	.saying = "keep of %x what %y says",
	.mark = mark, .propose = propose,
};
