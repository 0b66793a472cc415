/*
 * status.c - error messages, and the end of the line for our own mistakes.
 *
 * A message is first written beside and then copied, so that a caller may use
 * the old text of the same `struct err` as an argument.
 */
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*bug_hook)(const char *message);

/* Drops the bytes of a character that the end of the buffer has cut. */
static void trim_cut_char(char *text, size_t len)
{
	size_t i = len;
	unsigned char lead;
	size_t want;

	while (i > 0 && len - i < 3 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
		i--;
	if (i == 0)
		return;
	lead = (unsigned char)text[i - 1];
	want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (want > len - i + 1)
		text[i - 1] = '\0';
}

/* Formats into a buffer of ERR_MAX and returns the length that fitted. */
PRINTF_LIKE(3, 0)
static size_t format(char *out, size_t at, const char *fmt, va_list ap)
{
	int n = vsnprintf(out + at, ERR_MAX - at, fmt, ap);

	if (n < 0)
		out[at] = '\0';
	else if ((size_t)n >= ERR_MAX - at)
		trim_cut_char(out, ERR_MAX - 1);
	return strlen(out);
}

static void append(char *out, const char *s)
{
	size_t at = strlen(out), n = strlen(s);

	if (n >= ERR_MAX - at)
		n = ERR_MAX - at - 1;
	memcpy(out + at, s, n);
	out[at + n] = '\0';
	if (at + n == ERR_MAX - 1)
		trim_cut_char(out, at + n);
}

enum status err_set(struct err *err, enum status st, const char *fmt, ...)
{
	char text[ERR_MAX];
	va_list ap;

	if (!err)
		return st;
	va_start(ap, fmt);
	format(text, 0, fmt, ap);
	va_end(ap);
	memcpy(err->text, text, sizeof text);
	return st;
}

/* The system's text, in the lower case of our messages. */
static void errno_text(int code, char *out, size_t cap)
{
	char space[128];
	const char *s = strerror_r(code, space, sizeof space);

	snprintf(out, cap, "%s", s);
	if (out[0] >= 'A' && out[0] <= 'Z' && out[1] >= 'a' && out[1] <= 'z')
		out[0] = (char)(out[0] - 'A' + 'a');
}

enum status err_sys(struct err *err, const char *fmt, ...)
{
	char text[ERR_MAX], why[128];
	int code = errno;
	va_list ap;

	if (!err)
		return ST_IO;
	va_start(ap, fmt);
	format(text, 0, fmt, ap);
	va_end(ap);
	errno_text(code, why, sizeof why);
	append(text, ": ");
	append(text, why);
	memcpy(err->text, text, sizeof text);
	errno = code;
	return ST_IO;
}

enum status err_wrap(struct err *err, enum status st, const char *fmt, ...)
{
	char text[ERR_MAX];
	va_list ap;

	if (!err)
		return st;
	va_start(ap, fmt);
	format(text, 0, fmt, ap);
	va_end(ap);
	append(text, ": ");
	append(text, err->text);
	memcpy(err->text, text, sizeof text);
	return st;
}

void bug_set_hook(void (*hook)(const char *message))
{
	bug_hook = hook;
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	char text[ERR_MAX];
	size_t n;
	va_list ap;
	int head = snprintf(text, sizeof text, "bug at %s:%d: ", file, line);

	if (head < 0 || (size_t)head >= sizeof text)
		head = 0;
	va_start(ap, fmt);
	n = format(text, (size_t)head, fmt, ap);
	va_end(ap);
	if (bug_hook) {
		bug_hook(text);
	} else {
		text[n < ERR_MAX - 1 ? n : ERR_MAX - 2] = '\n';
		if (write(2, text, n < ERR_MAX - 1 ? n + 1 : n) < 0)
			abort();
	}
	abort();
}
