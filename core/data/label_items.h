/*
 * label_items.h - the labels that a row names: one, or of a kind with sets several.
 *
 * A set is a JSON list, or one text in which a separator stands between the labels;
 * blanks around a label are no part of it. An empty list, or nothing but blanks, is the
 * empty set. A separator of blanks alone means that any run of blanks separates.
 */
#ifndef TUTTI_DATA_LABEL_ITEMS_H
#define TUTTI_DATA_LABEL_ITEMS_H

#include "data/dataset.h"

struct label_items {
	const char *p, *end;    /* what is left; borrowed from the row */
	const char *separator;  /* NULL: what is left is one label */
	bool is_done;
};

/* Of field t of a good row. */
void label_items_begin(struct label_items *it, const struct dataset_spec *spec,
		       const struct source_row *row, int t);
/* The next one without its blanks, which may be empty; false: there is none. */
bool label_items_next(struct label_items *it, const char **p, size_t *n);

/* Where a set is read, its fields are asked for so (source_spec.is_apart). */
bool label_items_are_sets(enum task_kind k);

#endif
