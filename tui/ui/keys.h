/*
 * keys.h - the one table of keys: dispatch, the help view and the manual are
 * read from it.
 */
#ifndef TUTTI_TUI_KEYS_H
#define TUTTI_TUI_KEYS_H

#include <stdint.h>

#include "screen/action.h"
#include "ui.h"

#define ON_VIEW(id, name) ON_##id = 1 << VIEW_##id,
enum { VIEW_LIST(ON_VIEW) ON_ALL = (1 << VIEWS) - 1 };
#undef ON_VIEW

struct key_row {
	unsigned on;          /* views where it holds */
	uint32_t key, other;  /* 0: none */
	enum action action;
	int arg;
	const char *command;  /* DO_COMMAND: the line it posts */
	const char *label;    /* for help: "h l"; NULL: shares the row above */
	const char *help;
};
extern const struct key_row key_table[];
extern const int key_count;

/* It changes the run: nothing for a run that has ended. */
bool key_steers(const struct key_row *k);
/* It steers the run or asks its model: nothing for a screen that only looks. */
bool key_wants_run(const struct key_row *k);
/* It can do nothing on this screen: ui_say_no_steering says why. */
bool key_is_idle(const struct ui *ui, const struct key_row *k);
const struct key_row *key_find(enum view_id view, uint32_t key);
/* The letter that does this there, for buttons; '?' when no key does. */
char key_letter(enum view_id view, enum action action, int arg);

#endif
