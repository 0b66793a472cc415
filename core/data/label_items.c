/*
 * label_items.c - labels of a row, one after the other.
 */
#include "data/label_items.h"

#include <string.h>

#include "data/data_kind.h"
#include "data/items.h"

static const char apart[] = { SOURCE_APART, '\0' };

bool label_items_are_sets(enum task_kind k)
{
	return data_target(k)->has_set;
}

void label_items_begin(struct label_items *it, const struct dataset_spec *spec,
		       const struct source_row *row, int t)
{
	const char *p = row->field[t];
	size_t n = row->len[t];
	bool is_set = label_items_are_sets(spec->kind);

	*it = (struct label_items){ .p = p, .end = p + n };
	if (is_set && row->is_list[t]) {
		it->separator = apart;
		it->is_done = !n;
		it->end -= n > 0; /* each is followed by one, the last, too */
	} else if (is_set) {
		it->separator = spec->separator ? spec->separator : ",";
		it->is_done = text_is_blank(p, n);
	}
}

static const char *find(const char *p, const char *end, const char *what, size_t n)
{
	for (; (size_t)(end - p) >= n; p++)
		if (!memcmp(p, what, n))
			return p;
	return NULL;
}

static const char *find_blank(const char *p, const char *end)
{
	while (p < end && !text_is_blank(p, 1))
		p++;
	return p < end ? p : NULL;
}

bool label_items_next(struct label_items *it, const char **p, size_t *n)
{
	size_t len = it->separator ? strlen(it->separator) : 0;
	bool by_blanks = len && text_is_blank(it->separator, len);
	const char *at;

	if (it->is_done)
		return false;
	if (by_blanks)
		while (it->p < it->end && text_is_blank(it->p, 1))
			it->p++;
	at = by_blanks ? find_blank(it->p, it->end) :
	     len       ? find(it->p, it->end, it->separator, len) : NULL;
	*p = it->p;
	*n = (size_t)((at ? at : it->end) - it->p);
	it->is_done = !at || (by_blanks && text_is_blank(at, (size_t)(it->end - at)));
	if (at)
		it->p = at + (by_blanks ? 1 : len);
	text_trim(p, n);
	return true;
}
