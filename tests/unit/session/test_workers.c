/*
 * test_workers.c - every job once, looks in order, pools of any size; the sum is one
 * tree, against an oracle, whoever computes what.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "session/workers.h"
#include "tensor/sum_tree.h"

enum { JOBS = 200, ROWS = 40, COLS = 24, PARAMS = 5 };

/*
 * A matrix, a table of which few rows are used, one that somebody has whole; matrices that
 * are complete before a job ends.
 */
static void declare(struct param_set *ps)
{
	param_set_init(ps);
	param_add(ps, 8, 40, PARAM_SHARED, 0, "w");
	param_add(ps, ROWS, COLS, PARAM_SHARED, PARAM_ROWS, "rows");
	param_add(ps, ROWS, COLS, 1, PARAM_ROWS, "mixed");
	param_add(ps, 7, COLS, PARAM_SHARED, PARAM_DENSE, "lower");
	param_add(ps, 9, COLS, 1, PARAM_DENSE, "upper");
	param_set_alloc(ps);
}

static float value_of(int job, int p, size_t i)
{
	struct rng r = rng_stream(3, RNG_TEST, (uint32_t)p, (uint64_t)job);

	return rng_normal(&r, i) * (i % 3 ? 1e-3f : 7.0f);
}

/* What the job touches of p: -1 the whole, else every so manieth row; 0: nothing. */
static int touches(int job, int p)
{
	if (p == 0 || p > 2)
		return (job + p) % 5 == 3 ? 0 : -1;
	if (p == 2 && job % 4 == 1)
		return -1;
	return job % 7 == 2 ? 0 : 2 + job % 6;
}

static bool has_row(int job, int p, int row)
{
	int t = touches(job, p);

	return t < 0 || (t > 0 && row % t == job % t);
}

/* Some do not count; the others differ in what they count with. */
static float factor_of(int job)
{
	return job % 6 == 4 ? 0 : 0.25f + 0.1f * (float)(job % 9);
}

/* t: what is complete is said, NULL: it is not. */
static void fill(const struct param_set *ps, struct grads *g, int job, struct tape *t)
{
	grads_clear(g);
	for (int p = PARAMS; p-- > 0;) {
		const struct param *q = &ps->p[p];

		if (touches(job, p) < 0)
			grads_at(g, p);
		for (int r = 0; r < q->rows; r++) {
			float *v = has_row(job, p, r) ? grads_row(g, p, r) : NULL;

			for (int c = 0; v && c < q->cols; c++)
				v[c] = value_of(job, p, (size_t)(r * q->cols + c));
		}
		if (t && t->complete && p > 2)
			t->complete(t, p, t->complete_arg);
	}
}

/* --- the oracle: the same tree, one number at a time --- */

/* Is there anything of p's element i in the jobs from .. from + width? */
static bool oracle(int from, int width, int n, int p, int i, float *out)
{
	int cols = p ? COLS : 40, left, right;
	float a = 0, b = 0;

	if (from >= n)
		return false;
	if (width == 1) {
		*out = factor_of(from) * value_of(from, p, (size_t)i);
		return factor_of(from) > 0 && has_row(from, p, i / cols);
	}
	left = oracle(from, width / 2, n, p, i, &a);
	right = oracle(from + width / 2, width / 2, n, p, i, &b);
	*out = left && right ? a + b : left ? a : b;
	return left || right;
}

static void check_sum(const struct param_set *ps, const struct grads *g, int n)
{
	int width = 1;

	while (width < n)
		width *= 2;
	for (int p = 0; p < PARAMS; p++) {
		int cols = ps->p[p].cols;

		for (int i = 0; i < (int)param_count(ps, p); i++) {
			float want = 0;
			bool any = oracle(0, width, n, p, i, &want);

			assert_true(!any || grads_has_row(g, p, i / cols));
			if (grads_has_row(g, p, i / cols))
				assert_true(grads_peek(g, p)[i] == want);
		}
	}
}

/* --- jobs --- */

struct tally {
	struct workers *pool;
	const struct param_set *ps;
	atomic_int runs[JOBS], passed;
	int order[JOBS], n;  /* by `look`, one at a time */
	int pieces[PARAMS];  /* of the job looked at */
};

static void tally_job(struct worker *w, int job, void *arg)
{
	struct tally *t = arg;
	volatile int x = 0;

	while (x < (job * 7919) % 3000)
		x++; /* jobs of different lengths */
	atomic_fetch_add(&t->runs[job], 1);
	assert_true(w->index >= 0 && w->index < workers_count(t->pool));
	w->factor = factor_of(job);
	fill(t->ps, w->grads, job, &w->tape);
	atomic_fetch_add(&t->passed, grads_passes(w->grads));
}

/* Each parameter once, early or at the end: not scaled, nothing added. */
static void tally_look(int job, const struct grads *g, int param, void *arg)
{
	struct tally *t = arg;

	assert_int_equal(job, t->n);
	for (int p = 0; p < PARAMS; p++) {
		if ((param >= 0 && p != param) || !grads_touched(g, p))
			continue;
		t->pieces[p]++;
		if (has_row(job, p, 0))
			assert_true(grads_peek(g, p)[5] == value_of(job, p, 5));
	}
	if (param != LOOK_REST)
		return;
	for (int p = 0; p < PARAMS; p++)
		assert_int_equal(t->pieces[p], touches(job, p) != 0);
	memset(t->pieces, 0, sizeof t->pieces);
	t->order[t->n++] = job;
}

/*
 * Any number of jobs on any number of workers, looked at or not: the oracle's sum,
 * every job once, looks in order.
 */
static void test_sums(void **state)
{
	static const int jobs[] = { 1, 2, 3, 4, 5, 6, 7, 8, 13, 64, JOBS };
	struct param_set ps;

	(void)state;
	declare(&ps);
	for (int n = 1; n <= 6; n++)
		for (size_t k = 0; k < sizeof jobs / sizeof *jobs; k++) {
			struct tally t = { .ps = &ps };
			double squares;

			t.pool = workers_new(n, &ps, jobs[k]);
			for (int round = 0; round < 4; round++) {
				struct grads *g;

				t.n = 0;
				g = workers_sum(t.pool, jobs[k], tally_job,
						round & 1 ? tally_look : NULL, &t,
						&squares);
				assert_int_equal(t.n, round & 1 ? jobs[k] : 0);
				for (int i = 0; i < jobs[k]; i++) {
					assert_true(i >= t.n || t.order[i] == i);
					assert_int_equal(atomic_load(&t.runs[i]),
							 round + 1);
				}
				if (!round || n > 1)
					check_sum(&ps, g, jobs[k]);
				assert_true(squares == grads_sumsq(g, GRADS_ALL));
			}
			if (n == 1 && jobs[k] > 1) /* all but those beside nothing */
				assert_true(atomic_load(&t.passed) > jobs[k]);
			workers_free(t.pool);
		}
	param_set_release(&ps);
	workers_free(NULL);
}

static void idle_job(struct worker *w, int job, void *arg)
{
	fill(((struct tally *)arg)->ps, w->grads, job, &w->tape);
}

static void test_nothing_counts(void **state)
{
	struct param_set ps;
	struct tally t = { .ps = &ps };
	double squares = 1;
	struct grads *g;

	(void)state;
	declare(&ps);
	t.pool = workers_new(2, &ps, 5);
	g = workers_sum(t.pool, 5, idle_job, NULL, &t, &squares);
	assert_true(squares == 0);
	for (int p = 0; p < PARAMS; p++)
		assert_false(grads_touched(g, p));
	workers_free(t.pool);
	param_set_release(&ps);
}

/* --- blocks, as several processes would own them --- */

static void add_pairs(struct sum_tree *tree, int n)
{
	struct sum_pair p;

	for (int k = 0; k < n; k++)
		for (int at = k; sum_tree_take(tree, at, &p); at = p.left) {
			if (p.into && p.from) {
				grads_add_marks(p.into, p.from);
				grads_add(p.into, p.mine, p.from, p.its, 0, 1);
			}
			sum_tree_join(tree, &p);
		}
}

/* The smallest power of two of which `processes` are enough for n jobs. */
static int block_of(int n, int processes)
{
	int block = 1;

	while (block * processes < n)
		block *= 2;
	return block;
}

static void blocks_case(const struct param_set *ps, struct grads **g, int n,
			int processes)
{
	int block = block_of(n, processes), blocks = (n + block - 1) / block;
	struct sum_tree own = { 0 }, all = { 0 };
	const struct sum_node *root;

	sum_tree_begin(&all, blocks);
	for (int k = blocks; k-- > 0;) { /* the last comes first */
		int size = n - k * block < block ? n - k * block : block;

		sum_tree_begin(&own, size);
		assert_null(sum_tree_root(&own));
		for (int i = 0; i < size; i++) {
			int job = k * block + i;

			fill(ps, g[job], job, NULL);
			sum_tree_put(&own, i, factor_of(job) > 0 ? g[job] : NULL,
				     factor_of(job));
		}
		add_pairs(&own, size);
		root = sum_tree_root(&own);
		assert_non_null(root);
		sum_tree_put(&all, k, root->g, root->factor);
	}
	add_pairs(&all, blocks);
	root = sum_tree_root(&all);
	assert_non_null(root);
	grads_scale(root->g, root->factor, 0, 1);
	check_sum(ps, root->g, n);
	sum_tree_release(&own);
	sum_tree_release(&all);
}

static void test_blocks(void **state)
{
	static const int jobs[] = { 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 27 };
	struct grads *g[32];
	struct param_set ps;

	(void)state;
	declare(&ps);
	for (int i = 0; i < 32; i++)
		g[i] = grads_new(&ps);
	for (size_t k = 0; k < sizeof jobs / sizeof *jobs; k++)
		for (int processes = 1; processes <= 4; processes *= 2)
			blocks_case(&ps, g, jobs[k], processes);
	for (int i = 0; i < 32; i++)
		grads_free(g[i]);
	param_set_release(&ps);
}

/* Gradients that wait for a partner, and one for each worker: no more. */
static void test_buffers(void **state)
{
	(void)state;
	assert_int_equal(workers_buffers(1, 1), 1);
	assert_int_equal(workers_buffers(8, 1), 1);
	assert_int_equal(workers_buffers(1, 2), 1);
	assert_int_equal(workers_buffers(1, 4), 2);
	assert_int_equal(workers_buffers(2, 4), 3);
	assert_int_equal(workers_buffers(1, 256), 8);
	assert_int_equal(workers_buffers(1, 255), 8);
	assert_int_equal(workers_buffers(4, 255), 11);
	assert_int_equal(workers_buffers(16, 4), 4);
	assert_int_equal(workers_buffers(3, 0), 0);
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
	pool = workers_new(3, &ps, 4);
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
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_nothing_counts),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_no_heap),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
