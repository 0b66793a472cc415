/*
 * test_evaluate_workers.c - evaluations of a session change nothing and do not
 * depend on workers; what they say of text and beside the majority.
 */
#include <math.h>

#include "ask/evaluate.h"
#include "base/json.h"
#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "trainer/change.h"
#include "session/session.h"
#include "session/workers.h"

static void evaluate(struct session *s, int task, bool greedy, struct evaluation *e)
{
	struct eval_options o = { .max_examples = 0, .keep = 7, .greedy = greedy };
	struct err err = { "" };

	if (evaluate_task(s, task, &o, NULL, e, &err))
		fail_msg("%s", err.text);
}

static void compare(const struct evaluation *a, const struct evaluation *b)
{
	assert_true(a->row.loss == b->row.loss);
	assert_int_equal(a->row.n_metrics, b->row.n_metrics);
	for (int i = 0; i < a->row.n_metrics; i++)
		assert_true(a->row.metric[i].value == b->row.metric[i].value);
	assert_int_equal(a->n_kept, b->n_kept);
	for (int i = 0; i < a->n_kept; i++) {
		const struct prediction *p = &a->kept[i], *q = &b->kept[i];

		assert_int_equal(p->row, q->row);
		assert_true(p->loss == q->loss);
		assert_int_equal(p->n, q->n);
		assert_memory_equal(p->v, q->v, sizeof *p->v * (size_t)p->n);
		if (p->text) {
			assert_string_equal(p->text, q->text);
			assert_string_equal(p->detail, q->detail);
		}
	}
}

static void test_evaluate(void **state)
{
	struct session *one = fixture_session(NULL, 0, 1),
		       *four = fixture_session(NULL, 0, 4);
	char a[40], b[40];

	(void)state;
	fixture_steps(one, 30);
	fixture_steps(four, 30);
	session_state(one, a);
	for (int task = 0; task < 3; task++) {
		struct evaluation x, y;

		evaluate(one, task, true, &x);
		evaluate(four, task, true, &y);
		assert_int_equal(x.n_kept, 7);
		assert_true(isfinite(x.row.loss));
		compare(&x, &y);
		evaluation_release(&x);
		evaluation_release(&y);
	}
	session_state(one, b);
	assert_string_equal(a, b);
	session_free(one);
	session_free(four);
}

static void test_evaluate_beams(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);
	struct evaluation x, y;

	(void)state;
	fixture_steps(s, 20);
	evaluate(s, 2, false, &x);
	evaluate(s, 2, false, &y);
	compare(&x, &y);
	assert_non_null(x.kept[0].text);
	assert_non_null(strstr(x.kept[0].detail, "\"pieces\":["));
	assert_non_null(x.dev_rows[0].text);
	assert_non_null(x.dev_rows[0].target);
	evaluation_release(&x);
	evaluation_release(&y);
	session_free(s);
}

static void test_text(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);
	struct err err = { "" };
	struct buf b;

	(void)state;
	fixture_steps(s, 3);
	buf_init(&b);
	assert_int_equal(evaluate_text(s, -1, "amber boat", NULL, &b, &err), ST_OK);
	assert_non_null(strstr(buf_str(&b), "\"mood\":{\"kind\":\"classify\",\"label\":"));
	assert_non_null(strstr(buf_str(&b), "\"high\":0."));
	assert_non_null(strstr(buf_str(&b), "\"count\":{\"kind\":\"regress\",\"value\":"));
	assert_non_null(strstr(buf_str(&b), "\"sum\":{\"kind\":\"summarize\",\"text\":"));
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 0, "", NULL, &b, &err), ST_OK);
	assert_null(strstr(buf_str(&b), "count"));
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 0, "\xff", NULL, &b, &err), ST_INVALID);
	buf_release(&b);
	session_free(s);
}

/* What is said of pieces names a copy gate only where the model has one. */
static void test_gate(void **state)
{
	static const char *const copies[] = { "model.copy=true" };
	static const char *const plain[] = { "model.copy=false" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct session *s = fixture_session(k ? plain : copies, 1, 1);
		struct evaluation e;
		struct json *doc = NULL;
		const struct json *p, *gate;

		fixture_steps(s, 20);
		evaluate(s, 2, true, &e);
		if (json_parse(e.kept[0].detail, strlen(e.kept[0].detail), "kept", &doc, NULL))
			fail_msg("%s", e.kept[0].detail);
		p = json_first(json_get(doc, "pieces"));
		assert_non_null(p);
		for (; p; p = json_next(p)) {
			gate = json_next(json_next(json_first(p)));
			assert_int_equal(json_type(gate), k ? JSON_NULL : JSON_NUMBER);
			assert_int_equal(json_len(json_next(json_next(gate))) == 0, k);
		}
		json_free(doc);
		evaluation_release(&e);
		session_free(s);
	}
}

/* 40 dev rows of two classes: the majority of the train rows. */
static void test_baseline(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	const uint64_t *count = dataset_label_counts(s->task[0].train);
	int best = count[1] > count[0], hits = 0;
	struct eval_row r;
	struct example e;

	(void)state;
	for (uint64_t i = 0; i < 40; i++) {
		dataset_get(s->task[0].dev, i, &e);
		hits += e.label == best;
	}
	assert_int_equal(evaluate_baseline(s, 0, NULL, 0, &r, NULL), ST_OK);
	assert_int_equal(r.step, -1);
	assert_true(fabs(r.metric[0].value - hits / 40.0) < 1e-12);
	assert_int_equal(evaluate_baseline(s, 1, NULL, 0, &r, NULL), ST_OK);
	assert_true(isnan(r.metric[0].value)); /* a constant has no correlation */
	assert_int_equal(evaluate_baseline(s, 2, NULL, 0, &r, NULL), ST_OK);
	/* the summary is the first two words: a part of any lead */
	assert_true(r.metric[0].value > 0.2 && r.metric[0].value < 1);
	session_free(s);
}

/*
 * What the largest pieces have needed the whole evaluation needs, but for the twentieth
 * that one of middling tokens and examples may add; and no bit of the state moves.
 */
static void check_largest(const char *const *sets, int n, bool greedy)
{
	struct session *s = fixture_session(sets, n, 2);
	struct eval_options o = { .keep = 7, .greedy = greedy };
	char before[40], after[40];

	session_state(s, before);
	for (int task = 0; task < 3; task++) {
		struct evaluation e;
		size_t most;

		evaluate_largest(s, task, &o);
		most = workers_arena_peak(s->workers);
		assert_true(most > 0);
		evaluate(s, task, greedy, &e);
		if (workers_arena_peak(s->workers) > most + most / 20)
			fail_msg("%s, task %d: %zu bytes, not %zu", n ? sets[0] : "", task,
				 workers_arena_peak(s->workers), most);
		evaluation_release(&e);
	}
	session_state(s, after);
	assert_string_equal(before, after);
	session_free(s);
}

static void test_largest(void **state)
{
	static const char *const kinds[][2] = {
		{ NULL, NULL }, { "model.decoder=lstm", "mix.tokens=16" },
		{ "model.decoder=prefix", "model.predict_from=mask" },
		{ "model.kind=bilstm", "model.decoder=lstm" },
		{ "model.kind=bilstm", "mix.tokens=16" },
		{ "model.kind=gpt", "tasks.count.number_step=1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (int greedy = 0; greedy < 2; greedy++)
			check_largest(kinds[i], kinds[i][0] ? 2 : 0, greedy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluate),
		cmocka_unit_test(test_evaluate_beams),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_baseline),
	};

	return cmocka_run_group_tests_name("evaluate_workers", tests,
					   fixture_make, fixture_remove);
}
