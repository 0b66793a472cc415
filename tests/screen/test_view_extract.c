/*
 * The Summaries view over what is kept of texts: the marks in all three texts with and
 * without colours, at both sizes, the words' probabilities, the baseline's name, the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "answers/summaries_own.h"
#include "ask/ask_extract.h"
#include "base/mem.h"
#include "desk/frame.h"
#include "fixture/fake_feed.h"
#include "fixture/fake_run.h"
#include "ui/keys.h"
#include "view/view_table.h"

#define TEXT "in a surprise move , our team won the cup late last night ."
#define KEPT "our team won the cup ."

enum { MOST = 32 };

/* "a" is kept wrongly, "cup" is missed; the last word was not read. */
static void predict(struct prediction *p, struct dev_row *row)
{
	static const char gold[] = "00000111110001", pred[] = "01000111100001";
	struct text_part unit[MOST];
	bool g[MOST], k[MOST];
	float prob[MOST];
	struct extract_units u = { .unit = unit, .gold = g, .pred = k, .p = prob };
	struct rouge r = { .r1 = { 0.8, 0.8, 0.8 } };

	u.n = text_units(UNIT_WORDS, TEXT, strlen(TEXT), unit, MOST);
	assert_int_equal(u.n, strlen(gold));
	for (int i = 0; i < u.n; i++) {
		g[i] = gold[i] == '1';
		k[i] = pred[i] == '1';
		prob[i] = k[i] ? 0.75f : 0.125f;
	}
	extract_set(p, &u, 0.5, &r, true);
	p->text = xstrdup("a our team won the .");
	p->detail = xstrdup("{\"pieces\":[[\"in\",0.125,null,1],[\"a\",0.75,null,2],"
			    "[\"surprise\",0.125,null,3]],"
			    "\"source\":[\"[CLS]\",\"in\",\"a\",\"surprise\",\"move\"]}");
	*row = (struct dev_row){ .text = xstrdup(TEXT), .target = xstrdup(KEPT) };
}

static enum status predictions(void *arg, const char *path, int task,
			       struct prediction_set *out, struct err *err)
{
	(void)arg;
	(void)path;
	(void)task;
	(void)err;
	*out = (struct prediction_set){ .step = 100, .n = 1, .p = xcalloc(1, sizeof *out->p),
					.row = xcalloc(1, sizeof *out->row) };
	predict(out->p, out->row);
	return ST_OK;
}

struct bench {
	struct fake fake;
	struct feed feed;
	struct ui ui;
};

static void bench_init(struct bench *b)
{
	fake_init(&b->fake, 6, 12340);
	for (int i = 0; i < b->fake.s.n_channels; i++)
		if (b->fake.s.ch[i].kind == TASK_SUMMARIZE) {
			b->fake.s.ch[i].kind = TASK_EXTRACT;
			b->fake.s.ch[i].metric = METRIC_KEPT_F1;
		}
	b->feed = fake_feed(&b->fake);
	b->feed.predictions = predictions;
	b->feed.predictions_before = NULL;
	b->feed.history = NULL;
	ui_init(&b->ui, &b->feed, view_table);
	ui_update(&b->ui);
	b->ui.view = VIEW_SUMMARIES;
	ui_recalc(&b->ui);
}

static void bench_release(struct bench *b)
{
	ui_release(&b->ui);
	fake_release(&b->fake);
}

/* Is `want` on some line of the screen? */
static bool shows(const struct bench *b, int rows, int cols, bool fancy, const char *want)
{
	struct canvas c;
	bool is_there = false;

	canvas_init(&c);
	c.fancy = c.utf8 = c.colour = fancy;
	canvas_resize(&c, rows, cols);
	draw_screen(&c, &b->ui);
	for (int y = 0; y < rows; y++) {
		char *line = canvas_line(&c, y);

		is_there |= strstr(line, want) != NULL;
		xfree(line);
	}
	canvas_release(&c);
	return is_there;
}

static void test_marks(void **state)
{
	static const struct { int rows, cols; } size[] = { { 24, 80 }, { 40, 120 } };
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(summaries_of(&b.ui)->data.set.n, 1);
	for (int i = 0; i < 2; i++) {
		int rows = size[i].rows, cols = size[i].cols;

		/* the source, the reference, what was kept: no mark is a colour alone */
		assert_true(shows(&b, rows, cols, false, "in {+a+} surprise move , [our team"));
		assert_true(shows(&b, rows, cols, false, "[our team won the] (-cup-) [.]"));
		assert_true(shows(&b, rows, cols, false, "{+a+} [our team won the .]"));
		assert_true(shows(&b, rows, cols, true, "in +a+ surprise move , our team"));
		assert_true(shows(&b, rows, cols, true, "our team won the −cup− ."));
		assert_true(shows(&b, rows, cols, true, "+a+ our team won the ."));
		assert_true(shows(&b, rows, cols, true, "6 kept, 5 right, 1 missed"));
		assert_true(shows(&b, rows, cols, true, "lead-10"));
		assert_false(shows(&b, rows, cols, true, "lead-3"));
		assert_true(shows(&b, rows, cols, true, ".75"));
		assert_false(shows(&b, rows, cols, true, "copy gate"));
		assert_false(shows(&b, rows, cols, true, "novel: not in it"));
	}
	assert_true(shows(&b, 40, 120, true, "how likely each is kept"));
	assert_true(shows(&b, 40, 120, true, "bold: rightly kept"));
	bench_release(&b);
}

/* The word under the cursor is shown in the source; of it nothing more is known. */
static void test_word(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (int i = 0; i < 3; i++) {
		const struct key_row *row = key_find(VIEW_SUMMARIES, 'l');

		assert_true(summaries_act(&b.ui, (int)row->action, row->arg));
	}
	ui_recalc(&b.ui);
	assert_true(shows(&b, 24, 80, false, "surprise***"));
	assert_true(shows(&b, 24, 80, true, "3 of 3"));
	assert_false(shows(&b, 40, 120, true, "looks at"));
	bench_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks), cmocka_unit_test(test_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
