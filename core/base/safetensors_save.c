/*
 * safetensors_save.c - writing the safetensors format (see safetensors.c).
 */
#include "base/safetensors_own.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

enum { ALIGN = 64 };

/* Order of the data: numbers of 8 bytes, of 4, of 2, of 1; else as given. */
static int *data_order(const struct st_entry *e, int n)
{
	int *order = xcalloc((size_t)n + 1, sizeof *order), k = 0;

	for (size_t size = 8; size >= 1; size /= 2)
		for (int i = 0; i < n; i++)
			if (safetensors_dtypes[e[i].dtype].size == size)
				order[k++] = i;
	return order;
}

static void put_sum(struct json_out *o, const char *name, const char *digits)
{
	struct buf key;

	buf_init(&key);
	buf_addf(&key, "%s%s", ST_SUM, name);
	json_put_str(o, buf_str(&key), digits);
	buf_release(&key);
}

static void put_entry(struct json_out *o, const struct st_entry *e,
		      size_t offset)
{
	json_open(o, e->name, '{');
	json_put_str(o, "dtype", safetensors_dtypes[e->dtype].name);
	json_open(o, "shape", '[');
	for (int i = 0; i < e->n_dims; i++)
		json_put_int(o, NULL, e->dim[i]);
	json_close(o, ']');
	json_open(o, "data_offsets", '[');
	json_put_int(o, NULL, (int64_t)offset);
	json_put_int(o, NULL, (int64_t)(offset + e->bytes));
	json_close(o, ']');
	json_close(o, '}');
}

static void put_header(struct buf *b, const struct st_entry *e,
		       const int *order, int n, const char *const *meta)
{
	static const char zeros[] = "00000000000000000000000000000000";
	char digits[HASH_TEXT];
	struct json_out o;
	size_t offset = 0;

	json_out_init(&o, b, 0);
	json_open(&o, NULL, '{');
	json_open(&o, ST_META, '{');
	json_put_str(&o, ST_SUM, zeros);
	for (int i = 0; meta && meta[i]; i += 2)
		json_put_str(&o, meta[i], meta[i + 1]);
	for (int i = 0; i < n; i++) {
		hash_text(hash_bytes(e[order[i]].data, e[order[i]].bytes),
			  digits);
		put_sum(&o, e[order[i]].name, digits);
	}
	json_close(&o, '}');
	for (int i = 0; i < n; i++) {
		put_entry(&o, &e[order[i]], offset);
		offset += e[order[i]].bytes;
	}
	json_close(&o, '}');
	while ((b->len + 8) % ALIGN)
		buf_addc(b, ' ');
	BUG_IF(memcmp(b->s, ST_SUM_HEAD, ST_SUM_AT));
	hash_text(hash_bytes(b->s, b->len), digits);
	memcpy(b->s + ST_SUM_AT, digits, ST_SUM_DIGITS);
}

static void check_entry(const struct st_entry *e)
{
	uint64_t n = 1;

	BUG_IF(e->dtype < 0 || e->dtype >= ST_DTYPES || e->n_dims < 0 ||
	       e->n_dims > ST_DIMS);
	for (int i = 0; i < e->n_dims; i++)
		BUG_IF(e->dim[i] < 0 ||
		       __builtin_mul_overflow(n, (uint64_t)e->dim[i], &n));
	BUG_IF(n * safetensors_dtypes[e->dtype].size != e->bytes);
}

enum status safetensors_save(const char *path, const struct st_entry *e, int n,
			     const char *const *meta, struct err *err)
{
	struct file_out *f = NULL;
	struct buf header;
	int *order = data_order(e, n);
	uint64_t size;
	enum status st = ST_OK;

	for (int i = 0; i < n; i++)
		check_entry(&e[i]);
	buf_init(&header);
	put_header(&header, e, order, n, meta);
	size = header.len;
	if (size > SAFETENSORS_HEADER_MAX)
		st = err_set(err, ST_INVALID, "header of %.0f MB is too large "
			     "for '%s'", (double)size / 1e6, path);
	if (!st)
		st = file_out_open(path, &f, err);
	if (!st)
		st = file_out_write(f, &size, sizeof size, err);
	if (!st)
		st = file_out_write(f, header.s, header.len, err);
	for (int i = 0; i < n && !st; i++)
		st = file_out_write(f, e[order[i]].data, e[order[i]].bytes, err);
	if (!st)
		st = file_out_commit(f, err);
	else
		file_out_abort(f);
	buf_release(&header);
	xfree(order);
	return st;
}
