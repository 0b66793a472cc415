/*
 * json_text.h - JSON values as the text of a field, for whoever reads rows.
 */
#ifndef TUTTI_DATA_JSON_TEXT_H
#define TUTTI_DATA_JSON_TEXT_H

#include <stdbool.h>

#include "base/json.h"

/*
 * Appends a string, a number or bool as it stands in the file, a list of these
 * joined by blanks. False: it is none of these (NULL, too).
 */
bool json_text(struct buf *out, const struct json *n);

#endif
