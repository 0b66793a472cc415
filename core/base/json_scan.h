/*
 * json_scan.h - the strict look at JSON text that comes before any parsing.
 * Internal to the JSON door (json.c, json_scan.c, json_out.c).
 */
#ifndef TUTTI_BASE_JSON_SCAN_H
#define TUTTI_BASE_JSON_SCAN_H

#include <stddef.h>

#include "base/status.h"

/*
 * ST_OK when `text` is one JSON value by RFC 8259 and by our limits (json.h);
 * else ST_INVALID and "where:line:column: cause", columns in characters.
 */
enum status json_scan(const char *text, size_t len, const char *where,
		      struct err *err);

/* Bytes of the valid UTF-8 character at p (1-4), 0 when there is none. */
size_t json_utf8_len(const char *p, const char *end);

#endif
