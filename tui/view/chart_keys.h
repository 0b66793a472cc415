/*
 * chart_keys.h - the keys of the chart that Desk and Curves have both.
 */
#ifndef TUTTI_TUI_CHART_KEYS_H
#define TUTTI_TUI_CHART_KEYS_H

#include "ui/ui.h"

/* Kind, log or linear, raw values. False: not mine. */
bool chart_act(struct ui *ui, int action, int arg);

#endif
