/*
 * view_table.h - the views by their ids, for the desk that shows them.
 */
#ifndef TUTTI_TUI_VIEW_TABLE_H
#define TUTTI_TUI_VIEW_TABLE_H

#include "ui/view.h"

#define VIEW_ROW(id, name) extern const struct view view_##name;
VIEW_LIST(VIEW_ROW)
LAYER_LIST(VIEW_ROW)
#undef VIEW_ROW
extern const struct view *const view_table[VIEW_ROWS];

#endif
