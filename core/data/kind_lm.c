/*
 * kind_lm.c - the next piece of a text, from those before it (Bengio et al. 2003; Radford
 * et al. 2019): of each piece but the first, which in most layouts is what begins a text.
 */
#include "data/cache.h"
#include "data/data_kind.h"

static uint32_t units(const struct cache_record *r)
{
	return r->n_ids > 1 ? r->n_ids - 1 : 1;
}

static void aim(const struct dataset *d, uint64_t row, uint64_t epoch, int n, int32_t *ids,
		int *scratch, int32_t *out)
{
	(void)d;
	(void)row;
	(void)epoch;
	(void)scratch;
	for (int i = 0; i < n; i++)
		out[i] = i + 1 < n ? ids[i + 1] : -1;
}

const struct data_kind data_kind_lm = {
	.target = &data_target_none,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "text", "text", DATA_TEXT_HELP },
	},
	.saying = "go on with the %X",
	.aim = aim,
};
