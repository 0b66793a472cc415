/*
 * curves_export.h - what the Curves view shows, as a file (export.h).
 *
 * CSV with a line of names: run, task (none for the whole step's gradient norm), step,
 * value as it is drawn, raw (not for dev metrics, which are not smoothed). Values are
 * those of the run: metrics and shares 0 to 1. A point stands at its bucket's end.
 */
#ifndef TUTTI_TUI_CURVES_EXPORT_H
#define TUTTI_TUI_CURVES_EXPORT_H

#include "ui/ui.h"

void curves_export(struct ui *ui);

#endif
