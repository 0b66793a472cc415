/*
 * target_label.c - a target that is one of a list of labels: found by its bytes,
 * kept as its number, counted.
 */
#include <string.h>

#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	const char *p = row->field[t];
	size_t n = row->len[t];

	(void)spec;
	text_trim(&p, &n);
	if (row->is_list[t])
		row_say(row, ROW_LIST, p, n);
	else if (!n)
		row->fault = ROW_NO_LABEL;
	else if (n > LABEL_BYTES_MAX)
		row_say(row, ROW_LONG_LABEL, p, n);
}

int target_label_find(const struct target_taker *k, const char *s, size_t n)
{
	int low = 0, high = k->spec->n_labels;

	while (low < high) {
		int mid = low + (high - low) / 2;
		const char *name = k->spec->labels[k->by_name[mid]];
		size_t len = strlen(name);
		int c = memcmp(name, s, len < n ? len : n);

		if (!c && len == n)
			return k->by_name[mid];
		if (c < 0 || (!c && len < n))
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	const char *s = t < 0 ? NULL : row->field[t];
	size_t n = t < 0 ? 0 : row->len[t];

	r->value.label = -1;
	if (t < 0)
		return;
	text_trim(&s, &n);
	r->value.label = target_label_find(k, s, n);
	if (r->value.label < 0)
		row_say(row, ROW_BAD_LABEL, s, n);
}

static void count(struct target_stats *s, const struct target_taker *k,
		  const struct cache_record *r)
{
	(void)k;
	if (r->value.label >= 0)
		s->labels[r->value.label]++;
}

static bool fits(const struct cache_header *h, const struct cache_record *r)
{
	return r->value.label >= -1 && r->value.label < h->n_labels;
}

static void get(const struct cache_record *r, struct example *out)
{
	out->label = r->value.label;
}

static bool has_label(const struct target_shown *t)
{
	return t->label >= 0 && t->label < t->n_labels;
}

static void show(const struct target_shown *t, char *out, size_t cap)
{
	str_copy(out, cap, has_label(t) ? t->labels[t->label] : "");
}

static void put(const struct target_shown *t, struct json_out *j)
{
	if (has_label(t))
		json_put_str(j, "label", t->labels[t->label]);
}

const struct data_target data_target_label = {
	.heading = "label", .has_labels = true,
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
