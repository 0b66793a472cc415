/*
 * The faders' table: which rows stand there, what hands wish, and what a click on a
 * word, a row or a lamp asks for.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "screen/action.h"
#include "widget/fader.h"

enum { ROWS = 3, COLS = 100, MEANING_OF_LOSS = 7 };

static int meaning(const char *word)
{
	return strcmp(word, "loss") == 0 ? MEANING_OF_LOSS : 0;
}

static const struct strip_keys keys = {
	.lamp = {[KNOB_MUTE] = 'm', [KNOB_SOLO] = 's', [KNOB_LOCK] = 'p'},
	.meaning = meaning};
static struct channel channel[ROWS] = {{.name = "first"}, {.name = "second"},
				       {.name = "third"}};

/* Rows 2 to 4 of more, the middle one chosen and muted by a wish. */
static void draw(struct canvas *c)
{
	struct strip row[ROWS];
	struct strip_table t = {.row = row, .n = ROWS, .has_before = true,
				.has_after = true, .chosen = 3, .keys = &keys};

	for (int i = 0; i < ROWS; i++)
		row[i] = (struct strip){.ch = &channel[i], .channel = i + 2, .keys = &keys,
					.is_chosen = i == 1,
					.value = {[KNOB_WEIGHT] = 1, [KNOB_MUTE] = i == 1},
					.is_wished = {[KNOB_MUTE] = i == 1}};
	canvas_init(c);
	c->fancy = c->utf8 = c->colour = true;
	canvas_resize(c, ROWS + 2, COLS);
	draw_strip_table(c, &t, (struct rect){0, 0, ROWS + 2, COLS});
}

static int find(struct canvas *c, int y, const char *ascii)
{
	for (int x = 0; x + (int)strlen(ascii) <= COLS; x++) {
		size_t n = 0;

		while (ascii[n] && canvas_at(c, y, x + (int)n)->ch == (uint32_t)ascii[n])
			n++;
		if (!ascii[n])
			return x;
	}
	return -1;
}

static void test_rows(void **state)
{
	struct canvas c;

	(void)state;
	draw(&c);
	assert_true(find(&c, 0, "m s p") > 0);
	assert_true(find(&c, 1, "C") == 2 && find(&c, 1, "first") > 0);
	assert_true(find(&c, 2, "D") == 2 && find(&c, 2, "second") > 0);
	assert_int_equal(canvas_at(&c, 2, 10)->paper, PAPER_ROW);
	assert_int_equal(canvas_at(&c, 3, 10)->paper, PAPER_NONE);
	assert_int_equal(canvas_at(&c, 0, 0)->ch, 0x2191); /* up, down */
	assert_int_equal(canvas_at(&c, ROWS, 0)->ch, 0x2193);
	canvas_release(&c);
}

static void assert_zone(struct canvas *c, int y, int x, int choose, int action, int arg)
{
	const struct zone *z = canvas_zone(c, y, x);

	assert_non_null(z);
	assert_int_equal(z->choose, choose);
	assert_int_equal(z->action, action);
	assert_int_equal(z->arg, arg);
}

static void test_clicks(void **state)
{
	int lamps;
	struct canvas c;

	(void)state;
	draw(&c);
	lamps = find(&c, 0, "m s p");
	assert_zone(&c, 0, find(&c, 0, "loss"), 3, DO_EXPLAIN, MEANING_OF_LOSS);
	assert_zone(&c, 1, find(&c, 1, "first"), 2, DO_NONE, 0);
	assert_zone(&c, 3, lamps + 2, 4, DO_TOGGLE, KNOB_SOLO);
	canvas_release(&c);
}

/* A lamp that is on has its key as a capital; a wish stands beside it. */
static void test_lamps(void **state)
{
	struct canvas c;
	int lamps;

	(void)state;
	draw(&c);
	lamps = find(&c, 0, "m s p");
	assert_int_equal(canvas_at(&c, 2, lamps)->ch, 'M');
	assert_int_equal(canvas_at(&c, 2, lamps + 1)->ch, '~');
	assert_int_equal(canvas_at(&c, 2, lamps)->paper, PAPER_MUTE);
	assert_int_equal(canvas_at(&c, 1, lamps)->ch, 0xb7);
	assert_int_equal(canvas_at(&c, 1, lamps + 1)->ch, ' ');
	canvas_release(&c);
}

/* A method's factor stands beside the weight within its six columns, below 0 as such. */
static void test_factor(void **state)
{
	static const struct { double factor; const char *text; } shown[] = {
		{ 0.8, "0.80" }, { -0.12, "-0.12" }, { 12.34, "12.3" }, { -1234.4, "-1234" },
		{ 2e5, "2e+05" } };

	(void)state;
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct channel ch = { .name = "first", .factor = shown[i].factor };
		struct strip s = { .ch = &ch, .keys = &keys, .value = {[KNOB_WEIGHT] = 1} };
		struct canvas c;
		int at;

		canvas_init(&c);
		c.fancy = c.utf8 = c.colour = true;
		canvas_resize(&c, 20, COLS);
		draw_strip(&c, &s, (struct rect){0, 0, 20, 24});
		at = find(&c, 1, shown[i].text);
		assert_true(at > 0 && canvas_at(&c, 1, at - 1)->ch == 0xd7);
		assert_int_equal(canvas_at(&c, 1, at)->ink, shown[i].factor < 0 ? INK_WARN :
				 INK_DIM);
		canvas_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_clicks),
		cmocka_unit_test(test_lamps),
		cmocka_unit_test(test_factor),
	};

	return cmocka_run_group_tests_name("fader", tests, NULL, NULL);
}
