/*
 * test_said.c - numbers of a model that says its answers: what else it might have said
 * is kept with a prediction, told of a text that was typed, and named in explanations.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "ask/ask_regress.h"
#include "ask/evaluate.h"
#include "ask/explain.h"
#include "base/json.h"
#include "base/mem.h"

enum { ROWS = 20 };

/* A session over the fixture's counts in steps of `step`, of this kind of model. */
static struct session *make(const char *kind, const char *field, int steps)
{
	struct session_options o = { .n_workers = 2, .train = true, .data = true };
	struct session *s = NULL;
	struct err err = { "" };
	struct plan *p;
	char text[640];

	str_format(text, sizeof text,
		   "{\"tutti\":1,\"model\":{\"kind\":\"%s\",\"dim\":16,\"layers\":1,"
		   "\"heads\":2,\"ff\":32},\"tokenizer\":{\"size\":90},\"tasks\":{\"count\":"
		   "{\"kind\":\"regress\",\"train\":\"count.jsonl\",\"dev\":"
		   "\"count.dev.jsonl\",\"max_source\":32%s}},"
		   "\"optimizer\":{\"lr\":0.01},\"budget\":{\"steps\":60}}", kind, field);
	if (plan_parse(text, strlen(text), "plan.json", fixture_dir, NULL, 0, &p, &err) ||
	    session_make(p, &o, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s);
	fixture_steps(s, steps);
	return s;
}

static void evaluate(struct session *s, struct evaluation *e)
{
	struct eval_options o = { .keep = ROWS };
	struct err err = { "" };

	if (evaluate_task(s, 0, &o, NULL, e, &err))
		fail_msg("%s", err.text);
	assert_int_equal(e->n_kept, ROWS);
}

/* The place of the number among those that might have been said; -1: it is not there. */
static int place_of(const struct prediction *p, double number)
{
	for (int k = 0; k < number_said_count(p); k++)
		if (fabs(number_said(p, k) - number) < 1e-9)
			return k;
	return -1;
}

/* The likeliest first, the guess before all; what is right is there; no more than 1. */
static void check_row(const struct session *s, const struct prediction *p, int most)
{
	const struct number_grid *g = &s->task[0].grid;
	int n = number_said_count(p), right;
	double sum = 0;

	right = place_of(p, number_grid_value(g, number_grid_nearest(g, number_gold(p))));
	assert_true(n >= most && n <= most + 1 && right >= 0);
	assert_true(place_of(p, number_guess(p)) == 0);
	for (int k = 0; k < n; k++) {
		sum += number_said_p(p, k);
		assert_true(number_said_p(p, k) > 0);
		assert_true(!k || number_said_p(p, k) <= number_said_p(p, k - 1));
	}
	assert_true(n == most || right == most);
	assert_true(sum < 1 + 1e-5);
	if (n == g->n)
		assert_true(fabs(sum - 1) < 1e-5);
}

/* All points of a coarse grid; eight of a fine one, and the right one behind them. */
static void test_kept(void **state)
{
	struct session *s = make("gpt", ",\"number_step\":2", 20);
	struct evaluation e;
	int behind = 0;

	(void)state;
	assert_true(s->task[0].grid.n > 1 && s->task[0].grid.n <= NUMBERS_SAID);
	evaluate(s, &e);
	for (int i = 0; i < ROWS; i++)
		check_row(s, &e.kept[i], s->task[0].grid.n);
	evaluation_release(&e);
	session_free(s);
	s = make("gpt", ",\"number_step\":0.1", 20);
	assert_true(s->task[0].grid.n > 2 * NUMBERS_SAID);
	evaluate(s, &e);
	for (int i = 0; i < ROWS; i++) {
		check_row(s, &e.kept[i], NUMBERS_SAID);
		behind += number_said_count(&e.kept[i]) > NUMBERS_SAID;
	}
	assert_true(behind > 0);
	evaluation_release(&e);
	session_free(s);
}

static const struct json *tried(struct session *s, struct buf *b, struct json **doc)
{
	struct err err = { "" };

	buf_clear(b);
	if (evaluate_text(s, 0, "amber boat cloud", NULL, b, &err) ||
	    json_parse(buf_str(b), b->len, "answer", doc, &err))
		fail_msg("%s", err.text);
	return json_get(json_get(*doc, "tasks"), "count");
}

/* Told of a text, and that a gradient is of the text's score; by a head neither. */
static void test_told(void **state)
{
	static const char *const kind[] = { "transformer", "gpt" };
	struct err err = { "" };
	struct json *doc;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (int k = 0; k < 2; k++) {
		struct session *s = make(kind[k], "", 5);
		const struct json *t = tried(s, &b, &doc), *said = json_get(t, "said");

		assert_int_equal(said != NULL, k);
		if (k)
			assert_true(fabs(json_number(json_get(t, "value")) - json_number(
					 json_first(json_first(said)))) < 1e-9);
		json_free(doc);
		buf_clear(&b);
		assert_int_equal(explain_text(s, 0, "amber boat", NULL, &b, &err), ST_OK);
		assert_int_equal(strstr(buf_str(&b), "\"is_said\":true") != NULL, k);
		session_free(s);
	}
	buf_release(&b);
}

/* A text that max_source cuts: how many pieces were not read; none, and no word. */
static void test_left_out(void **state)
{
	struct session *s = make("gpt", "", 1);
	const struct json *n;
	struct err err = { "" };
	struct buf b, text;
	struct json *doc;

	(void)state;
	buf_init(&b);
	buf_init(&text);
	assert_null(json_get(tried(s, &b, &doc), "left_out"));
	json_free(doc);
	for (int i = 0; i < 200; i++)
		buf_adds(&text, "amber ");
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 0, buf_str(&text), NULL, &b, &err), ST_OK);
	assert_int_equal(json_parse(buf_str(&b), b.len, "answer", &doc, &err), ST_OK);
	n = json_get(json_get(json_get(doc, "tasks"), "count"), "left_out");
	assert_true(n && json_number(n) > 200 - 32 && json_number(n) < 200);
	json_free(doc);
	buf_release(&text);
	buf_release(&b);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_left_out),
	};

	return cmocka_run_group_tests_name("said", tests, fixture_make, fixture_remove);
}
