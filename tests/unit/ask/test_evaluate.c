/*
 * test_evaluate.c - figures of an evaluation: they follow from the weights and the
 * rows alone, whoever computes them and however many there are.
 */
#include "fixture/session_fixture.h"

#include <malloc.h>
#include <math.h>

#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "ask/evaluate.h"
#include "base/mem.h"
#include "session/workers.h"

enum { MANY = 4096 + 905 }; /* more than a block */

static struct session *make(const char *const *sets, int n_sets, int workers)
{
	struct session *s = fixture_session(sets, n_sets, workers);

	fixture_steps(s, 3);
	return s;
}

static void evaluate(struct session *s, int task, int keep, struct evaluation *e)
{
	struct eval_options o = { .keep = keep, .greedy = true };
	struct err err = { "" };

	if (evaluate_task(s, task, &o, NULL, e, &err))
		fail_msg("%s", err.text);
}

static void assert_same(const struct evaluation *a, const struct evaluation *b)
{
	assert_true(a->row.loss == b->row.loss);
	assert_int_equal(a->row.n_examples, b->row.n_examples);
	for (int i = 0; i < a->row.n_metrics; i++)
		assert_true(a->row.metric[i].value == b->row.metric[i].value);
	assert_int_equal(a->n_kept, b->n_kept);
	for (int i = 0; i < a->n_kept; i++) {
		assert_true(a->kept[i].row == b->kept[i].row);
		assert_true(a->kept[i].loss == b->kept[i].loss);
		assert_int_equal(a->kept[i].n, b->kept[i].n);
		assert_memory_equal(a->kept[i].v, b->kept[i].v,
				    sizeof *a->kept[i].v * (size_t)a->kept[i].n);
	}
}

/* All cores work, not as many as there are micro-batches; no bit shows how many. */
static void test_workers(void **state)
{
	static const int workers[] = { 1, 2, 3, 5 };
	const char *sets[] = { "mix.micro_batches=2" };
	struct evaluation was[3], is;

	(void)state;
	for (int w = 0; w < 4; w++) {
		struct session *s = make(sets, 1, workers[w]);

		assert_int_equal(workers_count(s->workers), workers[w]);
		for (int i = 0; i < 3; i++) {
			evaluate(s, i, 500, w ? &is : &was[i]);
			if (!w)
				continue;
			assert_same(&was[i], &is);
			evaluation_release(&is);
		}
		session_free(s);
	}
	for (int i = 0; i < 3; i++)
		evaluation_release(&was[i]);
}

/* What a stream of blocks comes to is what all rows at once come to. */
static void test_blocks(void **state)
{
	struct session *s;
	struct evaluation e;
	double loss = 0, square = 0;
	int right = 0;

	(void)state;
	fixture_file("mood.dev.jsonl", 0, 1000, MANY);
	fixture_file("count.dev.jsonl", 1, 1000, MANY);
	s = make(NULL, 0, 2);
	evaluate(s, 0, MANY, &e);
	assert_int_equal(e.n_kept, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_true(e.kept[i].row == i);
		right += label_gold(&e.kept[i]) == label_pred(&e.kept[i]);
		loss += e.kept[i].loss;
	}
	assert_true(e.row.metric[0].value == (double)right / MANY);
	assert_true(e.row.loss == loss / MANY);
	evaluation_release(&e);
	evaluate(s, 1, MANY, &e);
	for (int i = 0; i < MANY; i++) {
		double d = (number_guess(&e.kept[i]) - number_gold(&e.kept[i])) / s->task[1].scale;

		square += d * d;
	}
	assert_true(e.row.loss == square / MANY);
	evaluation_release(&e);
	evaluate(s, 0, 500, &e); /* spread over the blocks */
	assert_int_equal(e.n_kept, 500);
	assert_true(e.kept[499].row > 4096 && e.kept[0].row == 0);
	evaluation_release(&e);
	session_free(s);
	fixture_file("mood.dev.jsonl", 0, 1000, 40);
	fixture_file("count.dev.jsonl", 1, 1000, 20);
}

/* A perplexity is the exp of the very loss beside it; sentences have none. */
static void test_perplexity(void **state)
{
	const char *sets[] = { "tasks.sum.metrics=[\"perplexity\",\"rouge1\"]" };
	struct session *s = make(sets, 1, 2);
	struct eval_row base;
	struct evaluation e;

	(void)state;
	evaluate(s, 2, 0, &e);
	assert_string_equal(e.row.metric[0].name, "perplexity");
	assert_true(e.row.metric[0].value == exp(e.row.loss));
	assert_int_equal(evaluate_baseline(s, 2, NULL, 0, &base, NULL), ST_OK);
	assert_true(isnan(base.metric[0].value) && base.metric[1].value >= 0);
	evaluation_release(&e);
	session_free(s);
}

/* --- memory --- */

static size_t most_bytes;

static size_t bytes_now(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static bool look_at_memory(struct progress *p)
{
	size_t now = bytes_now();

	p->last = 0; /* again at the next piece */
	most_bytes = now > most_bytes ? now : most_bytes;
	return false;
}

/* Bytes that an evaluation of so many rows takes at most. */
static size_t bytes_of(int task, int rows)
{
	struct progress pg = { .tick = look_at_memory };
	struct eval_options o = { .keep = 10, .greedy = true };
	struct evaluation e;
	struct session *s;
	size_t before;

	fixture_file(task ? "count.dev.jsonl" : "mood.dev.jsonl", task, 1000, rows);
	s = make(NULL, 0, 1);
	evaluate(s, task, 10, &e); /* the arenas have their size */
	evaluation_release(&e);
	before = bytes_now();
	most_bytes = 0;
	assert_int_equal(evaluate_task(s, task, &o, &pg, &e, NULL), ST_OK);
	evaluation_release(&e);
	session_free(s);
	assert_true(most_bytes > before);
	return most_bytes - before;
}

/* Four blocks take no more than one; where numbers are predicted 16 bytes a row. */
static void test_memory(void **state)
{
	enum { FEW = 4096, MORE = 4 * 4096 };
	size_t few, more;

	(void)state;
#ifdef TUTTI_SANITIZED
	skip(); /* the sanitizer's allocator says nothing */
#endif
	few = bytes_of(0, FEW);
	more = bytes_of(0, MORE);
	if (more > few + 4096)
		fail_msg("%zu bytes for %d rows, %zu for %d", few, FEW, more, MORE);
	few = bytes_of(1, FEW);
	more = bytes_of(1, MORE);
	if (more > few + 16 * (MORE - FEW) + 8192)
		fail_msg("%zu bytes for %d rows, %zu for %d", few, FEW, more, MORE);
	fixture_file("mood.dev.jsonl", 0, 1000, 40);
	fixture_file("count.dev.jsonl", 1, 1000, 20);
}

/* A probability that no float can hold has a finite loss. */
static void test_underflow(void **state)
{
	struct session *s = make(NULL, 0, 1);
	struct evaluation e;
	double most = 0;

	(void)state;
	for (int i = 0; i < s->params.n; i++)
		if (strstr(s->params.p[i].name, "mood"))
			for (size_t k = 0; k < param_count(&s->params, i); k++)
				param_value(&s->params, i)[k] *= 3000;
	session_pack(s);
	evaluate(s, 0, 500, &e);
	for (int i = 0; i < e.n_kept; i++)
		most = fmax(most, e.kept[i].loss);
	assert_true(isfinite(e.row.loss) && isfinite(most));
	assert_true(most > 110); /* e^-110 is less than the smallest float */
	evaluation_release(&e);
	session_free(s);
}

/* Shown losses are plain: the smoothing of training is not in them. */
static void test_smoothing(void **state)
{
	const char *sets[2][2] = { { "tasks.sum.smoothing=0", "tasks.mood.smoothing=0" },
				   { "tasks.sum.smoothing=0.5",
				     "tasks.mood.smoothing=0.5" } };
	struct evaluation e[2];

	(void)state;
	for (int task = 0; task < 3; task += 2) {
		for (int i = 0; i < 2; i++) {
			struct session *s = make(sets[i], 2, 1);

			session_start_random(s); /* the same weights */
			evaluate(s, task, 0, &e[i]);
			session_free(s);
		}
		assert_true(e[0].row.loss == e[1].row.loss);
		evaluation_release(&e[0]);
		evaluation_release(&e[1]);
	}
}

/* Beside a score stands the baseline of the same rows, also of a file of its own. */
static void test_baseline_rows(void **state)
{
	struct session *s = make(NULL, 0, 1);
	struct eval_row own, all, few;

	(void)state;
	assert_int_equal(evaluate_baseline(s, 0, NULL, 0, &all, NULL), ST_OK);
	assert_int_equal(evaluate_baseline(s, 0, NULL, 10, &few, NULL), ST_OK);
	assert_int_equal(evaluate_baseline(s, 0, s->task[0].train, 0, &own, NULL), ST_OK);
	assert_true(all.n_examples == 40 && few.n_examples == 10 && own.n_examples == 200);
	for (int i = 0; i < 2; i++) { /* the majority's share of the train rows */
		const uint64_t *n = dataset_label_counts(s->task[0].train);

		if (n[i] >= n[1 - i])
			assert_true(own.metric[0].value == (double)n[i] / 200);
	}
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers),	  cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_perplexity),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_underflow), cmocka_unit_test(test_smoothing),
		cmocka_unit_test(test_baseline_rows),
	};

	return cmocka_run_group_tests_name("evaluate", tests, fixture_make,
					   fixture_remove);
}
