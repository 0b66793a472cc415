/*
 * json_text.h - rows that are JSON, for whoever reads them one by one.
 */
#ifndef TUTTI_DATA_JSON_TEXT_H
#define TUTTI_DATA_JSON_TEXT_H

#include <stdbool.h>

#include "base/json.h"
#include "data/source.h"

/*
 * Appends a string, a number or bool as it stands in the file, a list of these
 * joined by blanks. False: it is none of these (NULL, too).
 */
bool json_text(struct buf *out, const struct json *n);
/*
 * A line as a row of data: an object or a list. Else *out is NULL and the row has
 * its fault, and what of it. Caller frees.
 */
void json_row(const char *p, size_t n, struct source_row *row, struct json **out);
/* The member called so, or the element with that number; NULL: there is none. */
const struct json *json_row_field(const struct json *row, const char *name);

#endif
