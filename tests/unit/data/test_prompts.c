/*
 * test_prompts.c - rows read as a prompt says: what stands around a text, what is cut,
 * caches of their own, and prompts that leave no room.
 */
#include "fixture/data_check.h"

#include "data/dataset.h"

static struct tokenizer *tok;
static const char *const labels[] = { "x", "y" };

static int make(void **state)
{
	if (scratch_make(state))
		return -1;
	tok = small_tokenizer();
	put_text("rows.jsonl", "{\"text\": \"one two\", \"more\": \"three\", \"label\": \"x\"}\n"
		 "{\"text\": \"three three three three three\", \"more\": \"one\", "
		 "\"label\": \"y\"}\n");
	return 0;
}

static int unmake(void **state)
{
	tokenizer_free(tok);
	return scratch_remove(state);
}

static struct dataset_spec spec_of(const char *prompt, const char *pair)
{
	return (struct dataset_spec){
		.kind = TASK_CLASSIFY, .path = in_scratch("rows.jsonl"), .header = -1,
		.text = "text", .pair = pair, .target = "label", .n_labels = 2,
		.labels = labels, .prompt = prompt, .max_source = 6 };
}

/* Row i in pieces, with blanks between. */
static const char *row(const char *prompt, const char *pair, int i)
{
	struct dataset_spec spec = spec_of(prompt, pair);
	static struct buf b;
	struct dataset *d;
	struct example e;
	struct err err;

	if (dataset_open(&spec, tok, in_scratch("cache"), NULL, &d, &err))
		fail_msg("%s", err.text);
	dataset_get(d, (uint64_t)i, &e);
	buf_clear(&b);
	for (int k = 0; k < e.n_ids; k++)
		buf_addf(&b, "%s%s", k ? " " : "", tokenizer_piece(tok, e.ids[k]));
	dataset_close(d);
	return buf_str(&b);
}

static void test_read(void **state)
{
	(void)state;
	assert_string_equal(row(NULL, NULL, 0), "[CLS] one two [SEP]");
	assert_string_equal(row("{text}\nthree .", NULL, 0), "one two three .");
	assert_string_equal(row("{text}\nthree .", NULL, 1), "three three three three three .");
	assert_string_equal(row("{text} , {text_b} .", "more", 0), "one two , three .");
	assert_string_equal(row("{text} , {text_b} .", "more", 1), "three three three , one .");
	assert_string_equal(row(NULL, NULL, 0), "[CLS] one two [SEP]");
	assert_int_equal(count_files(in_scratch("cache"), ""), 3);
}

static void test_no_room(void **state)
{
	struct dataset_spec spec = spec_of("one one one {text} one one", NULL);
	struct err err = { "" };
	struct dataset *d;

	(void)state;
	assert_string_equal(row("one one {text} one one", NULL, 0), "one one one two one one");
	spec.max_source = 5;
	assert_int_equal(dataset_open(&spec, tok, in_scratch("cache"), NULL, &d, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "a prompt of 5 pieces leaves no room"));
	spec.prompt = "no place";
	assert_int_equal(dataset_open(&spec, tok, in_scratch("cache"), NULL, &d, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "no {text}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("prompts", tests, make, unmake);
}
