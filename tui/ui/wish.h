/*
 * wish.h - what a hand wants of the run and the run does not show yet: a strip shows
 * the wish until the command that was made of it has run.
 */
#ifndef TUTTI_TUI_WISH_H
#define TUTTI_TUI_WISH_H

#include <stdbool.h>
#include <stdint.h>

#include "widget/fader.h"

struct ui;

/*
 * A fader's repeats within WISH_QUIET seconds become one command: it is posted when
 * the hand rests.
 */
struct wish {
	bool on, is_posted, is_auto; /* is_auto: share back to the method */
	double value, touched;
	uint64_t ticket;
};
#define WISH_QUIET 0.3

/* What a strip shows: the wish while there is one, else the run's value. */
double ui_value(const struct ui *ui, int channel, enum knob k);
bool ui_is_wished(const struct ui *ui, int channel, enum knob k);
void ui_wish(struct ui *ui, int channel, enum knob k, double value);
/* Posts wishes whose hand rests; returns seconds until the next one, or -1. */
double ui_post_wishes(struct ui *ui);
/* Wishes whose commands have run are none any more; of a run that has ended, all. */
void ui_settle_wishes(struct ui *ui);

#endif
