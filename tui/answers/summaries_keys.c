/*
 * summaries_keys.c - what the keys of the Summaries view do.
 */
#include "base/mem.h"
#include "base/str.h"
#include "kind_view.h"
#include "summaries_own.h"
#include "ui/keys.h"

static void next_task(struct ui *ui, int dir)
{
	if (summaries_of(ui)->task < 0)
		return;
	summaries_of(ui)->task = view_next_task(ui, VIEW_SUMMARIES, summaries_of(ui)->task, dir);
	summaries_of(ui)->at = summaries_of(ui)->scroll = 0;
}

/* Another order or filter: from its beginning, whatever that turns out to be. */
static bool list_anew(struct summaries_view *v)
{
	v->at = 0;
	v->row = -1;
	summaries_arrange(v);
	return true;
}

static void find(struct ui *ui, int dir)
{
	struct summaries_view *v = summaries_of(ui);
	int hits = 0, at = -1;

	if (!v->find[0]) {
		ui_say(ui, true, "nothing to look for: / asks what");
		return;
	}
	if (v->n_order)
		at = summaries_find(v, v->find, dir, &hits);
	if (at < 0) {
		ui_say(ui, true, "no example of the list holds '%s'", v->find);
		return;
	}
	v->at = at;
	ui_say(ui, false, "%d of %d hold '%s'", hits, v->n_order, v->find);
}

void summaries_look_for(struct ui *ui, const char *text)
{
	str_copy(summaries_of(ui)->find, sizeof summaries_of(ui)->find, text);
	if (summaries_of(ui)->task < 0)
		return;
	find(ui, 1);
	summaries_settle(summaries_of(ui));
}

static void scroll(struct summaries_view *v, int by)
{
	int i = summaries_shown(v), n = 0;
	struct word *w = words_cut(i >= 0 ? v->data.set.row[i].text : NULL, &n);
	struct canvas plain = {.fancy = true, .colour = true};
	int lines = n ? words_line(&plain, 54, w, n, n - 1) : 0;

	v->scroll += by;
	v->scroll = v->scroll > lines ? lines : v->scroll;
	v->scroll = v->scroll < 0 ? 0 : v->scroll;
	xfree(w);
}

static void choose_token(struct summaries_view *v, int by)
{
	if (!v->n_tokens)
		return;
	v->token = v->token < 0 ? (by > 0 ? 0 : v->n_tokens - 1) : v->token + by;
	v->token = v->token < 0 ? 0 :
		    v->token >= v->n_tokens ? v->n_tokens - 1 : v->token;
}

/* How the example is looked at; false: not such a key. */
static bool act_on_look(struct ui *ui, enum action action, int arg)
{
	struct summaries_view *v = summaries_of(ui);

	switch (action) {
	case DO_SCROLL: scroll(v, arg); break;
	case DO_SIDE: choose_token(v, arg); break;
	case DO_CHOOSE: v->token = arg < v->n_tokens ? arg : -1; break;
	case DO_MODE:
		v->mode = (v->mode + 1) % READ_MODES;
		v->shows_change = false;
		break;
	case DO_COMPARE: v->shows_change = !v->shows_change; break;
	case DO_BEAMS:
		v->pane = v->pane == PANE_BEAMS ? PANE_HISTORY : PANE_BEAMS;
		break;
	case DO_PANE: v->pane = (v->pane + 1) % SUMMARIES_PANES; break;
	default: return false;
	}
	return true;
}

bool summaries_act(struct ui *ui, int action, int arg)
{
	struct summaries_view *v = summaries_of(ui);

	if (v->task < 0)
		return false;
	if (act_on_look(ui, (enum action)action, arg))
		return true;
	switch ((enum action)action) {
	case DO_EXAMPLE: v->at += arg; break;
	case DO_PAGE: v->at += 10 * arg; break;
	case DO_END: v->at = arg < 0 ? 0 : v->n_order; break;
	case DO_SORT:
		v->sort = (v->sort + 1) % SUMMARIES_SORTS;
		return list_anew(v);
	case DO_FILTER:
		v->only = (v->only + 1) % SUMMARIES_FILTERS;
		return list_anew(v);
	case DO_TASK: next_task(ui, arg); break;
	case DO_NEXT: find(ui, arg); break;
	case DO_EXPORT: summaries_export(ui); break;
	default: return false;
	}
	summaries_settle(v);
	return true;
}

/* Takes the filter away; false: there is none. */
static bool show_all(struct summaries_view *v)
{
	if (v->only == ONLY_ALL)
		return false;
	v->only = ONLY_ALL;
	return list_anew(v);
}

/* What is open, one thing at a time, and then the filter. */
bool summaries_back(struct ui *ui)
{
	struct summaries_view *v = summaries_of(ui);

	if (v->token >= 0)
		v->token = -1;
	else if (v->shows_change)
		v->shows_change = false;
	else if (v->pane != PANE_HISTORY)
		v->pane = PANE_HISTORY;
	else
		return show_all(v);
	return true;
}
