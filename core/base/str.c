/*
 * str.c - growing strings and strict numbers. Numbers are read and written
 * with '.' as the point: the program never sets LC_NUMERIC.
 */
#include "base/str.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b)
{
	*b = (struct buf){ 0 };
}

void buf_release(struct buf *b)
{
	xfree(b->s);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = '\0';
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(b->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		need = SIZE_MAX; /* more than there is: ends as out of memory */
	b->s = array_grow(b->s, need, &b->cap, 1);
	b->s[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->s + b->len, bytes, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	buf_reserve(b, 0);
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(b->s + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	BUG_IF(n < 0);
	if ((size_t)n >= b->cap - b->len) {
		buf_reserve(b, (size_t)n);
		vsnprintf(b->s + b->len, b->cap - b->len, fmt, again);
	}
	va_end(again);
	b->len += (size_t)n;
}

const char *buf_str(const struct buf *b)
{
	return b->s ? b->s : "";
}

char *buf_take(struct buf *b)
{
	char *s = b->s ? b->s : xstrdup("");

	buf_init(b);
	return s;
}

bool str_copy(char *dst, size_t cap, const char *src)
{
	size_t n = strlen(src);
	bool whole = n < cap;

	if (!cap)
		return false;
	if (!whole)
		n = cap - 1;
	memmove(dst, src, n);
	dst[n] = '\0';
	return whole;
}

bool str_format(char *dst, size_t cap, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(dst, cap, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < cap;
}

bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

const char *str_path_end(const char *path)
{
	const char *p = path + strlen(path);
	int slashes = 0;

	while (p > path && slashes < 2)
		slashes += *--p == '/';
	return slashes == 2 ? p + 1 : p;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits to the end of the text, at least one. */
static bool parse_digits(const char *s, uint64_t *out)
{
	uint64_t x = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (!is_digit(*s) || __builtin_mul_overflow(x, 10, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(*s - '0'), &x))
			return false;
	}
	*out = x;
	return true;
}

bool parse_u64(const char *s, uint64_t *out)
{
	return parse_digits(*s == '+' ? s + 1 : s, out);
}

bool parse_i64(const char *s, int64_t *out)
{
	const uint64_t top = (uint64_t)INT64_MAX;
	bool negative = *s == '-';
	uint64_t x;

	if (!parse_digits(negative || *s == '+' ? s + 1 : s, &x))
		return false;
	if (x > top + (negative ? 1 : 0))
		return false;
	if (!negative)
		*out = (int64_t)x;
	else
		*out = x > top ? INT64_MIN : -(int64_t)x;
	return true;
}

static const char *skip_digits(const char *s)
{
	while (is_digit(*s))
		s++;
	return s;
}

/* [+-] digits [. digits] [e [+-] digits], a digit before or after the point. */
bool is_decimal(const char *s)
{
	const char *from;
	ptrdiff_t digits;

	if (*s == '+' || *s == '-')
		s++;
	from = s;
	s = skip_digits(s);
	digits = s - from;
	if (*s == '.') {
		from = ++s;
		s = skip_digits(s);
		digits += s - from;
	}
	if (!digits)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		if (!is_digit(*s))
			return false;
		s = skip_digits(s);
	}
	return *s == '\0';
}

double float_short(float x)
{
	char text[32];
	double y = (double)x;

	for (int digits = 1; digits < 10; digits++) {
		str_format(text, sizeof text, "%.*g", digits, (double)x);
		if (parse_double(text, &y) && !((float)y < x || (float)y > x))
			break;
	}
	return y;
}

bool parse_double(const char *s, double *out)
{
	double x;

	if (!is_decimal(s))
		return false;
	x = strtod(s, NULL);
	if (!isfinite(x))
		return false;
	*out = x;
	return true;
}

void double_to_hex(double x, char out[17])
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	snprintf(out, 17, "%016" PRIx64, bits);
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool double_from_hex(const char *s, double *out)
{
	uint64_t bits = 0;

	for (int i = 0; i < 16; i++) {
		int d = hex_digit(s[i]);

		if (d < 0)
			return false;
		bits = bits << 4 | (uint64_t)d;
	}
	if (s[16])
		return false;
	memcpy(out, &bits, sizeof bits);
	return true;
}

static bool reads_back(double x, int digits, char out[32])
{
	str_format(out, 32, "%.*g", digits, x);
	return strtod(out, NULL) == x;
}

/*
 * A normal double that has a text of up to 15 digits gets that text from
 * "%.15g"; below DBL_MIN the spacing is coarser and fewer digits may do.
 */
void double_to_text(double x, char out[32])
{
	int digits = x != 0 && fabs(x) < DBL_MIN ? 1 : 15;

	if (!isfinite(x)) {
		snprintf(out, 32, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
		return;
	}
	while (digits < 17 && !reads_back(x, digits, out))
		digits++;
	if (digits == 17)
		snprintf(out, 32, "%.17g", x);
}
