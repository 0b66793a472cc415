/*
 * view_data.c
 */
#include "keys.h"
#include "ui.h"

void view_data_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	(void)ui;
	draw_nothing(c, body, "nothing to show yet");
}

bool view_data_act(struct ui *ui, int action, int arg)
{
	(void)ui;
	(void)action;
	(void)arg;
	return false;
}
