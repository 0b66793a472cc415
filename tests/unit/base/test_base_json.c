/*
 * test_base_json.c - the JSON door: what it lets in, what it refuses and where,
 * what it writes.
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
#include "base/rng.h"

static enum status try_len(const char *text, size_t len, struct json **out,
			   struct err *err)
{
	/* a copy of the exact size: reading past its end is found by ASan */
	char *exact = xmalloc(len);
	enum status st;

	memcpy(exact, text, len);
	st = json_parse(exact, len, "t", out, err);
	xfree(exact);
	assert_true(st == ST_OK || st == ST_INVALID);
	if (st)
		assert_null(*out);
	return st;
}

static struct json *must(const char *text)
{
	struct json *root;
	struct err err = { "" };
	enum status st = try_len(text, strlen(text), &root, &err);

	if (st)
		fail_msg("%s: %s", text, err.text);
	return root;
}

static void written(const struct json *n, int indent, struct buf *b)
{
	struct json_out o;

	buf_clear(b);
	json_out_init(&o, b, indent);
	json_put_node(&o, NULL, n);
}

static void check_written(const char *text, const char *want)
{
	struct json *root = must(text);
	struct buf b;

	buf_init(&b);
	written(root, 0, &b);
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
		struct json *one = must(same[i]);

		json_number_text(one, text);
		assert_string_equal(text, same[i]);
		json_free(one);
		buf_addf(&b, ",\"7\",%s", same[i]);
	}
	buf_adds(&b, "]}");
	struct json *all = must(buf_str(&b));
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

		try_len(rows[i].text, strlen(rows[i].text), &root, &err);
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
		assert_int_equal(try_len(texts[i], lengths[i], &root, NULL),
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
		assert_int_equal(try_len(bad[i], strlen(bad[i]), &root, NULL),
				 ST_INVALID);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		json_free(must(good[i]));
	memset(digits, '1', sizeof digits);
	for (size_t n = 1; n < sizeof digits; n++) {
		enum status st = try_len(digits, n, &root, NULL);

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

		assert_int_equal(try_len(text, (size_t)n, &root, &err), ST_INVALID);
		assert_string_equal(err.text, "t:1:3: invalid UTF-8");
		/* and cut off by the end of the text */
		assert_int_equal(try_len(text, (size_t)n - 1, &root, &err),
				 ST_INVALID);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "\"%s\"", good[i]);
		root = must(text);
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
		root = must(b.s);
		assert_int_equal(json_len(json_get(root, "o")), n);
		json_free(root);
		b.len = fine;
		buf_adds(&b, ",\n\"k3\":0}}");
		assert_int_equal(try_len(b.s, b.len, &root, &err), ST_INVALID);
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
	struct json *root = must("{\"a\":1,\"B\":[true,null,\"s\"],\"c\":{}}");
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
		struct json *root = must(rows[i].text);
		int64_t x = 0;

		assert_int_equal(json_int(root, &x), rows[i].whole);
		assert_true(x == rows[i].x);
		json_free(root);
	}
}

static void check_set(const char *path, const char *value, const char *want)
{
	struct json *root = must("{\"a\":{\"b\":1},\"s\":\"x\"}");
	struct err err = { "" };
	struct buf b;

	buf_init(&b);
	if (json_set_path(root, path, value, &err) == ST_OK) {
		written(root, 0, &b);
		assert_string_equal(b.s, want);
	} else {
		assert_string_equal(err.text, want);
		written(root, 0, &b);
		assert_string_equal(b.s, "{\"a\":{\"b\":1},\"s\":\"x\"}");
	}
	buf_release(&b);
	json_free(root);
}

static void test_set_path(void **state)
{
	(void)state;
	check_set("a.b", "2.5", "{\"a\":{\"b\":2.5},\"s\":\"x\"}");
	check_set("a.B", "[1]", "{\"a\":{\"b\":1,\"B\":[1]},\"s\":\"x\"}");
	check_set("s", "hello world", "{\"a\":{\"b\":1},\"s\":\"hello world\"}");
	check_set("s", "\"7\"", "{\"a\":{\"b\":1},\"s\":\"7\"}");
	check_set("s", "", "{\"a\":{\"b\":1},\"s\":\"\"}");
	check_set("n.e.w", "true",
		  "{\"a\":{\"b\":1},\"s\":\"x\",\"n\":{\"e\":{\"w\":true}}}");
	check_set("s.t", "1",
		  "cannot set 's.t': 's' is no object but a string");
	check_set("a..b", "1", "'a..b' is no dotted path");
	check_set("", "1", "'' is no dotted path");
	check_set("a.", "1", "'a.' is no dotted path");
	check_set(".a", "1", "'.a' is no dotted path");
	check_set("a.b", "\xff", "invalid UTF-8 in a setting");
	check_set("a.b", "[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]",
		  "cannot set 'a.b': nested deeper than 16 levels");
}

static void test_writer(void **state)
{
	struct json_out o;
	struct buf b;

	(void)state;
	buf_init(&b);
	json_out_init(&o, &b, 2);
	json_open(&o, NULL, '{');
	json_put_int(&o, "i", INT64_MIN);
	json_put_num(&o, "x", 0.1);
	json_put_num(&o, "nan", NAN);
	json_put_num(&o, "inf", -INFINITY);
	json_put_strn(&o, "s", "a\0b\xff", 4);
	json_open(&o, "list", '[');
	json_put_bool(&o, NULL, true);
	json_put_null(&o, NULL);
	json_open(&o, NULL, '{');
	json_close(&o, '}');
	json_close(&o, ']');
	json_put_str(&o, "k\"", "\x1b[31m");
	json_close(&o, '}');
	assert_string_equal(b.s, "{\n"
				 "  \"i\": -9223372036854775808,\n"
				 "  \"x\": 0.1,\n"
				 "  \"nan\": null,\n"
				 "  \"inf\": null,\n"
				 "  \"s\": \"a\xef\xbf\xbd"
				 "b\xef\xbf\xbd\",\n"
				 "  \"list\": [\n"
				 "    true,\n"
				 "    null,\n"
				 "    {}\n"
				 "  ],\n"
				 "  \"k\\\"\": \"\\u001b[31m\"\n"
				 "}");
	buf_release(&b);
}

/* Doubles of random bits come back as the same bits. */
static void test_doubles_exact(void **state)
{
	struct rng r = rng_stream(3, RNG_TEST, 0, 0);
	struct buf b;

	(void)state;
	buf_init(&b);
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)rng_u32(&r, 2 * i) << 32 |
				rng_u32(&r, 2 * i + 1);
		struct json_out o;
		struct json *root;
		double x, y;

		memcpy(&x, &bits, sizeof x);
		if (!isfinite(x))
			continue;
		buf_clear(&b);
		json_out_init(&o, &b, 0);
		json_put_num(&o, NULL, x);
		root = must(b.s);
		y = json_number(root);
		assert_memory_equal(&x, &y, sizeof x);
		json_free(root);
	}
	buf_release(&b);
}

/* What is let in is understood by cJSON too, and is stable under writing. */
static bool check_stable(const char *text, size_t len)
{
	struct json *root, *again;
	struct err err = { "" };
	struct buf a, b;

	if (try_len(text, len, &root, &err)) {
		assert_null(strstr(err.text, "JSON cannot be read"));
		assert_true(str_starts(err.text, "t:"));
		return false;
	}
	buf_init(&a);
	buf_init(&b);
	written(root, 0, &a);
	assert_int_equal(try_len(a.s, a.len, &again, NULL), ST_OK);
	written(again, 0, &b);
	assert_string_equal(a.s, b.s);
	json_free(again);
	json_free(root);
	buf_release(&a);
	buf_release(&b);
	return true;
}

static void mutate(char *text, size_t *len, const struct rng *r)
{
	static const char spice[] = "{}[]\",:\\u0eE+-.d8\xc3\xa9\xed\xf0\x9f\n tnf";
	int edits = 1 + (int)rng_below(r, 0, 3);

	for (int i = 0; i < edits; i++) {
		uint64_t at = 4 * (uint64_t)(i + 1);
		size_t k = rng_below(r, at, (uint32_t)*len);
		char c = rng_below(r, at + 1, 4)
				 ? spice[rng_below(r, at + 2, sizeof spice)]
				 : (char)rng_below(r, at + 2, 256);

		switch (rng_below(r, at + 3, 4)) {
		case 0: /* cut the end off */
			*len = k + 1;
			break;
		case 1: /* leave a byte out */
			if (*len > 1) {
				memmove(text + k, text + k + 1, *len - k - 1);
				--*len;
			}
			break;
		default:
			text[k] = c;
		}
	}
}

static void test_mutations(void **state)
{
	static const char *const seeds[] = {
		"{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{\"a\":null}}",
		"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
		"{\"text\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"n\":1E+5}",
		"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
		"\"i\":9,\"j\":0,\"k\":1,\"l\":2,\"m\":3,\"n\":4,\"o\":5,\"p\":6,"
		"\"q\":7,\"r\":8}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\uffff\"",
		"[true,false,null,0.0,1e-9,12345678901234567890]",
	};
	int accepted = 0;

	(void)state;
	for (uint64_t draw = 0; draw < 30000; draw++) {
		struct rng r = rng_stream(1, RNG_TEST, 0, draw);
		char text[200];
		size_t len = strlen(seeds[draw % 6]);

		memcpy(text, seeds[draw % 6], len + 1);
		mutate(text, &len, &r);
		accepted += check_stable(text, len);
	}
	assert_true(accepted > 1000 && accepted < 27000);
}

static void test_noise(void **state)
{
	static const char letters[] = "{}[]\":,\\u01dDe8-. tn\xf0\x9f\x98\x80";

	(void)state;
	for (uint64_t draw = 0; draw < 30000; draw++) {
		struct rng r = rng_stream(2, RNG_TEST, 0, draw);
		size_t len = rng_below(&r, 0, 24);
		char text[24];

		for (size_t i = 0; i < len; i++)
			text[i] = letters[rng_below(&r, i + 1, sizeof letters)];
		check_stable(text, len);
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
		cmocka_unit_test(test_set_path),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_doubles_exact),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("base_json", tests, NULL, NULL);
}
