/*
 * test_tried.c - what is shown of a text that was typed: labels with their
 * probabilities, the largest first, none of them lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers/kind_view.h"
#include "base/json.h"
#include "base/mem.h"
#include "screen/canvas.h"

enum { ROWS = 30, COLS = 80 };

/* The answer of a task of this kind in `rows` lines; the caller has the canvas. */
static int draw(struct canvas *c, enum task_kind kind, int rows, const char *answer)
{
	struct json *doc = NULL;
	int y;

	canvas_init(c);
	canvas_resize(c, ROWS, COLS);
	assert_int_equal(json_parse(answer, strlen(answer), "answer", &doc, NULL), ST_OK);
	y = view_kind(kind)->draw_tried(c, (struct rect){0, 0, rows, COLS}, 0, doc,
					INK_TEXT);
	json_free(doc);
	return y;
}

static void is_line(const struct canvas *c, int y, const char *word, bool wanted)
{
	char *line = canvas_line(c, y);

	if ((strstr(line, word) != NULL) != wanted)
		fail_msg("line %d: '%s', '%s' %s", y, line, word,
			 wanted ? "is missing" : "should not be there");
	xfree(line);
}

/* Equal probabilities are no reason to leave a label out. */
static void test_ties(void **state)
{
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_CLASSIFY, 8,
			      "{\"p\":{\"a\":0.25,\"b\":0.5,\"c\":0.25}}"), 3);
	is_line(&c, 0, "b", true);
	is_line(&c, 0, "0.500", true);
	is_line(&c, 1, "a", true);
	is_line(&c, 2, "c", true);
	is_line(&c, 2, "0.250", true);
	canvas_release(&c);
}

static void test_more(void **state)
{
	static const char eight[] = "{\"p\":{\"a\":0.3,\"b\":0.2,\"c\":0.1,\"d\":0.1,"
				    "\"e\":0.1,\"f\":0.1,\"g\":0.06,\"h\":0.04}}";
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_CLASSIFY, 12, eight), 7);
	is_line(&c, 5, "f", true);
	is_line(&c, 6, "2 more, 0.100 together", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_CLASSIFY, ROWS, eight), 8);
	is_line(&c, 7, "h", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_CLASSIFY, 4, eight), 4); /* nothing below its room */
	is_line(&c, 4, "e", false);
	canvas_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_more),
	};

	return cmocka_run_group_tests_name("tried", tests, NULL, NULL);
}
