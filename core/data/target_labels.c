/*
 * target_labels.c - a target that is a set of labels: found by their bytes, kept as
 * their numbers, rising and each once, where a text keeps its pieces; each counted.
 */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/label_items.h"

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	struct label_items it;
	const char *p;
	size_t n;

	label_items_begin(&it, spec, row, t);
	while (!row->fault && label_items_next(&it, &p, &n)) {
		if (!n)
			row->fault = ROW_NO_LABEL;
		else if (n > LABEL_BYTES_MAX)
			row_say(row, ROW_LONG_LABEL, p, n);
	}
}

/* Into a rising list without it; what comes twice counts once. */
static uint32_t insert(int32_t *set, uint32_t n, int32_t label)
{
	uint32_t at = n;

	while (at && set[at - 1] > label)
		at--;
	if (at && set[at - 1] == label)
		return n;
	memmove(set + at + 1, set + at, (n - at) * sizeof *set);
	set[at] = label;
	return n + 1;
}

/* A label that is none of the list: a set without it would be another one. */
static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	struct label_items it;
	const char *p;
	size_t n;

	r->value.label = -1;
	if (t < 0)
		return;
	r->value.label = 0;
	label_items_begin(&it, k->spec, row, t);
	while (label_items_next(&it, &p, &n)) {
		int label = target_label_find(k, p, n);

		if (label < 0) {
			row_say(row, ROW_BAD_LABEL, p, n);
			return;
		}
		r->n_target = insert(k->pieces, r->n_target, label);
	}
	r->value.label = (int32_t)r->n_target;
}

static void count(struct target_stats *s, const struct target_taker *k,
		  const struct cache_record *r)
{
	for (uint32_t i = 0; i < r->n_target; i++)
		s->labels[k->pieces[i]]++;
}

/* The numbers themselves stand in the body: who reads them looks (batch.c). */
static bool fits(const struct cache_header *h, const struct cache_record *r)
{
	if (r->value.label < 0)
		return r->value.label == -1 && !r->n_target;
	return (uint32_t)r->value.label == r->n_target && r->value.label <= h->n_labels;
}

static void get(const struct cache_record *r, struct example *out)
{
	out->set = out->target;
	out->n_set = r->value.label;
	out->n_target = 0;
}

/* "billing, hardware"; "-" of the empty set. */
static void show(const struct target_shown *t, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < t->n_set; i++)
		if (t->set[i] >= 0 && t->set[i] < t->n_labels)
			buf_addf(&b, "%s%s", b.len ? ", " : "", t->labels[t->set[i]]);
	str_copy(out, cap, b.len ? buf_str(&b) : t->n_set < 0 ? "" : "-");
	buf_release(&b);
}

static void put(const struct target_shown *t, struct json_out *j)
{
	if (t->n_set < 0)
		return;
	json_open(j, "labels", '[');
	for (int i = 0; i < t->n_set; i++)
		if (t->set[i] >= 0 && t->set[i] < t->n_labels)
			json_put_str(j, NULL, t->labels[t->set[i]]);
	json_close(j, ']');
}

const struct data_target data_target_labels = {
	.heading = "labels", .has_labels = true, .has_set = true,
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
