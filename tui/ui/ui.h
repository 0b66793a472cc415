/*
 * ui.h - the screen's own state: what the person has chosen to see and what was
 * asked of the run and is not answered yet. Never part of the run (I10).
 */
#ifndef TUTTI_TUI_UI_H
#define TUTTI_TUI_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "attribution.h"
#include "export.h"
#include "feed/feed.h"
#include "look/passes.h"
#include "models.h"
#include "view.h"
#include "widget/chart.h"
#include "widget/curve.h"
#include "widget/layout.h"
#include "wish.h"

/*
 * Lines posted whose answers are awaited. A question has somebody who takes its
 * answer: the text when st is ST_OK, else why there is none.
 */
enum { PENDING_MAX = 64, MESSAGE_MAX = 640 };
struct pending {
	uint64_t ticket;
	ui_taker *take;   /* NULL: a command */
	bool is_typed;    /* its answer is worth a line */
};

enum ask { ASK_NONE, ASK_QUIT };

struct listing { /* a list that scrolls */
	int at, top;
};

struct ui {
	struct feed feed;
	struct snapshot live, held;
	const struct snapshot *pic; /* what is drawn: live, or held while frozen */
	bool is_frozen;
	int wake_fd;                /* an eventfd: jobs write it, the desk then draws */
	double now, last_interrupt;
	const struct view *const *views; /* [VIEW_ROWS], borrowed */
	void *own[VIEW_ROWS];       /* each view's own data, of its own_new */
	enum view_id view, back;    /* back: below the help */
	const struct view *layer;   /* what lies over the view and has the keys, or NULL */
	int channel;
	struct chart chart;         /* of Desk and Curves; the marks are everyone's */
	struct wish wish[CHANNELS_MAX][KNOBS];
	struct pending pending[PENDING_MAX];
	int n_pending;
	struct models models;
	struct exporting export;
	char message[MESSAGE_MAX];
	bool is_bad;                /* the message is a refusal */
	double message_until;
	struct passes passes;
	char pass[256];             /* what began another pass, until the desk has shown it */
	double pass_left;           /* seconds that it is shown yet; its clock stands while */
	double pass_seen;           /* something else stands in its place */
	enum ask ask;
	bool may_detach;            /* a run goes on behind this screen without it */
	bool is_leaving, is_done;   /* stop was asked for; the loop ends */
	int exit_code;
	struct attributions attributions;
	const char *terminal;
	int meaning;                /* the word on a strip that i explained last; -1 */
	enum { MOUSE_AS_IS, MOUSE_ON, MOUSE_OFF } mouse;
};

/* `views`: view_table; borrows it. */
void ui_init(struct ui *ui, const struct feed *feed, const struct view *const *views);
void ui_release(struct ui *ui);
/* Takes a new picture and the answers that came with it; true: draw. */
bool ui_update(struct ui *ui);
/* Everything derived that drawing reads: ranges, results, lists. */
void ui_recalc(struct ui *ui);
/* Posts a line for a person. typed: it came from the prompt. */
bool ui_post(struct ui *ui, const char *line, bool is_typed, uint64_t *ticket);
/*
 * Posts a question to the run, or to the checkpoint that was chosen; `take` gets
 * what comes of it, later.
 */
bool ui_ask(struct ui *ui, const char *line, ui_taker *take);
/* A guard's newest note, for a minute of a run that goes on; else NULL. */
const struct journal_entry *ui_guards_note(const struct ui *ui);
void ui_say(struct ui *ui, bool is_bad, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Three questions: does the run go on, may this screen steer it, does it only look? */
bool ui_run_has_ended(const struct ui *ui);
bool ui_may_steer(const struct ui *ui);
bool ui_looks_only(const struct ui *ui);
void ui_say_looks_only(struct ui *ui);
/* Imported predictions (snapshot.h): whoever would ask a model says so instead. */
bool ui_has_no_model(const struct ui *ui);
#define UI_NO_MODEL "imported predictions: there is no model to ask"
/* What a short word on the screen means; "": the next one of a strip. */
void ui_explain(struct ui *ui, const char *word);
/* Why this screen steers nothing; of use where ui_may_steer is false. */
void ui_say_no_steering(struct ui *ui);
/* Whoever waits for answers with `take` waits no more: they come, and go to nobody. */
void ui_forget(struct ui *ui, ui_taker *take);
/*
 * Esc: closes what is open, one thing at a time, and then stays: it never leads to a
 * view where the next keys are edits.
 */
void ui_back(struct ui *ui);
void ui_freeze(struct ui *ui); /* and thaws */
void ui_show(struct ui *ui, enum view_id v);
/* Puts a layer over the view; takes it away again. */
void ui_open_layer(struct ui *ui, enum view_id layer);
void ui_close_layer(struct ui *ui);
bool ui_shows_layer(const struct ui *ui, enum view_id layer);
/* Keeps 0 <= at < n and `at` within the h rows from `top`. */
void listing_fit(struct listing *l, int n, int h);

#endif
