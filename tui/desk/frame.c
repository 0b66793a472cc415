/*
 * frame.c - what every view wears: the status line, the tabs, the last line
 * with the prompt, a message or keys.
 */
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "feed/film.h"
#include "prompt.h"
#include "text/utf8.h"
#include "ui/keys.h"
#include "ui/ui.h"

static void draw_phase(struct canvas *c, const struct ui *ui, int *x)
{
	static const struct { const char *word; enum ink ink;
	} look[] = {
		[PHASE_PREPARING] = {"PREPARE", INK_WARN},
		[PHASE_RUNNING] = {"RUN", INK_GOOD},
		[PHASE_PAUSED] = {"PAUSE", INK_WARN},
		[PHASE_EVALUATING] = {"EVAL", INK_MARK},
		[PHASE_SAVING] = {"SAVE", INK_MARK},
		[PHASE_DONE] = {"DONE", INK_STRONG},
		[PHASE_STOPPED] = {"STOPPED", INK_WARN},
		[PHASE_FAILED] = {"FAILED", INK_BAD},
	};
	int p = ui->pic->phase <= PHASE_FAILED ? (int)ui->pic->phase : 0;

	c->flags = CELL_BOLD;
	if (ui->feed.film) {
		char word[24];

		film_word(ui->feed.film, word);
		*x += draw_text(c, 0, *x, 2, INK_MARK, "● ");
		*x += draw_text(c, 0, *x, 12, INK_MARK, word);
	} else if (ui->pic->is_imported) {
		*x += draw_text(c, 0, *x, 10, INK_MARK, "● IMPORTED");
	} else {
		*x += draw_text(c, 0, *x, 2, look[p].ink, "● ");
		*x += draw_text(c, 0, *x, 9, look[p].ink, look[p].word);
	}
	if (ui->is_frozen)
		*x += draw_text(c, 0, *x, 8, INK_WARN, " FROZEN");
	c->flags = 0;
	*x += 2;
}

/* Figures at the right end: the most wanted first, as many as fit. */
static void draw_figures(struct canvas *c, const struct snapshot *s, int from)
{
	char number[24], text[6][40];
	int x = c->cols - 1, n = 0, room = c->cols - 1 - from;

	str_format(text[n++], 40, "ETA %s", fmt_time(number, s->seconds_left));
	str_format(text[n++], 40, "%s tok/s", fmt_brief(number, s->tokens_per_second));
	str_format(text[n++], 40, "lr %s", fmt_rate(number, s->lr));
	str_format(text[n++], 40, "gn %.2f", s->grad_norm);
	str_format(text[n++], 40, "%s", fmt_bytes(number, s->memory_now));
	if (s->phase >= PHASE_DONE)
		str_format(text[0], 40, "took %s", fmt_time(number, s->train_seconds));
	for (int i = 0; i < n; i++) {
		int w = (int)strlen(text[i]);

		if ((!isfinite(s->grad_norm) && i == 3) || (!s->memory_now && i == 4))
			continue;
		if (w + 2 > room)
			break;
		draw_text(c, 0, x - w, w, i ? INK_DIM : INK_TEXT, text[i]);
		x -= w + 2;
		room -= w + 2;
	}
}

/* How far it is, and the figures of its training. */
static void draw_course(struct canvas *c, const struct ui *ui, struct rect r, int x)
{
	const struct snapshot *s = ui->pic;
	double part = s->steps > 0 ? (double)s->step / (double)s->steps : 0;
	int bar = r.w >= 110 ? 20 : r.w >= 76 && !ui_looks_only(ui) ? 8 : 0;
	char number[24];

	if (s->phase == PHASE_PREPARING && s->step == 0)
		return; /* no figure says anything yet */
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 5, INK_STRONG, r.w >= 110 ? "step " : "");
	x += draw_text(c, r.y, x, 14, INK_STRONG, fmt_count(number, s->step));
	c->flags = 0;
	fmt_count(number, s->steps);
	if (x + (int)strlen(number) + 7 <= r.x + r.w) /* how far it is matters more */
		x += draw_textf(c, r.y, x, 15, INK_DIM, "/%s", number);
	x++;
	for (int i = 0; i < bar; i++)
		draw_cell(c, r.y, x + i, i < part * bar ? 0x2501 : 0x2500,
			  i < part * bar ? INK_GOOD : INK_FRAME);
	x += bar + (bar > 0);
	x += draw_textf(c, r.y, x, 5, INK_TEXT, "%d%%", (int)(fmin(part, 1) * 100));
	draw_figures(c, s, x);
}

static void draw_title(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	int x = r.x + 1;

	c->paper = PAPER_BAR;
	draw_fill(c, r);
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 6, INK_STRONG, "tutti") + 1;
	c->flags = 0;
	x += draw_foreign(c, r.y, x, r.w >= 110 ? 28 : 14, INK_TEXT, s->run) + 2;
	if (ui_looks_only(ui))
		x += draw_text(c, r.y, x, 10, INK_WARN, "LOOKS ONLY") + 2;
	draw_phase(c, ui, &x);
	if (s->is_imported)
		draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "predictions of another system");
	else
		draw_course(c, ui, r, x);
	c->paper = PAPER_NONE;
}

/* As many whole words as fit `room` columns. */
static void cut_to_words(char *text, int room)
{
	while (*text && foreign_columns(text, strlen(text)) > room) {
		char *blank = strrchr(text, ' ');

		*(blank ? blank : text) = '\0';
	}
}

/* Long work (an evaluation, a checkpoint), at the right of the tabs. */
static bool draw_work(struct canvas *c, const struct snapshot *s, int y, int from)
{
	double part = s->work_total ? (double)s->work_done / (double)s->work_total : 0;
	char left[24], work[sizeof s->work];
	int x = c->cols - 1, w;

	if (!s->work[0] || s->phase == PHASE_PREPARING)
		return false;
	if (s->work_left >= 0 && s->work_total) {
		x -= 6;
		draw_right(c, y, c->cols - 1, 6, INK_DIM, fmt_time(left, s->work_left));
	}
	if (s->work_total) {
		x -= 10;
		draw_bar(c, y, x, 10, part, INK_MARK);
		draw_paper(c, (struct rect){y, x, 1, 10}, PAPER_LAMP);
		x -= 1;
	}
	str_copy(work, sizeof work, s->work);
	cut_to_words(work, x - from - 1);
	w = foreign_columns(work, strlen(work));
	draw_foreign(c, y, x - w, w, INK_MARK, work);
	return true;
}

/* "1 Desk": `pad` columns around; returns the columns of the tab. */
static int draw_tab(struct canvas *c, const struct ui *ui, int v, int y, int x, int pad,
		    bool is_brief)
{
	const struct view *view = ui->views[v];
	const char *name = is_brief ? view->brief : view->name;
	bool is_on = ui->view == (enum view_id)v;
	int w = (int)strlen(name) + 2 + 2 * pad;

	draw_zone(c, (struct rect){y, x, 1, w}, -1, DO_VIEW, v);
	c->paper = is_on ? PAPER_TAB : PAPER_NONE;
	c->flags = is_on ? CELL_BOLD : 0;
	draw_fill(c, (struct rect){y, x, 1, w});
	draw_textf(c, y, x + pad, 1, is_on ? INK_TEXT : INK_DIM, "%c", view->digit);
	draw_text(c, y, x + pad + 2, 12, INK_TEXT, name);
	c->paper = PAPER_NONE;
	c->flags = 0;
	return w;
}

static void draw_tabs(struct canvas *c, const struct ui *ui, struct rect r)
{
	const char *hints = ui->feed.film ? "; ' speed   , . seek" :
					    "? help   : command";
	int w = (int)strlen(hints);
	bool is_brief = r.w < 80;
	int x = r.x + (r.w >= 90), pad = r.w >= 90, gap = r.w >= 100;

	for (int v = 0; v < VIEWS; v++)
		if (ui->views[v]->digit)
			x += draw_tab(c, ui, v, r.y, x, pad, is_brief) +
			     (pad ? gap : 1);
	if (!draw_work(c, ui->pic, r.y, x) && x + w + 1 < c->cols)
		draw_right(c, r.y, c->cols - 1, w, INK_DIM, hints);
}

static void draw_prompt(struct canvas *c, struct rect r)
{
	struct prompt_look p;
	int x = r.x, room, from = 0;

	prompt_look(&p);
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, r.w / 3, INK_STRONG, p.label);
	c->flags = 0;
	room = r.w - (x - r.x) - 1;
	while (p.cursor - from > room - 4) /* scrolls in jumps: fewer bytes */
		from += room / 2 > 1 ? room / 2 : 1;
	{
		size_t skip = text_fit(p.text, strlen(p.text), from);
		int lost = text_columns(p.text, skip);

		draw_text(c, r.y, x, room, INK_TEXT, p.text + skip);
		c->cursor_y = r.y;
		c->cursor_x = x + p.cursor - lost;
	}
	if (c->cursor_x > r.x + r.w - 1)
		c->cursor_x = r.x + r.w - 1;
	if (c->cursor_x < 0)
		c->cursor_x = 0;
	if (p.remark[0]) {
		int w = text_columns(p.remark, strlen(p.remark));
		int used = x - r.x + text_columns(p.text, strlen(p.text));

		if (used + w + 4 < r.w)
			draw_right(c, r.y, r.x + r.w - 1, w, INK_DIM, p.remark);
		else if (c->rows > 4) {
			draw_fill(c, (struct rect){r.y - 1, r.x, 1, r.w});
			draw_foreign(c, r.y - 1, r.x + 1, r.w - 2, INK_DIM, p.remark);
		}
	}
}

/* Of what has the keys: a layer over the view before the view. */
static const char *hints_of(const struct ui *ui)
{
	const struct view *v = ui->views[ui->view];

	if (ui->layer && ui->layer->hints)
		return ui->layer->hints;
	if (ui->feed.film && ui->view == VIEW_DESK)
		return "Space hold, go on   ; ' slower, faster   , . back, on   "
		       ":seek 50%   q leave";
	if (v->imported && ui->pic->is_imported)
		return v->imported;
	if (v->looks && (ui_looks_only(ui) || ui_has_no_model(ui) ||
			 (ui_run_has_ended(ui) && v->steers)))
		return v->looks;
	return v->hints;
}

/* As many of the hints as fit whole; two blanks part them. */
static void draw_hints(struct canvas *c, int y, int x, int w, const char *hints)
{
	size_t n = strlen(hints), room = w > 0 ? (size_t)w : 0;

	if (n > room)
		for (n = room; n && !(hints[n] == ' ' && hints[n + 1] == ' ' &&
				      hints[n - 1] != ' ');)
			n--;
	draw_foreign_n(c, y, x, w, INK_DIM, hints, n);
}

/*
 * "overfitting: what usually helps: ..." of "note overfit: overfitting: what was seen; what
 * usually helps: ...": what was seen stands in the journal's last line.
 */
static void draw_guards_word(struct canvas *c, struct rect r, const struct journal_entry *e)
{
	const char *text = e->command + strlen("note "), *sign = strstr(text, ": ");
	const char *helps = strstr(text, "; what usually helps: ");
	char word[JOURNAL_TEXT];

	str_copy(word, sizeof word, text);
	if (sign && helps)
		str_format(word, sizeof word, "%.*s: %s", (int)strcspn(sign + 2, ":"),
			   sign + 2, helps + 2);
	draw_foreign(c, r.y, r.x + 1, r.w - 2, INK_WARN, word);
}

/*
 * A message whole: what does not fit the last line takes the lines above, cut between
 * words. The reason stands at the end, and so does what to do.
 */
static void draw_message(struct canvas *c, struct rect r, enum ink ink, const char *text)
{
	enum { LINES = 4 };
	size_t from[LINES], at = 0, len;
	int n = 0, y;
	struct buf b;
	const char *s;

	buf_init(&b);
	text_sanitize(&b, text, strlen(text));
	s = buf_str(&b);
	len = strlen(s);
	while (at < len && n < LINES) {
		size_t end = at + text_fit(s + at, len - at, r.w - 2), k = end;

		from[n++] = at;
		while (end < len && k > at && s[k] != ' ')
			k--;
		at = k > at ? k : end > at ? end : len;
		while (s[at] == ' ')
			at++;
	}
	y = r.y - n + 1;
	for (int i = 0; i < n && y + i >= 0; i++) {
		size_t end = i + 1 < n ? from[i + 1] : len;

		draw_fill(c, (struct rect){ y + i, r.x, 1, r.w });
		draw_foreign_n(c, y + i, r.x + 1, r.w - 2, ink, s + from[i], end - from[i]);
	}
	buf_release(&b);
}

static void draw_foot(struct canvas *c, const struct ui *ui, struct rect r)
{
	if (ui->ask == ASK_QUIT) {
		c->flags = CELL_BOLD;
		draw_text(c, r.y, r.x + 1, r.w - 1, INK_WARN, ui->may_detach ?
			  "stop the run and save it?   y stop   n go on   D detach" :
			  "stop the run and save it?   y stop   n go on");
		c->flags = 0;
		return;
	}
	if (prompt_is_open()) {
		draw_prompt(c, r);
		return;
	}
	if (ui->is_leaving && !ui_run_has_ended(ui))
		draw_text(c, r.y, r.x + 1, r.w - 2, INK_WARN,
			  "stopping: the step is finished and a checkpoint saved");
	else if (ui->message[0])
		draw_message(c, r, ui->is_bad ? INK_WARN : INK_TEXT, ui->message);
	else if (ui->pic->phase == PHASE_FAILED ||
		 (ui->pic->phase > PHASE_DONE && ui->feed.is_live &&
		  ui->view == VIEW_DESK && ui->pic->message[0]))
		draw_message(c, r, ui->pic->phase == PHASE_FAILED ? INK_BAD : INK_TEXT,
			     ui->pic->message[0] ? ui->pic->message : "the run has failed");
	else if (ui->view == VIEW_DESK && ui_guards_note(ui))
		draw_guards_word(c, r, ui_guards_note(ui));
	else if (ui->view == VIEW_DESK && ui->pass[0])
		draw_foreign(c, r.y, r.x + 1, r.w - 2, INK_TEXT, ui->pass);
	else
		draw_hints(c, r.y, r.x + 1, r.w - 2, hints_of(ui));
}

static void draw_preparing(struct canvas *c, const struct snapshot *s, struct rect r)
{
	struct rect b = {r.y + r.h / 2 - 4, r.x + r.w / 2 - 29, 8, 58};
	double part = s->work_total ? (double)s->work_done / (double)s->work_total : 0;
	char done[24], total[24], left[24], text[96];

	if (b.y < r.y)
		b.y = r.y;
	draw_titled_box(c, b, "preparing", s->run[0] ? NULL : "starting");
	draw_foreign(c, b.y + 2, b.x + 3, b.w - 6, INK_TEXT,
		     s->work[0] ? s->work : "opening the run");
	draw_bar(c, b.y + 4, b.x + 3, b.w - 6, part, INK_GOOD);
	draw_paper(c, (struct rect){b.y + 4, b.x + 3, 1, b.w - 6}, PAPER_LAMP);
	if (s->work_total) {
		str_format(text, sizeof text, "%s of %s %s",
			   fmt_count(done, (int64_t)s->work_done),
			   fmt_count(total, (int64_t)s->work_total), s->work_unit);
		draw_foreign(c, b.y + 5, b.x + 3, 36, INK_DIM, text);
	}
	if (s->work_left >= 0 && s->work_total) {
		fmt_time(left, s->work_left);
		strncat(left, " left", 6);
		draw_right(c, b.y + 5, b.x + b.w - 3, 16, INK_DIM, left);
	}
	if (s->message[0])
		draw_foreign(c, b.y + 6, b.x + 3, b.w - 6, INK_DIM, s->message);
}

static void draw_too_small(struct canvas *c, const struct snapshot *s)
{
	char text[64];

	str_format(text, sizeof text, "%dx%d is too small: %dx%d needed", c->cols,
		   c->rows, LAYOUT_MIN_COLS, LAYOUT_MIN_ROWS);
	if ((int)strlen(text) > c->cols)
		str_format(text, sizeof text, "%dx%d needed", LAYOUT_MIN_COLS,
			   LAYOUT_MIN_ROWS);
	draw_text(c, c->rows / 2, 0, c->cols, INK_TEXT, text);
	if (c->rows > 2 && s->phase < PHASE_DONE && s->phase != PHASE_PAUSED)
		draw_text(c, c->rows / 2 + 1, 0, c->cols, INK_DIM, "training goes on");
}

void draw_screen(struct canvas *c, const struct ui *ui)
{
	struct page p;

	if (ui->mouse)
		c->mouse = ui->mouse == MOUSE_ON;
	layout_page(c->rows, c->cols, &p);
	if (p.too_small) {
		draw_too_small(c, ui->pic);
		return;
	}
	draw_title(c, ui, p.title);
	draw_tabs(c, ui, p.tabs);
	if (ui->view != VIEW_HELP && ui->pic->n_channels == 0)
		draw_preparing(c, ui->pic, p.body);
	else if (ui->view == VIEW_DESK && ui->pic->phase == PHASE_PREPARING)
		draw_preparing(c, ui->pic, p.body);
	else if (ui->layer && ui->view != VIEW_HELP)
		ui->layer->draw(c, ui, p.body);
	else
		ui->views[ui->view]->draw(c, ui, p.body);
	draw_foot(c, ui, p.foot);
}
