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
static bool list_anew(struct summaries_view *re)
{
	re->at = 0;
	re->row = -1;
	summaries_arrange(re);
	return true;
}

static void find(struct ui *ui, int dir)
{
	struct summaries_view *re = summaries_of(ui);
	int hits = 0, at = -1;

	if (!re->find[0]) {
		ui_say(ui, true, "nothing to look for: / asks what");
		return;
	}
	if (re->n_order)
		at = summaries_find(re, re->find, dir, &hits);
	if (at < 0) {
		ui_say(ui, true, "no example of the list holds '%s'", re->find);
		return;
	}
	re->at = at;
	ui_say(ui, false, "%d of %d hold '%s'", hits, re->n_order, re->find);
}

void summaries_look_for(struct ui *ui, const char *text)
{
	str_copy(summaries_of(ui)->find, sizeof summaries_of(ui)->find, text);
	if (summaries_of(ui)->task < 0)
		return;
	find(ui, 1);
	summaries_settle(summaries_of(ui));
}

static void scroll(struct summaries_view *re, int by)
{
	int i = summaries_shown(re), n = 0;
	struct word *w = words_cut(i >= 0 ? re->data.set.row[i].text : NULL, &n);
	struct canvas plain = {.fancy = true, .colour = true};
	int lines = n ? words_line(&plain, 54, w, n, n - 1) : 0;

	re->scroll += by;
	re->scroll = re->scroll > lines ? lines : re->scroll;
	re->scroll = re->scroll < 0 ? 0 : re->scroll;
	xfree(w);
}

static void choose_token(struct summaries_view *re, int by)
{
	if (!re->n_tokens)
		return;
	re->token = re->token < 0 ? (by > 0 ? 0 : re->n_tokens - 1) : re->token + by;
	re->token = re->token < 0 ? 0 :
		    re->token >= re->n_tokens ? re->n_tokens - 1 : re->token;
}

/* How the example is looked at; false: not such a key. */
static bool act_on_look(struct ui *ui, enum action action, int arg)
{
	struct summaries_view *re = summaries_of(ui);

	switch (action) {
	case DO_SCROLL: scroll(re, arg); break;
	case DO_SIDE: choose_token(re, arg); break;
	case DO_CHOOSE: re->token = arg < re->n_tokens ? arg : -1; break;
	case DO_MODE:
		re->mode = (re->mode + 1) % READ_MODES;
		re->shows_change = false;
		break;
	case DO_COMPARE: re->shows_change = !re->shows_change; break;
	case DO_BEAMS:
		re->pane = re->pane == PANE_BEAMS ? PANE_HISTORY : PANE_BEAMS;
		break;
	case DO_PANE: re->pane = (re->pane + 1) % SUMMARIES_PANES; break;
	default: return false;
	}
	return true;
}

bool summaries_act(struct ui *ui, int action, int arg)
{
	struct summaries_view *re = summaries_of(ui);

	if (re->task < 0)
		return false;
	if (act_on_look(ui, (enum action)action, arg))
		return true;
	switch ((enum action)action) {
	case DO_EXAMPLE: re->at += arg; break;
	case DO_PAGE: re->at += 10 * arg; break;
	case DO_END: re->at = arg < 0 ? 0 : re->n_order; break;
	case DO_SORT:
		re->sort = (re->sort + 1) % SUMMARIES_SORTS;
		return list_anew(re);
	case DO_FILTER:
		re->only = (re->only + 1) % SUMMARIES_FILTERS;
		return list_anew(re);
	case DO_TASK: next_task(ui, arg); break;
	case DO_NEXT: find(ui, arg); break;
	case DO_EXPORT: summaries_export(ui); break;
	default: return false;
	}
	summaries_settle(re);
	return true;
}

bool summaries_go_back(struct ui *ui)
{
	struct summaries_view *re = summaries_of(ui);

	if (summaries_back(re))
		return true;
	if (re->only == ONLY_ALL)
		return false;
	re->only = ONLY_ALL;
	return list_anew(re);
}
