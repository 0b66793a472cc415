/*
 * test_held_out.c - dev_share: one file for two splits. Every row is on one side,
 * copies of a text are on the same one, the order of the rows does not matter.
 */
#include "fixture/dataset_open.h"

#include "base/hash.h"
#include "plan/plan.h"

enum { ROWS = 4000, COPIES = 3 };

static const char *const labels[] = { "a", "b" };

static void put_rows(const char *name, bool backwards)
{
	struct buf b;

	buf_init(&b);
	for (int k = 0; k < ROWS * COPIES; k++) {
		int i = backwards ? ROWS * COPIES - 1 - k : k;

		buf_addf(&b, "{\"text\": \"one %d\", \"label\": \"%s\"}\n", i % ROWS,
			 labels[i & 1]);
	}
	put_file(name, b.s, b.len);
	buf_release(&b);
}

/* The texts of one side: how often each came. */
static uint64_t read_side(const char *name, double share, bool is_held, uint8_t *times)
{
	struct dataset_spec spec = { .kind = TASK_CLASSIFY, .path = in_scratch(name),
				     .header = -1, .text = "text", .target = "label",
				     .n_labels = 2, .labels = labels, .max_source = 32,
				     .max_bad = 0, .held_share = share,
				     .is_held = is_held };
	struct dataset *d = NULL;
	struct err err = { "" };
	uint64_t n;

	memset(times, 0, ROWS);
	if (dataset_open(&spec, test_tok, in_scratch("cache"), NULL, &d, &err))
		fail_msg("%s", err.text);
	n = dataset_size(d);
	for (uint64_t i = 0; i < n; i++) {
		struct example e;
		int number;

		dataset_get(d, i, &e);
		number = (int)strtol(e.text + strlen("one "), NULL, 10);
		assert_in_range(number, 0, ROWS - 1);
		times[number]++;
	}
	dataset_close(d);
	return n;
}

static void test_two_sides(void **state)
{
	static uint8_t train[ROWS], dev[ROWS], again[ROWS];
	uint64_t n, held;

	(void)state;
	put_rows("rows.jsonl", false);
	put_rows("back.jsonl", true);
	n = read_side("rows.jsonl", 0.1, false, train);
	held = read_side("rows.jsonl", 0.1, true, dev);
	assert_int_equal(n + held, ROWS * COPIES);
	/* five deviations of a binomial of 4000 texts at 0.1 */
	assert_in_range(held, COPIES * 305, COPIES * 495);
	for (int i = 0; i < ROWS; i++)
		assert_true((train[i] == COPIES && !dev[i]) ||
			    (dev[i] == COPIES && !train[i]));
	read_side("back.jsonl", 0.1, true, again);
	assert_memory_equal(dev, again, ROWS);
	assert_int_equal(read_side("rows.jsonl", 0, true, train), ROWS * COPIES);
}

/* A larger share holds all that a smaller one held. */
static void test_shares_nest(void **state)
{
	static uint8_t few[ROWS], many[ROWS];

	(void)state;
	put_rows("rows.jsonl", false);
	read_side("rows.jsonl", 0.05, true, few);
	read_side("rows.jsonl", 0.3, true, many);
	for (int i = 0; i < ROWS; i++)
		assert_true(!few[i] || many[i]);
}

static void test_too_few(void **state)
{
	struct dataset_spec spec = { .kind = TASK_CLASSIFY, .header = -1, .text = "text",
				     .target = "label", .n_labels = 2, .labels = labels,
				     .max_source = 32, .held_share = 1e-9,
				     .is_held = true };
	struct dataset *d = NULL;
	struct err err = { "" };

	(void)state;
	spec.path = put_text("few.jsonl", "{\"text\": \"one\", \"label\": \"a\"}\n");
	assert_int_equal(dataset_open(&spec, test_tok, in_scratch("cache"), NULL, &d, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "dev_share"));
}

/* The vocabulary is trained without the held-out texts. */
static void test_vocabulary(void **state)
{
	struct dataset_spec spec = { .kind = TASK_CLASSIFY, .header = -1, .text = "text",
				     .target = "label", .max_source = 32 };
	const struct tokenizer_wish wish = { tokenizer_kind_at(0), 900, NULL };
	struct tokenizer *all = NULL, *rest = NULL;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < 200; i++)
		buf_addf(&b, "{\"text\": \"w%dq w%dq w%dq\", \"label\": \"a\"}\n", i, i, i);
	spec.path = put_file("words.jsonl", b.s, b.len);
	buf_release(&b);
	assert_int_equal(dataset_vocabulary(&spec, 1, wish, in_scratch("cache"), NULL,
					    &all, NULL), ST_OK);
	spec.held_share = 0.5;
	assert_int_equal(dataset_vocabulary(&spec, 1, wish, in_scratch("cache"), NULL,
					    &rest, NULL), ST_OK);
	assert_true(tokenizer_size(rest) < tokenizer_size(all));
	tokenizer_free(all);
	tokenizer_free(rest);
}

static enum status parse(const char *task, struct plan **p, struct err *err)
{
	char text[1024];

	put_text("t.tsv", "text\tlabel\n");
	str_format(text, sizeof text,
		   "{ \"tutti\": 1, \"note\": \"what it is for\", \"tasks\": { \"t\": { "
		   "\"kind\": \"classify\", \"train\": \"t.tsv\", \"note\": \"mine\"%s } }, "
		   "\"budget\": { \"steps\": 5 } }", task);
	return plan_parse(text, strlen(text), "p.json", scratch, NULL, 0, p, err);
}

static void test_plan(void **state)
{
	struct plan *p = NULL;
	struct dataset_spec s;
	struct err err = { "" };

	(void)state;
	if (parse(", \"dev_share\": 0.2", &p, &err))
		fail_msg("%s", err.text);
	assert_string_equal(p->note, "what it is for");
	assert_string_equal(p->tasks[0].note, "mine");
	assert_true(plan_has_dev(&p->tasks[0]));
	plan_dataset(p, 0, true, &s);
	assert_true(s.is_held && s.held_share == 0.2);
	plan_dataset(p, 0, false, &s);
	assert_true(!s.is_held && s.held_share == 0.2);
	plan_free(p);
	assert_int_equal(parse(", \"dev_share\": 0.2, \"dev\": \"t.tsv\"", &p, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "tasks.t.dev_share"));
	assert_int_equal(parse(", \"dev_share\": 0.6", &p, &err), ST_INVALID);
	assert_int_equal(parse("", &p, &err), ST_OK);
	assert_false(plan_has_dev(&p->tasks[0]));
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_sides),  cmocka_unit_test(test_shares_nest),
		cmocka_unit_test(test_too_few),    cmocka_unit_test(test_vocabulary),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests_name("held_out", tests, dataset_set_up,
					   dataset_tear_down);
}
