/*
 * test_pieces.c - a kept summary piece by piece: what the box says of models with a
 * copy gate, and of those without one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers/summaries_own.h"
#include "base/mem.h"
#include "text/tokenizer.h"

/* Does the box of these pieces, with one chosen or none (-1), show the words? */
static bool box_shows(const char *detail, int chosen, const char *word)
{
	const struct placed_text none = { "", NULL, 0 };
	struct pieces p;
	struct canvas c;
	bool found = false;

	pieces_read(&p, detail, tokenizer_kind_at(0), &none, &none);
	assert_int_equal(p.n, 2);
	canvas_init(&c);
	canvas_resize(&c, 9, 60);
	draw_pieces(&c, (struct rect){0, 0, 9, 60}, &p, chosen, true);
	for (int y = 0; y < 9; y++) {
		char *line = canvas_line(&c, y);

		found |= strstr(line, word) != NULL;
		xfree(line);
	}
	canvas_release(&c);
	pieces_release(&p);
	return found;
}

/* A model without a copy gate: no row of nothing, but a word in its place. */
static void test_gate(void **state)
{
	static const char gated[] = "{\"pieces\":[[\"tim\",0.9,0.8,0,[0,0.7]],"
				    "[\"and\",0.4,0.1,-1,[1,0.6]]],\"source\":[\"tim\",\":\"]}";
	static const char plain[] = "{\"pieces\":[[\"tim\",0.9,null,-1,[]],"
				    "[\"and\",0.4,null,-1,[]]],\"source\":[\"tim\",\":\"]}";

	(void)state;
	assert_true(box_shows(gated, -1, "copy") && box_shows(gated, 1, "copied .90"));
	assert_true(box_shows(gated, 1, "looks at") && box_shows(gated, -1, "is marked"));
	assert_true(box_shows(plain, 1, "and") && box_shows(plain, 1, ".40"));
	assert_true(box_shows(plain, -1, "h l choose a piece"));
	assert_false(box_shows(plain, 1, "copied") || box_shows(plain, 1, "looks at"));
	assert_true(box_shows(plain, 1, "no copy gate") && box_shows(plain, -1, "no copy gate"));
	assert_false(box_shows(gated, 1, "no copy gate") || box_shows(gated, -1, "no copy"));
	assert_false(box_shows(plain, -1, "is marked"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gate),
	};

	return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
