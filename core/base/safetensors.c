/*
 * safetensors.c - reading the safetensors format; safetensors_save.c writes it.
 *
 *   u64 n          little-endian, size of the header, at most 64 MB
 *   header         n bytes, one JSON object:
 *     "__metadata__": { key: string, ... }
 *     NAME: { "dtype": "F32", "shape": [rows, cols], "data_offsets": [from, to] }
 *   data           offsets count from here; tensors tile it without gap
 *
 * Ours: metadata "xxh3:NAME" is the hash (hash.h) of a tensor's bytes. The first
 * thing in our headers is {"__metadata__":{"xxh3:":"<32 digits>" : the hash of
 * the header itself with these digits as '0'. Tensors stand by falling size of
 * their numbers and the header is padded with spaces to 64 bytes, so that all
 * are aligned in a mapping.
 */
#include "base/safetensors_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "tensors are mapped as they stand in the file");

const struct st_dtype_row safetensors_dtypes[ST_DTYPES] = {
	[ST_F32] = { "F32", 4 },
	[ST_F16] = { "F16", 2 },
	[ST_BF16] = { "BF16", 2 },
	[ST_I64] = { "I64", 8 },
	[ST_BOOL] = { "BOOL", 1 },
	[ST_U8] = { "U8", 1 },
	[ST_I8] = { "I8", 1 },
	[ST_U16] = { "U16", 2 },
	[ST_I16] = { "I16", 2 },
	[ST_U32] = { "U32", 4 },
	[ST_I32] = { "I32", 4 },
	[ST_U64] = { "U64", 8 },
	[ST_F64] = { "F64", 8 },
	[ST_F8_E4M3] = { "F8_E4M3", 1 },
	[ST_F8_E5M2] = { "F8_E5M2", 1 },
};

struct safetensors {
	struct file_map map;
	struct json *header;
	const struct json *meta;  /* or NULL */
	const char *data;
	size_t data_size;
	bool has_sums;
	int n;
	struct st_entry *e;       /* [n] by place in the data */
	int *by_name;             /* [n] entries in order of names */
};

static enum status bad(struct err *err, const char *path, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static enum status bad(struct err *err, const char *path, const char *fmt, ...)
{
	char text[256];
	struct buf b;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_init(&b);
	buf_addf(&b, "'%s' is damaged: %s", path, text);
	err_set(err, ST_CORRUPT, "%s", buf_str(&b));
	buf_release(&b);
	return ST_CORRUPT;
}

/* The header's own sum: present in our files, right if present. */
static enum status check_header_sum(struct safetensors *s, const char *path,
				    const char *p, size_t n, struct err *err)
{
	char digits[HASH_TEXT];
	char *copy;

	if (n < ST_SUM_AT + ST_SUM_DIGITS || memcmp(p, ST_SUM_HEAD, ST_SUM_AT))
		return ST_OK;
	copy = xmalloc(n);
	memcpy(copy, p, n);
	memset(copy + ST_SUM_AT, '0', ST_SUM_DIGITS);
	hash_text(hash_bytes(copy, n), digits);
	xfree(copy);
	if (memcmp(digits, p + ST_SUM_AT, ST_SUM_DIGITS))
		return bad(err, path, "the header's checksum is another one");
	s->has_sums = true;
	return ST_OK;
}

static enum status read_header(struct safetensors *s, const char *path,
			       struct err *err)
{
	uint64_t n;
	enum status st;

	if (s->map.len < 8)
		return bad(err, path, "%zu bytes are no tensor file", s->map.len);
	memcpy(&n, s->map.p, sizeof n);
	if (n > SAFETENSORS_HEADER_MAX)
		return bad(err, path, "a header of %llu bytes is too large",
			   (unsigned long long)n);
	if (n > s->map.len - 8)
		return bad(err, path, "it ends inside the header");
	if (!n || s->map.p[8] != '{')
		return bad(err, path, "the header is no JSON object");
	st = check_header_sum(s, path, s->map.p + 8, (size_t)n, err);
	if (st)
		return st;
	s->data = s->map.p + 8 + n;
	s->data_size = s->map.len - 8 - (size_t)n;
	if (json_parse(s->map.p + 8, (size_t)n, "header", &s->header, err)) {
		err_wrap(err, ST_CORRUPT, "'%s' is damaged", path);
		return ST_CORRUPT;
	}
	if (json_type(s->header) != JSON_OBJECT)
		return bad(err, path, "the header is no JSON object");
	return ST_OK;
}

static bool read_dtype(const struct json *j, enum st_dtype *out)
{
	if (!j || json_type(j) != JSON_STRING)
		return false;
	for (int i = 0; i < ST_DTYPES; i++)
		if (str_eq(safetensors_dtypes[i].name, json_string(j))) {
			*out = (enum st_dtype)i;
			return true;
		}
	return false;
}

/* An array of up to `most` whole numbers from 0; their count, or -1. */
static int read_ints(const struct json *j, int64_t *out, int most)
{
	int n = 0;

	if (!j || json_type(j) != JSON_ARRAY || json_len(j) > most)
		return -1;
	for (const struct json *k = json_first(j); k; k = json_next(k), n++)
		if (!json_int(k, &out[n]) || out[n] < 0)
			return -1;
	return n;
}

static enum status read_entry(const struct safetensors *s, const char *path,
			      const struct json *j, struct st_entry *e,
			      struct err *err)
{
	const char *name = json_key(j);
	int64_t at[2];
	uint64_t bytes;

	e->name = name;
	if (json_type(j) != JSON_OBJECT || json_len(j) != 3)
		return bad(err, path, "tensor '%.80s' must have dtype, shape "
			   "and data_offsets", name);
	if (!read_dtype(json_get(j, "dtype"), &e->dtype))
		return err_set(err, ST_INVALID, "tensor '%.80s' of '%s' is of no type of "
			       "numbers that is known", name, path);
	e->n_dims = read_ints(json_get(j, "shape"), e->dim, ST_DIMS);
	if (e->n_dims < 0)
		return bad(err, path, "tensor '%.80s' has a bad shape", name);
	if (read_ints(json_get(j, "data_offsets"), at, 2) != 2 ||
	    at[0] > at[1] || (uint64_t)at[1] > s->data_size)
		return bad(err, path, "tensor '%.80s' is not inside the file",
			   name);
	bytes = safetensors_dtypes[e->dtype].size;
	for (int i = 0; i < e->n_dims; i++)
		if (__builtin_mul_overflow(bytes, (uint64_t)e->dim[i], &bytes))
			return bad(err, path, "tensor '%.80s' is too large",
				   name);
	if (bytes != (uint64_t)(at[1] - at[0]))
		return bad(err, path, "tensor '%.80s' has another size than its "
			   "shape says", name);
	e->data = s->data + at[0];
	e->bytes = (size_t)bytes;
	return ST_OK;
}

static int by_place(const void *x, const void *y)
{
	const struct st_entry *a = x, *b = y;
	uintptr_t p = (uintptr_t)a->data, q = (uintptr_t)b->data;

	if (p != q)
		return p < q ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

static enum status check_tiles(const struct safetensors *s, const char *path,
			       struct err *err)
{
	const char *at = s->data;

	for (int i = 0; i < s->n; i++) {
		if ((const char *)s->e[i].data != at)
			return bad(err, path, "tensor '%.80s' overlaps another "
				   "or leaves a gap", s->e[i].name);
		at += s->e[i].bytes;
	}
	if ((size_t)(at - s->data) != s->data_size)
		return bad(err, path, "%zu bytes belong to no tensor",
			   s->data_size - (size_t)(at - s->data));
	return ST_OK;
}

/* The order of names, for finding; qsort_r hands on the entries. */
static int by_name(const void *x, const void *y, void *entries)
{
	const struct st_entry *e = entries;

	return strcmp(e[*(const int *)x].name, e[*(const int *)y].name);
}

static enum status read_entries(struct safetensors *s, const char *path,
				struct err *err)
{
	size_t most = (size_t)json_len(s->header) + 1;
	enum status st = ST_OK;

	s->e = xcalloc(most, sizeof *s->e);
	s->by_name = xcalloc(most, sizeof *s->by_name);
	for (const struct json *j = json_first(s->header); j && !st;
	     j = json_next(j)) {
		if (!str_eq(json_key(j), ST_META)) {
			st = read_entry(s, path, j, &s->e[s->n], err);
			s->n++;
			continue;
		}
		s->meta = j;
		if (json_type(j) != JSON_OBJECT)
			return bad(err, path, "__metadata__ is no object");
		for (const struct json *k = json_first(j); k; k = json_next(k))
			if (json_type(k) != JSON_STRING)
				return bad(err, path, "metadata '%.80s' is no "
					   "string", json_key(k));
	}
	if (st)
		return st;
	qsort(s->e, (size_t)s->n, sizeof *s->e, by_place);
	for (int i = 0; i < s->n; i++)
		s->by_name[i] = i;
	qsort_r(s->by_name, (size_t)s->n, sizeof *s->by_name, by_name, s->e);
	return check_tiles(s, path, err);
}

/* One member of the metadata: the sum of a tensor, which is marked, or of nobody's. */
static enum status check_sum(const struct safetensors *s, const char *path,
			     const struct json *j, bool *seen, struct err *err)
{
	size_t skip = sizeof ST_SUM - 1;
	const char *key = json_key(j);
	const struct st_entry *e = NULL;
	char digits[HASH_TEXT];

	if (str_starts(key, ST_SUM) && key[skip])
		e = safetensors_find(s, key + skip);
	if (!e)
		return ST_OK;
	seen[e - s->e] = true;
	hash_text(hash_bytes(e->data, e->bytes), digits);
	if (json_type(j) != JSON_STRING || !str_eq(json_string(j), digits))
		return bad(err, path, "tensor '%.80s' has another checksum", e->name);
	return ST_OK;
}

/* By the metadata, not by the tensors: a file may have a million of both. */
static enum status check_sums(const struct safetensors *s, const char *path,
			      bool need, struct err *err)
{
	bool *seen = xcalloc((size_t)s->n + 1, sizeof *seen);
	enum status st = ST_OK;

	if (need && !s->has_sums)
		st = bad(err, path, "the header has no checksum");
	for (const struct json *j = s->meta ? json_first(s->meta) : NULL; j && !st;
	     j = json_next(j))
		st = check_sum(s, path, j, seen, err);
	for (int i = 0; i < s->n && need && !st; i++)
		if (!seen[i])
			st = bad(err, path, "tensor '%.80s' has no checksum", s->e[i].name);
	xfree(seen);
	return st;
}

enum status safetensors_open(const char *path, bool need_sums,
			     struct safetensors **out, struct err *err)
{
	struct safetensors *s = xcalloc(1, sizeof *s);
	enum status st = file_map(path, &s->map, err);

	*out = NULL;
	if (!st)
		st = read_header(s, path, err);
	if (!st)
		st = read_entries(s, path, err);
	if (!st)
		st = check_sums(s, path, need_sums, err);
	if (st)
		safetensors_close(s);
	else
		*out = s;
	return st;
}

void safetensors_close(struct safetensors *s)
{
	if (!s)
		return;
	file_unmap(&s->map);
	json_free(s->header);
	xfree(s->e);
	xfree(s->by_name);
	xfree(s);
}

int safetensors_count(const struct safetensors *s)
{
	return s->n;
}

const struct st_entry *safetensors_at(const struct safetensors *s, int i)
{
	BUG_IF(i < 0 || i >= s->n);
	return &s->e[i];
}

const struct st_entry *safetensors_find(const struct safetensors *s,
					const char *name)
{
	int lo = 0, hi = s->n;

	while (lo < hi) {
		int mid = (lo + hi) / 2;
		const struct st_entry *e = &s->e[s->by_name[mid]];
		int d = strcmp(name, e->name);

		if (!d)
			return e;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const char *safetensors_meta(const struct safetensors *s, const char *key)
{
	const struct json *j = s->meta ? json_get(s->meta, key) : NULL;

	return j ? json_string(j) : NULL;
}

/* --- numbers --- */

/* IEEE half to float: exact; denormals become normal, NaN keeps its bits. */
static float from_half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, u = h & 0x7fffu;
	float f;

	if (u >= 0x7c00) {
		u = 0x7f800000u | (u & 0x3ffu) << 13;
	} else if (u >= 0x0400) {
		u = (u << 13) + ((127u - 15u) << 23);
	} else {
		f = (float)u * 0x1p-24f;
		memcpy(&u, &f, sizeof u);
	}
	u |= sign;
	memcpy(&f, &u, sizeof f);
	return f;
}

static float from_bfloat(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

bool safetensors_has_floats(const struct st_entry *e)
{
	return e->dtype == ST_F32 || e->dtype == ST_F16 || e->dtype == ST_BF16;
}

const char *safetensors_dtype_name(enum st_dtype t)
{
	return safetensors_dtypes[t].name;
}

int64_t safetensors_numbers(const struct st_entry *e)
{
	return (int64_t)(e->bytes / safetensors_dtypes[e->dtype].size);
}

void safetensors_floats(const struct st_entry *e, float *out)
{
	const char *p = e->data;
	size_t n = (size_t)safetensors_numbers(e);
	uint16_t h;

	BUG_IF(!safetensors_has_floats(e));
	if (e->dtype == ST_F32) {
		memcpy(out, p, e->bytes);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(&h, p + 2 * i, sizeof h);
		out[i] = e->dtype == ST_F16 ? from_half(h) : from_bfloat(h);
	}
}
