/*
 * chart_keys.c - actions on the chart.
 */
#include "chart_keys.h"

#include "ui/keys.h"

bool chart_act(struct ui *ui, int action, int arg)
{
	struct chart *c = &ui->chart;

	switch ((enum action)action) {
	case DO_CHART: chart_next_kind(c, arg); return true;
	case DO_LOG: chart_turn_linear(c); return true;
	case DO_RAW: c->shows_raw = !c->shows_raw; return true;
	default: return false;
	}
}
