/*
 * history.h - the Journal view's own state.
 */
#ifndef TUTTI_TUI_HISTORY_H
#define TUTTI_TUI_HISTORY_H

#include "effect.h"

enum { EFFECTS_KEPT = 128, HISTORY_WORD = 64 };
enum history_who { FROM_ALL, FROM_YOU, FROM_SCRIPT, FROM_GUARD, FROMS };

struct history {
	int at, top;             /* into `row` */
	bool is_away;            /* the person moved off the newest entry */
	enum history_who who;
	int task;                /* -1: entries on any */
	char word[HISTORY_WORD]; /* entries with it in their text; "": any */
	/* derived: the entries that are shown, as places in the marks */
	int *row;
	int n;
	size_t cap;
	int64_t newest;          /* what `row` was made from: seq, filters */
	bool is_stale;
	struct effect *effect;   /* EFFECTS_KEPT, by seq */
	double read_at;
};
void history_init(struct history *h);
void history_release(struct history *h);

struct ui;
/* ":find TEXT": only entries with it; "" all. */
void history_find(struct ui *ui, const char *text);
/* The effect of entry i of the marks, or NULL while it is not measured. */
const struct effect *history_effect(const struct ui *ui, int i);

#endif
