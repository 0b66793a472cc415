/*
 * test_base_json.c - the JSON door: what it lets in, what it refuses and where,
 * and what callers get of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "fixture/json_check.h"

static void check_written(const char *text, const char *want)
{
	struct json *root = json_must(text);
	struct buf b;

	buf_init(&b);
	json_written(root, 0, &b);
	assert_string_equal(b.s, want);
	buf_release(&b);
	json_free(root);
}

static void test_accepts(void **state)
{
	(void)state;
	check_written("null", "null");
	check_written(" \t\r\n true \n", "true");
	check_written("[]", "[]");
	check_written("{ }", "{}");
	check_written("[ 1 , -0 , 0.5e+1, 1E2 ]", "[1,-0,0.5e+1,1E2]");
	check_written("{\"a\":{\"b\":[false,{}]},\"\":\"\"}",
		      "{\"a\":{\"b\":[false,{}]},\"\":\"\"}");
	check_written("\"\\u00e9\\ud83d\\ude00\\/\\n\\\"\"",
		      "\"\xc3\xa9\xf0\x9f\x98\x80/\\n\\\"\"");
	check_written("{\"A\":1,\"a\":2}", "{\"A\":1,\"a\":2}");
	check_written("\"\x7f\xc2\x9b\xc2\xa0\"", "\"\\u007f\\u009b\xc2\xa0\"");
	check_written("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
		      "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]");
	check_written("{\"a\":{\"k\":1},\"b\":{\"k\":1}}",
		      "{\"a\":{\"k\":1},\"b\":{\"k\":1}}");
}

/* What a double would lose stays as it was written. */
static void test_number_text(void **state)
{
	static const char *const same[] = {
		"123456789012345678", "123456789012345679", "9007199254740993", "0",
		"1.0", "1e3", "-0", "-7", "999999999999999", "1000000000000000",
		"0.1000000000000000055511151231257827", "-1.50E-07",
	};
	char text[JSON_DIGITS];
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "{\"4 \\\" -5\": [\"6\", true");
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct json *one = json_must(same[i]);

		json_number_text(one, text);
		assert_string_equal(text, same[i]);
		json_free(one);
		buf_addf(&b, ",\"7\",%s", same[i]);
	}
	buf_adds(&b, "]}");
	struct json *all = json_must(buf_str(&b));
	const struct json *n = json_next(json_next(json_first(json_first(all))));

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		n = json_next(n);
		json_number_text(n, text);
		assert_string_equal(text, same[i]);
		n = json_next(n);
	}
	assert_null(n);
	json_free(all);
	buf_release(&b);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "t:1:1: no JSON here, only white space" },
		{ " \n", "t:2:1: no JSON here, only white space" },
		{ "\xef\xbb\xbf{}", "t:1:1: byte order mark before the JSON" },
		{ "{} {}", "t:1:4: more text after the JSON value" },
		{ "[1,]", "t:1:4: not a JSON value" },
		{ "[1 2]", "t:1:4: ',' or ']' is missing" },
		{ "[1", "t:1:3: ',' or ']' is missing" },
		{ "[", "t:1:2: the text ends where a value should be" },
		{ "{\"a\":1,}", "t:1:8: a key in quotes is missing" },
		{ "{a:1}", "t:1:2: a key in quotes is missing" },
		{ "{\"a\" 1}", "t:1:6: ':' is missing after a key" },
		{ "{\"a\":\n1\n\"b\":2}", "t:3:1: ',' or '}' is missing" },
		{ "{\"a\":1,\n \"b\":2,\n \"a\":3}",
		  "t:3:2: key 'a' comes twice" },
		{ "{\"a\":1,\"\\u0061\":3}", "t:1:8: key 'a' comes twice" },
		{ "{\"\xc3\xa9\":1,\"\\u00e9\":3}",
		  "t:1:8: key '\xc3\xa9' comes twice" },
		{ "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":3}",
		  "t:1:19: key '\xf0\x9f\x98\x80' comes twice" },
		{ "[{\"x\\n\":1,\"x\\u000a\":2}]",
		  "t:1:11: key 'x?' comes twice" },
		{ "tru", "t:1:1: 'tru' is not a JSON value" },
		{ "truer", "t:1:1: 'truer' is not a JSON value" },
		{ "True", "t:1:1: 'True' is not a JSON value" },
		{ "NaN", "t:1:1: 'NaN' is not a JSON value" },
		{ "[-Infinity]", "t:1:2: '-Infinity' is not a JSON value" },
		{ "[1, nan", "t:1:5: 'nan' is not a JSON value" },
		{ "{\"a\": None}", "t:1:7: 'None' is not a JSON value" },
		{ "'a'", "t:1:1: not a JSON value" },
		{ "// x\n1", "t:1:1: not a JSON value" },
		{ "\"a", "t:1:1: string without an end" },
		{ "\"a\\", "t:1:3: string without an end" },
		{ "\"a\nb\"", "t:1:3: control character in a string" },
		{ "\"\\x41\"", "t:1:2: unknown escape in a string" },
		{ "\"\\u12g4\"",
		  "t:1:2: \\u needs four hexadecimal digits" },
		{ "\"\\u0000\"", "t:1:2: NUL character in a string" },
		{ "\"\xc3\xa9\\ud83d\"", "t:1:3: half of a surrogate pair" },
		{ "\"\\ud83dx\"", "t:1:2: half of a surrogate pair" },
		{ "\"\\ud83d\\u0041\"", "t:1:2: half of a surrogate pair" },
		{ "\"\\ude00\\ud83d\"", "t:1:2: half of a surrogate pair" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
		  "t:1:17: nested deeper than 16 levels" },
		{ "[1e999]", "t:1:2: number out of range" },
		{ "[-1e400]", "t:1:2: number out of range" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json *root;
		struct err err = { "accepted" };

		json_try(rows[i].text, strlen(rows[i].text), &root, &err);
		assert_string_equal(err.text, rows[i].message);
	}
}

static void test_refuses_nul_bytes(void **state)
{
	static const char *const texts[] = { "{}\0", "\"a\0b\"", "[1\0]", "\0{}",
					     "{\"a\0\":1}", "12\0z" };
	static const size_t lengths[] = { 3, 5, 4, 3, 8, 4 };
	struct json *root;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(json_try(texts[i], lengths[i], &root, NULL),
				 ST_INVALID);
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {
		"01", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "-01", "0x10",
		"1_0", "--1", "Infinity", "-Infinity", "1a", "00", "1.2.3",
		"1e5.5",
	};
	static const char *const good[] = { "0", "-0", "10", "0.0", "1e5", "1E-5",
					    "0e0", "123.456e+7", "1e-400" };
	char digits[80];
	struct json *root;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(json_try(bad[i], strlen(bad[i]), &root, NULL),
				 ST_INVALID);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		json_free(json_must(good[i]));
	memset(digits, '1', sizeof digits);
	for (size_t n = 1; n < sizeof digits; n++) {
		enum status st = json_try(digits, n, &root, NULL);

		assert_int_equal(st, n <= 62 ? ST_OK : ST_INVALID);
		if (!st)
			assert_true(fabs(json_number(root) / pow(10, (double)n - 1) -
					 10.0 / 9) < 0.2);
		json_free(root);
	}
}

/* Every sequence that UTF-8 forbids, at the edges of the allowed ones. */
static void test_utf8(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41",
		"\xe0\x80\x80", "\xe0\x9f\xbf", "\xe1\x80", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"\xfe", "\xe2\x28\xa1", "\xe2\x82\x28",
	};
	static const char *const good[] = {
		"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};
	char text[16];
	struct json *root;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err;
		int n = snprintf(text, sizeof text, "\"a%s\"", bad[i]);

		assert_int_equal(json_try(text, (size_t)n, &root, &err), ST_INVALID);
		assert_string_equal(err.text, "t:1:3: invalid UTF-8");
		/* and cut off by the end of the text */
		assert_int_equal(json_try(text, (size_t)n - 1, &root, &err),
				 ST_INVALID);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "\"%s\"", good[i]);
		root = json_must(text);
		assert_string_equal(json_string(root), good[i]);
		json_free(root);
	}
}

/* Objects beyond the small ones: sorted, many at once, and hostile sizes. */
static void test_many_keys(void **state)
{
	static const int sizes[] = { 15, 16, 17, 18, 127, 128, 129, 500, 20000 };
	struct json *root;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		int n = sizes[s];
		size_t fine;

		buf_clear(&b);
		buf_adds(&b, "{\"o\":");
		for (int i = 0; i < n; i++)
			buf_addf(&b, "%c\"k%d\":%d", i ? ',' : '{', i, i);
		fine = b.len;
		buf_adds(&b, "},\"p\":{\"k1\":0}}");
		root = json_must(b.s);
		assert_int_equal(json_len(json_get(root, "o")), n);
		json_free(root);
		b.len = fine;
		buf_adds(&b, ",\n\"k3\":0}}");
		assert_int_equal(json_try(b.s, b.len, &root, &err), ST_INVALID);
		assert_string_equal(err.text, "t:2:1: key 'k3' comes twice");
	}
	buf_release(&b);
}

static void test_small_rows_do_not_allocate(void **state)
{
	/* refused at the very end, so that only the scan has run */
	const char *row = "{\"text\":\"a b c\",\"label\":1,\"m\":{\"a\":[1,2]}} x";
	struct json *root;
	uint64_t before = mem_thread_allocations();

	(void)state;
	assert_int_equal(json_parse(row, strlen(row), "t", &root, NULL),
			 ST_INVALID);
	assert_int_equal(mem_thread_allocations(), before);
}

static void test_getters(void **state)
{
	struct json *root = json_must("{\"a\":1,\"B\":[true,null,\"s\"],\"c\":{}}");
	const struct json *b = json_get(root, "B"), *n;

	(void)state;
	assert_null(json_get(root, "b"));
	assert_null(json_get(root, "A"));
	assert_null(json_get(b, "A"));
	assert_int_equal(json_type(b), JSON_ARRAY);
	assert_string_equal(json_type_name(json_type(b)), "a list");
	assert_int_equal(json_len(b), 3);
	assert_int_equal(json_len(json_get(root, "a")), 0);
	n = json_first(b);
	assert_null(json_key(n));
	assert_true(json_bool(n));
	n = json_next(n);
	assert_int_equal(json_type(n), JSON_NULL);
	n = json_next(n);
	assert_string_equal(json_string(n), "s");
	assert_null(json_next(n));
	assert_string_equal(json_key(b), "B");
	assert_null(json_first(json_get(root, "c")));
	assert_null(json_first(json_get(root, "a")));
	json_free(root);
	json_free(NULL);
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t x;
	} rows[] = {
		{ "0", true, 0 },
		{ "-7", true, -7 },
		{ "1e3", true, 1000 },
		{ "5.0", true, 5 },
		{ "2147483648", true, INT64_C(2147483648) },
		{ "9007199254740991", true, INT64_C(9007199254740991) },
		{ "-9007199254740991", true, -INT64_C(9007199254740991) },
		{ "9007199254740992", false, 0 },
		{ "9007199254740993", false, 0 },
		{ "9223372036854775808", false, 0 },
		{ "1e300", false, 0 },
		{ "0.5", false, 0 },
		{ "\"1\"", false, 0 },
		{ "true", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json *root = json_must(rows[i].text);
		int64_t x = 0;

		assert_int_equal(json_int(root, &x), rows[i].whole);
		assert_true(x == rows[i].x);
		json_free(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_number_text),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_nul_bytes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_small_rows_do_not_allocate),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests_name("base_json", tests, NULL, NULL);
}
