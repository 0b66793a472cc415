/*
 * kind_mlm.c - pieces of a text that were hidden, to be put back (masking.h). Nobody's
 * file says that it is for that, so it is not proposed.
 */
#include "data/cache.h"
#include "data/data_kind.h"

/* Before it is known how many are hidden: dataset_units() asks the masking. */
static uint32_t units(const struct cache_record *r)
{
	return r->n_ids;
}

static void aim(const struct dataset *d, uint64_t row, uint64_t epoch, int n, int32_t *ids,
		int *scratch, int32_t *out)
{
	masking_hide(dataset_masking(d), row, epoch, n, ids, scratch, out);
}

const struct data_kind data_kind_mlm = {
	.target = &data_target_none,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "text", "text", DATA_TEXT_HELP },
		[COLUMN_PAIR] = { "text_b", "second text of a pair",
				  "Column of the second text of a pair." },
	},
	.saying = "put hidden pieces back into the %X",
	.aim = aim, .is_masked = true, .has_marks = true,
};
