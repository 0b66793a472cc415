/*
 * json_scan.h - the strict look at JSON text that comes before any parsing.
 * Internal to the JSON door (json.c, json_key.c, json_scan.c, json_out.c).
 */
#ifndef TUTTI_BASE_JSON_SCAN_H
#define TUTTI_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * ST_OK when `text` is one JSON value by RFC 8259 and by our limits (json.h);
 * else ST_INVALID and "where:line:column: cause", columns in characters.
 */
enum status json_scan(const char *text, size_t len, const char *where,
		      struct err *err);

/* Bytes of the valid UTF-8 character at p (1-4), 0 when there is none. */
size_t json_utf8_len(const char *p, const char *end);

/* The four digits after "\u"; -1 when they are none. */
int32_t json_hex4(const char *p, const char *end);

/*
 * A key in checked text; p stands after its opening quote. A hash alone proves
 * nothing: json_key_compare() looks at the keys when the hashes are equal.
 */
struct json_scan_key {
	uint64_t hash;
	const char *p;
};

uint64_t json_key_hash(const char *p);
int json_key_compare(const struct json_scan_key *a,
		     const struct json_scan_key *b);
/* For qsort: same keys stand side by side, the earlier one first. */
int json_key_order(const void *a, const void *b);
/* The key for a message: one line, cut to fit. cap >= 8. */
void json_key_text(const char *p, char *out, size_t cap);

#endif
