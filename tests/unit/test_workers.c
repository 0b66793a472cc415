/*
 * test_workers.c - every job once, turns in order, pools of any size.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>

#include "base/mem.h"
#include "run/workers.h"

enum { JOBS = 200 };

struct tally {
	struct workers *pool;
	atomic_int runs[JOBS];
	int order[JOBS], n;  /* by `take`, one at a time */
	double sum;
};

static void tally_job(struct worker *w, int job, void *arg)
{
	struct tally *t = arg;
	volatile int x = 0;

	while (x < (job * 7919) % 3000)
		x++; /* jobs of different lengths */
	atomic_fetch_add(&t->runs[job], 1);
	assert_true(w->index >= 0 && w->index < workers_count(t->pool));
	grads_clear(w->grads);
	grads_at(w->grads, 0)[0] = (float)job;
}

static void tally_take(int job, struct grads *g, void *arg)
{
	struct tally *t = arg;

	assert_true(grads_peek(g, 0)[0] == (float)job);
	t->order[t->n++] = job;
	t->sum = t->sum * 0.75 + job; /* depends on the order */
}

static void test_turns(void **state)
{
	double first = 0;

	(void)state;
	for (int n = 1; n <= 6; n++) {
		struct param_set ps;
		struct tally t = { 0 };

		param_set_init(&ps);
		param_add(&ps, 2, 2, PARAM_SHARED, 0, "w");
		param_set_alloc(&ps);
		t.pool = workers_new(n, &ps, true);
		for (int round = 0; round < 5; round++) {
			t.n = 0;
			t.sum = 0;
			workers_run_in_order(t.pool, JOBS, tally_job,
					     tally_take, &t);
			assert_int_equal(t.n, JOBS);
			for (int i = 0; i < JOBS; i++) {
				assert_int_equal(t.order[i], i);
				assert_int_equal(atomic_load(&t.runs[i]), round + 1);
			}
			if (n == 1)
				first = t.sum;
			assert_true(t.sum == first);
		}
		workers_run_in_order(t.pool, 0, tally_job, tally_take, &t);
		workers_free(t.pool);
		param_set_release(&ps);
	}
	workers_free(NULL);
}

static void set_job(struct worker *w, int job, void *arg)
{
	int *slot = arg;

	assert_null(w->grads); /* nobody puts anything together */
	arena_alloc(&w->tape.arena, 1000);
	slot[job] = job + 1;
}

static void test_no_heap(void **state)
{
	struct param_set ps;
	struct workers *pool;
	int slot[64];
	uint64_t before;

	(void)state;
	param_set_init(&ps);
	param_add(&ps, 2, 2, PARAM_SHARED, 0, "w");
	param_set_alloc(&ps);
	pool = workers_new(3, &ps, true);
	workers_reserve(pool, 1 << 20);
	before = mem_allocations();
	for (int round = 0; round < 10; round++) {
		workers_run(pool, 64, set_job, slot);
		for (int i = 0; i < 64; i++)
			assert_int_equal(slot[i], i + 1);
	}
	assert_int_equal(mem_allocations(), before);
	assert_true(workers_arena_peak(pool) >= 1000);
	workers_free(pool);
	param_set_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_no_heap),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
