/*
 * view_journal.c - everything that was done to the run, by whom and when.
 */
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "keys.h"
#include "ui.h"

static void clock_text(int64_t unix_ms, char out[16])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(out, 16, "%H:%M:%S", &tm))
		str_copy(out, 16, "-");
}

static void draw_line(struct canvas *c, struct rect r, int y,
		      const struct journal_entry *e)
{
	char text[24];
	int x = r.x + 1;

	snprintf(text, sizeof text, "%lld", (long long)e->seq);
	draw_right(c, y, x + 5, 5, INK_DIM, text);
	clock_text(e->unix_ms, text);
	draw_text(c, y, x + 7, 8, INK_DIM, text);
	draw_entry(c, y, x + 16, r.w - 18, e);
}

void view_journal_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct listing l = ui->journal;
	int h = body.h - 1;

	if (!ui->n_entries) {
		draw_text(c, body.y + body.h / 2, body.x + body.w / 2 - 20, 40, INK_DIM,
			  "nothing has been done to this run yet");
		return;
	}
	draw_text(c, body.y, body.x + 1, body.w - 1, INK_DIM,
		  "  seq  time          step  who     command");
	listing_fit(&l, ui->n_entries, h);
	for (int k = 0; k < h && l.top + k < ui->n_entries; k++) {
		int y = body.y + 1 + k;

		if (l.top + k == l.at) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, body.x, 1, body.w});
			draw_text(c, y, body.x, 1, INK_STRONG, "▸");
		}
		draw_line(c, body, y, &ui->entries[l.top + k]);
		c->paper = PAPER_NONE;
	}
}

void view_journal_recalc(struct ui *ui)
{
	int64_t newest = ui->pic->n_journal ?
			 ui->pic->journal[ui->pic->n_journal - 1].seq : 0;

	int64_t have = ui->n_entries ? ui->entries[ui->n_entries - 1].seq : 0;

	/* a film goes back, too, and its journal with it */
	if (!ui->feed.journal || have == newest || (have > newest && !ui->feed.film))
		return;
	xfree(ui->entries);
	ui->entries = NULL;
	ui->n_entries = 0;
	if (ui->feed.journal(ui->feed.arg, ui->pic->run_path, &ui->entries,
			     &ui->n_entries, NULL))
		ui->n_entries = 0;
	ui->journal.at = ui->n_entries ? ui->n_entries - 1 : 0;
}

bool view_journal_act(struct ui *ui, int action, int arg)
{
	if (action == DO_MOVE)
		ui->journal.at += arg;
	else if (action == DO_PAGE)
		ui->journal.at += arg * 10;
	else if (action == DO_END)
		ui->journal.at = arg < 0 ? 0 : ui->n_entries - 1;
	else
		return false;
	listing_fit(&ui->journal, ui->n_entries, 1 << 20);
	return true;
}
