/*
 * kind_denoise.c - a text with parts taken out, which are to be written (gaps.h): what a
 * summarizer can practise on texts without summaries.
 */
#include "data/cache.h"
#include "data/data_kind.h"
#include "text/gaps.h"

static uint32_t units(const struct cache_record *r)
{
	return r->n_target;
}

static bool corrupt(const struct dataset_spec *spec, const char *text, size_t len,
		    struct buf *source, struct buf *target)
{
	return gaps_make(&spec->mask, text, len, source, target);
}

const struct data_kind data_kind_denoise = {
	.target = &data_target_text,
	.units = units,
	.column = {
		[COLUMN_TEXT] = { "text", "text", DATA_TEXT_HELP },
		[COLUMN_TARGET] = { NULL, "what is taken out", NULL },
	},
	.saying = "write what is taken out of the %X",
	.corrupt = corrupt, .has_marks = true,
};
