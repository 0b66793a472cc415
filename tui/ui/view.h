/*
 * view.h - what a view is: one row. Adding one is its file, with its row
 * `const struct view view_NAME`, and a line of VIEW_LIST.
 *
 * A view is drawn as a function of the screen's state and its own data; keys come to
 * it as actions (keys.h). Its own data is made by its own_new and hangs in ui->own,
 * where only the view's own files look for it. All on the desk's thread.
 */
#ifndef TUTTI_TUI_VIEW_H
#define TUTTI_TUI_VIEW_H

#include <stdbool.h>

#include "screen/canvas.h"

/* By number key; help has none. */
#define VIEW_LIST(X) \
	X(DESK, desk) \
	X(CURVES, curves) \
	X(INSPECT, inspect) \
	X(SUMMARIES, summaries) \
	X(RUNS, runs) \
	X(DATA, data) \
	X(GRADIENTS, gradients) \
	X(JOURNAL, journal) \
	X(HELP, help)
/* What lies over any view while it is open, and has the keys it knows. */
#define LAYER_LIST(X) \
	X(TRY, try)

#define VIEW_ID(id, name) VIEW_##id,
enum view_id { VIEW_LIST(VIEW_ID) VIEWS, LAYERS_BEGIN = VIEWS - 1,
	       LAYER_LIST(VIEW_ID) VIEW_ROWS };
#undef VIEW_ID

/* Whether it shows the chart: of the whole run, or with window, axis and cursor. */
enum chart_use { CHART_NONE, CHART_WHOLE, CHART_FULL };

struct ui;
struct view {
	char digit;              /* its key; 0: none */
	const char *name, *brief; /* brief: on narrow screens */
	void *(*own_new)(void);  /* its own data; NULL: it has none */
	void (*own_free)(void *own);
	void (*enter)(struct ui *ui);  /* it comes to the screen; NULL: nothing to do */
	void (*recalc)(struct ui *ui); /* what drawing reads; NULL: nothing */
	void (*idle)(struct ui *ui);   /* instead, while it is not shown: work that takes
					  long is given up after a while; NULL: nothing */
	void (*draw)(struct canvas *c, const struct ui *ui, struct rect body);
	bool (*act)(struct ui *ui, int action, int arg); /* false: not mine */
	bool (*back)(struct ui *ui); /* takes back one layer: a row that is open, a
					filter, a cursor; false or NULL: there was none */
	void (*find)(struct ui *ui, const char *text); /* NULL: the Journal's */
	/* Another model answers from now on; true: it asked anew and says so. */
	bool (*model_changed)(struct ui *ui);
	const char *hints;       /* keys worth a place in the last line */
	const char *looks;       /* the same on a screen that only looks; NULL: hints */
	const char *imported;    /* the same of imported predictions; NULL: looks */
	enum chart_use chart;
	bool steers;             /* the hints name keys that change the run; looks not */
};

#endif
