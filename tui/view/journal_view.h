/*
 * journal_view.h - what the files of the Journal view share: its own data, and who
 * does what.
 */
#ifndef TUTTI_TUI_JOURNAL_VIEW_H
#define TUTTI_TUI_JOURNAL_VIEW_H

#include "command/coming.h"
#include "feed/effect.h"
#include "ui/ui.h"

enum { EFFECTS_KEPT = 128, JOURNAL_WORD = 64 };
enum journal_filter { FROM_ALL, FROM_YOU, FROM_SCRIPT, FROM_GUARD, FROM_TIMER, FROM_ACTOR,
		      FROMS };

struct journal_view {
	int at;                  /* into `row` */
	bool is_away;            /* the person moved off the newest entry */
	enum journal_filter who;
	int task;                /* -1: entries on any */
	char word[JOURNAL_WORD]; /* entries with it in their text; "": any */
	/* derived: the entries that are shown, as places in the marks */
	int *row;
	int n;
	size_t cap;
	struct { int64_t seq, to; } *jump; /* entries that went back, and to which step */
	int n_jumps;
	size_t cap_jumps;
	struct coming coming;    /* of all entries that stand, whatever is shown */
	int64_t newest;          /* what `row` was made from: seq, filters */
	bool is_stale;
	struct effect *effect;   /* EFFECTS_KEPT, by seq */
	double read_at;
};
static inline struct journal_view *journal_of(const struct ui *ui)
{
	return ui->own[VIEW_JOURNAL];
}

/* What its row does (view_journal.c), in journal_list.c. */
void *journal_view_new(void);
void journal_view_free(void *own);
void journal_view_recalc(struct ui *ui);
bool journal_view_act(struct ui *ui, int action, int arg);
bool journal_view_back(struct ui *ui);
/* ":find TEXT": shows the view with only the entries that have it; "" all. */
void journal_view_find(struct ui *ui, const char *text);
/* Was entry i of the marks left behind, when the run went back to a step before it? */
bool journal_view_is_left(const struct ui *ui, int i);
/* The effect of entry i of the marks, or NULL while it is not measured. */
const struct effect *journal_view_effect(const struct ui *ui, int i);

#endif
