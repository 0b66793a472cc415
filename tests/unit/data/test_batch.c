/*
 * test_batch.c - packing: an epoch is every example once, a cursor is all there
 * is to know, and the rows of a batch are those of its examples.
 */
#include "fixture/dataset_open.h"

#include <pthread.h>

#include "base/rng.h"
#include "data/batch.h"

enum { CLS = 2, BUDGET = 100 };

/* `n` rows whose texts have 1 to `most` tokens, their summaries 1 to 5. */
static struct dataset *make_data(int n, uint32_t most)
{
	struct rng r = rng_stream(5, RNG_TEST, 0, (uint64_t)n);
	struct dataset_spec spec = {
		.kind = TASK_SUMMARIZE, .path = in_scratch("a.tsv"), .header = -1,
		.text = "text", .target = "sum", .max_source = 1024,
		.max_target = 16, .max_bad = 0,
	};
	struct dataset *d = NULL;
	struct err err = { "" };
	FILE *f = fopen(spec.path, "w");

	assert_non_null(f);
	fputs("text\tsum\n", f);
	for (uint64_t i = 0; i < (uint64_t)n; i++) {
		uint32_t a = rng_below(&r, 2 * i, most) + 1;
		uint32_t b = rng_below(&r, 2 * i + 1, 5) + 1;

		for (uint32_t k = 0; k < a; k++)
			fputs(k ? " one" : "two", f);
		for (uint32_t k = 0; k < b; k++)
			fputs(k ? " one" : "\tone", f);
		fputc('\n', f);
	}
	assert_int_equal(fclose(f), 0);
	if (dataset_open(&spec, test_tok, NULL, NULL, &d, &err))
		fail_msg("%s", err.text);
	return d;
}

static uint64_t cost_of(const struct dataset *d, const uint64_t *rows, int n)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += dataset_cost(d, rows[i]);
	return sum;
}

/* --- packing --- */

static void check_epochs(int n, uint32_t most, int budget)
{
	struct dataset *d = make_data(n, most);
	struct packer *p = packer_new(d, 7, 1, budget, CLS);
	unsigned char *seen = xcalloc((size_t)n, 1);
	uint64_t rows[BATCH_EXAMPLES_MAX], draws = 0, examples = 0, tokens = 0;
	double estimate = packer_per_epoch(p);
	struct cursor c = { 0 };

	for (uint64_t epoch = 0; epoch < 3; epoch++) {
		uint64_t in_epoch = 0;

		memset(seen, 0, (size_t)n);
		while (c.epoch == epoch) {
			int k = packer_draw(p, &c, rows);
			uint64_t cost = cost_of(d, rows, k);

			assert_in_range(k, 1, BATCH_EXAMPLES_MAX);
			assert_true(k == 1 || cost <= (uint64_t)budget);
			for (int i = 0; i < k; i++) {
				assert_true(rows[i] < (uint64_t)n);
				assert_int_equal(seen[rows[i]]++, 0);
			}
			in_epoch += (uint64_t)k;
			examples += (uint64_t)k;
			tokens += cost;
			assert_int_equal(c.draw, ++draws);
			assert_int_equal(c.examples, examples);
			assert_int_equal(c.tokens, tokens);
		}
		assert_int_equal(c.epoch, epoch + 1);
		assert_int_equal(in_epoch, n);
	}
	assert_int_equal(tokens, 3 * dataset_tokens(d));
	assert_true(packer_per_epoch(p) == estimate);
	assert_true((double)draws / 3 >= estimate * 0.97);
	assert_true((double)draws / 3 <= estimate * 1.03);
	xfree(seen);
	packer_free(p);
	dataset_close(d);
}

static void test_every_example_once(void **state)
{
	(void)state;
	check_epochs(1, 5, BUDGET);
	check_epochs(2, 5, BUDGET);
	check_epochs(37, 90, BUDGET);
	check_epochs(1023, 20, BUDGET);
	check_epochs(1024, 20, 1);       /* nothing fits: one each */
	check_epochs(1025, 20, BUDGET);
	check_epochs(5000, 20, 1 << 20); /* everything fits: the count limits */
	check_epochs(3000, 200, BUDGET); /* some exceed the budget */
	check_epochs(40000, 12, BUDGET); /* more windows than are counted */
}

static void test_resume_from_any_cursor(void **state)
{
	enum { DRAWS = 700 };
	struct dataset *d = make_data(2100, 40);
	struct packer *p = packer_new(d, 3, 0, BUDGET, CLS);
	struct cursor *at = xcalloc(DRAWS + 1, sizeof *at), c = { 0 };
	uint64_t *first = xcalloc(DRAWS, sizeof *first), rows[BATCH_EXAMPLES_MAX];

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		int n = packer_draw(p, &c, rows);

		first[i] = hash64_bytes(rows, (size_t)n * sizeof *rows);
		at[i + 1] = c;
	}
	packer_free(p);
	for (int i = 0; i < DRAWS; i += 13) {
		p = packer_new(d, 3, 0, BUDGET, CLS);
		c = at[i];
		for (int k = i; k < i + 40 && k < DRAWS; k++) {
			int n = packer_draw(p, &c, rows);

			assert_true(first[k] ==
				    hash64_bytes(rows, (size_t)n * sizeof *rows));
			assert_memory_equal(&c, &at[k + 1], sizeof c);
		}
		packer_free(p);
	}
	/* one packer, cursors of two runs in turn, backwards */
	p = packer_new(d, 3, 0, BUDGET, CLS);
	for (int i = DRAWS; i-- > 0;) {
		int n;

		c = at[i];
		n = packer_draw(p, &c, rows);
		assert_true(first[i] == hash64_bytes(rows, (size_t)n * sizeof *rows));
	}
	packer_free(p);
	xfree(at);
	xfree(first);
	dataset_close(d);
}

/* A cursor from a damaged file is no reason to read out of bounds. */
static void test_cursor_behind_the_end(void **state)
{
	struct dataset *d = make_data(1500, 10);
	struct packer *p = packer_new(d, 3, 0, BUDGET, CLS);
	struct cursor c = { .window = 2 };
	uint64_t rows[BATCH_EXAMPLES_MAX];

	(void)state;
	assert_true(packer_draw(p, &c, rows) > 0);
	assert_int_equal(c.epoch, 1);
	assert_int_equal(c.window, 0);
	assert_int_equal(c.next, 1);
	c = (struct cursor){ .next = UINT32_MAX };
	assert_true(packer_draw(p, &c, rows) > 0);
	assert_int_equal(c.window, 1);
	c = (struct cursor){ .window = UINT64_MAX, .next = UINT32_MAX };
	assert_true(packer_draw(p, &c, rows) > 0);
	packer_free(p);
	dataset_close(d);
}

/* Seeds, tasks and epochs each give another order; the same ones the same. */
static uint64_t order_of(const struct dataset *d, uint64_t seed, int task,
			 uint64_t epoch)
{
	struct packer *p = packer_new(d, seed, task, BUDGET, CLS);
	struct cursor c = { .epoch = epoch };
	uint64_t rows[BATCH_EXAMPLES_MAX], h = 0;

	for (int i = 0; i < 5; i++) {
		int n = packer_draw(p, &c, rows);

		h = h * 31 + hash64_bytes(rows, (size_t)n * sizeof *rows);
	}
	packer_free(p);
	return h;
}

static void test_orders_differ(void **state)
{
	struct dataset *d = make_data(600, 10);
	uint64_t h[5] = { order_of(d, 1, 0, 0), order_of(d, 2, 0, 0),
			  order_of(d, 1, 1, 0), order_of(d, 1, 0, 1),
			  order_of(d, 1, 0, 0) };

	(void)state;
	assert_true(h[0] == h[4]);
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < i; k++)
			assert_true(h[i] != h[k]);
	}
	dataset_close(d);
}

/* Alike lengths share a micro-batch, and budgets are nearly used up. */
static void test_packs_by_length(void **state)
{
	struct dataset *d = make_data(4096, 60);
	struct packer *p = packer_new(d, 1, 0, 1024, CLS);
	uint64_t rows[BATCH_EXAMPLES_MAX];
	struct cursor c = { 0 };
	uint64_t spread = 0;

	(void)state;
	while (!c.epoch) {
		int n = packer_draw(p, &c, rows);
		uint32_t a, b, t;

		dataset_lengths(d, rows[0], &a, &t);
		for (int i = 1; i < n; i++) {
			dataset_lengths(d, rows[i], &b, &t);
			assert_true(b >= a);
			spread += b - a;
			a = b;
		}
	}
	assert_true((double)c.tokens / (double)c.draw > 0.93 * 1024);
	assert_true((double)spread / (double)c.draw < 3);
	packer_free(p);
	dataset_close(d);
}

static void test_draws_without_heap(void **state)
{
	struct dataset *d = make_data(3000, 20);
	struct packer *p = packer_new(d, 1, 0, BUDGET, CLS);
	uint64_t rows[BATCH_EXAMPLES_MAX], before = mem_allocations();
	struct cursor c = { 0 };

	(void)state;
	while (c.epoch < 2)
		packer_draw(p, &c, rows);
	assert_int_equal(mem_allocations(), before);
	packer_free(p);
	dataset_close(d);
}

/* --- batches --- */

static void check_rows(const struct batch *b, const struct example *ex)
{
	assert_int_equal(b->off[0], 0);
	assert_int_equal(b->dec_off[0], 0);
	assert_int_equal(b->off[b->B], b->N);
	assert_int_equal(b->dec_off[b->B], b->T);
	for (int i = 0; i < b->B; i++) {
		int at = b->off[i], to = b->dec_off[i];

		assert_int_equal(b->off[i + 1] - at, ex[i].n_ids);
		assert_int_equal(b->dec_off[i + 1] - to, ex[i].n_target);
		for (int k = 0; k < ex[i].n_ids; k++) {
			assert_int_equal(b->ids[at + k], ex[i].ids[k]);
			assert_int_equal(b->pos[at + k], k);
			assert_int_equal(b->seg[at + k], k >= ex[i].second);
		}
		for (int k = 0; k < ex[i].n_target; k++) {
			assert_int_equal(b->dec_out[to + k], ex[i].target[k]);
			assert_int_equal(b->dec_in[to + k],
					 k ? ex[i].target[k - 1] : CLS);
			assert_int_equal(b->dec_pos[to + k], k);
		}
		assert_int_equal(b->label[i], ex[i].label);
		assert_true(b->number[i] == ex[i].number);
	}
}

static void test_build(void **state)
{
	struct dataset *d = make_data(50, 20);
	const uint64_t rows[] = { 7, 3, 49, 7 };
	struct example ex[4];
	struct arena a;
	struct batch b;

	(void)state;
	arena_init(&a);
	for (int i = 0; i < 4; i++)
		dataset_get(d, rows[i], &ex[i]);
	batch_build(&b, &a, d, 3, rows, 4, 0, 77, CLS);
	assert_int_equal(b.task, 3);
	assert_int_equal(b.kind, TASK_SUMMARIZE);
	assert_int_equal(b.B, 4);
	assert_true(b.draw == 77);
	check_rows(&b, ex);
	for (int i = 0; i < 4; i++)
		assert_int_equal(b.row[i], rows[i]);
	batch_build_examples(&b, &a, TASK_REGRESS, 1, ex, 4, 78, CLS);
	assert_int_equal(b.kind, TASK_REGRESS);
	assert_true(b.draw == 78);
	check_rows(&b, ex);
	arena_release(&a);
	dataset_close(d);
}

static void test_build_pairs_and_labels(void **state)
{
	static const int32_t ids[] = { 2, 9, 3, 8, 7, 3 };
	struct example ex[2] = {
		{ .ids = ids, .n_ids = 6, .second = 3, .label = 4, .number = 0.5f },
		{ .ids = ids, .n_ids = 3, .second = 3, .label = -1, .number = -2 },
	};
	struct arena a;
	struct batch b;

	(void)state;
	arena_init(&a);
	batch_build_examples(&b, &a, TASK_CLASSIFY, 0, ex, 2, 0, CLS);
	assert_int_equal(b.N, 9);
	assert_int_equal(b.T, 0);
	check_rows(&b, ex);
	arena_release(&a);
}

/* A damaged body of a cache too large to be checked at the start. */
static void test_ids_outside_the_vocabulary(void **state)
{
	struct dataset *d = make_data(3, 3);
	int32_t size = tokenizer_size(test_tok);

	(void)state;
	assert_int_equal(dataset_safe_id(d, 0), 0);
	assert_int_equal(dataset_safe_id(d, size - 1), size - 1);
	assert_int_equal(dataset_safe_id(d, size), 1);
	assert_int_equal(dataset_safe_id(d, -1), 1);
	assert_int_equal(dataset_safe_id(d, INT32_MIN), 1);
	dataset_close(d);
}

/* --- many threads read one data set --- */

static void *sum_all(void *arg)
{
	const struct dataset *d = arg;
	struct arena a;
	uintptr_t sum = 0;

	arena_init(&a);
	for (uint64_t i = 0; i < dataset_size(d); i++) {
		struct batch b;

		arena_reset(&a);
		batch_build(&b, &a, d, 0, &i, 1, 0, 0, CLS);
		for (int k = 0; k < b.N; k++)
			sum = sum * 31 + (uintptr_t)b.ids[k];
	}
	arena_release(&a);
	return (void *)sum;
}

static void test_threads(void **state)
{
	struct dataset *d = make_data(2000, 20);
	pthread_t t[4];
	void *want = sum_all(d), *got;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, sum_all, d), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], &got), 0);
		assert_ptr_equal(got, want);
	}
	dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_example_once),
		cmocka_unit_test(test_resume_from_any_cursor),
		cmocka_unit_test(test_cursor_behind_the_end),
		cmocka_unit_test(test_orders_differ),
		cmocka_unit_test(test_packs_by_length),
		cmocka_unit_test(test_draws_without_heap),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_pairs_and_labels),
		cmocka_unit_test(test_ids_outside_the_vocabulary),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("batch", tests, dataset_set_up,
					   dataset_tear_down);
}
