/*
 * ui.c - the screen's state: pictures taken, lines posted, answers read.
 */
#include "ui.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "feed/film.h"
#include "feed/marks.h"
#include "widget/meanings.h"

enum { PASS_SECONDS = 30 };

void ui_init(struct ui *ui, const struct feed *feed, const struct view *const *views)
{
	memset(ui, 0, sizeof *ui);
	ui->feed = *feed;
	snapshot_init(&ui->live);
	snapshot_init(&ui->held);
	ui->pic = &ui->live;
	ui->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ui->models.step = MODEL_LIVE;
	ui->last_interrupt = -1e9;
	ui->meaning = -1;
	chart_init(&ui->chart);
	ui->views = views;
	for (int v = 0; v < VIEW_ROWS; v++)
		ui->own[v] = views[v]->own_new ? views[v]->own_new() : NULL;
}

void ui_release(struct ui *ui)
{
	for (int v = 0; v < VIEW_ROWS; v++) /* jobs write wake_fd to their end */
		if (ui->views[v]->own_free)
			ui->views[v]->own_free(ui->own[v]);
	models_release(ui);
	job_slot_release(&ui->export.work);
	if (ui->wake_fd >= 0)
		close(ui->wake_fd);
	snapshot_release(&ui->live);
	snapshot_release(&ui->held);
	attributions_release(&ui->attributions);
	chart_release(&ui->chart);
}

void ui_say(struct ui *ui, bool is_bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ui->message, sizeof ui->message, fmt, ap);
	va_end(ap);
	ui->is_bad = is_bad;
	ui->message_until = ui->now + (is_bad ? 8 : 4);
}

bool ui_run_has_ended(const struct ui *ui)
{
	return !ui->feed.is_live || ui->live.phase >= PHASE_DONE;
}

bool ui_may_steer(const struct ui *ui)
{
	return ui->feed.post && !ui_run_has_ended(ui);
}

bool ui_looks_only(const struct ui *ui)
{
	return !ui_may_steer(ui) && !ui_run_has_ended(ui);
}

bool ui_has_no_model(const struct ui *ui)
{
	return ui->live.is_imported;
}

void ui_say_looks_only(struct ui *ui)
{
	ui_say(ui, true, "this screen only looks: 'tutti attach %s' steers and asks",
	       ui->live.run);
}

void ui_explain(struct ui *ui, const char *word)
{
	const struct meaning *m = meaning_find(word);

	if (!m) {
		ui->meaning = meaning_next(ui->meaning);
		m = &meaning_table[ui->meaning];
	}
	ui_say(ui, false, "%s: %s", m->word, m->help);
}

void ui_say_no_steering(struct ui *ui)
{
	if (ui_looks_only(ui))
		ui_say_looks_only(ui);
	else if (ui_has_no_model(ui))
		ui_say(ui, true, "imported predictions: there is nothing to steer");
	else
		ui_say(ui, true, ui->feed.film ?
		       "a film: what has happened cannot be steered" :
		       "this run has ended: there is nothing to steer");
}

/* --- what is shown --- */

void ui_back(struct ui *ui)
{
	if (ui->layer)
		ui_close_layer(ui);
	else if (ui->views[ui->view]->back)
		ui->views[ui->view]->back(ui);
	ui->message[0] = '\0';
}

void ui_open_layer(struct ui *ui, enum view_id layer)
{
	ui->layer = ui->views[layer];
}

void ui_close_layer(struct ui *ui)
{
	ui->layer = NULL;
	models_rest(ui);
}

bool ui_shows_layer(const struct ui *ui, enum view_id layer)
{
	return ui->layer == ui->views[layer];
}

void ui_freeze(struct ui *ui)
{
	ui->is_frozen = !ui->is_frozen;
	if (ui->is_frozen)
		snapshot_copy(&ui->held, &ui->live);
	ui->pic = ui->is_frozen ? &ui->held : &ui->live;
}

void ui_show(struct ui *ui, enum view_id v)
{
	bool is_new = v != ui->view;

	ui->layer = NULL;
	if (v == VIEW_HELP && is_new)
		ui->back = ui->view;
	ui->view = v;
	if (is_new && ui->views[v]->enter)
		ui->views[v]->enter(ui);
}

/* --- posting --- */

static void remember(struct ui *ui, uint64_t ticket, ui_taker *take, bool is_typed)
{
	if (ui->n_pending == PENDING_MAX)
		memmove(ui->pending, ui->pending + 1,
			(size_t)--ui->n_pending * sizeof *ui->pending);
	ui->pending[ui->n_pending++] = (struct pending){ticket, take, is_typed};
}

static bool post(struct ui *ui, const char *line, ui_taker *take, bool is_typed,
		 uint64_t *ticket)
{
	struct err err = {""};
	uint64_t mine = 0;

	if (!ui_may_steer(ui)) {
		ui_say_no_steering(ui);
		return false;
	}
	if (ui->feed.post(ui->feed.arg, line, &mine, &err) != ST_OK) {
		ui_say(ui, true, "%s", err.text);
		return false;
	}
	remember(ui, mine, take, is_typed);
	if (ticket)
		*ticket = mine;
	return true;
}

/* A film can be held, and goes on. */
static bool hold_film(struct ui *ui, const char *line)
{
	bool pause = str_eq(line, "pause");

	if (!ui->feed.film || (!pause && !str_eq(line, "continue")))
		return false;
	if (film_is_over(ui->feed.film))
		ui_say(ui, false, "the film is at its end: 'seek start' begins again");
	else
		film_pause(ui->feed.film, pause);
	return true;
}

static bool is_question(const char *line)
{
	const struct command_row *row = command_of(line);

	return row && row->flags & CMD_ASKS;
}

/* No checkpoint's model is opened beside a run that goes on elsewhere. */
static bool ask(struct ui *ui, const char *line, ui_taker *take, bool is_typed,
		uint64_t *ticket)
{
	if (models_is_live(ui) || ui_looks_only(ui))
		return post(ui, line, take, is_typed, ticket);
	return models_ask(ui, line, take);
}

bool ui_post(struct ui *ui, const char *line, bool is_typed, uint64_t *ticket)
{
	if (hold_film(ui, line))
		return true;
	if (is_question(line))
		return ask(ui, line, NULL, is_typed, ticket);
	return post(ui, line, NULL, is_typed, ticket);
}

bool ui_ask(struct ui *ui, const char *line, ui_taker *take)
{
	return ask(ui, line, take, false, NULL);
}

static void take_nothing(struct ui *ui, enum status st, const char *text)
{
	(void)ui;
	(void)st;
	(void)text;
}

void ui_forget(struct ui *ui, ui_taker *take)
{
	for (int i = 0; i < ui->n_pending; i++)
		if (ui->pending[i].take == take)
			ui->pending[i].take = take_nothing;
	for (int i = 0; i < ui->models.n_waiting; i++)
		if (ui->models.waiting[i].take == take)
			ui->models.waiting[i].take = take_nothing;
}

static void one_answer(struct ui *ui, const struct pending *p)
{
	struct err err = {""};
	struct buf text;
	enum status st = ST_OK;

	buf_init(&text);
	if (ui->feed.answer)
		st = ui->feed.answer(ui->feed.arg, p->ticket, &text, &err);
	if (st)
		ui_say(ui, true, "%s", err.text);
	else if (!p->take && p->is_typed && text.len)
		ui_say(ui, false, "%s", buf_str(&text));
	if (p->take)
		p->take(ui, st, buf_str(&text));
	buf_release(&text);
}

static void read_answers(struct ui *ui)
{
	int kept = 0;

	for (int i = 0; i < ui->n_pending; i++) {
		if (ui->pending[i].ticket <= ui->live.ticket)
			one_answer(ui, &ui->pending[i]);
		else
			ui->pending[kept++] = ui->pending[i];
	}
	ui->n_pending = kept;
}

/* A small set begins one pass after the other: that is worth a word. */
static void take_passes(struct ui *ui)
{
	char words[sizeof ui->pass - 32];

	if (ui->feed.film || !passes_take(&ui->passes, &ui->live) || ui_run_has_ended(ui))
		return;
	passes_words(&ui->passes, &ui->live, words, sizeof words);
	str_format(ui->pass, sizeof ui->pass, "step %lld: %s", (long long)ui->live.step, words);
	ui->pass_left = PASS_SECONDS;
	ui->pass_seen = ui->now;
}

bool ui_update(struct ui *ui)
{
	bool is_answered = models_update(ui);

	if (!ui->feed.snapshot(ui->feed.arg, &ui->live))
		return is_answered;
	if (ui->live.n_channels > CHANNELS_MAX)
		ui->live.n_channels = CHANNELS_MAX;
	read_answers(ui);
	ui_settle_wishes(ui);
	take_passes(ui);
	if (ui->channel >= ui->live.n_channels)
		ui->channel = 0;
	return true;
}

/* --- what drawing reads --- */

void listing_fit(struct listing *l, int n, int h)
{
	if (l->at >= n)
		l->at = n - 1;
	if (l->at < 0)
		l->at = 0;
	if (h < 1)
		h = 1;
	if (l->top > l->at)
		l->top = l->at;
	if (l->top < l->at - h + 1)
		l->top = l->at - h + 1;
	if (l->top > n - h)
		l->top = n - h;
	if (l->top < 0)
		l->top = 0;
}

static void take_overlay(struct ui *ui)
{
	struct err err = {""};
	enum status st = overlay_take(&ui->chart.overlay, &err);

	if (!st)
		ui_say(ui, false, "behind the curves: %s", ui->chart.overlay.snap.run);
	else if (st != ST_END)
		ui_say(ui, true, "%s", err.text);
}

static void recalc_chart(struct ui *ui)
{
	enum chart_use use = ui->views[ui->view]->chart;
	struct chart_input in = {.feed = &ui->feed, .s = ui->pic, .now = ui->now,
				 .channel = ui->channel, .is_full = use == CHART_FULL};

	take_overlay(ui);
	marks_read(&ui->chart.marks, &ui->feed, ui->pic);
	if (use != CHART_NONE && chart_recalc(&ui->chart, &in))
		eventfd_write(ui->wake_fd, 1);
}

const struct journal_entry *ui_guards_note(const struct ui *ui)
{
	const struct snapshot *s = ui->pic;

	if (ui->feed.film || ui_run_has_ended(ui))
		return NULL;
	for (int i = s->n_journal - 1; i >= 0; i--)
		if (s->journal[i].who == WHO_GUARD && mark_is_note(&s->journal[i]))
			return clock_unix_ms() - s->journal[i].unix_ms < 60000 ?
				       &s->journal[i] : NULL;
	return NULL;
}

/* Only time in which it can be read counts. */
static void age_pass(struct ui *ui)
{
	bool is_hidden = ui->view != VIEW_DESK || ui->message[0] || ui_guards_note(ui);

	if (!is_hidden)
		ui->pass_left -= ui->now - ui->pass_seen;
	ui->pass_seen = ui->now;
	if (ui->pass_left <= 0 || ui_run_has_ended(ui))
		ui->pass[0] = '\0';
}

/* On the screen, or below the help that is. */
static bool is_shown(const struct ui *ui, int v)
{
	return (int)ui->view == v || (ui->view == VIEW_HELP && (int)ui->back == v);
}

void ui_recalc(struct ui *ui)
{
	if (ui->pass[0])
		age_pass(ui); /* first: what stood there until now has hidden it */
	if (ui->message[0] && ui->now >= ui->message_until)
		ui->message[0] = '\0';
	export_poll(ui);
	recalc_chart(ui);
	for (int v = 0; v < VIEWS; v++)
		if (!is_shown(ui, v) && ui->views[v]->idle)
			ui->views[v]->idle(ui);
	if (ui->views[ui->view]->recalc)
		ui->views[ui->view]->recalc(ui);
}
