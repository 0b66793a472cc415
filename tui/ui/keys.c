/*
 * keys.c - which key does what where.
 */
#include "keys.h"

#include "command/command.h"
#include "screen/input.h"

enum { CTRL_C = 3, CTRL_D = 4, CTRL_L = 12, CTRL_U = 21, CTRL_Z = 26 };
enum { LISTS = ON_INSPECT | ON_SUMMARIES | ON_RUNS | ON_DATA | ON_GRADIENTS |
	       ON_JOURNAL | ON_HELP,
       STEERING = ON_DESK | ON_CURVES | ON_JOURNAL,
       ROWS = ON_DATA | ON_RUNS };

const struct key_row key_table[] = {
	/* everywhere */
	{ON_ALL, '1', 0, DO_VIEW, VIEW_DESK, 0, "1-8", "choose the view"},
	{ON_ALL, '2', 0, DO_VIEW, VIEW_CURVES, 0, 0, 0},
	{ON_ALL, '3', 0, DO_VIEW, VIEW_INSPECT, 0, 0, 0},
	{ON_ALL, '4', 0, DO_VIEW, VIEW_SUMMARIES, 0, 0, 0},
	{ON_ALL, '5', 0, DO_VIEW, VIEW_RUNS, 0, 0, 0},
	{ON_ALL, '6', 0, DO_VIEW, VIEW_DATA, 0, 0, 0},
	{ON_ALL, '7', 0, DO_VIEW, VIEW_GRADIENTS, 0, 0, 0},
	{ON_ALL, '8', 0, DO_VIEW, VIEW_JOURNAL, 0, 0, 0},
	{ON_ALL, '?', 0, DO_HELP, 0, 0, "?", "help for the view on the screen"},
	{ON_ALL, ':', 0, DO_PROMPT, 0, 0, ":", "type a command (Tab completes)"},
	{ON_ALL, ' ', 0, DO_PAUSE, 0, 0, "Space", "pause, continue"},
	{ON_ALL, 'z', 0, DO_FREEZE, 0, 0, "z", "freeze the picture; training runs on"},
	{ON_ALL, '@', 0, DO_COMMAND, 0, "model next", "@",
	 "questions go to the next model: live, best, each checkpoint"},
	{ON_ALL, ';', 0, DO_COMMAND, 0, "speed slower", "; '", "film: slower, faster"},
	{ON_ALL, '\'', 0, DO_COMMAND, 0, "speed faster", 0, 0},
	{ON_ALL, ',', 0, DO_COMMAND, 0, "seek -5%", ", .", "film: back, on by a twentieth"},
	{ON_ALL, '.', 0, DO_COMMAND, 0, "seek +5%", 0, 0},
	{ON_ALL, KEY_ESC_, 0, DO_BACK, 0, 0, "Esc", "back, close, cancel"},
	{ON_ALL, CTRL_L, 0, DO_REDRAW, 0, 0, "Ctrl-L", "draw the screen anew"},
	{ON_ALL, CTRL_Z, 0, DO_SUSPEND, 0, 0, "Ctrl-Z", "suspend"},
	{ON_ALL, 'D', 0, DO_DETACH, 0, 0, "D",
	 "detach: the screen goes, the run goes on"},
	{ON_ALL, 'q', 0, DO_QUIT, 0, 0, "q", "quit (asks while the run is live)"},
	{ON_ALL, CTRL_C, 0, DO_INTERRUPT, 0, 0, "Ctrl-C",
	 "quit: once asks, twice saves and ends"},
	/* the desk */
	{ON_DESK, 'j', KEY_DOWN_, DO_MOVE, 1, 0, "j k Tab", "next, previous channel"},
	{ON_DESK, 'k', KEY_UP_, DO_MOVE, -1, 0, 0, 0},
	{ON_DESK, KEY_TAB_, 0, DO_MOVE, 1, 0, 0, 0},
	{ON_DESK, KEY_BACKTAB_, 0, DO_MOVE, -1, 0, 0, 0},
	{ON_DESK, 'g', KEY_HOME_, DO_END, -1, 0, "g G", "first, last channel"},
	{ON_DESK, 'G', KEY_END_, DO_END, 1, 0, 0, 0},
	{ON_DESK, 'h', KEY_LEFT_, DO_WEIGHT, -1, 0, "h l  - +",
	 "weight down, up one notch (x 2^1/4)"},
	{ON_DESK, 'l', KEY_RIGHT_, DO_WEIGHT, 1, 0, 0, 0},
	{ON_DESK, '-', 0, DO_WEIGHT, -1, 0, 0, 0},
	{ON_DESK, '+', 0, DO_WEIGHT, 1, 0, 0, 0},
	{ON_DESK, 'H', 0, DO_WEIGHT, -4, 0, "H L", "weight by an octave (x 2)"},
	{ON_DESK, 'L', 0, DO_WEIGHT, 4, 0, 0, 0},
	{ON_DESK, '=', 0, DO_WEIGHT_TYPE, 0, 0, "=", "type the weight"},
	{ON_DESK, '0', 0, DO_WEIGHT_SET, 1, 0, "0", "weight back to 1"},
	{ON_DESK, '[', 0, DO_SHARE, -1, 0, "[ ]", "share down, up one percent"},
	{ON_DESK, ']', 0, DO_SHARE, 1, 0, 0, 0},
	{ON_DESK, '{', 0, DO_SHARE, -5, 0, "{ }", "share by five percent"},
	{ON_DESK, '}', 0, DO_SHARE, 5, 0, 0, 0},
	{ON_DESK, 'a', 0, DO_SHARE_AUTO, 0, 0, "a",
	 "share left to the sampling method"},
	{ON_DESK, 'm', 0, DO_TOGGLE, KNOB_MUTE, 0, "m",
	 "mute: no updates from this task"},
	{ON_DESK, 's', 0, DO_TOGGLE, KNOB_SOLO, 0, "s", "solo: only the soloed tasks"},
	{ON_DESK, 'p', 0, DO_TOGGLE, KNOB_LOCK, 0, "p",
	 "protect: no method touches this channel"},
	{ON_DESK, 'i', 0, DO_EXPLAIN, 0, 0, "i",
	 "what a short word on the strips means; again: the next one"},
	/* training */
	{STEERING, 'e', 0, DO_COMMAND, 0, "eval", "e", "evaluate now"},
	{STEERING, 'c', 0, DO_COMMAND, 0, "checkpoint", "c", "checkpoint now"},
	/* curves */
	{ON_DESK | ON_CURVES, 't', 0, DO_CHART, 1, 0, "t",
	 "chart: loss, dev metric, gradient norm, share"},
	{ON_RUNS, 't', 0, DO_CHART, 1, 0, "t", "chart: loss, dev metric"},
	{ON_DESK | ON_CURVES, 'y', 0, DO_LOG, 0, 0, "y", "loss axis: log, linear"},
	{ON_DESK | ON_CURVES, 'r', 0, DO_RAW, 0, 0, "r", "raw values behind the lines"},
	{ON_CURVES, KEY_ENTER_, 0, DO_ONE, 0, 0, "Enter", "one task, all of them"},
	{ON_CURVES, 'j', KEY_DOWN_, DO_MOVE, 1, 0, "j k Tab", "next, previous task"},
	{ON_CURVES, 'k', KEY_UP_, DO_MOVE, -1, 0, 0, 0},
	{ON_CURVES, KEY_TAB_, 0, DO_MOVE, 1, 0, 0, 0},
	{ON_CURVES, KEY_BACKTAB_, 0, DO_MOVE, -1, 0, 0, 0},
	{ON_CURVES, 'h', KEY_LEFT_, DO_SIDE, -1, 0, "h l", "cursor: values at a step"},
	{ON_CURVES, 'l', KEY_RIGHT_, DO_SIDE, 1, 0, 0, 0},
	{ON_CURVES, 'H', 0, DO_SIDE, -10, 0, "H L", "cursor by ten"},
	{ON_CURVES, 'L', 0, DO_SIDE, 10, 0, 0, 0},
	{ON_CURVES, 'g', KEY_HOME_, DO_END, -1, 0, "g G",
	 "cursor to the first, the newest step"},
	{ON_CURVES, 'G', KEY_END_, DO_END, 1, 0, 0, 0},
	{ON_CURVES, 'n', 0, DO_MARK, 1, 0, "n N", "next, previous journal entry"},
	{ON_CURVES, 'N', 0, DO_MARK, -1, 0, 0, 0},
	{ON_CURVES, '+', '=', DO_ZOOM, 1, 0, "+ -",
	 "zoom in, out around the cursor, or the newest step"},
	{ON_CURVES, '-', 0, DO_ZOOM, -1, 0, 0, 0},
	{ON_CURVES, '<', KEY_PGUP_, DO_PAN, -1, 0, "< >",
	 "when zoomed: earlier, later steps"},
	{ON_CURVES, '>', KEY_PGDN_, DO_PAN, 1, 0, 0, 0},
	{ON_CURVES, 'f', 0, DO_FIT, 0, 0, "f", "fit: the whole run again"},
	{ON_CURVES, '[', 0, DO_SMOOTH, -1, 0, "[ ]", "less, more smoothing"},
	{ON_CURVES, ']', 0, DO_SMOOTH, 1, 0, 0, 0},
	{ON_CURVES, 'a', 0, DO_AXIS, 0, 0, "a",
	 "x axis: steps, epochs, examples, tokens, time"},
	{ON_CURVES, 'X', 0, DO_LOG_X, 0, 0, "X", "x axis: linear, log"},
	{ON_CURVES | ON_RUNS, 'x', 0, DO_EXPORT, 0, 0, "x",
	 "write what is shown as CSV into the run's folder"},
	{ON_DATA, 'x', 0, DO_EXPORT, 0, 0, "x",
	 "write the rows of the list as JSON lines into the run's folder"},
	/* looking at predictions */
	{ON_INSPECT, 'j', KEY_DOWN_, DO_MOVE, 1, 0, "j k", "down, up"},
	{ON_INSPECT, 'k', KEY_UP_, DO_MOVE, -1, 0, 0, 0},
	{ON_INSPECT, 'h', KEY_LEFT_, DO_SIDE, -1, 0, "h l",
	 "in the matrix: left, right"},
	{ON_INSPECT, 'l', KEY_RIGHT_, DO_SIDE, 1, 0, 0, 0},
	{ON_INSPECT, KEY_TAB_, KEY_BACKTAB_, DO_PANE, 0, 0, "Tab", "matrix, list"},
	{ON_INSPECT, KEY_ENTER_, 0, DO_OPEN, 0, 0, "Enter",
	 "matrix: only this cell's rows; list: explain the row, then open it"},
	{ON_INSPECT | ROWS, 'c', 0, DO_CLEAR, 0, 0, "c", "clear the filter"},
	{ON_INSPECT, 'a', 0, DO_FILTER, 0, 0, "a", "errors only, all rows"},
	{ON_INSPECT, 'd', 0, DO_COMPARE, 0, 0, "d",
	 "only rows fixed or broken since the evaluation before"},
	{ON_INSPECT | ON_SUMMARIES, 'o', 0, DO_METHOD, 0, 0, "o",
	 "which words made the answer: gradient x input, occlusion"},
	{ON_INSPECT, '/', 0, DO_PROMPT, 0, "find ", "/ n N",
	 "find a text in the rows; next, previous one"},
	{ON_INSPECT, 'n', 0, DO_FOUND, 1, 0, 0, 0},
	{ON_INSPECT, 'N', 0, DO_FOUND, -1, 0, 0, 0},
	{ON_INSPECT, 'x', 0, DO_EXPORT, 0, 0, "x",
	 "write the list as JSON lines into the run's folder"},
	{ON_SUMMARIES, ']', 'j', DO_EXAMPLE, 1, 0, "[ ] j k", "previous, next example"},
	{ON_SUMMARIES, '[', 'k', DO_EXAMPLE, -1, 0, 0, 0},
	{ON_SUMMARIES, KEY_DOWN_, 0, DO_EXAMPLE, 1, 0, 0, 0},
	{ON_SUMMARIES, KEY_UP_, 0, DO_EXAMPLE, -1, 0, 0, 0},
	{ON_SUMMARIES, 'J', 0, DO_SCROLL, 1, 0, "J K", "scroll the source"},
	{ON_SUMMARIES, 'K', 0, DO_SCROLL, -1, 0, 0, 0},
	{ON_SUMMARIES, 'h', KEY_LEFT_, DO_SIDE, -1, 0, "h l",
	 "choose a piece of the summary: what it looked at is marked"},
	{ON_SUMMARIES, 'l', KEY_RIGHT_, DO_SIDE, 1, 0, 0, 0},
	{ON_SUMMARIES, 'v', 0, DO_MODE, 0, 0, "v",
	 "marks: copied spans, novel words, matched words, none"},
	{ON_SUMMARIES, 'd', 0, DO_COMPARE, 0, 0, "d",
	 "what changed since the evaluation before"},
	{ON_SUMMARIES, 'b', 0, DO_BEAMS, 0, 0, "b",
	 "other candidates of the search, asked of the model"},
	{ON_SUMMARIES, KEY_TAB_, KEY_BACKTAB_, DO_PANE, 0, 0, "Tab",
	 "below: over time, figures, candidates"},
	{ON_SUMMARIES, 'f', 0, DO_FILTER, 0, 0, "f",
	 "all, only repeating, only cut sources, only changed ones"},
	{ON_SUMMARIES, '/', 0, DO_PROMPT, 0, "find ", "/ n N",
	 "find a text in the examples; next, previous one"},
	{ON_SUMMARIES, 'n', 0, DO_NEXT, 1, 0, 0, 0},
	{ON_SUMMARIES, 'N', 0, DO_NEXT, -1, 0, 0, 0},
	{ON_SUMMARIES, 'x', 0, DO_EXPORT, 0, 0, "x",
	 "write the list as JSON lines into the run's folder"},
	{ON_INSPECT | ON_SUMMARIES | ON_RUNS, 's', 0, DO_SORT, 0, 0, "s",
	 "sort by the next measure"},
	{ON_INSPECT | ON_SUMMARIES | ROWS, '>', 0, DO_TASK, 1, 0, "< >",
	 "previous, next task"},
	{ON_INSPECT | ON_SUMMARIES | ROWS, '<', 0, DO_TASK, -1, 0, 0, 0},
	{ON_INSPECT | ON_SUMMARIES, 't', 0, DO_TRY, 0, 0, "t",
	 "try a text: what every task says of it"},
	/* what was done */
	{ON_JOURNAL, KEY_ENTER_, 0, DO_OPEN, 0, 0, "Enter", "the curves at that step"},
	{ON_JOURNAL, 'u', 0, DO_UNDO, 0, 0, "u",
	 "undo the entry: posts the command that puts back what was before"},
	{ON_JOURNAL, 'w', 0, DO_WHO, 0, 0, "w", "only you, the script, guards, timers, or all"},
	{ON_JOURNAL, '>', 0, DO_TASK, 1, 0, "< >", "only entries on a task, or all"},
	{ON_JOURNAL, '<', 0, DO_TASK, -1, 0, 0, 0},
	{ON_JOURNAL, '/', 0, DO_PROMPT, 0, "find ", "/",
	 "only entries with a text (:find)"},
	{ON_JOURNAL, 'n', 0, DO_MARK, 1, 0, "n N",
	 "next, previous entry of the same kind"},
	{ON_JOURNAL, 'N', 0, DO_MARK, -1, 0, 0, 0},
	{ON_JOURNAL, KEY_TAB_, KEY_BACKTAB_, DO_FIT, 0, 0, "Tab",
	 "follow the newest entry"},
	/* gradients */
	{ON_GRADIENTS, 'j', KEY_DOWN_, DO_MOVE, 1, 0, "j k Tab", "next, previous task"},
	{ON_GRADIENTS, 'k', KEY_UP_, DO_MOVE, -1, 0, 0, 0},
	{ON_GRADIENTS, KEY_TAB_, 0, DO_MOVE, 1, 0, 0, 0},
	{ON_GRADIENTS, KEY_BACKTAB_, 0, DO_MOVE, -1, 0, 0, 0},
	{ON_GRADIENTS, KEY_ENTER_, 0, DO_ONE, 0, 0, "Enter", "one task, all of them"},
	{ON_GRADIENTS, 't', 0, DO_CHART, 1, 0, "t", "tasks: norms; pairs: cosines"},
	{ON_GRADIENTS, 'h', KEY_LEFT_, DO_SIDE, -1, 0, "h l", "of a pair: the other task"},
	{ON_GRADIENTS, 'l', KEY_RIGHT_, DO_SIDE, 1, 0, 0, 0},
	{ON_GRADIENTS, 'n', 0, DO_NEXT, 1, 0, "n N",
	 "the pair that agrees next more, less (Esc: the least)"},
	{ON_GRADIENTS, 'N', 0, DO_NEXT, -1, 0, 0, 0},
	{ON_GRADIENTS, '<', 0, DO_PAN, -1, 0, "< >",
	 "cosines in all, in the embeddings, in each layer"},
	{ON_GRADIENTS, '>', 0, DO_PAN, 1, 0, 0, 0},
	{ON_GRADIENTS, 'M', 0, DO_COMMAND, 0, "gradients", "M",
	 "measure norms and cosines at the next steps"},
	{ON_GRADIENTS, 'E', 0, DO_PROMPT, 0, "measure ", "E",
	 "how often they are measured; 0: only when asked"},
	/* data */
	{ON_DATA, KEY_TAB_, KEY_BACKTAB_, DO_PANE, 0, 0, "Tab h l", "train rows, dev rows"},
	{ON_DATA, 'h', KEY_LEFT_, DO_SIDE, -1, 0, 0, 0},
	{ON_DATA, 'l', KEY_RIGHT_, DO_SIDE, 1, 0, 0, 0},
	{ON_DATA, KEY_ENTER_, 0, DO_OPEN, 0, 0, "Enter", "the chosen row alone, and back"},
	{ON_DATA, 'r', 0, DO_ONLY, ONLY_REPEATED, 0, "r",
	 "only rows that repeat an earlier one"},
	{ON_DATA, 'L', 0, DO_ONLY, ONLY_LEAKED, 0, "L",
	 "only dev rows whose text stands in train"},
	{ON_DATA, 'f', 0, DO_ONLY, ONLY_LABEL, 0, "f", "only the label of the chosen row"},
	{ON_DATA, 'w', 0, DO_ONLY, ONLY_LENGTHS, 0, "w",
	 "lengths: all, the longest, at the limit, the shortest"},
	{ON_DATA, '!', 0, DO_ASIDE, 0, 0, "!", "labels, skipped rows (on narrow screens)"},
	/* runs */
	{ON_RUNS, KEY_ENTER_, 0, DO_OPEN, 0, 0, "Enter", "mark: its curve is drawn"},
	{ON_RUNS, 'b', 0, DO_BASE, 0, 0, "b", "base that the others are held against"},
	{ON_RUNS, 'S', 0, DO_SYSTEMS, 0, 0, "S",
	 "seeds of one system in a row: mean, interval, best; and back"},
	{ON_RUNS, 'v', 0, DO_GAIN, 0, 0, "v", "metrics, or what they gain over the base"},
	{ON_RUNS, 'm', 0, DO_PICK, 0, 0, "m", "metrics of the best, the newest evaluation"},
	{ON_RUNS, '=', 0, DO_EQUAL, 0, 0, "=",
	 "metrics at a step all compared runs have reached"},
	{ON_RUNS, 'd', 0, DO_COMPARE, 0, 0, "d",
	 "differences from the base: plan, data, journal"},
	{ON_RUNS, 'o', 0, DO_OVERLAY, 0, 0, "o", "overlay the run in Curves"},
	/* lists */
	{ON_JOURNAL | ON_HELP | ROWS, 'j', KEY_DOWN_, DO_MOVE, 1, 0, "j k", "down, up"},
	{ON_JOURNAL | ON_HELP | ROWS, 'k', KEY_UP_, DO_MOVE, -1, 0, 0, 0},
	{ROWS, '/', 0, DO_PROMPT, 0, "find ", "/", "find: only what has a text"},
	{ROWS, 'n', 0, DO_NEXT, 1, 0, "n N", "next, previous of them"},
	{ROWS, 'N', 0, DO_NEXT, -1, 0, 0, 0},
	{ROWS, 'J', 0, DO_SCROLL, 1, 0, "J K", "scroll what is below the list"},
	{ROWS, 'K', 0, DO_SCROLL, -1, 0, 0, 0},
	{LISTS, 'g', KEY_HOME_, DO_END, -1, 0, "g G", "first, last"},
	{LISTS, 'G', KEY_END_, DO_END, 1, 0, 0, 0},
	{LISTS, CTRL_D, KEY_PGDN_, DO_PAGE, 1, 0, "Ctrl-D Ctrl-U", "a page down, up"},
	{LISTS, CTRL_U, KEY_PGUP_, DO_PAGE, -1, 0, 0, 0},
};
const int key_count = sizeof key_table / sizeof *key_table;

const struct key_row *key_find(enum view_id view, uint32_t key)
{
	for (int i = 0; i < key_count; i++) {
		const struct key_row *k = &key_table[i];

		if (k->on & (1u << view) &&
		    (k->key == key || (k->other && k->other == key)))
			return k;
	}
	return NULL;
}

char key_letter(enum view_id view, enum action action, int arg)
{
	for (int i = 0; i < key_count; i++) {
		const struct key_row *k = &key_table[i];

		if (k->on & (1u << view) && k->action == action && k->arg == arg &&
		    k->key > ' ' && k->key < 127)
			return (char)k->key;
	}
	return '?';
}

bool key_steers(const struct key_row *k)
{
	const struct command_row *c;

	switch (k->action) {
	case DO_WEIGHT:
	case DO_WEIGHT_TYPE:
	case DO_WEIGHT_SET:
	case DO_SHARE:
	case DO_SHARE_AUTO:
	case DO_TOGGLE:
	case DO_PAUSE:
	case DO_UNDO: return true;
	case DO_COMMAND:
		c = command_find(k->command);
		return c && !(c->flags & CMD_ASKS);
	default: return false;
	}
}

bool key_wants_run(const struct key_row *k)
{
	switch (k->action) {
	case DO_TRY:
	case DO_BEAMS:
	case DO_METHOD: return true;
	case DO_COMMAND: return k->key == '@' || command_find(k->command);
	default: return key_steers(k);
	}
}

/* A film is held, and goes on, by the key that pauses a run. */
bool key_is_idle(const struct ui *ui, const struct key_row *k)
{
	if (ui_looks_only(ui))
		return key_wants_run(k);
	return !ui_may_steer(ui) && key_steers(k) &&
	       !(ui->feed.film && k->action == DO_PAUSE);
}
