/*
 * test_items.c - references and predictions, one item a line.
 */
#include "fixture/data_check.h"

#include "data/items.h"

/* The items with '|' between them, or the refusal. */
static const char *items_of(const char *name, const char *bytes, size_t n)
{
	static struct buf b;
	struct items t;
	struct err err = { "" };

	buf_clear(&b);
	if (items_read(put_file(name, bytes, n), &t, &err))
		buf_addf(&b, "error: %s", err.text);
	for (size_t i = 0; i < t.n; i++)
		buf_addf(&b, "%s%s", i ? "|" : "", t.text[i]);
	items_release(&t);
	return buf_str(&b);
}

static const char *items(const char *text)
{
	return items_of("a.txt", text, strlen(text));
}

/* What ends a line, and what stands around an item, is none of the item. */
static void test_same_items(void **state)
{
	(void)state;
	assert_string_equal(items("pos\nneg\n"), "pos|neg");
	assert_string_equal(items("\xef\xbb\xbfpos\nneg"), "pos|neg");
	assert_string_equal(items("pos\r\nneg\r\n"), "pos|neg");
	assert_string_equal(items("pos\rneg\r"), "pos|neg");
	assert_string_equal(items(" pos\t\n\tneg  \n"), "pos|neg");
	/* inside, blanks are the item's; empty items keep their place */
	assert_string_equal(items("so  so\n\n \nx\n"), "so  so|||x");
}

static void test_refused_items(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *says;
	} rows[] = {
		{ "", 0, "is empty" },
		{ "a\nb\xff\n", 5, "a.txt:2: invalid UTF-8" },
		{ "a\n\nb\0c\n", 7, "a.txt:3: NUL byte" },
		{ "\xff\xfe" "a\0\n\0", 6, "looks like UTF-16" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = items_of("a.txt", rows[i].bytes, rows[i].n);

		if (!str_starts(got, "error: ") || !strstr(got, rows[i].says))
			fail_msg("'%s' does not say '%s'", got, rows[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_items),
		cmocka_unit_test(test_refused_items),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
