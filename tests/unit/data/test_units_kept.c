/*
 * test_units_kept.c - rows whose target is what is kept of their text: rows of 0 and 1 and
 * texts, words and sentences, what is refused and what is counted; that the token cache
 * keeps them; batches of them, and of a damaged cache.
 */
#include "data/batch.h"
#include "fixture/dataset_open.h"

static struct dataset_spec kept_spec(const char *path)
{
	return (struct dataset_spec){
		.kind = TASK_EXTRACT, .path = path, .header = -1, .text = "text",
		.target = "kept", .max_source = 8, .max_bad = 1, .keep = 3,
	};
}

/* "1- 2+ 0- | one two;": of each unit its first row and whether it is kept; the target. */
static const char *rows_of(const struct dataset *d)
{
	static struct buf b;
	struct example e;

	buf_clear(&b);
	for (uint64_t i = 0; i < dataset_size(d); i++) {
		dataset_get(d, i, &e);
		assert_int_equal(e.n_target, 0);
		assert_int_equal(e.n_set, -1);
		assert_true(e.has_kept);
		for (int k = 0; k < e.n_unit; k++) {
			buf_addf(&b, "%d", unit_rows(&e.unit[k]) ? (int)e.unit[k].from : 0);
			if (unit_rows(&e.unit[k]) > 1)
				buf_addf(&b, "x%d", unit_rows(&e.unit[k]));
			buf_adds(&b, unit_is_kept(&e.unit[k]) ? "+ " : "- ");
		}
		buf_addf(&b, "| %.*s;", (int)e.target_len, e.target_text);
	}
	return buf_str(&b);
}

static const char *rows_in(const struct dataset_spec *spec)
{
	struct dataset *d = dataset_open_in(spec, fresh_cache());
	const char *s = rows_of(d);

	dataset_close(d);
	return s;
}

/* "ab" is a and ##b. */
static void test_words(void **state)
{
	struct dataset_spec spec = kept_spec(put_text("a.jsonl",
		"{\"text\": \"ab one  c\", \"kept\": \"101\"}\n"
		"{\"text\": [\"ab\", \"one\", \"c\"], \"kept\": [0, 1, 0]}\n"
		"{\"text\": \"ab one c\", \"kept\": \"ab c\"}\n"
		"{\"text\": \"ab one c\", \"kept\": \"c, AB\"}\n"
		"{\"text\": \"ab one c\", \"kept\": \"ab two c\"}\n"));
	struct dataset *d = dataset_open_in(&spec, fresh_cache());

	(void)state;
	assert_string_equal(rows_of(d), "1+ 3- 4+ | ab c;1- 3+ 4- | one;1+ 3- 4+ | ab c;"
					"1+ 3- 4- | c, AB;1+ 3- 4+ | ab two c;");
	assert_int_equal(dataset_report(d)->nearest, 2);
	assert_int_equal(dataset_units(d, 0), 3);
	assert_int_equal(dataset_cost(d, 0), 6); /* [CLS] a ##b one c [SEP]: no targets */
	dataset_close(d);
}

/* Words behind the cut are not read, and are kept all the same. */
static void test_cut(void **state)
{
	struct dataset_spec spec = kept_spec(put_text("c.jsonl",
		"{\"text\": \"a b c d e f g h\", \"kept\": \"10000011\"}\n"));
	struct dataset *d = dataset_open_in(&spec, fresh_cache());

	(void)state;
	assert_string_equal(rows_of(d), "1+ 2- 3- 4- 5- 6- 0+ 0+ | a g h;");
	assert_int_equal(dataset_units(d, 0), 6);
	dataset_close(d);
}

static void test_sentences(void **state)
{
	struct dataset_spec spec = kept_spec(put_text("s.jsonl",
		"{\"text\": \"A b. C d.\", \"kept\": \"01\"}\n"
		"{\"text\": \"A b. C d.\", \"kept\": \"c d\"}\n"));

	(void)state;
	spec.unit = UNIT_SENTENCES;
	spec.max_source = 16;
	assert_string_equal(rows_in(&spec), "1x3- 4x3+ | C d.;1x3- 4x3+ | c d;");
	spec.max_source = 7; /* of the second sentence two pieces are left */
	assert_string_equal(rows_in(&spec), "1x3- 4x2+ | C d.;1x3- 4x2+ | c d;");
}

/* Unit, and how many are kept, are part of what a cache is of. */
static void test_cache(void **state)
{
	struct dataset_spec spec = kept_spec(put_text("k.jsonl",
		"{\"text\": \"A b. C d.\", \"kept\": \"a b c d\"}\n"));
	const char *cache = fresh_cache();
	struct dataset *d = dataset_open_in(&spec, cache);

	(void)state;
	assert_string_equal(rows_of(d), "1+ 2+ 4+ 5+ | a b c d;");
	dataset_close(d);
	assert_false(reads_data(&spec, cache));
	spec.unit = UNIT_SENTENCES;
	d = dataset_open_in(&spec, cache);
	assert_string_equal(rows_of(d), "1x3+ 4x3+ | a b c d;");
	dataset_close(d);
	spec.keep = 1;
	d = dataset_open_in(&spec, cache);
	assert_string_equal(rows_of(d), "1x3+ 4x3- | a b c d;");
	dataset_close(d);
}

/* The words of the fault that a file's second row has. */
static const char *fault(const char *second)
{
	static struct buf b;
	struct dataset_spec spec;
	struct buf text;
	struct dataset *d;

	buf_init(&text);
	buf_addf(&text, "{\"text\": \"one\", \"kept\": \"one\"}\n"
		 "{\"text\": \"one two\", \"kept\": %s}\n", second);
	spec = kept_spec(put_text("bad.jsonl", buf_str(&text)));
	buf_release(&text);
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 1);
	assert_int_equal(dataset_report(d)->nearest, 0);
	buf_clear(&b);
	row_report_text(dataset_report(d), "x", &b);
	dataset_close(d);
	return buf_str(&b);
}

static void test_refused(void **state)
{
	(void)state;
	assert_contains(fault("\"011\""), "not as many 0 and 1 as there are words or sentences 1 "
					  "(line 2: 011)");
	assert_contains(fault("[1]"), "not as many 0 and 1");
	assert_contains(fault("\"00\""), "nothing of the text is kept 1 (line 2: 00)");
	assert_contains(fault("\"three\""), "nothing of the text is kept");
	assert_contains(fault("\"  \""), "empty text");
	assert_contains(fault("null"), "field missing or no text");
	assert_contains(fault("{\"a\": 1}"), "field missing or no text");
}

/* --- batches --- */

static void test_batch(void **state)
{
	struct dataset_spec spec = kept_spec(put_text("b.jsonl",
		"{\"text\": \"ab one c\", \"kept\": \"101\"}\n"
		"{\"text\": \"a b c d e f g\", \"kept\": \"0100001\"}\n"));
	struct dataset *d = dataset_open_in(&spec, fresh_cache());
	const uint64_t rows[2] = { 0, 1 };
	const int row[] = { 1, 3, 4, 7, 8, 9, 10, 11, 12 };
	const bool kept[] = { true, false, true, false, true, false, false, false, false };
	struct arena a;
	struct batch b;

	(void)state;
	arena_init(&a);
	batch_build(&b, &a, d, 0, rows, 2, 0, 0, 2);
	assert_int_equal(b.T, 0);
	assert_int_equal(b.unit_off[1], 3);
	assert_int_equal(b.unit_off[2], 9); /* the last word was cut off */
	for (int u = 0; u < 9; u++) {
		assert_int_equal(b.unit_row[u], row[u]);
		assert_int_equal(b.unit_rows[u], 1);
		assert_int_equal(b.unit_kept[u], kept[u]);
	}
	assert_true(b.has_kept[0] && b.has_kept[1]);
	arena_release(&a);
	dataset_close(d);
}

/* Whatever places a damaged body says, a batch stays within its rows. */
static void test_damaged(void **state)
{
	static const struct unit_place wild[] = { { -1, 2 }, { 2, 2 }, { 3, 2 }, { 0, INT32_MAX },
						  { INT32_MAX, 3 }, { INT32_MIN, INT32_MIN },
						  { 1, 5 }, { 2, 5 } };
	static const int32_t ids[3] = { 2, 5, 3 };
	struct example e = { .ids = ids, .n_ids = 3, .second = 3, .label = -1, .n_set = -1,
			     .unit = wild, .n_unit = sizeof wild / sizeof *wild };
	struct arena a;
	struct batch b;

	(void)state;
	arena_init(&a);
	batch_build_examples(&b, &a, TASK_EXTRACT, 0, &e, 1, 0, 2);
	assert_int_equal(b.unit_off[1], 2);
	assert_int_equal(b.unit_row[0], 2);
	assert_int_equal(b.unit_rows[1], 2);
	assert_int_equal(b.unit_row[1], 1);
	assert_false(b.has_kept[0]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),     cmocka_unit_test(test_cut),
		cmocka_unit_test(test_sentences), cmocka_unit_test(test_cache),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_batch),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, dataset_set_up, dataset_tear_down);
}
