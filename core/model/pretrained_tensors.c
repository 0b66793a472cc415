/*
 * pretrained_tensors.c - the tensors of a folder: those of model.safetensors, or of the
 * shards that model.safetensors.index.json lists.
 *
 *   { "metadata": {...}, "weight_map": { NAME: "model-00001-of-00002.safetensors", ... } }
 *
 * A shard is a file of the folder itself, whatever its name says. The index and its
 * shards have to agree on every name: one that is in the index alone or in a shard alone
 * means that files of two models lie in one folder.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/pretrained_own.h"

enum { INDEX_MAX = 32 << 20, SHARDS_MAX = 1000 };

#define WHOLE "model.safetensors"
#define INDEX WHOLE ".index.json"

struct shard {
	char *name;
	struct safetensors *file;
};

struct tensors {
	int n_shards, n;
	size_t cap;
	struct shard *shard;
	const struct st_entry **e; /* [n] by names */
};

/* --- shards --- */

static int by_name(const void *x, const void *y)
{
	const struct st_entry *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static enum status add_shard(struct tensors *t, const char *folder, const char *name,
			     struct err *err)
{
	enum status st;
	struct buf path;
	struct shard *s;

	if (t->n_shards == SHARDS_MAX)
		return err_set(err, ST_INVALID, "more than %d files of weights", SHARDS_MAX);
	ARRAY_GROW(t->shard, t->n_shards, t->cap);
	s = &t->shard[t->n_shards++];
	*s = (struct shard){ .name = xstrdup(name) };
	buf_init(&path);
	buf_addf(&path, "%s/%s", folder, name);
	st = safetensors_open(buf_str(&path), false, &s->file, err);
	buf_release(&path);
	if (!st)
		t->n += safetensors_count(s->file);
	return st;
}

static struct shard *find_shard(const struct tensors *t, const char *name)
{
	for (int i = 0; i < t->n_shards; i++)
		if (str_eq(t->shard[i].name, name))
			return &t->shard[i];
	return NULL;
}

/* A name in this folder, and nowhere else. */
static bool is_plain(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < 256;
}

/* Every tensor of the index, where it is: t->e, which has room for them. */
static enum status read_map(struct tensors *t, const char *folder, const struct json *map,
			    int *n, struct err *err)
{
	for (const struct json *j = json_first(map); j; j = json_next(j)) {
		const char *name = json_key(j), *file;
		enum status st = ST_OK;
		struct shard *s;

		if (json_type(j) != JSON_STRING || !is_plain(json_string(j)))
			return err_set(err, ST_CORRUPT, "'%s': the file of tensor '%.80s' is "
				       "no name of a file beside it", INDEX, name);
		file = json_string(j);
		if (!find_shard(t, file))
			st = add_shard(t, folder, file, err);
		if (st)
			return err_wrap(err, st, "'%s' names tensor '%.80s'", INDEX, name);
		s = find_shard(t, file);
		t->e[*n] = safetensors_find(s->file, name);
		if (!t->e[*n])
			return err_set(err, ST_CORRUPT, "'%s' has no tensor '%.80s', which "
				       "'%s' says is in it", file, name, INDEX);
		++*n;
	}
	return ST_OK;
}

/*
 * Is every tensor where the index says? A name is in the index once, and what it names is
 * there: so they agree if they are as many.
 */
static enum status check_map(const struct tensors *t, int n, struct err *err)
{
	for (int i = 0; i < t->n_shards && n != t->n; i++)
		for (int k = 0; k < safetensors_count(t->shard[i].file); k++) {
			const struct st_entry *e = safetensors_at(t->shard[i].file, k);
			const struct st_entry *const *at =
				bsearch(&e, t->e, (size_t)n, sizeof *t->e, by_name);

			if (!at || *at != e)
				return err_set(err, ST_CORRUPT, "tensor '%.80s' of '%s' is not "
					       "of this file in '%s': are these the files of "
					       "one model?", e->name, t->shard[i].name, INDEX);
		}
	return ST_OK;
}

static enum status open_shards(struct tensors *t, const char *folder, const char *path,
			       struct err *err)
{
	const struct json *map;
	struct json *doc = NULL;
	int n = 0;
	enum status st = json_load(path, INDEX_MAX, &doc, err);

	if (st)
		return st;
	map = json_type(doc) == JSON_OBJECT ? json_get(doc, "weight_map") : NULL;
	if (!map || json_type(map) != JSON_OBJECT || !json_len(map))
		st = err_set(err, ST_CORRUPT, "'%s' has no weight_map, which says in which "
			     "file each tensor is", path);
	if (!st) {
		t->e = xcalloc((size_t)json_len(map) + 1, sizeof *t->e);
		st = read_map(t, folder, map, &n, err);
		qsort(t->e, (size_t)n, sizeof *t->e, by_name);
	}
	if (!st)
		st = check_map(t, n, err);
	json_free(doc);
	return st;
}

/* --- all of them --- */

static enum status open_whole(struct tensors *t, const char *folder, struct err *err)
{
	enum status st = add_shard(t, folder, WHOLE, err);

	if (st)
		return st;
	t->e = xcalloc((size_t)t->n + 1, sizeof *t->e);
	for (int i = 0; i < t->n; i++)
		t->e[i] = safetensors_at(t->shard[0].file, i);
	qsort(t->e, (size_t)t->n, sizeof *t->e, by_name);
	return ST_OK;
}

enum status tensors_open(const char *folder, struct tensors **out, struct err *err)
{
	struct tensors *t = xcalloc(1, sizeof *t);
	struct buf whole, index;
	enum status st;

	buf_init(&whole);
	buf_init(&index);
	buf_addf(&whole, "%s/%s", folder, WHOLE);
	buf_addf(&index, "%s/%s", folder, INDEX);
	if (file_exists(buf_str(&whole)))
		st = open_whole(t, folder, err);
	else if (file_exists(buf_str(&index)))
		st = open_shards(t, folder, buf_str(&index), err);
	else
		st = err_set(err, ST_NOT_FOUND, "'%s' has neither %s nor %s; other files of "
			     "weights are not read: save it with save_pretrained(..., "
			     "safe_serialization=True)", folder, WHOLE, INDEX);
	buf_release(&whole);
	buf_release(&index);
	*out = NULL;
	if (st) {
		tensors_close(t);
		return st;
	}
	*out = t;
	return ST_OK;
}

void tensors_put(struct tensors *t, const struct st_entry *e)
{
	int at = tensors_find(t, e->name);

	if (at >= 0) {
		t->e[at] = e;
		return;
	}
	t->e = xreallocarray(t->e, (size_t)t->n + 1, sizeof *t->e);
	for (at = t->n++; at > 0 && strcmp(t->e[at - 1]->name, e->name) > 0; at--)
		t->e[at] = t->e[at - 1];
	t->e[at] = e;
}

void tensors_close(struct tensors *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->n_shards; i++) {
		xfree(t->shard[i].name);
		safetensors_close(t->shard[i].file);
	}
	xfree(t->shard);
	xfree(t->e);
	xfree(t);
}

int tensors_count(const struct tensors *t)
{
	return t->n;
}

const struct st_entry *tensors_at(const struct tensors *t, int i)
{
	BUG_IF(i < 0 || i >= t->n);
	return t->e[i];
}

int tensors_find(const struct tensors *t, const char *name)
{
	int lo = 0, hi = t->n;

	while (lo < hi) {
		int mid = lo + (hi - lo) / 2, d = strcmp(name, t->e[mid]->name);

		if (!d)
			return mid;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}
