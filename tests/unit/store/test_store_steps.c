/*
 * test_store_steps.c - rows of steps: to the bit, small, and of earlier versions
 * still read.
 */
#include "fixture/eval_row.h"
#include "fixture/store_rows.h"
#include "store/store_own.h"

struct seen {
	int64_t n, last, bad;
	int tasks;
};

static void see(void *arg, const struct step_row *r)
{
	struct seen *s = arg;
	struct step_row want = step_at(r->step, s->tasks);

	s->bad += r->step <= s->last || r->n != want.n || r->skipped != want.skipped ||
		  r->tokens != want.tokens || memcmp(&r->lr, &want.lr, sizeof r->lr);
	for (int k = 0; k < r->n; k++)
		s->bad += r->task[k].task != want.task[k].task ||
			  r->task[k].count != want.task[k].count ||
			  r->task[k].examples != want.task[k].examples ||
			  memcmp(&r->task[k].loss, &want.task[k].loss, 4) ||
			  memcmp(&r->task[k].weight, &want.task[k].weight, 4);
	s->last = r->step;
	s->n++;
}

static void test_steps(void **state)
{
	struct store *s = store_make("steps.db");
	struct seen seen = { .tasks = 3 };

	(void)state;
	for (int64_t i = 1; i <= 1000; i++) {
		struct step_row r = step_at(i, 3);

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
	}
	for (int64_t i = 900; i <= 1000; i++) { /* computed again after a resume */
		struct step_row r = step_at(i, 3);

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
	}
	assert_int_equal(store_steps_read(s, 1, INT64_MAX, 1, see, &seen, NULL), ST_OK);
	assert_true(seen.n == 1000 && seen.bad == 0);
	store_close(s);
	s = store_again("steps.db", true);
	seen = (struct seen){ .tasks = 3 };
	assert_int_equal(store_steps_read(s, 101, 200, 10, see, &seen, NULL), ST_OK);
	assert_true(seen.n == 10 && seen.bad == 0 && seen.last == 191);
	store_close(s);
}

/* A row as version 1 or 2 wrote it: u8 task, u8 count, f32 loss, f32 weight, examples. */
static size_t old_bytes(const struct step_row *r, const unsigned char *now, int version,
			unsigned char *out)
{
	size_t each = version == 1 ? STEP_TASK_1 : STEP_TASK_2;

	memcpy(out, now, STEP_HEAD);
	out[0] = (unsigned char)version;
	for (int k = 0; k < r->n; k++) {
		unsigned char *p = out + STEP_HEAD + (size_t)k * each;

		p[0] = r->task[k].task;
		p[1] = (unsigned char)r->task[k].count;
		memcpy(p + 2, &r->task[k].loss, 4);
		memcpy(p + 6, &r->task[k].weight, 4);
		if (version == 2) {
			p[10] = (unsigned char)r->task[k].examples;
			p[11] = (unsigned char)(r->task[k].examples >> 8);
		}
	}
	return STEP_HEAD + (size_t)r->n * each;
}

/* Counts beyond a byte and beyond two of them come back as they were. */
static void test_step_counts(void **state)
{
	static const uint32_t examples[] = { 0, 65535, 65536, 130560, UINT32_MAX };
	struct step_row want = step_at(7, 3), got = { 0 };
	unsigned char bytes[STEP_BYTES];

	(void)state;
	for (int i = 0; i < 5; i++) {
		int len;

		want.task[1].count = (uint16_t)(255 + 13000 * i);
		want.task[2].examples = examples[i];
		len = step_pack(&want, bytes);
		assert_true(step_unpack(bytes, (size_t)len, &got));
		assert_int_equal(got.task[1].count, 255 + 13000 * i);
		assert_int_equal(got.task[2].examples, examples[i]);
	}
}

/* Rows of the versions before are still read; version 1 has no examples. */
static void test_step_versions(void **state)
{
	struct step_row want = step_at(7, 3), got = { 0 };
	unsigned char two[STEP_BYTES], one[STEP_BYTES];
	int len = step_pack(&want, two);

	(void)state;
	assert_int_equal(len, STEP_HEAD + 3 * STEP_TASK);
	for (int version = 1; version <= 2; version++) {
		size_t n = old_bytes(&want, two, version, one);

		assert_true(step_unpack(one, n, &got));
		assert_int_equal(got.n, 3);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(got.task[k].examples,
					 version == 1 ? 0 : want.task[k].examples);
			assert_int_equal(got.task[k].task, want.task[k].task);
			assert_int_equal(got.task[k].count, want.task[k].count);
			assert_true(got.task[k].loss == want.task[k].loss);
			assert_true(got.task[k].weight == want.task[k].weight);
		}
	}
	old_bytes(&want, two, 1, one);
	assert_false(step_unpack(one, STEP_HEAD + 3 * STEP_TASK_1 - 1, &got));
	two[0] = 4;
	assert_false(step_unpack(two, (size_t)len, &got));
}

/* At most 200 bytes a step for 2 to 6 tasks; the figure is printed. */
static void test_step_size(void **state)
{
	enum { STEPS = 100000 };

	(void)state;
	for (int tasks = 2; tasks <= 6; tasks += 4) {
		struct store *s = store_make(tasks == 2 ? "two.db" : "six.db");
		struct file_id id;
		double bytes;

		for (int64_t i = 1; i <= STEPS; i++) {
			struct step_row r = step_at(i, tasks);

			assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
		}
		store_close(s);
		assert_int_equal(file_id(in_scratch(tasks == 2 ? "two.db" : "six.db"), &id,
					 NULL), ST_OK);
		bytes = (double)id.size / STEPS;
		print_message("%d tasks: %.1f bytes a step\n", tasks, bytes);
		assert_true(bytes <= 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_step_size),
		cmocka_unit_test(test_step_versions),
		cmocka_unit_test(test_step_counts),
	};

	return cmocka_run_group_tests_name("store_steps", tests,
					   scratch_make, scratch_remove);
}
