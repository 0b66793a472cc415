/*
 * fader.c - a channel's strip: a weight on an octave scale from 1/8 to 8, the
 * share it gets, its effective share, its loss and metric, its lamps. Tall, or
 * as a row of a table.
 */
#include "fader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "screen/action.h"
#include "layout.h"

enum { TRACK = 9 }; /* rows of a tall fader */

/* 0 at 1/8, 1 at 8. */
static double weight_place(double w)
{
	double x = w > 0 ? (log2(w) + 3) / 6 : 0;

	return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* What gets drawn of a share: a part of one, whatever the figure says. */
static double share_part(const struct strip *s)
{
	double share = s->value[KNOB_SHARE];

	return share > 0 ? share < 1 ? share : 1 : 0;
}

static const char *weight_text(char out[24], double w)
{
	snprintf(out, 24, w < 99.995 ? "%.2f" : "%.0f", w);
	return out;
}

/* Six columns whatever its size: 0.80, -0.12, 12.3, -1234, 2e+05. */
static const char *factor_text(char out[24], double f)
{
	double size = fabs(f);

	f = size < .005 ? 0 : f; /* no -0.00 */
	snprintf(out, 24, size < 9.995 ? "×%.2f" : size < 99.95 ? "×%.1f" :
		 size < 9999.5 ? "×%.0f" : "×%.0e", f);
	return out;
}

/* Does a method weigh the task, beside the hand? */
static bool has_factor(const struct channel *ch)
{
	return fabs(ch->factor - 1) > .005 && isfinite(ch->factor);
}

/* An arrow for where a figure goes, in the ink of what that means. */
static void draw_trend(struct canvas *c, int y, int x, enum trend t, bool up_is_good,
		       bool filled)
{
	static const char *const thin[] = {" ", "↑", "↓", "="};
	static const char *const solid[] = {" ", "▲", "▼", "="};
	enum ink ink = t == TREND_UP ? (up_is_good ? INK_GOOD : INK_BAD) :
		       t == TREND_DOWN ? (up_is_good ? INK_BAD : INK_GOOD) : INK_DIM;

	draw_text(c, y, x, 1, ink, (filled ? solid : thin)[t <= TREND_FLAT ? t : 0]);
}

static const enum paper lamp_paper[KNOBS] = {
	[KNOB_MUTE] = PAPER_MUTE, [KNOB_SOLO] = PAPER_SOLO, [KNOB_LOCK] = PAPER_LOCK};

/* A lamp shows the key that turns it, as a capital while it is on. */
static char lamp_letter(const struct strip_keys *keys, enum knob k, bool is_on)
{
	char letter = keys->lamp[k];

	return is_on && letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static void draw_lamp(struct canvas *c, const struct strip *s, enum knob k, int y, int x)
{
	bool is_on = s->value[k] > 0;

	draw_zone(c, (struct rect){y, x, 1, 3}, s->channel, DO_TOGGLE, (int)k);
	c->paper = is_on ? (uint8_t)lamp_paper[k] : PAPER_LAMP;
	c->flags = is_on ? CELL_BOLD : 0;
	draw_textf(c, y, x, 3, is_on ? INK_TEXT : INK_DIM, " %c ",
		   lamp_letter(s->keys, k, is_on));
	c->paper = PAPER_NONE;
	c->flags = 0;
}

static void draw_knob(struct canvas *c, const struct strip *s, struct rect r)
{
	double w = s->value[KNOB_WEIGHT];
	int x = r.x + 6, y = r.y + 2;
	int top = (int)lrint((1 - weight_place(w)) * (TRACK - 1) * 8);
	bool silent = s->ch->silent || w <= 0;

	for (int k = 0; k < TRACK; k++)
		draw_cell(c, y + k, x, 0x2502, INK_FRAME);
	draw_cell(c, y + TRACK / 2, x, 0x253c, INK_FRAME);
	draw_text(c, y, r.x + 2, 2, INK_DIM, "×8");
	draw_text(c, y + TRACK / 2, r.x + 2, 2, INK_DIM, "×1");
	draw_text(c, y + TRACK - 1, r.x + 2, 2, INK_DIM, c->fancy ? " ⅛" : "/8");
	if (silent) {
		int row = y + (top + 4) / 8;

		for (int k = -1; k < 2; k++)
			draw_cell(c, row, x + k, 0x2592, INK_DIM);
	} else if (!c->fancy) {
		int row = y + (top + 4) / 8;

		draw_text(c, row, x - 1, 3, ink_channel(s->channel), "[=]");
	} else {
		for (int k = -1; k < 2; k++)
			draw_span(c, y, x + k, top, top + 8, ink_channel(s->channel));
	}
}

/* A short word that says what it means when it is clicked. */
static void draw_word(struct canvas *c, const struct strip *s, int y, int x, int w,
		      enum ink ink, const char *word)
{
	int meaning = s->keys->meaning(word);

	draw_text(c, y, x, w, ink, word);
	if (meaning)
		draw_zone(c, (struct rect){y, x, 1, w}, s->channel, DO_EXPLAIN, meaning);
}

/* A number at the top, and an arrow that points at the share's bar. */
static void draw_effective(struct canvas *c, const struct strip *s, int y, int x)
{
	const struct channel *ch = s->ch;
	char number[24];

	draw_right(c, y, x + 6, 4, ch->silent ? INK_DIM : INK_TEXT,
		   fmt_percent(number, ch->effective));
	draw_word(c, s, y + 1, x + 3, 3, INK_DIM, "eff");
	if (ch->effective >= 0 && ch->effective <= 1 && !ch->silent)
		draw_text(c, y + (int)lrint((1 - ch->effective) * (TRACK - 1)), x - 1, 1,
			  INK_STRONG, "▸");
}

static void draw_share(struct canvas *c, const struct strip *s, struct rect r)
{
	double share = share_part(s);
	int x = r.x + r.w - 7, y = r.y + 2, full = TRACK * 8;
	int h = (int)lrint(share * full);

	for (int k = 0; k < TRACK; k++)
		draw_text(c, y + k, x, 2, INK_FRAME, "··");
	if (h < 1 && share > 0)
		h = 1;
	for (int k = 0; k < 2; k++)
		draw_span(c, y, x + k, full - h, full,
			  s->ch->silent ? INK_DIM : ink_channel(s->channel));
	draw_effective(c, s, y, x);
	draw_textf(c, y + TRACK - 2, x + 2, 4, INK_TEXT, "%3d%%",
		   (int)lrint(share * 100));
	draw_word(c, s, y + TRACK - 1, x + 3, 3,
		  s->is_wished[KNOB_SHARE] ? INK_WARN : INK_DIM,
		  s->is_wished[KNOB_SHARE] ? "  ~" : s->is_auto ? "shr" : "set");
}

static bool is_up_good(const struct channel *ch)
{
	return !metric_table[ch->metric < METRICS ? ch->metric : 0].lower_is_better;
}

static void draw_strip_figures(struct canvas *c, const struct strip *s, struct rect r)
{
	const struct channel *ch = s->ch;
	const struct metric_info *m =
		&metric_table[ch->metric < METRICS ? ch->metric : 0];
	int y = r.y + 2 + TRACK, x = r.x + 2;
	char number[24];

	draw_word(c, s, y, x, 4, INK_DIM, "loss");
	draw_right(c, y, x + 11, 6, INK_TEXT, fmt_value(number, ch->smooth));
	draw_trend(c, y, x + 12, ch->loss_trend, false, false);
	draw_text(c, y + 1, x, 4, INK_DIM, m->brief);
	c->flags = CELL_BOLD;
	draw_right(c, y + 1, x + 11, 6, INK_STRONG, fmt_score(number, ch->metric, ch->dev));
	c->flags = 0;
	draw_trend(c, y + 1, x + 12, ch->dev_trend, is_up_good(ch), true);
	if (!isnan(ch->averaged) && r.w >= STRIP_AVERAGED - 1) {
		draw_word(c, s, y + 1, x + 14, 3, INK_DIM, "avg");
		draw_right(c, y + 1, x + 24, 6, INK_TEXT,
			   fmt_score(number, ch->metric, ch->averaged));
	}
	draw_word(c, s, y + 2, x, 4, INK_DIM, "base");
	draw_right(c, y + 2, x + 11, 6, INK_DIM, fmt_score(number, ch->metric, ch->baseline));
}

static void draw_lamps(struct canvas *c, const struct strip *s, int y, int x)
{
	bool is_wished = false;

	for (int k = KNOB_MUTE; k < KNOBS; k++) {
		draw_lamp(c, s, (enum knob)k, y, x + 4 * (k - KNOB_MUTE));
		is_wished = is_wished || s->is_wished[k];
	}
	if (is_wished)
		draw_text(c, y, x + 12, 1, INK_WARN, "~");
}

void draw_strip(struct canvas *c, const struct strip *s, struct rect r)
{
	const struct channel *ch = s->ch;
	int i = s->channel;
	char number[24];
	int x = r.x + 2, used;

	r.w -= 1; /* air between strips */
	draw_zone(c, r, i, DO_NONE, 0);
	draw_zone(c, (struct rect){r.y + 2, r.x + 5, TRACK, 3}, i, DO_FADER_UP, 0);
	draw_box(c, r, s->is_chosen ? INK_STRONG : INK_FRAME);
	c->flags = CELL_BOLD;
	used = draw_textf(c, r.y, r.x + 2, 3, ink_channel(i), " %c ",
			  channel_letter(i));
	used += draw_foreign(c, r.y, r.x + 2 + used, r.w - 5 - used, ink_channel(i),
			     ch->name);
	draw_cell(c, r.y, r.x + 2 + used, ' ', INK_TEXT);
	c->flags = 0;
	draw_word(c, s, r.y + 1, x, 6, INK_DIM, "weight");
	c->flags = CELL_BOLD;
	used = draw_text(c, r.y + 1, x + 7, 6, ch->silent ? INK_DIM : INK_STRONG,
			 weight_text(number, s->value[KNOB_WEIGHT]));
	if (s->is_wished[KNOB_WEIGHT])
		draw_text(c, r.y + 1, x + 8 + used, 1, INK_WARN, "~");
	c->flags = 0;
	if (has_factor(ch) && r.w >= 22)
		draw_text(c, r.y + 1, x + 10 + used, 6, ch->factor < 0 ? INK_WARN : INK_DIM,
			  factor_text(number, ch->factor));
	draw_knob(c, s, r);
	draw_share(c, s, r);
	draw_strip_figures(c, s, r);
	draw_lamps(c, s, r.y + 5 + TRACK, x);
}

/* --- the table: a row per channel --- */

/* Columns of the table; 0 wide: left out for want of room. */
struct table_cols {
	int name, name_w, fader, fader_w, weight, factor, bar, bar_w, share, effective,
		loss, brief, dev, averaged, base, lamps;
};

/* True, and so many columns less are left, where there are so many. */
static bool take_cols(int *spare, int cols)
{
	if (*spare < cols)
		return false;
	*spare -= cols;
	return true;
}

/* The least is 60 wide; what else there is room for comes in order of what it tells. */
static void table_columns(int w, bool is_averaged, bool is_weighted, struct table_cols *t)
{
	int spare = w - 60, x = 4;
	bool brief = take_cols(&spare, 5), base = take_cols(&spare, 6);
	bool averaged = is_averaged && take_cols(&spare, 6);
	bool name = take_cols(&spare, 2), factor = is_weighted && take_cols(&spare, 7);

	memset(t, 0, sizeof *t);
	t->bar_w = take_cols(&spare, 6) ? 5 : 0;
	t->fader_w = take_cols(&spare, 4) ? take_cols(&spare, 12) ? 25 : 13 : 9;
	t->name_w = name ? take_cols(&spare, 8) ? 18 : 10 : 8;
	if (t->bar_w && take_cols(&spare, 7))
		t->bar_w = 12;
	t->name = x;
	x += t->name_w + 1;
	t->fader = x;
	x += t->fader_w + 1;
	t->weight = x;
	x += 7;
	if (factor)
		t->factor = x;
	x += 7 * factor;
	t->bar = x + 1;
	x += t->bar_w + (t->bar_w > 0) + 4;
	t->share = x;
	x += 5;
	t->effective = x;
	x += 8;
	t->loss = x;
	t->brief = brief ? x + 2 : 0;
	x += brief ? 12 : 7;
	t->dev = x;
	if (averaged)
		t->averaged = x += 6;
	if (base)
		t->base = x += 6;
	t->lamps = x + 1;
}

static void draw_flat_fader(struct canvas *c, const struct strip *s, int y, int x, int w)
{
	double weight = s->value[KNOB_WEIGHT];
	int at = (int)lrint(weight_place(weight) * (w - 1));

	draw_rule(c, y, x, w, INK_FRAME);
	draw_cell(c, y, x + w / 2, 0x253c, INK_FRAME);
	if (s->ch->silent || weight <= 0)
		draw_cell(c, y, x + at, 0x2592, INK_DIM);
	else
		draw_cell(c, y, x + at, 0x2588, ink_channel(s->channel));
}

/* The same of a table's head line, right-aligned. */
static void draw_head_word(struct canvas *c, const struct strip_table *t, int y, int end,
			   const char *text, const char *word)
{
	int w = (int)strlen(text);

	draw_right(c, y, end, w, INK_DIM, text);
	draw_zone(c, (struct rect){y, end - w, 1, w}, t->chosen, DO_EXPLAIN,
		  t->keys->meaning(word));
}

static void draw_table_head(struct canvas *c, const struct strip_table *t, int y,
			    const struct table_cols *k)
{
	draw_text(c, y, k->name, k->name_w, INK_DIM, "task");
	draw_text(c, y, k->fader, 2, INK_DIM, c->fancy ? "⅛" : "/8");
	draw_text(c, y, k->fader + k->fader_w - 2, 2, INK_DIM, "×8");
	draw_head_word(c, t, y, k->weight + 6, "weight", "weight");
	draw_head_word(c, t, y, k->share, k->bar_w ? "share" : "shr", "shr");
	draw_head_word(c, t, y, k->effective, "eff", "eff");
	draw_head_word(c, t, y, k->loss - 1, "loss", "loss");
	draw_head_word(c, t, y, k->dev - 1, "dev", "dev");
	if (k->averaged)
		draw_head_word(c, t, y, k->averaged - 1, "avg", "avg");
	if (k->base)
		draw_head_word(c, t, y, k->base - 1, "base", "base");
	draw_textf(c, y, k->lamps, 5, INK_DIM, "%c %c %c",
		   lamp_letter(t->keys, KNOB_MUTE, false),
		   lamp_letter(t->keys, KNOB_SOLO, false),
		   lamp_letter(t->keys, KNOB_LOCK, false));
}

static void draw_table_lamps(struct canvas *c, const struct strip *s, int y, int x)
{
	for (int k = 0; k < 3; k++) {
		enum knob knob = (enum knob)(KNOB_MUTE + k);
		bool is_on = s->value[knob] > 0;

		draw_zone(c, (struct rect){y, x + 2 * k, 1, 1}, s->channel, DO_TOGGLE,
			  (int)knob);
		c->paper = is_on ? (uint8_t)lamp_paper[knob] : c->paper;
		draw_cell(c, y, x + 2 * k, is_on ? (uint32_t)lamp_letter(s->keys, knob, true) :
			  0xb7, is_on ? INK_TEXT : INK_FRAME);
		c->paper = s->is_chosen ? PAPER_ROW : PAPER_NONE;
		if (s->is_wished[knob])
			draw_cell(c, y, x + 2 * k + 1, '~', INK_WARN);
	}
}

static void draw_table_row(struct canvas *c, const struct strip *s, int y,
			   const struct table_cols *t)
{
	const struct channel *ch = s->ch;
	int i = s->channel;
	double share = share_part(s);
	bool is_wished = s->is_wished[KNOB_SHARE];
	char number[24];

	draw_zone(c, (struct rect){y, 0, 1, c->cols}, i, DO_NONE, 0);
	draw_zone(c, (struct rect){y, t->fader, 1, t->fader_w}, i, DO_FADER, 0);
	draw_textf(c, y, 2, 1, ink_channel(i), "%c", channel_letter(i));
	draw_foreign(c, y, t->name, t->name_w, ch->silent ? INK_DIM : ink_channel(i),
		     ch->name);
	draw_flat_fader(c, s, y, t->fader, t->fader_w);
	draw_right(c, y, t->weight + 6, 6, ch->silent ? INK_DIM : INK_STRONG,
		   weight_text(number, s->value[KNOB_WEIGHT]));
	if (s->is_wished[KNOB_WEIGHT])
		draw_cell(c, y, t->weight + 6, '~', INK_WARN);
	if (t->factor && has_factor(ch))
		draw_text(c, y, t->factor, 6, ch->factor < 0 ? INK_WARN : INK_DIM,
			  factor_text(number, ch->factor));
	if (t->bar_w)
		draw_bar(c, y, t->bar, t->bar_w, share, ch->silent ? INK_DIM :
			 ink_channel(i));
	draw_right(c, y, t->share, 4, INK_TEXT, fmt_percent(number, share));
	if (is_wished)
		draw_cell(c, y, t->share, '~', INK_WARN);
	draw_right(c, y, t->effective, 4, ch->silent ? INK_DIM : INK_TEXT,
		   fmt_percent(number, ch->effective));
	draw_right(c, y, t->loss - 1, 6, INK_TEXT, fmt_value(number, ch->smooth));
	draw_trend(c, y, t->loss, ch->loss_trend, false, false);
	if (t->brief)
		draw_text(c, y, t->brief, 4, INK_DIM,
			  metric_table[ch->metric < METRICS ? ch->metric : 0].brief);
	draw_right(c, y, t->dev - 1, 5, INK_STRONG, fmt_score(number, ch->metric, ch->dev));
	draw_trend(c, y, t->dev - 1, ch->dev_trend, is_up_good(ch), true);
	if (t->averaged)
		draw_right(c, y, t->averaged - 1, 5, INK_TEXT,
			   fmt_score(number, ch->metric, ch->averaged));
	if (t->base)
		draw_right(c, y, t->base - 1, 5, INK_DIM,
			   fmt_score(number, ch->metric, ch->baseline));
	draw_table_lamps(c, s, y, t->lamps);
}

void draw_strip_table(struct canvas *c, const struct strip_table *t, struct rect r)
{
	struct table_cols cols;
	bool is_averaged = false, is_weighted = false;

	for (int k = 0; k < t->n; k++) {
		is_averaged = is_averaged || !isnan(t->row[k].ch->averaged);
		is_weighted = is_weighted || has_factor(t->row[k].ch);
	}
	table_columns(r.w, is_averaged, is_weighted, &cols);
	draw_table_head(c, t, r.y, &cols);
	if (t->has_before)
		draw_text(c, r.y, 0, 2, INK_DIM, "↑");
	for (int k = 0; k < t->n; k++) {
		int y = r.y + 1 + k;

		if (t->row[k].is_chosen) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, 0, 1, r.w});
			draw_text(c, y, 0, 1, INK_STRONG, "▸");
		}
		draw_table_row(c, &t->row[k], y, &cols);
		c->paper = PAPER_NONE;
	}
	if (t->has_after)
		draw_text(c, r.y + t->n, 0, 1, INK_DIM, "↓");
}
