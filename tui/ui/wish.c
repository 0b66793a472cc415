/*
 * wish.c - wishes made, posted, and settled when the run shows them.
 */
#include "wish.h"

#include <stdio.h>

#include "base/str.h"
#include "ui.h"

double ui_value(const struct ui *ui, int channel, enum knob k)
{
	const struct channel *ch = &ui->pic->ch[channel];

	if (ui->wish[channel][k].on && !ui->wish[channel][k].is_auto)
		return ui->wish[channel][k].value;
	switch (k) {
	case KNOB_WEIGHT: return ch->weight;
	case KNOB_SHARE: return ch->share;
	case KNOB_MUTE: return ch->muted;
	case KNOB_SOLO: return ch->solo;
	default: return ch->locked;
	}
}

bool ui_is_wished(const struct ui *ui, int channel, enum knob k)
{
	return ui->wish[channel][k].on;
}

void ui_wish(struct ui *ui, int channel, enum knob k, double value)
{
	struct wish *w = &ui->wish[channel][k];

	if (channel < 0 || channel >= ui->live.n_channels)
		return;
	if (!ui_may_steer(ui)) {
		ui_say_no_steering(ui);
		return;
	}
	*w = (struct wish){.on = true, .value = value, .touched = ui->now};
	if (k == KNOB_SHARE && value < 0)
		w->is_auto = true;
}

static void wish_line(const struct ui *ui, int channel, enum knob k, char out[96])
{
	static const char *const verb[KNOBS] = {"weight", "share", "mute", "solo",
						"lock"};
	const struct wish *w = &ui->wish[channel][k];
	const char *name = ui->live.ch[channel].name;
	char number[32];

	snprintf(number, sizeof number, "%.4g", w->value);
	if (k >= KNOB_MUTE)
		str_copy(number, sizeof number, w->value > 0 ? "on" : "off");
	else if (w->is_auto)
		str_copy(number, sizeof number, "auto");
	str_format(out, 96, "%s %s %s", verb[k], name, number);
}

double ui_post_wishes(struct ui *ui)
{
	double wait = -1;

	for (int c = 0; c < ui->live.n_channels; c++)
		for (int k = 0; k < KNOBS; k++) {
			struct wish *w = &ui->wish[c][k];
			double quiet = k < KNOB_MUTE ? WISH_QUIET : 0;
			double left = w->touched + quiet - ui->now;
			char line[96];

			if (!w->on || w->is_posted)
				continue;
			if (left > 0) {
				wait = wait < 0 || left < wait ? left : wait;
				continue;
			}
			wish_line(ui, c, (enum knob)k, line);
			w->is_posted = ui_post(ui, line, false, &w->ticket);
			w->on = w->is_posted;
		}
	return wait;
}

void ui_settle_wishes(struct ui *ui)
{
	bool is_over = ui_run_has_ended(ui); /* nobody is left to hear of them */

	for (int c = 0; c < CHANNELS_MAX; c++)
		for (int k = 0; k < KNOBS; k++) {
			struct wish *w = &ui->wish[c][k];

			if (is_over || (w->is_posted && w->ticket <= ui->live.ticket))
				w->on = false;
		}
}
