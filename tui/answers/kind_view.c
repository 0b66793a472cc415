/*
 * kind_view.c - the rows of kind_view.h by kind, and the tasks of a view.
 */
#include "kind_view.h"

static const struct view_kind *const rows[TASK_KINDS] = {
#define VIEW_KIND_ROW(constant, name) [TASK_##constant] = &view_kind_##name,
	TASK_KIND_LIST(VIEW_KIND_ROW)
#undef VIEW_KIND_ROW
};

const struct view_kind *view_kind(enum task_kind k)
{
	BUG_IF((unsigned)k >= TASK_KINDS);
	return rows[k];
}

static bool is_shown(const struct ui *ui, enum view_id view, int task)
{
	return view_kind(ui->pic->ch[task].kind)->view == view;
}

int view_first_task(const struct ui *ui, enum view_id view, int chosen)
{
	const struct snapshot *s = ui->pic;

	if (chosen >= 0 && chosen < s->n_channels)
		return chosen;
	for (int i = 0; i < s->n_channels; i++)
		if (is_shown(ui, view, i))
			return i;
	return -1;
}

int view_next_task(const struct ui *ui, enum view_id view, int task, int dir)
{
	int n = ui->pic->n_channels, t = task;

	for (int k = 0; k < n; k++) {
		t = (t + dir + n) % n;
		if (is_shown(ui, view, t))
			return t;
	}
	return task;
}
