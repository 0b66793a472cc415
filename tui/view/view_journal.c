/*
 * view_journal.c - everything that was done to the run, by whom and when, on a
 * line of time, in a table, and one entry opened: what came of it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "journal_view.h"
#include "ui/keys.h"
#include "ui/ui.h"
#include "widget/effect_draw.h"
#include "widget/entry_draw.h"
#include "widget/words.h"

enum { EFFECT_COLS = 25, EFFECT_NARROW = 16 };

static void time_text(int64_t unix_ms, bool with_day, char out[32])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		str_copy(out, 32, "-");
	else if (with_day)
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	else
		strftime(out, 32, "%H:%M:%S", &tm);
}

static const struct journal_entry *entry_at(const struct ui *ui, int row)
{
	return &ui->chart.marks.e[journal_of(ui)->row[row]];
}

/* --- the line of time --- */

/* Letters of one column stand on each other, the newest lowest. */
static void draw_letter(struct canvas *c, struct rect r, int x, char letter,
			enum ink ink, bool is_chosen)
{
	for (int y = r.y + r.h - 2; y >= r.y; y--) {
		struct cell *k = canvas_at(c, y, x);

		if (!k || (k->ch != ' ' && y > r.y))
			continue;
		c->flags = CELL_BOLD | (is_chosen ? CELL_REVERSE : 0);
		draw_cell(c, y, x, (uint32_t)letter, ink);
		c->flags = 0;
		return;
	}
}

static void draw_timeline(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	const struct journal_view *v = journal_of(ui);
	int64_t last = axis_last(ui->pic);
	struct rect line = rect_cut(r, 0, 2, 0, 2);
	int rail = line.y + line.h - 1;
	double tick = axis_tick(AXIS_STEP, (double)last, line.w / 16 > 2 ? line.w / 16 : 2);
	char text[24];

	for (int x = 0; x < line.w; x++) {
		bool is_past = (double)x * (double)last < (double)s->step * line.w;

		draw_cell(c, rail, line.x + x, is_past ? 0x2501 : 0x2500,
			  is_past ? INK_GOOD : INK_FRAME);
	}
	for (double at = tick; at <= (double)last * (1 + 1e-9); at += tick) {
		int w, x = line.x + (int)(at / (double)last * line.w);

		axis_label(AXIS_STEP, text, at, tick);
		w = (int)strlen(text);
		x -= w / 2;
		x = x + w > line.x + line.w ? line.x + line.w - w : x;
		draw_text(c, rail, x, w, INK_DIM, text);
	}
	for (int k = v->n - 1; k >= 0; k--) {
		const struct journal_entry *e = entry_at(ui, k);
		int x = line.x + (int)((double)e->step / (double)last * line.w);

		x = x >= line.x + line.w ? line.x + line.w - 1 : x;
		draw_letter(c, line, x, mark_letter(e), mark_ink(s, e), k == v->at);
	}
}

/* The kinds that stand on the line, with their letters. */
static void draw_legend(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct journal_view *v = journal_of(ui);
	int x = r.x + 2, end = r.x + r.w - 2;
	bool any_guard = false;
	char text[64];

	for (int i = 0; i < v->n; i++)
		any_guard |= entry_at(ui, i)->who == WHO_GUARD;
	str_format(text, sizeof text, "%s", any_guard ? "small letter: a guard" : "");
	draw_right(c, r.y, end, 24, INK_DIM, text);
	end -= (int)strlen(text) + 2;
	for (int k = 0; k <= command_count; k++) {
		const struct command_row *row = k < command_count ? command_table[k] : NULL;
		const char *name = row ? row->name : "other";
		bool is_there = false;

		for (int i = 0; i < v->n && !is_there; i++)
			is_there = command_of(entry_at(ui, i)->command) == row;
		if (!is_there || x + 2 + (int)strlen(name) > end)
			continue;
		c->flags = CELL_BOLD;
		draw_cell(c, r.y, x, row ? (uint32_t)row->letter : MARK_OTHER, INK_TEXT);
		c->flags = 0;
		x += 2;
		x += draw_text(c, r.y, x, end - x, INK_DIM, name) + 2;
	}
}

/* --- the table --- */

static void draw_row(struct canvas *c, const struct ui *ui, struct rect r, int y, int row)
{
	const struct journal_entry *e = entry_at(ui, row);
	int x = r.x + 1, end = r.x + r.w - 2, w = r.w >= 76 ? EFFECT_COLS : EFFECT_NARROW;
	char text[32];

	str_format(text, sizeof text, "%lld", (long long)e->seq);
	draw_right(c, y, x + 5, 5, INK_DIM, text);
	x += 6;
	c->flags = CELL_BOLD;
	draw_cell(c, y, x, (uint32_t)mark_letter(e), mark_ink(ui->pic, e));
	c->flags = 0;
	x += 2;
	if (r.w >= 90) {
		time_text(e->unix_ms, false, text);
		draw_text(c, y, x, 8, INK_DIM, text);
		x += 10;
	}
	draw_entry(c, y, x - 1, end - w - 2 - x, e);
	if (journal_view_is_left(ui, journal_of(ui)->row[row]))
		draw_right(c, y, end, w, INK_DIM, "left behind");
	else
		draw_effect(c, ui->pic, (struct rect){y, end - w, 1, w}, e,
			    journal_view_effect(ui, journal_of(ui)->row[row]));
}

static void say_filter(const struct ui *ui, char out[96])
{
	static const char *const who[FROMS] = {"", " by you", " by the script",
					       " by guards", " by timers",
					       " by actors"};
	const struct journal_view *v = journal_of(ui);
	size_t n;

	str_format(out, 96, "%d of %d%s", v->n, ui->chart.marks.n, who[v->who]);
	n = strlen(out);
	if (v->task >= 0 && v->task < ui->pic->n_channels)
		str_format(out + n, 96 - n, " on %s", ui->pic->ch[v->task].name);
	n = strlen(out);
	if (v->word[0])
		str_format(out + n, 96 - n, " with '%s'", v->word);
}

static bool is_filtered(const struct journal_view *v)
{
	return v->who != FROM_ALL || v->task >= 0 || v->word[0];
}

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	int x = r.x + 1 + 8 + (r.w >= 90 ? 10 : 0), end = r.x + r.w - 2;
	int at = x + 18, room = end - 14 - at;
	char text[96];

	draw_right(c, r.y, r.x + 6, 5, INK_DIM, "seq");
	if (r.w >= 90)
		draw_text(c, r.y, r.x + 9, 8, INK_DIM, "time");
	draw_right(c, r.y, x + 8, 8, INK_DIM, "step");
	draw_text(c, r.y, x + 10, 6, INK_DIM, "who");
	if (is_filtered(journal_of(ui))) {
		say_filter(ui, text);
		draw_foreign(c, r.y, at, room, INK_WARN, text);
	} else {
		draw_text(c, r.y, at, room, INK_DIM, "command");
	}
	draw_right(c, r.y, end, 16, INK_DIM, r.w >= 76 ? "loss less trend" : "less trend");
}

static void draw_list(struct canvas *c, const struct ui *ui, struct rect r)
{
	struct listing l = {.at = journal_of(ui)->at}; /* scrolls no further than it must */
	int h = r.h - 1, n = journal_of(ui)->n;

	if (r.h < 2)
		return;
	draw_head(c, ui, r);
	listing_fit(&l, n, h);
	for (int k = 0; k < h && l.top + k < n; k++) {
		int y = r.y + 1 + k;

		if (l.top + k == l.at) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, r.x, 1, r.w});
			draw_text(c, y, r.x, 1, INK_STRONG, "▸");
		}
		draw_row(c, ui, r, y, l.top + k);
		draw_zone(c, (struct rect){y, r.x, 1, r.w}, l.top + k, DO_NONE, 0);
		c->paper = PAPER_NONE;
	}
	if (!n)
		draw_text(c, r.y + 2, r.x + 9, r.w - 10, INK_DIM,
			  "no such entry   w who   < > task   / text");
}

/* --- the entry that is chosen --- */

static void draw_fact(struct canvas *c, struct rect r, int *y, const char *name,
		      const char *value)
{
	if (*y >= r.y + r.h)
		return;
	draw_text(c, *y, r.x, 8, INK_DIM, name);
	draw_foreign(c, *y, r.x + 9, r.w - 9, INK_TEXT, value);
	++*y;
}

/* The same of words that may take some lines, `most` of them. */
static void draw_words(struct canvas *c, struct rect r, int *y, const char *name,
		       const char *text, int most)
{
	int n, room = r.y + r.h - *y, lines;
	struct word *w;

	if (!*text || room <= 0)
		return;
	w = words_cut(text, &n);
	draw_text(c, *y, r.x, 8, INK_DIM, name);
	lines = words_draw(c, (struct rect){*y, r.x + 9, room < most ? room : most, r.w - 9}, w,
			   n, 0, false);
	*y += lines < most ? lines : most;
	xfree(w);
}

/* Before and after in one row where an actor and its reason want their rows, too. */
static void draw_values(struct canvas *c, const struct journal_entry *e, struct rect r, int *y)
{
	const char *before = e->before[0] ? e->before : "-", *after = e->after[0] ? e->after : "-";
	char text[2 * sizeof e->before + 8];

	if (!e->before[0] && !e->after[0])
		return;
	if (e->actor[0] || e->reason[0]) {
		str_format(text, sizeof text, "%s, before %s", after, before);
		draw_fact(c, r, y, "after", text);
		return;
	}
	draw_fact(c, r, y, "before", before);
	draw_fact(c, r, y, "after", after);
}

/* What it says, or of what was refused: what was asked for. */
static void draw_asked(struct canvas *c, const struct journal_entry *e, struct rect r, int *y)
{
	const char *refused = entry_refused(e);

	if (refused)
		draw_fact(c, r, y, "refused", refused);
	else if (str_starts(e->command, "note "))
		draw_words(c, r, y, "note", e->command + 5, r.h - 1);
	else
		draw_fact(c, r, y, mark_is_note(e) ? "note" : "command", e->command);
}

/* Returns the row after them. */
static int draw_facts(struct canvas *c, const struct journal_entry *e, bool may_undo,
		      struct rect r)
{
	char text[JOURNAL_TEXT], when[32];
	const char *why;
	int y = r.y, few = r.h > 8 ? 3 : 2;

	draw_asked(c, e, r, &y);
	draw_words(c, r, &y, "why", e->refused, few);
	draw_values(c, e, r, &y);
	time_text(e->unix_ms, true, when);
	str_format(text, sizeof text, "%s  %s", e->actor[0] ? e->actor : journal_who_name(e->who),
		   when);
	draw_fact(c, r, &y, "by", text);
	draw_words(c, r, &y, "reason", e->reason, few);
	if (!may_undo)
		return y;
	if (command_undo(e, text, &why))
		draw_fact(c, r, &y, "u posts", text);
	else
		draw_fact(c, r, &y, "no undo", why);
	return y;
}

static void draw_detail(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct journal_view *v = journal_of(ui);
	const struct journal_entry *e;
	const struct effect *f;
	struct rect left, right;
	char text[64], number[24];
	int y;

	if (r.h < 3 || !v->n)
		return;
	e = entry_at(ui, v->at);
	draw_rule(c, r.y, r.x, r.w, INK_FRAME);
	c->flags = CELL_BOLD;
	str_format(text, sizeof text, " entry %lld ", (long long)e->seq);
	draw_text(c, r.y, r.x + 2, 24, INK_STRONG, text);
	c->flags = 0;
	str_format(text, sizeof text, " step %s ", fmt_count(number, e->step));
	draw_right(c, r.y, r.x + r.w - 2, 24, INK_DIM, text);
	left = right = rect_cut(r, 1, 2, 0, 2);
	left.w = r.w * 45 / 100;
	right.x = left.x + left.w + 2;
	right.w = r.x + r.w - 2 - right.x;
	if (str_starts(e->command, "note ")) { /* it did nothing: its words have the room */
		draw_facts(c, e, ui_may_steer(ui), rect_cut(r, 1, 2, 0, 2));
		return;
	}
	y = draw_facts(c, e, ui_may_steer(ui), left);
	f = journal_view_effect(ui, v->row[v->at]);
	draw_effect_path(c, ui->pic, rect_cut(left, y - left.y, 0, 0, 0), e, f);
	draw_effects(c, ui->pic, right, e, f);
}

/* --- what is to come --- */

static bool is_to_come(const struct ui *ui, const struct coming_item *i)
{
	return i->kind == COMING_WHEN || i->step > ui->pic->step ||
	       (i->kind == COMING_RAMP && i->step == ui->pic->step);
}

/* The rows that it takes below the list: a rule, and one each as far as there is room. */
static int coming_rows(const struct ui *ui, int room)
{
	const struct coming *l = &journal_of(ui)->coming;
	int n = 0;

	for (int k = 0; k < l->n; k++)
		n += is_to_come(ui, &l->item[k]);
	if (!n || room < 8)
		return 0;
	return n < room / 3 ? n + 1 : room / 3 + 1;
}

static void draw_coming(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct coming *l = &journal_of(ui)->coming;
	int y = r.y + 1, more = 0;
	char text[48];

	draw_rule(c, r.y, r.x, r.w, INK_FRAME);
	draw_text(c, r.y, r.x + 2, 9, INK_STRONG, " to come ");
	for (int k = 0; k < l->n; k++) {
		if (!is_to_come(ui, &l->item[k]))
			continue;
		if (y >= r.y + r.h) {
			more++;
			continue;
		}
		draw_foreign(c, y, r.x + 2, 14, INK_LINK, l->item[k].name);
		draw_foreign(c, y, r.x + 17, r.w - 19, INK_TEXT, l->item[k].line);
		y++;
	}
	if (more)
		str_format(text, sizeof text, " %d more ", more);
	else
		str_copy(text, sizeof text, " cancel NAME takes one off ");
	draw_right(c, r.y, r.x + r.w - 2, 30, INK_DIM, text);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct journal_layout l;
	struct rect coming;

	if (!ui->chart.marks.n) {
		draw_nothing(c, body, "nothing has been done to this run yet");
		return;
	}
	layout_journal(body, &l);
	coming = rect_bottom(&l.list, coming_rows(ui, l.list.h));
	if (coming.h)
		draw_coming(c, ui, coming);
	draw_timeline(c, ui, l.timeline);
	if (l.legend.h > 0)
		draw_legend(c, ui, l.legend);
	draw_list(c, ui, l.list);
	draw_detail(c, ui, l.detail);
}

const struct view view_journal = {
	.digit = '8', .name = "Journal", .brief = "Jour",
	.own_new = journal_view_new, .own_free = journal_view_free,
	.find = journal_view_find,
	.recalc = journal_view_recalc, .draw = draw, .act = journal_view_act,
	.back = journal_view_back,
	.hints = "j k move   Enter curves there   u undo   / find   w who   < > task",
	.looks = "j k move   Enter curves there   / find   w who   < > task",
	.steers = true,
};
