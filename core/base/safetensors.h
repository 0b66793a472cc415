/*
 * safetensors.h - named tensors in the safetensors format, with a checksum of
 * each, and of the header, in the header's __metadata__.
 *
 * File: u64 little-endian header size, JSON header, raw little-endian data.
 * The reader trusts nothing: sizes through checked arithmetic against the file,
 * no overlap, no gap, checksums compared (files without them, from elsewhere,
 * are taken when `need_sums` is false).
 */
#ifndef TUTTI_BASE_SAFETENSORS_H
#define TUTTI_BASE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Numbers of the first three can be asked for; the others are read over. */
enum st_dtype {
	ST_F32, ST_F16, ST_BF16, ST_I64,
	ST_BOOL, ST_U8, ST_I8, ST_U16, ST_I16, ST_U32, ST_I32, ST_U64, ST_F64,
	ST_F8_E4M3, ST_F8_E5M2, ST_DTYPES
};
enum { SAFETENSORS_HEADER_MAX = 64 << 20, ST_DIMS = 4 };

struct st_entry {
	const char *name;       /* borrowed */
	enum st_dtype dtype;
	int n_dims;             /* 0: one number */
	int64_t dim[ST_DIMS];
	const void *data;       /* writing: what to write; reading: in the mapping,
				   aligned in our own files only */
	size_t bytes;
};

/*
 * Writes all entries under file.h's protocol. meta: pairs key, value, ..., NULL
 * (may be NULL; keys beginning with "xxh3:" are ours).
 */
enum status safetensors_save(const char *path, const struct st_entry *e, int n,
			     const char *const *meta, struct err *err);

struct safetensors;
/* ST_CORRUPT names what is wrong with the file. Reads all of it once. */
enum status safetensors_open(const char *path, bool need_sums,
			     struct safetensors **out, struct err *err);
void safetensors_close(struct safetensors *s); /* NULL is fine */
int safetensors_count(const struct safetensors *s);
/* In the order of the data. */
const struct st_entry *safetensors_at(const struct safetensors *s, int i);
/* NULL: there is none. */
const struct st_entry *safetensors_find(const struct safetensors *s, const char *name);
const char *safetensors_meta(const struct safetensors *s, const char *key);
/*
 * Numbers of a F32, F16 or BF16 entry as floats; out holds all of them. Of files from
 * elsewhere: a checkpoint of ours is F32 and copied as it is.
 */
bool safetensors_has_floats(const struct st_entry *e);
const char *safetensors_dtype_name(enum st_dtype t); /* "F32" */
int64_t safetensors_numbers(const struct st_entry *e);
void safetensors_floats(const struct st_entry *e, float *out);

#endif
