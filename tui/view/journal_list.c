/*
 * journal_list.c - the Journal view's state: which entries are shown, what is known of
 * their effects, keys.
 */
#include "journal_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "ui/keys.h"

static const double ROWS_LAG = 1.5; /* seconds */
/* Entries measured for one frame: each reads up to 1 200 steps, some 8 ms. */
enum { MEASURED_AT_ONCE = 2, ROWS_AHEAD = 40 };

void *journal_view_new(void)
{
	struct journal_view *h = xcalloc(1, sizeof *h);

	h->task = -1;
	h->is_stale = true;
	return h;
}

void journal_view_free(void *own)
{
	struct journal_view *h = own;

	xfree(h->row);
	xfree(h->effect);
	xfree(h);
}

/* --- which entries --- */

static bool is_wanted(const struct ui *ui, const struct journal_entry *e)
{
	static const enum journal_who who[FROMS] = {
		[FROM_YOU] = WHO_PERSON, [FROM_SCRIPT] = WHO_SCRIPT,
		[FROM_GUARD] = WHO_GUARD};
	const struct journal_view *h = journal_of(ui);

	if (h->who != FROM_ALL && e->who != who[h->who])
		return false;
	if (h->task >= 0 && mark_channel(ui->pic, e->command) != h->task)
		return false;
	return !h->word[0] || strcasestr(e->command, h->word);
}

/* The chosen entry stays chosen where it is still shown. */
static void choose_rows(struct ui *ui)
{
	struct journal_view *h = journal_of(ui);
	const struct marks *m = &ui->chart.marks;
	int chosen = h->n && h->at < h->n ? h->row[h->at] : -1;

	h->n = 0;
	for (int i = 0; i < m->n; i++) {
		if (!is_wanted(ui, &m->e[i]))
			continue;
		ARRAY_GROW(h->row, h->n, h->cap);
		h->row[h->n++] = i;
	}
	for (int k = 0; k < h->n && h->is_away; k++)
		if (h->row[k] <= chosen)
			h->at = k;
	if (!h->is_away)
		h->at = h->n - 1;
	h->at = h->at >= h->n ? h->n - 1 : h->at;
	h->at = h->at < 0 ? 0 : h->at;
	h->newest = m->newest;
	h->is_stale = false;
}

/* --- effects --- */

const struct effect *journal_view_effect(const struct ui *ui, int i)
{
	const struct journal_view *h = journal_of(ui);
	int64_t seq = ui->chart.marks.e[i].seq;
	const struct effect *e = h->effect ? &h->effect[seq % EFFECTS_KEPT] : NULL;

	return e && e->seq == seq ? e : NULL;
}

static bool is_due(const struct ui *ui, int i)
{
	const struct effect *e = journal_view_effect(ui, i);
	bool is_whole;
	int64_t length;

	if (!e)
		return true;
	if (e->is_whole)
		return false;
	length = effect_length(ui->pic, &ui->chart.marks, i, &is_whole);
	if (is_whole) /* its last rows were not on the disk, or there were none yet */
		return ui->now - journal_of(ui)->read_at >= ROWS_LAG || length > e->asked;
	return length >= e->asked + EFFECT_LEAST;
}

/* The chosen entry first, then those around it, a few at a time. */
static void measure(struct ui *ui)
{
	struct journal_view *h = journal_of(ui);
	bool is_soon = ui->pic->phase == PHASE_RUNNING && ui->now >= h->read_at &&
		       ui->now - h->read_at < 0.25;
	int done = 0;

	if (!h->n)
		return;
	if (!h->effect)
		h->effect = xcalloc(EFFECTS_KEPT, sizeof *h->effect);
	for (int k = 0; k < 2 * ROWS_AHEAD; k++) { /* 0, 1, -1, 2, -2, ... */
		int row = h->at + (k % 2 ? (k + 1) / 2 : -k / 2), i, channel;

		if (row < 0 || row >= h->n || !is_due(ui, h->row[row]))
			continue;
		if (is_soon || done == MEASURED_AT_ONCE) { /* with the next frame */
			eventfd_write(ui->wake_fd, 1);
			break;
		}
		i = h->row[row];
		channel = mark_channel(ui->pic, ui->chart.marks.e[i].command);
		effect_read(&h->effect[ui->chart.marks.e[i].seq % EFFECTS_KEPT],
			    &ui->feed, ui->pic, &ui->chart.marks, i,
			    channel >= 0 ? channel : ui->channel);
		h->read_at = ui->now;
		done++;
	}
}

void journal_view_recalc(struct ui *ui)
{
	struct journal_view *h = journal_of(ui);

	if (h->is_stale || h->newest != ui->chart.marks.newest)
		choose_rows(ui);
	measure(ui);
}

/* --- keys --- */

static void undo(struct ui *ui)
{
	const struct journal_view *h = journal_of(ui);
	char line[JOURNAL_TEXT];
	const char *why;

	if (!h->n)
		return;
	if (!command_undo(&ui->chart.marks.e[h->row[h->at]], line, &why)) {
		ui_say(ui, true, "nothing to undo: %s", why);
		return;
	}
	if (ui_post(ui, line, true, NULL))
		ui_say(ui, false, "entry %" PRId64 " undone by: %s",
		       ui->chart.marks.e[h->row[h->at]].seq, line);
}

static void next_of_kind(struct ui *ui, int direction)
{
	struct journal_view *h = journal_of(ui);
	const struct journal_entry *e = ui->chart.marks.e;
	int k = h->at + direction;

	while (k >= 0 && k < h->n && command_of(e[h->row[k]].command) !=
					     command_of(e[h->row[h->at]].command))
		k += direction;
	if (k < 0 || k >= h->n)
		ui_say(ui, false, "no other entry of this kind that way");
	else
		h->at = k;
}

static void refilter(struct ui *ui)
{
	journal_of(ui)->is_stale = true;
	choose_rows(ui);
}

void journal_view_find(struct ui *ui, const char *text)
{
	ui_show(ui, VIEW_JOURNAL);
	str_copy(journal_of(ui)->word, sizeof journal_of(ui)->word, text);
	refilter(ui);
}

static void open_curves(struct ui *ui)
{
	const struct journal_view *h = journal_of(ui);

	if (!h->n)
		return;
	ui_show(ui, VIEW_CURVES);
	chart_look_at(&ui->chart, ui->chart.marks.e[h->row[h->at]].step);
}

static bool act_on_list(struct ui *ui, int action, int arg)
{
	struct journal_view *h = journal_of(ui);

	switch ((enum action)action) {
	case DO_MOVE: h->at += arg; break;
	case DO_CHOOSE: h->at = arg; break;
	case DO_PAGE: h->at += arg * 10; break;
	case DO_END: h->at = arg < 0 ? 0 : h->n - 1; break;
	case DO_MARK: next_of_kind(ui, arg); break;
	case DO_FIT: h->at = h->n - 1; break;
	default: return false;
	}
	h->at = h->at >= h->n ? h->n - 1 : h->at;
	h->at = h->at < 0 ? 0 : h->at;
	h->is_away = h->at != h->n - 1;
	return true;
}

/* The filters, the one that was asked for in words first. */
bool journal_view_back(struct ui *ui)
{
	struct journal_view *h = journal_of(ui);

	if (h->word[0])
		h->word[0] = '\0';
	else if (h->task >= 0)
		h->task = -1;
	else if (h->who != FROM_ALL)
		h->who = FROM_ALL;
	else
		return false;
	refilter(ui);
	return true;
}

bool journal_view_act(struct ui *ui, int action, int arg)
{
	struct journal_view *h = journal_of(ui);
	int n = ui->pic->n_channels;

	switch ((enum action)action) {
	case DO_OPEN: open_curves(ui); return true;
	case DO_UNDO: undo(ui); return true;
	case DO_WHO:
		h->who = (enum journal_filter)((h->who + 1) % FROMS);
		refilter(ui);
		return true;
	case DO_TASK: /* all, then each task */
		h->task = (h->task + 1 + arg + n + 1) % (n + 1) - 1;
		refilter(ui);
		return true;
	default:
		return act_on_list(ui, action, arg);
	}
}
