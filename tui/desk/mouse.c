/*
 * mouse.c - events to actions.
 */
#include "mouse.h"

#include <math.h>
#include <string.h>

#include "ui/keys.h"

double mouse_weight(double place)
{
	return exp2(rint(place * 24 - 12) / 4);
}

static bool act(struct ui *ui, int action, int arg)
{
	return ui->views[ui->view]->act(ui, action, arg);
}

static void move_fader(struct ui *ui, const struct zone *z, const struct mouse *m)
{
	bool is_upright = z->action == DO_FADER_UP;
	int far = is_upright ? z->r.y + z->r.h - 1 - m->y : m->x - z->r.x;
	int span = (is_upright ? z->r.h : z->r.w) - 1;
	double place = span > 0 ? (double)far / span : 0;

	place = place < 0 ? 0 : place > 1 ? 1 : place;
	ui_wish(ui, z->choose, KNOB_WEIGHT, mouse_weight(place));
}

static void press(struct mouse_hold *hold, struct ui *ui, const struct zone *z,
		  const struct mouse *m)
{
	if (z->action == DO_VIEW) {
		ui_show(ui, (enum view_id)z->arg);
		return;
	}
	if (z->choose >= 0)
		act(ui, DO_CHOOSE, z->choose);
	if (z->action == DO_FADER || z->action == DO_FADER_UP) {
		*hold = (struct mouse_hold){true, *z};
		move_fader(ui, z, m);
	} else if (z->action != DO_NONE) {
		act(ui, z->action, z->arg);
	}
}

static bool has_action(const struct ui *ui, enum action a)
{
	for (int i = 0; i < key_count; i++)
		if (key_table[i].action == a && key_table[i].on & (1u << ui->view))
			return true;
	return false;
}

/* The fader under the pointer, else what scrolls in this view. */
static void turn_wheel(struct ui *ui, const struct zone *z, int down)
{
	if (ui->layer) {
		ui->layer->act(ui, DO_SCROLL, down);
	} else if (z && (z->action == DO_FADER || z->action == DO_FADER_UP)) {
		act(ui, DO_CHOOSE, z->choose);
		act(ui, DO_WEIGHT, -down);
	} else if (has_action(ui, DO_SCROLL) && !(z && z->choose >= 0)) {
		act(ui, DO_SCROLL, down);
	} else {
		act(ui, DO_MOVE, down);
	}
}

void mouse_act(struct mouse_hold *hold, struct ui *ui, const struct canvas *c,
	       const struct mouse *m)
{
	const struct zone *z = canvas_zone(c, m->y, m->x);

	if (!c->mouse || ui->ask != ASK_NONE)
		return;
	ui_recalc(ui);
	if (m->is_release)
		hold->is_dragging = false;
	else if (m->button == MOUSE_UP || m->button == MOUSE_DOWN)
		turn_wheel(ui, z, m->button == MOUSE_UP ? -1 : 1);
	else if (m->is_drag && hold->is_dragging)
		move_fader(ui, &hold->zone, m);
	else if (m->button == MOUSE_LEFT && !m->is_drag && z)
		press(hold, ui, z, m);
}
