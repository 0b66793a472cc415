/*
 * test_sketch.c - inner products of sketches against those of the gradients: without a
 * bias, and no further off than their variance says, also where a gradient lies in few
 * columns, which an unturned or an unsigned sketch would pile up.
 */
#include "fixture/tensor_check.h"

#include "base/mem.h"
#include "tensor/kernels.h"
#include "tensor/sketch.h"

enum { ROWS = 640, COLS = 256, TABLE = 2000, SMALL = 100, WINDOWS = 100 };

struct model {
	struct param_set ps;
	int matrix, table, small;
};

static void make(struct model *m)
{
	param_set_init(&m->ps);
	m->matrix = param_add(&m->ps, ROWS, COLS, PARAM_SHARED, 0, "matrix");
	m->table = param_add(&m->ps, TABLE, COLS, PARAM_SHARED, PARAM_ROWS, "table");
	m->small = param_add(&m->ps, 1, SMALL, PARAM_SHARED, 0, "small");
	param_set_alloc(&m->ps);
}

/* What two gradients have in common, and what is each one's own. */
static float value(int which, size_t i, double common, bool is_hot)
{
	double both = test_uniform(90, i), own = test_uniform(91 + (uint64_t)which, i);
	double hot = is_hot && i % COLS == 7 ? 40 : 1;

	return (float)(hot * (common * both + own));
}

static struct grads *fill(const struct model *m, int which, double common, bool is_hot)
{
	struct grads *g = grads_new(&m->ps);
	float *v = grads_at(g, m->matrix);

	for (size_t i = 0; i < ROWS * COLS; i++)
		v[i] = value(which, i, common, is_hot);
	for (int row = 3; row < TABLE; row += which ? 7 : 5) {
		v = grads_row(g, m->table, row);
		for (int k = 0; k < COLS; k++)
			v[k] = value(which, (size_t)(row * COLS + k), common, is_hot);
	}
	v = grads_at(g, m->small);
	for (size_t i = 0; i < SMALL; i++)
		v[i] = value(which, i, common, false);
	return g;
}

static void sketch(const struct grads *g, const int *p, int n, uint64_t window, float *out)
{
	memset(out, 0, SKETCH_BUCKETS * sizeof *out);
	for (int i = 0; i < n; i++)
		grads_sketch_param(g, p[i], 5, window, out);
}

static double exact(const struct grads *a, const struct grads *b, const int *p, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		for (int part = 0; part < GRADS_PARTS; part++)
			sum += grads_inner_param(a, b, p[i], part);
	return sum;
}

/* The errors of cosines over many windows: their mean, and how far they reach. */
static void check_errors(const struct grads *a, const struct grads *b, const int *p, int n)
{
	static float x[SKETCH_BUCKETS], y[SKETCH_BUCKETS];
	double lengths = sqrt(exact(a, a, p, n) * exact(b, b, p, n));
	double cosine = exact(a, b, p, n) / lengths, mean = 0, square = 0, most = 0;

	for (uint64_t w = 0; w < WINDOWS; w++) {
		double off;

		sketch(a, p, n, w, x);
		sketch(b, p, n, w, y);
		off = k_inner(SKETCH_BUCKETS, x, y) / lengths - cosine;
		mean += off / WINDOWS;
		square += off * off / WINDOWS;
		most = fabs(off) > most ? fabs(off) : most;
	}
	/* a deviation of the mean is SKETCH_ERROR x sqrt(2 / WINDOWS) at most */
	assert_true(fabs(mean) < 4 * SKETCH_ERROR * sqrt(2.0 / WINDOWS));
	assert_true(sqrt(square) < 1.15 * SKETCH_ERROR * sqrt(1 + cosine * cosine));
	assert_true(most < 5 * SKETCH_ERROR * sqrt(1 + cosine * cosine));
}

static void test_errors(void **state)
{
	static const double common[] = { 0, 0.4, -1.5 };
	struct model m;

	(void)state;
	make(&m);
	for (int c = 0; c < 3; c++)
		for (int hot = 0; hot < 2; hot++) {
			struct grads *a = fill(&m, 0, fabs(common[c]), hot);
			struct grads *b = fill(&m, 1, common[c], hot);
			const int both[] = { m.matrix, m.table };

			check_errors(a, b, both, 1);
			check_errors(a, b, both + 1, 1); /* some rows of each */
			check_errors(a, b, both, 2);
			check_errors(a, a, both, 2); /* a length */
			grads_free(a);
			grads_free(b);
		}
	param_set_release(&m.ps);
}

/* What has no more elements than there are buckets loses nothing. */
static void test_small(void **state)
{
	static float x[SKETCH_BUCKETS], y[SKETCH_BUCKETS];
	struct model m;
	struct grads *a, *b;

	(void)state;
	make(&m);
	a = fill(&m, 0, 0.3, false);
	b = fill(&m, 1, -0.3, false);
	for (uint64_t w = 0; w < 20; w++) {
		double want = exact(a, b, &m.small, 1);

		sketch(a, &m.small, 1, w, x);
		sketch(b, &m.small, 1, w, y);
		assert_true(fabs(k_inner(SKETCH_BUCKETS, x, y) - want) < 1e-9 * fabs(want));
	}
	grads_free(a);
	grads_free(b);
	param_set_release(&m.ps);
}

/* Rows that came one by one, or all at once with zeros between them: the same bits. */
static void test_rows(void **state)
{
	static float x[SKETCH_BUCKETS], y[SKETCH_BUCKETS];
	struct model m;
	struct grads *a;

	(void)state;
	make(&m);
	a = fill(&m, 0, 0.3, false);
	sketch(a, &m.table, 1, 9, x);
	assert_false(grads_whole(a, m.table));
	grads_at(a, m.table);
	sketch(a, &m.table, 1, 9, y);
	for (int i = 0; i < SKETCH_BUCKETS; i++)
		assert_true(x[i] == y[i]);
	sketch(a, &m.table, 1, 10, y); /* another window is another sketch */
	assert_true(memcmp(x, y, sizeof x) != 0);
	grads_free(a);
	param_set_release(&m.ps);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("sketch", tests, NULL, NULL);
}
