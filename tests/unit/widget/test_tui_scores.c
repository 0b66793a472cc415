/*
 * test_tui_scores.c - metrics as the screen writes them, and which way is good.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "widget/fader.h"

static void says(const char *(*format)(char out[24], enum metric_id m, double x),
		 enum metric_id m, double x, const char *want)
{
	char out[24];

	assert_string_equal(format(out, m, x), want);
}

static void test_formats(void **state)
{
	static const struct { double x; const char *want; } plain[] = {
		{1, "1.000"}, {9.99949, "9.999"}, {9.9996, "10.0"}, {31.24, "31.2"},
		{999.96, "1000"}, {99999, "99999"}, {1e5, "1e+05"}, {NAN, "-"}};

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		says(fmt_score, METRIC_PERPLEXITY, plain[i].x, plain[i].want);
		assert_true(strlen(plain[i].want) <= 5); /* a column of the table */
	}
	says(fmt_score, METRIC_ROUGE1, .3124, "31.2");
	says(fmt_score, METRIC_PEARSON, -.21, "-.210");
	says(fmt_gain, METRIC_PERPLEXITY, 4.96, "+5.0");
	says(fmt_gain, METRIC_ACCURACY, .0312, "+3.1");
	says(fmt_gain, METRIC_MATTHEWS, -.05, "-.050");
	says(fmt_measure, METRIC_PERPLEXITY, 31.2416, "31.242");
	says(fmt_measure, METRIC_F1, .5, "50.0%");
	assert_true(fmt_scale(METRIC_PERPLEXITY) == 1 && fmt_scale(METRIC_F1) == 100);
}

static int no_meaning(const char *word)
{
	(void)word;
	return 0;
}

/* The ink of the arrow beside the metric of a strip; and the metric is there. */
static enum ink arrow(enum metric_id m, double dev, enum trend t, const char *text)
{
	struct channel ch = {.name = "s", .metric = m, .dev = dev, .dev_trend = t,
			     .baseline = NAN, .smooth = 1, .effective = NAN};
	struct strip_keys keys = {.lamp = {[KNOB_MUTE] = 'm', [KNOB_SOLO] = 's',
					   [KNOB_LOCK] = 'p'}, .meaning = no_meaning};
	struct strip s = {.ch = &ch, .value = {[KNOB_WEIGHT] = 1}, .keys = &keys};
	enum ink ink = INKS;
	struct canvas c;
	bool is_there = false;

	canvas_init(&c);
	c.fancy = c.utf8 = c.colour = true;
	canvas_resize(&c, 24, 20);
	draw_strip(&c, &s, (struct rect){0, 0, 24, 18});
	for (int y = 0; y < c.rows; y++) {
		char *line = canvas_line(&c, y);

		is_there |= strstr(line, text) != NULL;
		for (int x = 0; x < c.cols; x++) {
			uint32_t at = canvas_at(&c, y, x)->ch;

			if (at == 0x25b2 || at == 0x25bc) /* up, down */
				ink = canvas_at(&c, y, x)->ink;
		}
		xfree(line);
	}
	assert_true(is_there);
	canvas_release(&c);
	return ink;
}

static void test_arrows(void **state)
{
	(void)state;
	assert_int_equal(arrow(METRIC_ROUGE1, .312, TREND_UP, "r1     31.2"), INK_GOOD);
	assert_int_equal(arrow(METRIC_ROUGE1, .312, TREND_DOWN, "31.2"), INK_BAD);
	assert_int_equal(arrow(METRIC_PERPLEXITY, 31.2, TREND_UP, "ppl    31.2"), INK_BAD);
	assert_int_equal(arrow(METRIC_PERPLEXITY, 31.2, TREND_DOWN, "31.2"), INK_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_arrows),
	};

	return cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
