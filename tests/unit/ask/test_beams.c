/*
 * The question "beams TASK TEXT": candidates in order, and not a bit changed.
 */
#include "fixture/session_fixture.h"

#include "ask/beams.h"
#include "ask/evaluate.h"
#include "base/json.h"
#include "base/mem.h"

static struct session *make(void)
{
	struct session *s = fixture_session(NULL, 0, 2);

	fixture_steps(s, 5);
	return s;
}

static enum status put(struct session *s, const char *line, struct buf *answer)
{
	struct command *c = xmalloc(sizeof *c);
	struct err err = { "" };
	enum status st = command_parse(line, c, &err);

	buf_clear(answer);
	if (!st)
		st = c->row->ask(s, c, answer, &err);
	xfree(c);
	return st;
}

static void test_candidates(void **state)
{
	struct session *s = make();
	char before[40], after[40];
	double last = 0;
	struct json *doc;
	const struct json *list;
	struct buf b, text;
	int n = 0;

	(void)state;
	buf_init(&b);
	buf_init(&text);
	session_state(s, before);
	assert_int_equal(put(s, "beams sum amber boat cloud delta", &b), ST_OK);
	session_state(s, after);
	assert_string_equal(before, after);
	assert_int_equal(json_parse(b.s, b.len, "answer", &doc, NULL), ST_OK);
	assert_string_equal(json_string(json_get(doc, "task")), "sum");
	assert_true(json_number(json_get(doc, "step")) == (double)s->step);
	list = json_get(doc, "beams");
	assert_in_range(json_len(list), 2, BEAMS_MOST);
	for (const struct json *k = json_first(list); k; k = json_next(k), n++) {
		double score = json_number(json_get(k, "score"));

		assert_true(score < 0 && (!n || score <= last));
		last = score;
		/* no two are the same pieces, so hardly the same text */
		buf_addf(&text, "|%s|", json_string(json_get(k, "text")));
	}
	assert_true(text.len > 0);
	json_free(doc);
	buf_release(&b);
	buf_release(&text);
	session_free(s);
}

/* With the plan's own beams the best candidate is what "try" says. */
static void test_best_is_tried(void **state)
{
	static const char *const sets[] = { "tasks.sum.beams=4" };
	struct session *s = NULL;
	struct json *doc, *tried;
	const struct json *best;
	struct buf b;

	(void)state;
	assert_int_equal(session_new(fixture_plan(sets, 1), NULL, 1, NULL, &s, NULL),
			 ST_OK);
	session_start_random(s);
	buf_init(&b);
	assert_int_equal(put(s, "beams sum ember field ocean", &b), ST_OK);
	assert_int_equal(json_parse(b.s, b.len, "answer", &doc, NULL), ST_OK);
	buf_clear(&b);
	assert_int_equal(evaluate_text(s, 2, "ember field ocean", NULL, &b, NULL), ST_OK);
	assert_int_equal(json_parse(b.s, b.len, "answer", &tried, NULL), ST_OK);
	best = json_first(json_get(doc, "beams"));
	assert_string_equal(json_string(json_get(best, "text")),
			    json_string(json_get(json_get(json_get(tried, "tasks"), "sum"),
						 "text")));
	json_free(doc);
	json_free(tried);
	buf_release(&b);
	session_free(s);
}

static void test_refusals(void **state)
{
	struct session *s = make();
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(put(s, "beams nobody amber", &b), ST_NOT_FOUND);
	assert_int_equal(put(s, "beams mood amber", &b), ST_INVALID);
	assert_int_equal(put(s, "beams sum", &b), ST_INVALID);
	assert_int_equal(put(s, "beams", &b), ST_INVALID);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	session_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_best_is_tried),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("beams", tests, fixture_make, fixture_remove);
}
