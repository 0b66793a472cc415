/*
 * test_utf8.c - UTF-8 checked, made harmless, and measured in columns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include <locale.h>
#include <wchar.h>

#include "base/rng.h"
#include "fixture/golden.h"
#include "text/utf8.h"

static void test_every_code_point(void **state)
{
	char s[4];
	uint32_t back;

	(void)state;
	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		int n = utf8_put(cp, s);
		if (cp >= 0xd800 && cp < 0xe000) {
			assert_int_equal(utf8_next(s, (size_t)n, &back), 0);
			assert_int_equal(back, 0xed);
			continue;
		}
		if (utf8_next(s, 4, &back) != n || back != cp)
			fail_msg("U+%04X comes back as U+%04X", cp, back);
		if (n > 1) /* cut short */
			assert_int_equal(utf8_next(s, (size_t)n - 1, &back), 0);
	}
}

static void test_invalid(void **state)
{
	static const char *const bad[] = {
		"\x80",	    "\xbf",	    "\xc0\x80",	    "\xc1\xbf",
		"\xc3",	    "\xc3(",	    "\xe0\x80\x80", "\xe0\x9f\xbf",
		"\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xfe",	    "\xff",	    "a\xf0\x9f\x98",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("a\0b", 3));
	assert_true(utf8_valid("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10));
}

static void check_clean(const char *text, size_t len, const char *want)
{
	struct buf b;

	buf_init(&b);
	text_sanitize(&b, text, len);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}
#define CLEAN(text, want) check_clean(text, sizeof(text) - 1, want)

static void test_sanitize(void **state)
{
	(void)state;
	CLEAN("", "");
	CLEAN("plain text, caf\u00e9 \u6771\u4eac \U0001f600",
	      "plain text, caf\u00e9 \u6771\u4eac \U0001f600");
	CLEAN("\x1b[31mred", "<ESC>[31mred");
	CLEAN("a\tb\nc\r\nd\re", "a b c d<U+000D>e");
	CLEAN("a\0b\x07\x7f", "a<U+0000>b<U+0007><U+007F>");
	CLEAN("\xff" "a\xc3", "<FF>a<C3>");
	CLEAN("\xe2\x82", "<E2><82>");
	CLEAN("\xc2\x9b" "2J", "<U+009B>2J");
	CLEAN("x\u202ey\u2066z\u061c", "x<U+202E>y<U+2066>z<U+061C>");
	CLEAN("a\u200bb\u200dc\ufeff\u00ad", "a<U+200B>b<U+200D>c<U+FEFF><U+00AD>");
	CLEAN("\u2764\ufe0f\U000e0041", "\u2764<U+FE0F><U+E0041>");
	CLEAN("a\u180b\u034f\u17b4", "a<U+180B><U+034F><U+17B4>");
	CLEAN("\u2028\u2029\u3164\u115f", "<U+2028><U+2029><U+3164><U+115F>");
	CLEAN("\ue000\ufdd0\u0378", "<U+E000><U+FDD0><U+0378>");
	CLEAN("e\u0301\u0302", "e\u0301\u0302");
	CLEAN("e\u0301\u0302\u0303\u0304f\u0301",
	      "e\u0301\u0302<U+0303><U+0304>f\u0301");
	CLEAN("\u0301a", "<U+0301>a");
	CLEAN("\x1b\u0301", "<ESC><U+0301>");
	CLEAN("\xff\u0301", "<FF><U+0301>");
	CLEAN("\u1112\u1161\u11ab", "\u1112\u1161\u11ab");
}

/* What may stand in a sanitized text; checked apart from the tables there. */
static void check_harmless(const char *s, size_t len)
{
	uint32_t cp;
	int zero = 3; /* marks since the last base */

	assert_true(utf8_valid(s, len));
	for (size_t i = 0; i < len;) {
		i += (size_t)utf8_next(s + i, len - i, &cp);
		assert_false(cp < 0x20 || (cp >= 0x7f && cp < 0xa0));
		assert_false(cp >= 0x200b && cp <= 0x200f);
		assert_false(cp >= 0x2028 && cp <= 0x202e);
		assert_false(cp >= 0x2060 && cp <= 0x206f);
		assert_false(cp >= 0xe000 && cp <= 0xf8ff);
		assert_false(cp >= 0xfe00 && cp <= 0xfe0f);
		assert_false(cp == 0xfeff || cp == 0xad || cp == 0x61c);
		assert_false(cp >= 0xe0000);
		zero = wcwidth((wchar_t)cp) == 0 ? zero + 1 : 0;
		assert_true(zero <= 2);
		assert_true(wcwidth((wchar_t)cp) >= 0);
	}
}

static void test_sanitize_anything(void **state)
{
	struct rng r = rng_stream(1, RNG_TEST, 0, 0);
	struct buf once, twice;
	uint64_t at = 0;
	char text[64];

	(void)state;
	buf_init(&once);
	buf_init(&twice);
	for (int round = 0; round < 20000; round++) {
		size_t len = 0;
		while (len < sizeof text - 4) {
			uint32_t kind = rng_below(&r, at++, 4), x = rng_u32(&r, at++);
			if (kind == 0)
				text[len++] = (char)x;
			else
				len += (size_t)utf8_put(
					kind == 1 ? 0x300 + x % 0x70
					: kind == 2 ? x % 0x3000 : x % 0x110000,
					text + len);
		}
		buf_clear(&once);
		buf_clear(&twice);
		text_sanitize(&once, text, len);
		check_harmless(buf_str(&once), once.len);
		text_sanitize(&twice, buf_str(&once), once.len);
		assert_string_equal(buf_str(&once), buf_str(&twice));
	}
	buf_release(&once);
	buf_release(&twice);
}

/* Whatever passes unchanged has the width that curses will give it. */
static void test_columns_as_wcwidth(void **state)
{
	struct buf b;
	char s[4];
	int passed = 0;

	(void)state;
	buf_init(&b);
	for (uint32_t cp = 0x20; cp < 0x110000; cp++) {
		size_t n = (size_t)utf8_put(cp, s);
		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		buf_clear(&b);
		buf_addc(&b, 'a');
		text_sanitize(&b, s, n);
		if (b.len != n + 1) /* shown by number */
			continue;
		passed++;
		if (text_columns(s, n) != wcwidth((wchar_t)cp))
			fail_msg("U+%04X: %d columns, wcwidth says %d", cp,
				 text_columns(s, n), wcwidth((wchar_t)cp));
	}
	assert_true(passed > 130000);
	buf_release(&b);
}

static void test_fit(void **state)
{
	static const char text[] = "ab\u6771\u4eace\u0301f";

	(void)state;
	assert_int_equal(text_columns(text, strlen(text)), 8);
	assert_int_equal(text_fit(text, strlen(text), 0), 0);
	assert_int_equal(text_fit(text, strlen(text), 2), 2);
	assert_int_equal(text_fit(text, strlen(text), 3), 2);
	assert_int_equal(text_fit(text, strlen(text), 4), 5);
	assert_int_equal(text_fit(text, strlen(text), 7), 11);
	assert_int_equal(text_fit(text, strlen(text), 8), strlen(text));
	assert_int_equal(text_fit(text, strlen(text), 99), strlen(text));
	assert_int_equal(text_fit("", 0, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_sanitize),
		cmocka_unit_test(test_sanitize_anything),
		cmocka_unit_test(test_columns_as_wcwidth),
		cmocka_unit_test(test_fit),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
