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
	struct journal_view *v = xcalloc(1, sizeof *v);

	v->task = -1;
	v->is_stale = true;
	return v;
}

void journal_view_free(void *own)
{
	struct journal_view *v = own;

	xfree(v->row);
	xfree(v->effect);
	xfree(v->jump);
	coming_clear(&v->coming);
	xfree(v);
}

/* --- which entries --- */

static bool is_wanted(const struct ui *ui, const struct journal_entry *e)
{
	static const enum journal_who who[FROMS] = {
		[FROM_YOU] = WHO_PERSON, [FROM_SCRIPT] = WHO_SCRIPT,
		[FROM_GUARD] = WHO_GUARD, [FROM_TIMER] = WHO_TIMER,
		[FROM_ACTOR] = WHO_ACTOR};
	const struct journal_view *v = journal_of(ui);

	if (v->who != FROM_ALL && e->who != who[v->who])
		return false;
	if (v->task >= 0 && mark_channel(ui->pic, e->command) != v->task)
		return false;
	return !v->word[0] || strcasestr(e->command, v->word) ||
	       strcasestr(e->actor, v->word) || strcasestr(e->reason, v->word);
}

/* Where it went back to; -1: it did not. */
static int64_t went_to(const struct journal_entry *e)
{
	const struct command_row *row = command_of(e->command);
	int64_t step;

	if (!row || !(row->flags & CMD_JUMPS) || !str_starts(e->after, "step ") ||
	    !parse_i64(e->after + 5, &step))
		return -1;
	return step;
}

/* What was done at the very step that it went back to is taken to stand. */
bool journal_view_is_left(const struct ui *ui, int i)
{
	const struct journal_view *v = journal_of(ui);
	const struct journal_entry *e = &ui->chart.marks.e[i];

	for (int k = 0; k < v->n_jumps; k++)
		if (v->jump[k].seq > e->seq && e->step > v->jump[k].to)
			return true;
	return false;
}

static void list_jumps(struct journal_view *v, const struct marks *m)
{
	v->n_jumps = 0;
	for (int i = 0; i < m->n; i++) {
		int64_t to = went_to(&m->e[i]);

		if (to < 0)
			continue;
		ARRAY_GROW(v->jump, v->n_jumps, v->cap_jumps);
		v->jump[v->n_jumps].seq = m->e[i].seq;
		v->jump[v->n_jumps++].to = to;
	}
}

/* Those that stand say what is to come. */
static void list_coming(struct ui *ui)
{
	struct journal_view *v = journal_of(ui);
	const struct marks *m = &ui->chart.marks;

	list_jumps(v, m);
	coming_clear(&v->coming);
	for (int i = 0; i < m->n; i++)
		if (!journal_view_is_left(ui, i))
			coming_take(&v->coming, &m->e[i]);
}

/* The chosen entry stays chosen where it is still shown. */
static void choose_rows(struct ui *ui)
{
	struct journal_view *v = journal_of(ui);
	const struct marks *m = &ui->chart.marks;
	int chosen = v->n && v->at < v->n ? v->row[v->at] : -1;

	v->n = 0;
	for (int i = 0; i < m->n; i++) {
		if (!is_wanted(ui, &m->e[i]))
			continue;
		ARRAY_GROW(v->row, v->n, v->cap);
		v->row[v->n++] = i;
	}
	for (int k = 0; k < v->n && v->is_away; k++)
		if (v->row[k] <= chosen)
			v->at = k;
	if (!v->is_away)
		v->at = v->n - 1;
	v->at = v->at >= v->n ? v->n - 1 : v->at;
	v->at = v->at < 0 ? 0 : v->at;
	if (v->newest != m->newest)
		list_coming(ui);
	v->newest = m->newest;
	v->is_stale = false;
}

/* --- effects --- */

const struct effect *journal_view_effect(const struct ui *ui, int i)
{
	const struct journal_view *v = journal_of(ui);
	int64_t seq = ui->chart.marks.e[i].seq;
	const struct effect *e = v->effect ? &v->effect[seq % EFFECTS_KEPT] : NULL;

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
	struct journal_view *v = journal_of(ui);
	bool is_soon = ui->pic->phase == PHASE_RUNNING && ui->now >= v->read_at &&
		       ui->now - v->read_at < 0.25;
	int done = 0;

	if (!v->n)
		return;
	if (!v->effect)
		v->effect = xcalloc(EFFECTS_KEPT, sizeof *v->effect);
	for (int k = 0; k < 2 * ROWS_AHEAD; k++) { /* 0, 1, -1, 2, -2, ... */
		int row = v->at + (k % 2 ? (k + 1) / 2 : -k / 2), i, channel;

		if (row < 0 || row >= v->n || !is_due(ui, v->row[row]))
			continue;
		if (is_soon || done == MEASURED_AT_ONCE) { /* with the next frame */
			eventfd_write(ui->wake_fd, 1);
			break;
		}
		i = v->row[row];
		channel = mark_channel(ui->pic, ui->chart.marks.e[i].command);
		effect_read(&v->effect[ui->chart.marks.e[i].seq % EFFECTS_KEPT],
			    &ui->feed, ui->pic, &ui->chart.marks, i,
			    channel >= 0 ? channel : ui->channel);
		v->read_at = ui->now;
		done++;
	}
}

void journal_view_recalc(struct ui *ui)
{
	struct journal_view *v = journal_of(ui);

	if (v->is_stale || v->newest != ui->chart.marks.newest)
		choose_rows(ui);
	measure(ui);
}

/* --- keys --- */

static void undo(struct ui *ui)
{
	const struct journal_view *v = journal_of(ui);
	char line[JOURNAL_TEXT];
	const char *why;

	if (!v->n)
		return;
	if (!command_undo(&ui->chart.marks.e[v->row[v->at]], line, &why)) {
		ui_say(ui, true, "nothing to undo: %s", why);
		return;
	}
	if (ui_post(ui, line, true, NULL))
		ui_say(ui, false, "entry %" PRId64 " undone by: %s",
		       ui->chart.marks.e[v->row[v->at]].seq, line);
}

static void next_of_kind(struct ui *ui, int direction)
{
	struct journal_view *v = journal_of(ui);
	const struct journal_entry *e = ui->chart.marks.e;
	int k = v->at + direction;

	while (k >= 0 && k < v->n && command_of(e[v->row[k]].command) !=
					     command_of(e[v->row[v->at]].command))
		k += direction;
	if (k < 0 || k >= v->n)
		ui_say(ui, false, "no other entry of this kind that way");
	else
		v->at = k;
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
	const struct journal_view *v = journal_of(ui);

	if (!v->n)
		return;
	ui_show(ui, VIEW_CURVES);
	chart_look_at(&ui->chart, ui->pic, ui->chart.marks.e[v->row[v->at]].step);
}

static bool act_on_list(struct ui *ui, int action, int arg)
{
	struct journal_view *v = journal_of(ui);

	switch ((enum action)action) {
	case DO_MOVE: v->at += arg; break;
	case DO_CHOOSE: v->at = arg; break;
	case DO_PAGE: v->at += arg * 10; break;
	case DO_END: v->at = arg < 0 ? 0 : v->n - 1; break;
	case DO_MARK: next_of_kind(ui, arg); break;
	case DO_FIT: v->at = v->n - 1; break;
	default: return false;
	}
	v->at = v->at >= v->n ? v->n - 1 : v->at;
	v->at = v->at < 0 ? 0 : v->at;
	v->is_away = v->at != v->n - 1;
	return true;
}

/* The filters, the one that was asked for in words first. */
bool journal_view_back(struct ui *ui)
{
	struct journal_view *v = journal_of(ui);

	if (v->word[0])
		v->word[0] = '\0';
	else if (v->task >= 0)
		v->task = -1;
	else if (v->who != FROM_ALL)
		v->who = FROM_ALL;
	else
		return false;
	refilter(ui);
	return true;
}

bool journal_view_act(struct ui *ui, int action, int arg)
{
	struct journal_view *v = journal_of(ui);
	int n = ui->pic->n_channels;

	switch ((enum action)action) {
	case DO_OPEN: open_curves(ui); return true;
	case DO_UNDO: undo(ui); return true;
	case DO_WHO:
		v->who = (enum journal_filter)((v->who + 1) % FROMS);
		refilter(ui);
		return true;
	case DO_TASK: /* all, then each task */
		v->task = (v->task + 1 + arg + n + 1) % (n + 1) - 1;
		refilter(ui);
		return true;
	default:
		return act_on_list(ui, action, arg);
	}
}
