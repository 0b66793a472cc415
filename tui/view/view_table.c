/*
 * view_table.c - the views by their ids.
 */
#include "view_table.h"

#define ROW(id, name) [VIEW_##id] = &view_##name,
const struct view *const view_table[VIEW_ROWS] = {VIEW_LIST(ROW) LAYER_LIST(ROW)};
