/*
 * test_guess_hostile.c - unknown files that mislead, hold nothing to learn or hold
 * any bytes at all: a guess or a refusal with its cause.
 */
#include "fixture/guessed.h"

#include "data/guess.h"

/* --- made-up rows --- */

/* The content counts, not the ending. */
static void test_wrong_ending(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "text\tlabel\n");
	for (unsigned i = 0; i < 50; i++) {
		add_words(&b, i, 6);
		buf_addf(&b, ", well\t%s\n", i % 2 ? "yes" : "no");
	}
	m = guess_text("tabs.csv", &b);
	assert_int_equal(m.s->format, SOURCE_TSV);
	assert_int_equal(m.g.option[0].kind, TASK_CLASSIFY);
	sample_free(m.s);
}

static void test_nothing_to_learn(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < 50; i++) {
		buf_adds(&b, "{\"text\": \"");
		add_words(&b, i, 6);
		buf_addf(&b, "\", \"id\": %u}\n", i);
	}
	m = guess_text("only.jsonl", &b);
	assert_int_equal(m.g.n, 0);
	sample_free(m.s);
}

/* --- hostile files --- */

static void refused(const char *path, const char *part)
{
	struct sample *s = NULL;
	struct err err = { "" };

	assert_int_not_equal(sample_read(path, NULL, &s, &err), ST_OK);
	assert_null(s);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
	assert_null(strchr(err.text, '\n'));
}

static void test_hostile(void **state)
{
	struct buf b;

	(void)state;
	refused(in_scratch("absent.csv"), "absent.csv");
	refused(scratch, "folder");
	assert_int_equal(mkfifo(in_scratch("pipe.csv"), 0600), 0);
	refused(in_scratch("pipe.csv"), "pipe.csv");
	refused(put_text("empty.csv", ""), "empty");
	refused(put_text("header.csv", "text,label\n"), "one line");
	refused(put_file("wide.csv", "\xff\xfet\0e\0x\0t\0,\0l\0\n\0", 16), "UTF-16");
	refused(put_file("pack.jsonl", "\x1f\x8b\x08 and so on", 14), "damaged");
	refused(put_text("one.txt", "just a line\nand another\n"), "cannot tell the columns");
	refused(put_text("one.csv", "just a line\nand another\n"), "one column");
	refused(put_text("doc.json", "{\n \"rows\": [\n {\"text\": \"a\"}]}\n"), "jq");
	buf_init(&b);
	for (int i = 0; i < 100; i++)
		buf_add(&b, "a\0b\tc\n", 6);
	refused(put_file("nul.tsv", b.s, b.len), "NUL");
	buf_clear(&b);
	for (int i = 0; i < 100; i++)
		buf_adds(&b, "\"an open quote,x\n");
	refused(put_file("quotes.csv", b.s, b.len), "quotes.csv");
	buf_clear(&b);
	for (int i = 0; i < 1000000; i++)
		buf_adds(&b, "a,");
	buf_adds(&b, "b\n");
	refused(put_file("columns.csv", b.s, b.len), "1000001 columns");
	buf_clear(&b);
	buf_adds(&b, "{\"text\": \"");
	buf_reserve(&b, 64 << 20);
	memset(b.s + b.len, 'x', 64 << 20);
	b.len += 64 << 20;
	buf_adds(&b, "\", \"label\": \"y\"}\n");
	refused(put_file("line.jsonl", b.s, b.len), "too long");
	unlink(in_scratch("line.jsonl"));
	buf_release(&b);
}

/* Any bytes at all: a refusal or a guess, never more. */
static void test_noise(void **state)
{
	static const char alphabet[] = "\t,,\"\n\n{}:[]ab 01\xff\xc3\xa4";
	uint32_t x = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct sample *s = NULL;
		struct guess g;
		struct err err = { "" };
		char text[400];

		for (size_t i = 0; i < sizeof text; i++) {
			x = x * 1664525u + 1013904223u;
			text[i] = alphabet[(x >> 12) % (sizeof alphabet)];
		}
		if (sample_read(put_file(round % 3 ? "noise.csv" : "noise.jsonl", text,
					 sizeof text), NULL, &s, &err)) {
			assert_true(err.text[0] && !strchr(err.text, '\n'));
			continue;
		}
		guess_file(s, &g);
		assert_in_range(g.n, 0, GUESS_OPTIONS);
		for (int i = 0; i < g.n; i++)
			assert_in_range(g.option[i].text, 0, s->n_columns - 1);
		sample_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_ending),
		cmocka_unit_test(test_nothing_to_learn),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("guess_hostile", tests,
					   scratch_make, scratch_remove);
}
