/*
 * test_table_out.c - rows as CSV and as JSON lines: names, quotes, what is no value,
 * and numbers that read back as they were.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/table_out.h"

struct cells {
	int64_t whole;
	float f;
	double d;
	bool b;
	const char *s;
};

static void put(struct table_out *t, const struct cells *c)
{
	table_row(t);
	table_int(t, "whole", c->whole);
	table_bool(t, "is, it", c->b);
	table_str(t, "text", c->s);
	table_nest(t, "tasks");
	table_group(t, "one");
	table_f32(t, "f", c->f);
	table_f64(t, "d", c->d);
	table_group_end(t);
	table_nest_end(t);
	table_none(t, "none");
	table_row_end(t);
}

static void expect(enum table_format format, const struct cells *c, bool names,
		   const char *want)
{
	struct table_out t;
	struct buf b;

	buf_init(&b);
	table_init(&t, &b, format, "cell");
	t.names = names;
	put(&t, c);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void test_csv(void **state)
{
	(void)state;
	expect(TABLE_CSV, &(struct cells){ 0 }, true,
	       "whole,\"is, it\",text,one.f,one.d,none\n");
	expect(TABLE_CSV, &(struct cells){ -7, 0.5f, 0.1, true, "plain" }, false,
	       "-7,1,plain,0.5,0.1,\n");
	expect(TABLE_CSV, &(struct cells){ 1, NAN, INFINITY, false, NULL }, false,
	       "1,0,,,,\n");
	expect(TABLE_CSV, &(struct cells){ 1, 0, 0, false, "a,b" }, false,
	       "1,0,\"a,b\",0,0,\n");
	expect(TABLE_CSV, &(struct cells){ 1, 0, 0, false, "say \"so\"" }, false,
	       "1,0,\"say \"\"so\"\"\",0,0,\n");
	expect(TABLE_CSV, &(struct cells){ 1, 0, 0, false, "two\nlines" }, false,
	       "1,0,\"two\nlines\",0,0,\n");
	expect(TABLE_CSV, &(struct cells){ 1, 0, 0, false, "back\r" }, false,
	       "1,0,\"back\r\",0,0,\n");
}

static void test_json(void **state)
{
	(void)state;
	expect(TABLE_JSON, &(struct cells){ -7, 0.1f, 0.1, true, "a \"b\"\n" }, false,
	       "{\"schema\":1,\"event\":\"cell\",\"whole\":-7,\"is, it\":true,"
	       "\"text\":\"a \\\"b\\\"\\n\",\"tasks\":{\"one\":{\"f\":0.1,\"d\":0.1}},"
	       "\"none\":null}\n");
	expect(TABLE_JSON, &(struct cells){ 1, -INFINITY, NAN, false, NULL }, false,
	       "{\"schema\":1,\"event\":\"cell\",\"whole\":1,\"is, it\":false,"
	       "\"text\":null,\"tasks\":{\"one\":{\"f\":null,\"d\":null}},"
	       "\"none\":null}\n");
}

/* Bits of all kinds: the text gives the same float back, in both formats. */
static void test_numbers(void **state)
{
	struct rng r = rng_stream(3, RNG_TEST, 0, 0);

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		uint32_t bits = rng_below(&r, i, UINT32_MAX);
		struct cells c = { .d = (double)i / 7 };
		struct table_out t;
		struct buf b;
		const char *at;

		memcpy(&c.f, &bits, sizeof c.f);
		if (!isfinite(c.f))
			continue;
		buf_init(&b);
		table_init(&t, &b, TABLE_CSV, "cell");
		put(&t, &c);
		at = buf_str(&b) + strlen("0,0,,");
		assert_true(strtof(at, NULL) == c.f);
		assert_true(strtod(strchr(at, ',') + 1, NULL) == c.d);
		buf_clear(&b);
		table_init(&t, &b, TABLE_JSON, "cell");
		put(&t, &c);
		at = strstr(buf_str(&b), "\"f\":") + 4;
		assert_true(strtof(at, NULL) == c.f);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
