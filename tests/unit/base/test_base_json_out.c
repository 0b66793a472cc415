/*
 * test_base_json_out.c - the JSON door: what it sets and writes, to the bit of a
 * double, stable whatever was let in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fixture/json_check.h"

static void check_set(const char *path, const char *value, const char *want)
{
	struct json *root = json_must("{\"a\":{\"b\":1},\"s\":\"x\"}");
	struct err err = { "" };
	struct buf b;

	buf_init(&b);
	if (json_set_path(root, path, value, &err) == ST_OK) {
		json_written(root, 0, &b);
		assert_string_equal(b.s, want);
	} else {
		assert_string_equal(err.text, want);
		json_written(root, 0, &b);
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
		root = json_must(b.s);
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

	if (json_try(text, len, &root, &err)) {
		assert_null(strstr(err.text, "JSON cannot be read"));
		assert_true(str_starts(err.text, "t:"));
		return false;
	}
	buf_init(&a);
	buf_init(&b);
	json_written(root, 0, &a);
	assert_int_equal(json_try(a.s, a.len, &again, NULL), ST_OK);
	json_written(again, 0, &b);
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

/* The head of a line for programs; an event's name is any text. */
static void test_event(void **state)
{
	struct json_out o;
	struct buf b;

	(void)state;
	buf_init(&b);
	json_event(&o, &b, "run");
	json_put_int(&o, "step", 3);
	json_close(&o, '}');
	assert_string_equal(b.s, "{\"schema\":1,\"event\":\"run\",\"step\":3}");
	buf_clear(&b);
	json_event(&o, &b, "a \"b\"");
	json_close(&o, '}');
	assert_string_equal(b.s, "{\"schema\":1,\"event\":\"a \\\"b\\\"\"}");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_path),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_doubles_exact),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("base_json_out", tests, NULL, NULL);
}
