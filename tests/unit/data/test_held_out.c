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

/* The texts of one side: how often each came. `draw`: held_draw. */
static uint64_t read_draw(const char *name, double share, uint64_t draw, bool is_held,
			  uint8_t *times)
{
	struct dataset_spec spec = { .kind = TASK_CLASSIFY, .path = in_scratch(name),
				     .header = -1, .text = "text", .target = "label",
				     .n_labels = 2, .labels = labels, .max_source = 32,
				     .max_bad = 0, .held_share = share,
				     .held_draw = draw, .is_held = is_held };
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

static uint64_t read_side(const char *name, double share, bool is_held, uint8_t *times)
{
	return read_draw(name, share, 0, is_held, times);
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

static int count_both(const uint8_t *a, const uint8_t *b)
{
	int n = 0;

	for (int i = 0; i < ROWS; i++)
		n += a[i] && b[i];
	return n;
}

/* Each draw is whole and its own; two have the rows in common that chance gives. */
static void test_draws(void **state)
{
	static uint8_t dev[4][ROWS], train[ROWS];
	uint64_t held;

	(void)state;
	put_rows("rows.jsonl", false);
	for (uint64_t draw = 0; draw < 4; draw++) {
		held = read_draw("rows.jsonl", 0.2, draw, true, dev[draw]);
		assert_in_range(held, COPIES * 673, COPIES * 927); /* five deviations */
		assert_int_equal(held + read_draw("rows.jsonl", 0.2, draw, false, train),
				 ROWS * COPIES);
		for (int i = 0; i < ROWS; i++)
			assert_true(!train[i] != !dev[draw][i]);
	}
	for (int a = 0; a < 4; a++)
		for (int b = a + 1; b < 4; b++) /* 160 of 4000 at 0.04, deviation 12.4 */
			assert_in_range(count_both(dev[a], dev[b]), 98, 222);
}

/* Without a number the draw is that of the text's hash alone, as it has always been. */
static void test_first_draw(void **state)
{
	static uint8_t dev[ROWS];

	(void)state;
	put_rows("rows.jsonl", false);
	read_side("rows.jsonl", 0.1, true, dev);
	for (int i = 0; i < ROWS; i++) {
		char text[24];
		uint64_t h;

		str_format(text, sizeof text, "one %d", i);
		h = hash64_bytes(text, strlen(text));
		assert_int_equal(dev[i] > 0, (double)(h >> 11) * 0x1p-53 < 0.1);
	}
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

static struct plan *parse_split(const char *set)
{
	static const char text[] = "{ \"tutti\": 1, \"tasks\": { \"t\": { \"kind\": "
				   "\"classify\", \"train\": \"t.tsv\", \"dev_share\": 0.2 "
				   "} }, \"budget\": { \"steps\": 5 } }";
	struct plan *p = NULL;
	struct err err = { "" };

	if (plan_parse(text, strlen(text), "p.json", scratch, &set, set != NULL, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

/* 0 is a number like any other, and none is none; both are read back. */
static void test_split_field(void **state)
{
	static const char *const set[] = { NULL, "split=null", "split=0", "split=7" };
	static const uint64_t want[] = { 0, 0, 1, 8 };

	(void)state;
	put_text("t.tsv", "text\tlabel\n");
	for (int i = 0; i < 4; i++) {
		struct plan *p = parse_split(set[i]), *again = NULL;
		struct dataset_spec s;
		struct buf b;

		plan_dataset(p, 0, true, &s);
		assert_int_equal(s.held_draw, want[i]);
		buf_init(&b);
		plan_write(p, &b);
		assert_int_equal(strstr(buf_str(&b), "\"split\"") != NULL, want[i] > 0);
		assert_int_equal(plan_parse(buf_str(&b), b.len, "p.json", scratch, NULL, 0,
					    &again, NULL), ST_OK);
		assert_int_equal(again->split, want[i]);
		plan_free(again);
		plan_free(p);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_sides),  cmocka_unit_test(test_shares_nest),
		cmocka_unit_test(test_too_few),    cmocka_unit_test(test_vocabulary),
		cmocka_unit_test(test_draws),      cmocka_unit_test(test_first_draw),
		cmocka_unit_test(test_plan),       cmocka_unit_test(test_split_field),
	};

	return cmocka_run_group_tests_name("held_out", tests, dataset_set_up,
					   dataset_tear_down);
}
