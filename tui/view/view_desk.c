/*
 * view_desk.c - the desk: strips or a table, what concerns all channels, the
 * chart, the last journal lines; of imported predictions what they are.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "chart_keys.h"
#include "desk_imported.h"
#include "text/utf8.h"
#include "ui/keys.h"
#include "ui/ui.h"
#include "widget/entry_draw.h"
#include "widget/meanings.h"

static void mix_line(struct canvas *c, struct rect r, int *y, const char *name,
		     enum ink ink, const char *value)
{
	int used = text_columns(value, strlen(value));
	bool fits = used + (int)strlen(name) + 1 <= r.w;

	if (*y >= r.y + r.h)
		return;
	draw_text(c, *y, r.x, r.w, INK_DIM, name);
	if (!fits && *y + 1 < r.y + r.h) /* a line of its own */
		++*y;
	draw_foreign(c, *y, r.x + r.w - (used < r.w ? used : r.w), r.w, ink, value);
	++*y;
}

/*
 * What is frozen, and rates of groups, over as many lines as they want.
 */
static void mix_list(struct canvas *c, struct rect r, int *y, const char *name,
		     const char *list)
{
	char text[512];
	int room = r.w - (int)strlen(name) - 1;

	for (const char *at = list; *at; room = r.w) {
		size_t n = 0, next = strcspn(at, ",");

		do { /* one group at least, then what else has room */
			n = next + (at[next] == ',');
			next = n + strcspn(at + n, ",");
		} while (at[n] && (int)next < room);
		str_format(text, sizeof text, "%.*s", (int)n, at);
		mix_line(c, r, y, name, INK_TEXT, text);
		name = "";
		at += n + strspn(at + n, " ");
	}
}

static void mix_groups(struct canvas *c, struct rect r, int *y, const struct snapshot *s)
{
	struct freeze_groups groups = snapshot_groups(s);
	char list[512];

	freeze_show(&groups, &s->frozen, list, sizeof list);
	if (freeze_any(&s->frozen))
		mix_list(c, r, y, "frozen", list);
	rates_show(&groups, &s->rates, list, sizeof list);
	if (rates_any(&s->rates))
		mix_list(c, r, y, "rates", list);
}

static void mix_head(struct canvas *c, struct rect r, int *y, const char *name)
{
	c->flags = CELL_BOLD;
	draw_text(c, (*y)++, r.x, r.w, INK_STRONG, name);
	c->flags = 0;
}

/* How many methods do not fit beside their names and have a line more? */
static int methods_below(const struct snapshot *s, int w)
{
	int room = w - (int)strlen("weighting ") + 1;

	return ((int)strlen(s->method[METHOD_WEIGHTING]) >= room) +
	       ((int)strlen(s->method[METHOD_SAMPLING]) > room);
}

/* is_narrow: strips have no room for the average beside their own figure. */
static void draw_mix(struct canvas *c, const struct ui *ui, struct rect r, bool is_narrow)
{
	const struct snapshot *s = ui->pic;
	char text[64], number[24];
	bool has_average = is_narrow && ui->channel >= 0 && ui->channel < s->n_channels &&
			   !isnan(s->ch[ui->channel].averaged);
	/* the line of air and the workers, which do not change, make room for more */
	bool is_full = freeze_any(&s->frozen) || rates_any(&s->rates) || has_average ||
		       methods_below(s, r.w) > 1;
	int y = r.y;

	mix_head(c, r, &y, "MIX");
	mix_line(c, r, &y, "weighting", INK_TEXT, s->method[METHOD_WEIGHTING]);
	mix_line(c, r, &y, "sampling", INK_TEXT, s->method[METHOD_SAMPLING]);
	str_format(text, sizeof text, "%.3g  %d%%", s->clip,
		   (int)lrint(s->clipped * 100));
	draw_zone(c, (struct rect){y, r.x, 1, r.w}, ui->channel, DO_EXPLAIN,
		  meaning_place("clip"));
	mix_line(c, r, &y, "clip", INK_TEXT, text);
	str_format(text, sizeof text, "%.2g", s->dropout);
	mix_line(c, r, &y, "dropout", INK_TEXT, text);
	mix_groups(c, r, &y, s);
	mix_line(c, r, &y, "skipped", s->skipped ? INK_WARN : INK_TEXT,
		 fmt_count(number, s->skipped));
	y += !is_full;
	mix_head(c, r, &y, "RUN");
	if (s->parameters)
		mix_line(c, r, &y, "parameters", INK_TEXT,
			 fmt_brief(number, (double)s->parameters));
	mix_line(c, r, &y, "tokens", INK_TEXT, fmt_brief(number, (double)s->tokens));
	str_format(text, sizeof text, "%.2g s", s->seconds_per_step);
	mix_line(c, r, &y, "a step", INK_TEXT, text);
	if (s->memory_now)
		mix_line(c, r, &y, "memory", INK_TEXT,
			 fmt_bytes(number, s->memory_now));
	str_format(text, sizeof text, "%d", s->workers);
	if (s->workers && !is_full)
		mix_line(c, r, &y, "workers", INK_TEXT, text);
	str_copy(text, sizeof text,
		 s->eval_step < 0 ? "-" : fmt_count(number, s->eval_step));
	mix_line(c, r, &y, "evaluated", INK_TEXT, text);
	if (has_average) {
		fmt_measure(text, s->ch[ui->channel].metric, s->ch[ui->channel].averaged);
		mix_line(c, r, &y, "averaged", INK_TEXT, text);
	}
	str_copy(text, sizeof text,
		 s->checkpoint_step < 0 ? "-" : fmt_count(number, s->checkpoint_step));
	mix_line(c, r, &y, "saved", INK_TEXT, text);
}

/* --- the channels --- */

static struct strip_keys keys_of_strips(void)
{
	struct strip_keys keys = {.meaning = meaning_place};

	for (int k = KNOB_MUTE; k < KNOBS; k++)
		keys.lamp[k] = key_letter(VIEW_DESK, DO_TOGGLE, k);
	return keys;
}

static struct strip strip_of(const struct ui *ui, const struct strip_keys *keys, int i)
{
	const struct wish *share = &ui->wish[i][KNOB_SHARE];
	struct strip s = {.ch = &ui->pic->ch[i], .channel = i,
			  .is_chosen = i == ui->channel, .keys = keys,
			  .is_auto = share->on ? share->is_auto : ui->pic->ch[i].share_auto};

	for (int k = 0; k < KNOBS; k++) {
		s.value[k] = ui_value(ui, i, (enum knob)k);
		s.is_wished[k] = ui_is_wished(ui, i, (enum knob)k);
	}
	return s;
}

static void draw_strips(struct canvas *c, const struct ui *ui, const struct desk_layout *l)
{
	int n = ui->pic->n_channels, first = layout_first(n, l->visible, ui->channel);
	struct strip_keys keys = keys_of_strips();

	for (int k = 0; k < l->visible && first + k < n; k++) {
		struct strip s = strip_of(ui, &keys, first + k);

		draw_strip(c, &s, layout_strip(l, k));
	}
	if (first > 0)
		draw_text(c, l->strips.y, l->strips.x, 1, INK_STRONG, "←");
	if (first + l->visible < n)
		draw_text(c, l->strips.y, l->strips.x + l->strips.w - 1, 1, INK_STRONG, "→");
	if (l->mix.w >= 14)
		draw_mix(c, ui, l->mix, l->strip_cols < STRIP_AVERAGED);
}

static void draw_rows(struct canvas *c, const struct ui *ui, const struct desk_layout *l)
{
	int n = ui->pic->n_channels, first = layout_first(n, l->visible, ui->channel);
	struct strip_keys keys = keys_of_strips();
	struct strip row[CHANNELS_MAX];
	struct strip_table t = {.row = row, .has_before = first > 0,
				.has_after = first + l->visible < n,
				.chosen = ui->channel, .keys = &keys};

	for (; t.n < l->visible && first + t.n < n; t.n++)
		row[t.n] = strip_of(ui, &keys, first + t.n);
	draw_strip_table(c, &t, l->strips);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct snapshot *s = ui->pic;
	struct desk_layout l;

	if (s->is_imported) {
		draw_imported(c, ui, body);
		return;
	}
	layout_desk(body, s->n_channels, &l);
	if (l.tall)
		draw_strips(c, ui, &l);
	else
		draw_rows(c, ui, &l);
	if (l.chart.h > 0)
		draw_chart(c, &ui->chart, s, l.legend, l.chart);
	for (int i = 0; i < l.journal.h && i < s->n_journal; i++)
		draw_entry(c, l.journal.y + i, l.journal.x, l.journal.w - 1,
			   &s->journal[s->n_journal - 1 - i]);
}

/*
 * A notch is a quarter of an octave; the values stay on the same ladder, from 1/8 to
 * 8 and, below it, 0. One that was typed beyond the ladder comes back onto it.
 */
static double turn_weight(double w, int notches)
{
	double at;

	if (w <= 0)
		return notches > 0 ? 0.125 : 0;
	if (w >= 8 && notches > 0)
		return w;
	at = rint(log2(w) * 4) + notches;
	if (at < -12 && notches < 0)
		return w > 0.125 * 1.001 ? 0.125 : 0;
	return exp2((at > 12 ? 12 : at < -12 ? -12 : at) / 4);
}

static void move_weight(struct ui *ui, int notches)
{
	double now = ui_value(ui, ui->channel, KNOB_WEIGHT);
	double then = turn_weight(now, notches);

	if (notches > 0 && then <= now && ui_may_steer(ui))
		ui_say(ui, false, "the fader ends at 8: ':weight TASK X!' goes beyond");
	else
		ui_wish(ui, ui->channel, KNOB_WEIGHT, then);
}

static void turn_share(struct ui *ui, int percent)
{
	double v = rint(ui_value(ui, ui->channel, KNOB_SHARE) * 100) + percent;

	v = v < 0 ? 0 : v > 100 ? 100 : v;
	ui_wish(ui, ui->channel, KNOB_SHARE, v / 100);
}

static bool act(struct ui *ui, int action, int arg)
{
	int n = ui->pic->n_channels;

	if (!n)
		return false;
	switch ((enum action)action) {
	case DO_MOVE:
		ui->channel = (ui->channel + arg + n) % n;
		return true;
	case DO_END:
		ui->channel = arg < 0 ? 0 : n - 1;
		return true;
	case DO_CHOOSE:
		ui->channel = arg < n ? arg : n - 1;
		return true;
	case DO_WEIGHT:
		move_weight(ui, arg);
		return true;
	case DO_WEIGHT_SET:
		ui_wish(ui, ui->channel, KNOB_WEIGHT, arg);
		return true;
	case DO_SHARE:
		turn_share(ui, arg);
		return true;
	case DO_SHARE_AUTO:
		ui_wish(ui, ui->channel, KNOB_SHARE, -1);
		return true;
	case DO_EXPLAIN:
		ui_explain(ui, arg > 0 ? meaning_table[arg].word : "");
		return true;
	case DO_TOGGLE:
		ui_wish(ui, ui->channel, (enum knob)arg,
			!(ui_value(ui, ui->channel, (enum knob)arg) > 0));
		return true;
	default:
		return chart_act(ui, action, arg);
	}
}

const struct view view_desk = {
	.digit = '1', .name = "Desk", .brief = "Desk",
	.own_new = desk_imported_new, .own_free = desk_imported_free,
	.recalc = desk_imported_recalc, .chart = CHART_WHOLE, .draw = draw, .act = act,
	.hints = "j k channel   h l weight   [ ] share   m s p   i words   Space pause",
	.looks = "j k channel   t chart   y axis   r raw   i words   z freeze   q leave",
	.imported = "j k task   q leave",
	.steers = true,
};
