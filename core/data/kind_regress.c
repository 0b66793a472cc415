/*
 * kind_regress.c - a number for a text or a pair of texts.
 */
#include <math.h>

#include "base/str.h"
#include "data/data_kind.h"
#include "data/guess_own.h"

/*
 * Mean and deviation of the train numbers: the head predicts (y - mean) / scale.
 * Numbers that differ by less than a double can tell from their mean are all one.
 */
static void prepare(const struct dataset *train, double *mean, double *scale)
{
	struct example e;
	uint64_t n = dataset_size(train);
	double sum = 0, least, d;

	*mean = dataset_mean(train);
	for (uint64_t i = 0; i < n; i++) {
		dataset_get(train, i, &e);
		d = e.number - *mean;
		sum += d * d;
	}
	*scale = n ? __builtin_sqrt(sum / (double)n) : 0;
	least = 1e-14 * (*mean < 0 ? -*mean : *mean);
	if (!(*scale > least && *scale > 1e-150 && isfinite(*scale)))
		*scale = 1;
}

/* --- for files that nobody has described --- */

static int mark(const struct looking *l, int column)
{
	const struct sample_column *c = &l->s->column[column];
	int m;

	if (!guess_is_numeric(c) || c->distinct < 3 || guess_is_index(c) ||
	    guess_has_lists(c))
		return GUESS_NEVER;
	m = guess_target_mark(l, column, PART_NUMBER, 0.9 * (double)c->n);
	m += c->wholes < c->numbers ? 3 : 0; /* fractions are measured */
	m += c->distinct > 20 ? 1 : -1;
	if (c->wholes == c->numbers && c->distinct == SAMPLE_DISTINCT)
		m -= 4; /* names of something */
	return m;
}

static void propose(struct looking *l, int column, int m)
{
	const struct sample_column *c = &l->s->column[column];
	char name[64], what[64];

	guess_say_column(l, column, name);
	str_format(what, sizeof what, "%s is %.4g to %.4g", name, c->least, c->most);
	guess_add_labelled(l, TASK_REGRESS, column, m, what);
}

const struct data_kind data_kind_regress = {
	.target = &data_target_number,
	.units = data_units_one,
	.column = { DATA_LABELLED("number") },
	.saying = "predict the number %y, %X",
	.prepare = prepare,
	.mark = mark, .propose = propose,
};
