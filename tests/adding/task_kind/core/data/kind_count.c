/*
 * kind_count.c - how many of something a text speaks of.
 */
#include "data/cache.h"
#include "data/data_kind.h"

static uint32_t units(const struct cache_record *r)
{
	(void)r;
	return 1;
}

const struct data_kind data_kind_count = {
	.target = &data_target_number,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "text", "text", "Column of the text." },
		[COLUMN_TARGET] = { "number", "count", "Column of the number to count to." },
	},
	.saying = "count %y in the %X",
};
