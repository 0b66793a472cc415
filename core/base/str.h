/*
 * str.h - growing byte strings, bounded copies and strict number parsing.
 */
#ifndef TUTTI_BASE_STR_H
#define TUTTI_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A growing string: s is always NUL-terminated once anything was added. */
struct buf {
	char *s;
	size_t len, cap;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* len = 0, keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_reserve(struct buf *b, size_t more);
const char *buf_str(const struct buf *b); /* "" when empty */
char *buf_take(struct buf *b);            /* returns (caller frees); b is empty */

/* Copies with truncation, always terminates; returns false when cut. */
bool str_copy(char *dst, size_t cap, const char *src);
bool str_format(char *dst, size_t cap, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
/* The last folder and the name of a path: "samsum/train.jsonl"; borrowed from it. */
const char *str_path_end(const char *path);

/* Blanks, tabs and line ends; what is white space in C, which is two more. */
static inline bool char_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static inline bool char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The whole text must be one number (no space, sign allowed): else false. */
bool parse_i64(const char *s, int64_t *out);
bool parse_u64(const char *s, uint64_t *out);
bool parse_double(const char *s, double *out); /* finite, '.' as the point */
/* The number of fewest digits that is this float: 1e-12, not 9.99999996e-13. */
double float_short(float x);
bool is_decimal(const char *s); /* a number to parse_double, or one too large for it */
/* Bits of a double as 16 hex digits and back: how exact values are stored. */
void double_to_hex(double x, char out[17]);
bool double_from_hex(const char *s, double *out);
/* The shortest decimal text that reads back as the same double. */
void double_to_text(double x, char out[32]);

#endif
