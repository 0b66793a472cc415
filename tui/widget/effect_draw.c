/*
 * effect_draw.c - an entry's effect: a figure in the list, a curve, a table.
 */
#include "effect_draw.h"

#include <math.h>

#include "base/str.h"
#include "curve.h"

enum { SPAN_COLS = 5 };

static const char *signed_text(char out[24], double v)
{
	char number[24];

	str_format(out, 24, "%s%s", v < 0 ? "−" : "+", fmt_value(number, fabs(v)));
	return out;
}

/* Up, down or flat: by a hundredth of the loss and by more than its noise. */
static void draw_change(struct canvas *c, int y, int end, double relative, double error,
			const char *text, bool is_dim)
{
	double least = fmax(0.01, 2 * error);
	bool is_up = relative > least, is_down = relative < -least;
	enum ink ink = is_dim ? INK_DIM : is_down ? INK_GOOD : is_up ? INK_BAD : INK_DIM;

	draw_text(c, y, end - 1, 1, ink, is_down ? "↓" : is_up ? "↑" : "=");
	draw_right(c, y, end - 2, 8, is_dim ? INK_DIM : INK_TEXT, text);
}

void draw_effect(struct canvas *c, const struct snapshot *s, struct rect r,
		 const struct journal_entry *e, const struct effect *f)
{
	int y = r.y, end = r.x + r.w, w = r.w - SPAN_COLS;
	int ch = mark_channel(s, e->command);
	bool is_others = false;
	double effect, relative, error;
	char text[24];

	if (mark_is_note(e) || !f) {
		draw_right(c, y, end, 3, INK_DIM, f ? "·" : "");
		return;
	}
	if (ch >= 0 && !isfinite(effect_of(f, ch))) { /* muted: what others do */
		is_others = true;
		ch = -1;
	}
	effect = ch >= 0 ? effect_of(f, ch) : effect_of_all(f, &error);
	if (!isfinite(effect)) {
		draw_right(c, y, end, 12, INK_DIM,
			   f->length < EFFECT_LEAST && !f->is_whole ? "…" : "-");
		return;
	}
	str_format(text, sizeof text, "/%lld", (long long)f->length);
	draw_right(c, y, end, SPAN_COLS - 1, INK_DIM, text);
	end -= SPAN_COLS;
	relative = ch >= 0 ? effect / fabs(f->loss[ch].trend) : effect;
	if (ch >= 0)
		error = f->loss[ch].error / fabs(f->loss[ch].trend);
	if (ch >= 0)
		signed_text(text, effect);
	else
		str_format(text, sizeof text, "%s%.1f%%", effect < 0 ? "−" : "+",
			   fabs(effect) * 100);
	draw_change(c, y, end, relative, error, text, !f->is_whole);
	if (w > 12)
		draw_foreign(c, y, end - w, w - 11, INK_DIM,
			     ch >= 0 ? s->ch[ch].name : is_others ? "others" :
			     "all");
}

/* The line's value so many steps after the entry; its trend is that in the middle. */
static double trend_at(const struct effect *f, double x)
{
	const struct effect_loss *l = &f->loss[f->channel];

	return l->trend + l->slope * (x - (double)f->length / 2);
}

/* The line through the losses before the entry, on to where it would have come. */
static void draw_trend(struct canvas *c, const struct plot *p, const struct effect *f)
{
	struct plot_line line = {.n = EFFECT_PATH, .mark = '.', .ink = INK_DIM,
				 .dotted = true};
	float v[EFFECT_PATH];
	int64_t at[EFFECT_PATH];

	if (!isfinite(f->loss[f->channel].trend))
		return;
	for (int i = 0; i < EFFECT_PATH; i++) {
		double x = (double)((i + 1) * 2 * f->length) / EFFECT_PATH -
			   (double)f->length;

		at[i] = f->step + (int64_t)x;
		v[i] = (float)trend_at(f, x);
	}
	line.v = v;
	line.at = at;
	plot_line(c, p, &line);
}

void draw_effect_path(struct canvas *c, const struct snapshot *s, struct rect r,
		      const struct journal_entry *e, const struct effect *f)
{
	struct plot p = {.range = {.log = true, .unit = 1}};
	struct plot_line l = {.n = EFFECT_PATH, .mark = 'o'};
	double lo = INFINITY, hi = -INFINITY, end;
	int64_t at[EFFECT_PATH];

	if (!f || f->channel < 0 || f->length < EFFECT_LEAST || r.h < 5)
		return;
	for (int i = 0; i < EFFECT_PATH; i++) {
		at[i] = f->step - f->length + (i + 1) * 2 * f->length / EFFECT_PATH;
		if (isfinite((double)f->path[i])) {
			lo = fmin(lo, (double)f->path[i]);
			hi = fmax(hi, (double)f->path[i]);
		}
	}
	if (!(lo > 0) || lo > hi)
		return;
	end = trend_at(f, (double)f->length);
	if (end > lo / 2 && end < hi * 2) {
		lo = fmin(lo, end);
		hi = fmax(hi, end);
	}
	while (p.range.unit > 1.0 / 64 && log2(hi / lo) < 2 * p.range.unit)
		p.range.unit /= 2;
	curve_range_fit(&p.range, lo, hi);
	p.x_min = (double)(f->step - f->length);
	p.x_max = (double)(f->step + f->length);
	plot_begin(c, &p, r);
	plot_event(c, &p, f->step, mark_letter(e), mark_ink(s, e), true);
	draw_trend(c, &p, f);
	l.v = f->path;
	l.at = at;
	l.ink = ink_channel(f->channel);
	l.mark = channel_mark(f->channel);
	plot_line(c, &p, &l);
	draw_foreign(c, p.area.y + p.area.h, r.x, 7, ink_channel(f->channel),
		     s->ch[f->channel].name);
}

enum { CHANGE_COLS = 11, LOSS_COLS = 9 };

/* Tasks by how much they changed, the task concerned first. */
static void by_effect(const struct effect *f, int first, int *order)
{
	double size[CHANNELS_MAX];

	for (int i = 0; i < f->n; i++) {
		double d = fabs(effect_of(f, i) / f->loss[i].trend);
		int at = i;

		size[i] = i == first ? INFINITY : isfinite(d) ? d : -1;
		for (; at > 0 && size[order[at - 1]] < size[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static bool shows_losses(struct rect r)
{
	return r.w >= 2 * CHANGE_COLS + 2 * LOSS_COLS + 10;
}

static bool shows_change(struct rect r)
{
	return r.w >= 2 * CHANGE_COLS + 14;
}

static void draw_loss(struct canvas *c, int y, int end, enum ink ink, double loss)
{
	char text[24];

	draw_right(c, y, end, 8, ink, isfinite(loss) ? fmt_value(text, loss) : "-");
}

/* The losses before and after, their difference, and what the trend leaves of it. */
static void draw_effect_row(struct canvas *c, const struct snapshot *s, struct rect r,
			    const struct effect *f, int t)
{
	const struct effect_loss *l = &f->loss[t];
	double effect = effect_of(f, t), change = effect_change(f, t), size = fabs(l->trend);
	int y = r.y, end = r.x + r.w;
	bool has_losses = shows_losses(r);
	int room = r.w - CHANGE_COLS * (1 + shows_change(r)) -
		   2 * LOSS_COLS * has_losses - 1;
	char text[24];

	draw_name(c, y, r.x, room, ink_channel(t), s->ch[t].name);
	if (isfinite(effect))
		draw_change(c, y, end, effect / size, l->error / size,
			    signed_text(text, effect), !f->is_whole);
	else
		draw_right(c, y, end - 2, 8, INK_DIM, "-");
	if (!shows_change(r))
		return;
	draw_right(c, y, end - CHANGE_COLS - 2, 8, INK_DIM,
		   isfinite(change) ? signed_text(text, change) : "-");
	if (!has_losses)
		return;
	draw_loss(c, y, end - 2 * CHANGE_COLS - 2, INK_TEXT, l->after);
	draw_loss(c, y, end - 2 * CHANGE_COLS - LOSS_COLS - 2, INK_DIM, l->before);
}

static void draw_effects_head(struct canvas *c, struct rect r, const struct effect *f)
{
	int end = r.x + r.w;
	char text[64];

	str_format(text, sizeof text, "loss, %lld steps", (long long)f->length);
	draw_text(c, r.y, r.x, 16, INK_DIM, text);
	draw_right(c, r.y, end, CHANGE_COLS, INK_DIM, "less trend");
	if (shows_change(r))
		draw_right(c, r.y, end - CHANGE_COLS - 2, CHANGE_COLS, INK_DIM, "change");
	if (!shows_losses(r))
		return;
	draw_right(c, r.y, end - 2 * CHANGE_COLS - 2, 8, INK_DIM, "after");
	draw_right(c, r.y, end - 2 * CHANGE_COLS - LOSS_COLS - 2, 8, INK_DIM, "before");
}

void draw_effects(struct canvas *c, const struct snapshot *s, struct rect r,
		  const struct journal_entry *e, const struct effect *f)
{
	int order[CHANNELS_MAX];

	if (!f || f->length < EFFECT_LEAST) {
		draw_text(c, r.y, r.x, r.w, INK_DIM,
			  f ? "too few steps after it to tell" : "reading the steps");
		return;
	}
	draw_effects_head(c, r, f);
	by_effect(f, mark_channel(s, e->command), order);
	for (int k = 0; k + 1 < r.h && k < f->n; k++)
		draw_effect_row(c, s, (struct rect){r.y + 1 + k, r.x, 1, r.w}, f,
				order[k]);
}
