/*
 * action.h - what a key asks for, and a click: views act on it, zones of a canvas say
 * it. The table of keys (keys.h) has its argument and its help.
 */
#ifndef TUTTI_TUI_ACTION_H
#define TUTTI_TUI_ACTION_H

enum action { DO_NONE, DO_VIEW, DO_MOVE, DO_SIDE, DO_END, DO_PAGE, DO_PANE,
	      DO_TASK, DO_WEIGHT, DO_WEIGHT_TYPE, DO_WEIGHT_SET, DO_SHARE,
	      DO_SHARE_AUTO, DO_TOGGLE, DO_COMMAND, DO_PAUSE, DO_CHART, DO_LOG,
	      DO_RAW, DO_ONE, DO_FREEZE, DO_PROMPT, DO_HELP, DO_BACK, DO_REDRAW,
	      DO_QUIT, DO_INTERRUPT, DO_SUSPEND, DO_DETACH, DO_SORT, DO_OPEN, DO_CLEAR,
	      DO_TRY, DO_EXAMPLE, DO_SCROLL,
	      /* what a model made of its rows */
	      DO_MODE, DO_BEAMS, DO_FILTER, DO_FOUND, DO_EXPORT, DO_METHOD,
	      /* of time: Curves and Journal */
	      DO_ZOOM, DO_PAN, DO_FIT, DO_MARK, DO_AXIS, DO_LOG_X, DO_SMOOTH, DO_UNDO,
	      DO_WHO,
	      /* data, runs */
	      DO_NEXT, DO_ONLY, DO_ASIDE, DO_BASE, DO_PICK, DO_EQUAL, DO_COMPARE,
	      DO_OVERLAY, DO_GAIN, DO_SYSTEMS,
	      /* of the mouse: an item; where on a fader, lying or upright */
	      DO_CHOOSE, DO_FADER, DO_FADER_UP,
	      /* the next short word of a strip in words */
	      DO_EXPLAIN };
/* Arguments of DO_ONLY. */
enum data_only { ONLY_REPEATED, ONLY_LEAKED, ONLY_LABEL, ONLY_LENGTHS };

#endif
