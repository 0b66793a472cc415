/*
 * Every view on sheets of every size, in random states, with figures that no run
 * should have: nothing is written outside the sheet, nor by a view outside its
 * body, and every cell can be shown. TUTTI_DRAWS=n for more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/clock.h"
#include "desk/frame.h"
#include "view/view_table.h"
#include "view/trial.h"
#include "view/view_help.h"
#include "fixture/fake_feed.h"
#include "fixture/hostile.h"
#include "ui/keys.h"
#include "fixture/recognise.h"
#include "ui/ui.h"

enum { GUARD = 1024, KEEP = 24 };

static uint64_t seed;

static uint32_t dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return n ? (uint32_t)(seed >> 33) % n : 0;
}

static int knob(const char *name, int usual)
{
	const char *text = getenv(name);

	return text ? (int)strtol(text, NULL, 10) : usual;
}

/* --- a sheet with a guard before and behind --- */

struct sheet {
	struct canvas c;
	struct cell *all;
	size_t n;
};

static void sheet_init(struct sheet *s, int rows, int cols)
{
	canvas_init(&s->c);
	s->n = (size_t)rows * (size_t)cols + 2 * GUARD;
	s->all = xcalloc(s->n, sizeof *s->all);
	memset(s->all, 0xa5, s->n * sizeof *s->all);
	s->c.rows = rows;
	s->c.cols = cols;
	s->c.cell = s->all + GUARD;
	canvas_clear(&s->c);
	s->c.utf8 = dice(4) > 0;
	s->c.fancy = s->c.utf8 && dice(3) > 0;
	s->c.colour = dice(2);
}

static void assert_guards(const struct sheet *s)
{
	const unsigned char *low = (const unsigned char *)s->all;
	const unsigned char *high = (const unsigned char *)(s->all + s->n - GUARD);

	for (size_t i = 0; i < GUARD * sizeof *s->all; i++)
		if (low[i] != 0xa5 || high[i] != 0xa5)
			fail_msg("written outside a sheet of %dx%d", s->c.rows, s->c.cols);
}

static void assert_cells(const struct sheet *s, const struct ui *ui)
{
	for (int i = 0; i < s->c.rows * s->c.cols; i++) {
		const struct cell *k = &s->c.cell[i];

		if (k->ink >= INKS || k->paper >= PAPERS)
			fail_msg("ink %d, paper %d", k->ink, k->paper);
		if (k->ch < 0x7f ? k->ch < 0x20 : !s->c.utf8 || !is_harmless(k->ch))
			fail_msg("U+%04X at %d, %d of %dx%d in %s", (unsigned)k->ch,
				 i / s->c.cols, i % s->c.cols, s->c.rows, s->c.cols,
				 view_table[ui->view]->name);
		if (k->flags & CELL_TAIL)
			assert_true(i % s->c.cols > 0);
	}
}

/* --- random states --- */

static double odd_number(double usual)
{
	static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300, 1e-300, 1e9};

	return dice(3) ? usual : odd[dice(sizeof odd / sizeof *odd)];
}

static void spoil_channel(struct channel *ch)
{
	ch->weight = odd_number(ch->weight);
	ch->factor = odd_number(ch->factor);
	ch->share = odd_number(ch->share);
	ch->smooth = odd_number(ch->smooth);
	ch->dev = odd_number(ch->dev);
	ch->baseline = odd_number(ch->baseline);
	ch->metric = (enum metric_id)dice(METRICS);
	for (int k = 0; k < 8 && ch->curve.n; k++) {
		int at = (int)dice((uint32_t)ch->curve.n);

		ch->curve.smooth[at] = (float)odd_number(1);
		ch->curve.mean[at] = (float)odd_number(1);
	}
	if (dice(4) == 0)
		ch->curve.n = (int)dice(3);
	if (dice(4) == 0)
		ch->dev_curve.n = (int)dice(3);
}

static void spoil_snapshot(struct snapshot *s)
{
	s->phase = (enum phase)dice(PHASE_FAILED + 1);
	s->step = dice(4) ? s->step : dice(2) ? 0 : INT64_MAX / 4;
	s->steps = dice(4) ? s->steps : dice(2) ? 0 : INT64_MAX;
	s->lr = odd_number(s->lr);
	s->grad_norm = odd_number(s->grad_norm);
	s->clip = odd_number(s->clip);
	s->clipped = odd_number(s->clipped);
	s->dropout = odd_number(s->dropout);
	s->tokens_per_second = odd_number(s->tokens_per_second);
	s->seconds_per_step = odd_number(s->seconds_per_step);
	s->seconds_left = odd_number(s->seconds_left);
	s->train_seconds = odd_number(s->train_seconds);
	s->work_left = odd_number(3);
	s->work_total = dice(3) ? 0 : dice(1000);
	s->work_done = dice(2000);
	for (int i = 0; i < s->n_channels; i++)
		if (dice(3) == 0)
			spoil_channel(&s->ch[i]);
}

static void choose_state(struct ui *ui)
{
	int n = ui->live.n_channels;

	ui->now += 1;
	ui->view = (enum view_id)dice(VIEWS);
	ui->channel = n ? (int)dice((uint32_t)n) : 0;
	ui->chart.kind = (enum chart_kind)dice(2);
	ui->chart.is_linear = dice(2);
	ui->chart.shows_raw = dice(2);
	ui->chart.one = dice(2);
	ui->chart.cursor = dice(2) ? -1 : (int64_t)dice(50000);
	ui->ask = dice(5) ? ASK_NONE : ASK_QUIT;
	ui->is_leaving = dice(9) == 0;
	if (ui->view == VIEW_HELP)
		help_show(ui, dice(3) ? "" : "weight");
	if (dice(3) == 0)
		ui_say(ui, dice(2), "%s", hostile_next());
	if (n)
		ui_wish(ui, (int)dice((uint32_t)n), (enum knob)dice(KNOBS), odd_number(2));
	if (dice(8) == 0)
		trial_start(ui, hostile_next());
	ui_update(ui);
}

/* Some keys of this view, as the desk would hand them to it. */
static void press_keys(struct ui *ui)
{
	for (int i = 0; i < 6; i++) {
		const struct key_row *k = &key_table[dice((uint32_t)key_count)];

		ui_recalc(ui);
		if ((k->on & (1u << ui->view)) && k->action != DO_VIEW)
			view_table[ui->view]->act(ui, (int)k->action, k->arg);
	}
}

static void random_size(int *rows, int *cols)
{
	bool is_wild = dice(12) == 0;

	*rows = 1 + (int)dice(is_wild ? 300 : 60);
	*cols = 1 + (int)dice(is_wild ? 500 : 160);
	if (dice(3) == 0) { /* just what works */
		*rows = LAYOUT_MIN_ROWS + (int)dice(12);
		*cols = LAYOUT_MIN_COLS + (int)dice(40);
	}
}

/* A view alone: around its body the sheet stays white. */
static void check_body(struct ui *ui, int rows, int cols)
{
	struct sheet s;
	struct page p;

	layout_page(rows, cols, &p);
	if (p.too_small || ui->live.n_channels == 0)
		return;
	sheet_init(&s, rows, cols);
	view_table[ui->view]->draw(&s.c, ui, p.body);
	assert_guards(&s);
	assert_cells(&s, ui);
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < cols; x++) {
			const struct cell *k = &s.c.cell[y * cols + x];
			bool is_in = y >= p.body.y && y < p.body.y + p.body.h &&
				     x >= p.body.x && x < p.body.x + p.body.w;

			if (!is_in && (k->ch != ' ' || k->paper))
				fail_msg("%s draws U+%04X at %d, %d of %dx%d, outside "
					 "its body", view_table[ui->view]->name,
					 (unsigned)k->ch, y, x, rows, cols);
		}
	xfree(s.all);
}

static void check_screen(const struct ui *ui, int rows, int cols)
{
	struct sheet s;

	sheet_init(&s, rows, cols);
	draw_screen(&s.c, ui);
	assert_guards(&s);
	assert_cells(&s, ui);
	assert_true(s.c.cursor_y < rows && s.c.cursor_x < cols);
	xfree(s.all);
}

static void test_draws(void **state)
{
	int left = knob("TUTTI_DRAWS", 3000);
	static struct ui ui;

	(void)state;
	seed = (uint64_t)knob("TUTTI_SEED", 1);
	while (left > 0) {
		struct fake f;
		struct feed feed;

		fake_init(&f, (int)dice(dice(3) ? 9 : 65), dice(5) ? 12340 : dice(40));
		feed = fake_feed(&f);
		if (dice(3) == 0)
			hostile_run(&f, &feed);
		if (dice(4) == 0) { /* a run that has ended */
			feed.post = NULL;
			feed.is_live = false;
			f.s.phase = PHASE_DONE;
		} else if (dice(5) == 0) { /* one that goes on elsewhere */
			feed.post = NULL;
		}
		feed.stop = dice(5) ? feed.stop : NULL;
		ui_init(&ui, &feed, view_table);
		ui.terminal = "xterm";
		ui_update(&ui);
		if (dice(2))
			spoil_snapshot(&ui.live);
		for (int i = 0; i < KEEP; i++, left--) {
			int rows, cols;

			random_size(&rows, &cols);
			choose_state(&ui);
			press_keys(&ui);
			ui_recalc(&ui);
			check_screen(&ui, rows, cols);
			check_body(&ui, rows, cols);
		}
		ui_release(&ui);
		fake_release(&f);
	}
}

/* --- a screen that only looks --- */

static void row_text(const struct sheet *s, int y, char *out)
{
	for (int x = 0; x < s->c.cols; x++) {
		uint32_t ch = s->c.cell[y * s->c.cols + x].ch;

		out[x] = ch < 0x80 ? (char)ch : '?';
	}
	out[s->c.cols] = '\0';
}

/* The title says so at every size, and the last line offers no key that steers. */
static void check_looks(const struct ui *ui, int rows, int cols)
{
	static const char *const not[] = {"weight", "share", "pause", "explain", "beams",
					  "measure", "undo", "method"};
	struct sheet s;
	char text[512];

	sheet_init(&s, rows, cols);
	draw_screen(&s.c, ui);
	row_text(&s, 0, text);
	if (!strstr(text, "LOOKS ONLY"))
		fail_msg("no word of it at %dx%d: %s", rows, cols, text);
	if (!strchr(text, '%'))
		fail_msg("no room for how far it is at %dx%d: %s", rows, cols, text);
	row_text(&s, rows - 1, text);
	for (size_t i = 0; i < sizeof not / sizeof *not; i++)
		if (strstr(text, not[i]))
			fail_msg("'%s' is offered in %s: %s", not[i],
				 view_table[ui->view]->name, text);
	xfree(s.all);
}

static void test_looks_only(void **state)
{
	static struct ui ui;
	struct fake f;
	struct feed feed;

	(void)state;
	fake_init(&f, 6, 1234567);
	feed = fake_feed(&f);
	feed.post = NULL;
	f.s.steps = 2000000;
	str_copy(f.s.run, sizeof f.s.run, "a-run-with-a-long-name-12");
	ui_init(&ui, &feed, view_table);
	ui.terminal = "xterm";
	for (int phase = PHASE_PREPARING; phase < PHASE_DONE; phase++) {
		f.s.phase = (enum phase)phase;
		f.s.serial++;
		ui_update(&ui);
		for (int v = 0; v < VIEWS; v++) {
			ui_show(&ui, (enum view_id)v);
			ui_recalc(&ui);
			for (int cols = LAYOUT_MIN_COLS; cols <= 200; cols++)
				check_looks(&ui, LAYOUT_MIN_ROWS + cols % 24, cols);
		}
	}
	ui_release(&ui);
	fake_release(&f);
}

/* --- another pass over the rows --- */

/* The desk's last line after so many more seconds. */
static const char *foot_after(struct ui *ui, double seconds)
{
	static char text[512];
	struct sheet s;

	ui->now += seconds;
	ui_update(ui);
	ui_recalc(ui);
	sheet_init(&s, 24, 80);
	draw_screen(&s.c, ui);
	row_text(&s, 23, text);
	xfree(s.all);
	return text;
}

/* Whatever else has the line, or another view: it is there until it could be read. */
static void test_pass_word(void **state)
{
	static struct ui ui;
	struct fake f;
	struct feed feed;
	const char word[] = "step 1234: sst2 begins pass 3 over its";

	(void)state;
	fake_init(&f, 3, 1234);
	feed = fake_feed(&f);
	f.s.ch[0].epoch = 1;
	ui_init(&ui, &feed, view_table);
	ui.terminal = "xterm";
	assert_null(strstr(foot_after(&ui, 1), "pass"));
	f.s.ch[0].epoch = 2;
	f.s.serial++;
	assert_non_null(strstr(foot_after(&ui, 1), word));
	ui_say(&ui, false, "something else");
	assert_null(strstr(foot_after(&ui, 3), "pass"));
	assert_non_null(strstr(foot_after(&ui, 100), word));
	ui_show(&ui, VIEW_CURVES);
	foot_after(&ui, 100);
	ui_show(&ui, VIEW_DESK);
	fake_journal(&f, 1234, WHO_GUARD, "note spike: loss spike: up; what usually helps: x", "",
		     "");
	f.s.journal[f.s.n_journal - 1].unix_ms = clock_unix_ms();
	f.s.serial++;
	assert_non_null(strstr(foot_after(&ui, 100), "loss spike: what usually helps"));
	f.s.journal[f.s.n_journal - 1].unix_ms -= 61000;
	f.s.serial++;
	assert_non_null(strstr(foot_after(&ui, 1), word));
	assert_non_null(strstr(foot_after(&ui, 20), word));
	assert_null(strstr(foot_after(&ui, 20), "pass"));
	f.s.ch[0].epoch = 3; /* the fourth is not told */
	f.s.serial++;
	assert_null(strstr(foot_after(&ui, 1), "pass"));
	ui_release(&ui);
	fake_release(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_draws),
						  cmocka_unit_test(test_looks_only),
						  cmocka_unit_test(test_pass_word)};

	return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
