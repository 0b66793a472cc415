/*
 * safetensors_own.h - what reader and writer of the format share. The format is
 * the banner of safetensors.c. For these two files alone.
 */
#ifndef TUTTI_BASE_SAFETENSORS_OWN_H
#define TUTTI_BASE_SAFETENSORS_OWN_H

#include "base/hash.h"
#include "base/safetensors.h"

struct st_dtype_row {
	const char *name;
	size_t size;
};
extern const struct st_dtype_row safetensors_dtypes[ST_DTYPES];

#define ST_META "__metadata__"
#define ST_SUM "xxh3:"
#define ST_SUM_HEAD "{\"" ST_META "\":{\"" ST_SUM "\":\""
enum { ST_SUM_AT = sizeof ST_SUM_HEAD - 1, ST_SUM_DIGITS = HASH_TEXT - 1 };

#endif
