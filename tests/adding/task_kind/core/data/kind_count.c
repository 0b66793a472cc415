/*
 * kind_count.c - how many of something a text speaks of.
 */
#include "data/data_kind.h"

const struct data_kind data_kind_count = {
	.target = &data_target_number,
	.units = data_units_one,
	.column = {
		[COLUMN_TEXT] = { "text", "text", "Column of the text." },
		[COLUMN_TARGET] = { "number", "count", "Column of the number to count to." },
	},
	.saying = "count %y in the %X",
};
