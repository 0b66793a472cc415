/*
 * ui.h - the screen's own state: what the person has chosen to see and what was
 * asked of the run and is not answered yet. Never part of the run (I10).
 */
#ifndef TUTTI_TUI_UI_H
#define TUTTI_TUI_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "attribution.h"
#include "chart.h"
#include "curve.h"
#include "export.h"
#include "feed.h"
#include "history.h"
#include "layout.h"
#include "results.h"
#include "ask/reader.h"
#include "summaries.h"

enum view_id { VIEW_DESK, VIEW_CURVES, VIEW_INSPECT, VIEW_SUMMARIES, VIEW_RUNS,
	       VIEW_DATA, VIEW_GRADIENTS, VIEW_JOURNAL, VIEW_HELP, VIEWS };
enum knob { KNOB_WEIGHT, KNOB_SHARE, KNOB_MUTE, KNOB_SOLO, KNOB_LOCK, KNOBS };

/*
 * What a hand wants and the run does not show yet. A fader's repeats within
 * WISH_QUIET seconds become one command: it is posted when the hand rests.
 */
struct wish {
	bool on, is_posted, is_auto; /* is_auto: share back to the method */
	double value, touched;
	uint64_t ticket;
};
#define WISH_QUIET 0.3

/*
 * Lines posted whose answers are awaited. A question has somebody who takes its
 * answer: the text when st is ST_OK, else why there is none.
 */
enum { PENDING_MAX = 64, MESSAGE_MAX = 640 };
struct ui;
typedef void ui_taker(struct ui *ui, enum status st, const char *text);
struct pending {
	uint64_t ticket;
	ui_taker *take;   /* NULL: a command */
	bool is_typed;    /* its answer is worth a line */
};

/* Questions to a checkpoint's model (models.h). */
struct model_question {
	uint64_t ticket;
	ui_taker *take;
};
enum { MODEL_LIVE = -1 };
struct models {
	struct reader *reader;  /* NULL until one is asked */
	int64_t step;           /* of the checkpoint that was chosen, or MODEL_LIVE */
	bool is_best;
	struct model_question waiting[READER_QUEUE_MAX];
	int n_waiting;
};

enum ask { ASK_NONE, ASK_QUIT };

struct listing { /* a list that scrolls */
	int at, top;
};

struct inspection {
	int task;               /* channel */
	struct results data;
	bool on_matrix;         /* the matrix has the keys, not the list */
	int cell_gold, cell_pred;
	struct listing list;
	bool is_open;           /* one row fills the body */
	bool is_asked;          /* so it does where there is no other place for it */
};
struct trial { /* "try a text" */
	bool is_open, is_waiting;
	char text[JOURNAL_TEXT];
	struct buf answer;      /* JSON */
	int scroll;             /* the task at the top, and which is explained */
	int64_t serial;         /* of the text: what its attributions are kept by */
};

struct hand { /* what the mouse holds */
	bool is_dragging;
	struct zone zone;
};

struct ui {
	struct feed feed;
	struct snapshot live, held;
	const struct snapshot *pic; /* what is drawn: live, or held while frozen */
	bool is_frozen;
	int wake_fd;                /* an eventfd: jobs write it, the desk then draws */
	double now, last_interrupt;
	enum view_id view, back;
	int channel;
	enum chart_kind chart;
	bool linear, raw, one;      /* curves: y, raw values behind, only one task */
	int64_t cursor;             /* curves: step, -1: none */
	struct curve_range loss_range, dev_range, norm_range;
	struct charting charts;
	struct wish wish[CHANNELS_MAX][KNOBS];
	struct pending pending[PENDING_MAX];
	int n_pending;
	struct models models;
	struct exporting export;
	char message[MESSAGE_MAX];
	bool is_bad;                /* the message is a refusal */
	double message_until;
	enum ask ask;
	bool may_detach;            /* a run goes on behind this screen without it */
	bool is_leaving, is_done;   /* stop was asked for; the loop ends */
	int exit_code;
	struct inspection inspect;
	struct attributions attributions;
	struct reading reading;
	struct trial trial;
	struct listing help;
	struct history history;     /* the Journal view */
	struct data_view *data;     /* view_data.h; NULL: never shown */
	struct runs_view *runs;     /* view_runs.h; the same */
	const char *terminal;
	struct hand hand;
	int meaning;                /* the word on a strip that i explained last; -1 */
	enum { MOUSE_AS_IS, MOUSE_ON, MOUSE_OFF } mouse;
	char help_word[64];         /* :help WORD */
	char find[160];             /* :find TEXT */
};

void ui_init(struct ui *ui, const struct feed *feed);
void ui_release(struct ui *ui);
/* Takes a new picture and the answers that came with it; true: draw. */
bool ui_update(struct ui *ui);
/* Everything derived that drawing reads: ranges, results, lists. */
void ui_recalc(struct ui *ui);
/* Posts wishes whose hand rests; returns seconds until the next one, or -1. */
double ui_post_wishes(struct ui *ui);
/* Posts a line for a person. typed: it came from the prompt. */
bool ui_post(struct ui *ui, const char *line, bool is_typed, uint64_t *ticket);
/*
 * Posts a question to the run, or to the checkpoint that was chosen; `take` gets
 * what comes of it, later.
 */
bool ui_ask(struct ui *ui, const char *line, ui_taker *take);
void ui_say(struct ui *ui, bool is_bad, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Three questions: does the run go on, may this screen steer it, does it only look? */
bool ui_run_has_ended(const struct ui *ui);
bool ui_may_steer(const struct ui *ui);
bool ui_looks_only(const struct ui *ui);
void ui_say_looks_only(struct ui *ui);
/* What a short word on the screen means; "": the next one of a strip. */
void ui_explain(struct ui *ui, const char *word);
/* Why this screen steers nothing; of use where ui_may_steer is false. */
void ui_say_no_steering(struct ui *ui);
/* What a crash would say; prepared early, since a handler may not format. */
void ui_crash_note(const struct snapshot *s);
void ui_try(struct ui *ui, const char *text);
/*
 * Esc: closes what is open, one thing at a time, and then stays: it never leads to a
 * view where the next keys are edits.
 */
void ui_back(struct ui *ui);
void ui_freeze(struct ui *ui); /* and thaws */
void ui_show(struct ui *ui, enum view_id v);
/* What a strip shows: the wish while there is one, else the run's value. */
double ui_value(const struct ui *ui, int channel, enum knob k);
bool ui_is_wished(const struct ui *ui, int channel, enum knob k);
void ui_wish(struct ui *ui, int channel, enum knob k, double value);

/* Keeps 0 <= at < n and `at` within the h rows from `top`. */
void listing_fit(struct listing *l, int n, int h);

/* --- views: one row each --- */
struct view {
	char digit;              /* its key; 0: none */
	const char *name, *brief; /* brief: on narrow screens */
	void (*recalc)(struct ui *ui); /* what drawing reads; NULL: nothing */
	void (*draw)(struct canvas *c, const struct ui *ui, struct rect body);
	bool (*act)(struct ui *ui, int action, int arg); /* false: not mine */
	const char *hints;       /* keys worth a place in the last line */
	const char *looks;       /* the same on a screen that only looks; NULL: hints */
	bool steers;             /* the hints name keys that change the run; looks not */
	bool (*back)(struct ui *ui); /* takes back one layer: a row that is open, a
					filter, a cursor; false: there was none */
};
extern const struct view view_table[VIEWS];

void draw_screen(struct canvas *c, const struct ui *ui);

void view_desk_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_curves_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_inspect_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_summaries_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_runs_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_data_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_gradients_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_journal_draw(struct canvas *c, const struct ui *ui, struct rect body);
void view_help_draw(struct canvas *c, const struct ui *ui, struct rect body);
bool view_desk_act(struct ui *ui, int action, int arg);
bool view_curves_act(struct ui *ui, int action, int arg);
bool view_inspect_act(struct ui *ui, int action, int arg);
bool view_summaries_act(struct ui *ui, int action, int arg);
bool view_runs_act(struct ui *ui, int action, int arg);
bool view_data_act(struct ui *ui, int action, int arg);
bool view_gradients_act(struct ui *ui, int action, int arg);
bool view_journal_act(struct ui *ui, int action, int arg);
bool view_help_act(struct ui *ui, int action, int arg);
bool view_curves_back(struct ui *ui);
bool view_inspect_back(struct ui *ui);
bool view_summaries_back(struct ui *ui);
bool view_runs_back(struct ui *ui);
bool view_data_back(struct ui *ui);
bool view_journal_back(struct ui *ui);
bool view_help_back(struct ui *ui);
void view_inspect_recalc(struct ui *ui);
void view_summaries_recalc(struct ui *ui);
void view_journal_recalc(struct ui *ui);
void view_gradients_recalc(struct ui *ui);
void view_data_recalc(struct ui *ui);
void view_runs_recalc(struct ui *ui);
/* The view is not shown: work that takes long is given up after a while. */
void view_data_idle(struct ui *ui);
void view_data_release(struct ui *ui);
void view_runs_release(struct ui *ui);
/* What `find` looks for there. */
void view_data_find(struct ui *ui, const char *text);
void view_runs_find(struct ui *ui, const char *text);
void view_summaries_find(struct ui *ui, const char *text);
int help_lines(const struct ui *ui);

/* Pieces that several views share. */
void draw_nothing(struct canvas *c, struct rect body, const char *why);
int draw_entry(struct canvas *c, int y, int x, int w, const struct journal_entry *e);
/* Keys of "try a text"; false: not its own. */
bool trial_act(struct ui *ui, int action, int arg);
void trial_explain(struct ui *ui, int task);
void draw_trial(struct canvas *c, const struct ui *ui, struct rect body);
void draw_strip(struct canvas *c, const struct ui *ui, int channel, struct rect r);
void draw_table(struct canvas *c, const struct ui *ui, const struct desk_layout *l);
void draw_mix(struct canvas *c, const struct ui *ui, struct rect r);

#endif
