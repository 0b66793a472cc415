/*
 * view_try.c - "try a text": what every task says of a text that was typed. The
 * answer is JSON (evaluate.h) and comes by ticket; until then a word says so.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "models.h"
#include "ui.h"
#include "words.h"

/* The member with the largest number under `limit`, the first one of equals. */
static const struct json *largest_below(const struct json *p, double limit)
{
	const struct json *best = NULL;

	for (const struct json *k = json_first(p); k; k = json_next(k))
		if (json_type(k) == JSON_NUMBER && json_number(k) < limit &&
		    (!best || json_number(k) > json_number(best)))
			best = k;
	return best;
}

static int draw_labels(struct canvas *c, struct rect r, int y, const struct json *p,
		       enum ink ink)
{
	double below = INFINITY;

	for (int most = 6; most > 0 && y < r.y + r.h; most--) { /* the largest first */
		const struct json *k = largest_below(p, below);
		double v = k ? json_number(k) : NAN;
		char number[24];

		if (!k)
			break;
		below = v;
		draw_foreign(c, y, r.x + 14, 12, v >= .5 ? INK_STRONG : INK_DIM,
			     json_key(k));
		draw_bar(c, y, r.x + 27, 24, v, ink);
		snprintf(number, sizeof number, "%.3f", v);
		draw_text(c, y, r.x + 53, 6, INK_TEXT, number);
		y++;
	}
	return y;
}

static int draw_summary(struct canvas *c, struct rect r, int y, const char *text)
{
	struct rect in = {y, r.x + 14, r.y + r.h - y, r.w - 16};
	struct word *w;
	int n, lines;

	w = words_cut(text, &n);
	lines = words_draw(c, in, w, n, 0, false);
	xfree(w);
	return y + (lines ? lines : 1);
}

static int channel_named(const struct snapshot *s, const char *name)
{
	for (int i = 0; i < s->n_channels; i++)
		if (str_eq(s->ch[i].name, name))
			return i;
	return 0;
}

static int draw_answer(struct canvas *c, const struct ui *ui, struct rect r, int y,
		       const struct json *task)
{
	enum ink ink = ink_channel(channel_named(ui->pic, json_key(task)));
	const struct json *v;

	c->flags = CELL_BOLD;
	draw_foreign(c, y, r.x, 13, ink, json_key(task));
	c->flags = 0;
	if (json_type(task) != JSON_OBJECT)
		return y + 1;
	if ((v = json_get(task, "p")) && json_type(v) == JSON_OBJECT)
		return draw_labels(c, r, y, v, ink) + 1;
	if ((v = json_get(task, "text")) && json_type(v) == JSON_STRING)
		return draw_summary(c, r, y, json_string(v)) + 1;
	if ((v = json_get(task, "value")) && json_type(v) == JSON_NUMBER)
		draw_textf(c, y, r.x + 14, 20, INK_STRONG, "%.3f", json_number(v));
	return y + 2;
}

static void draw_answers(struct canvas *c, const struct ui *ui, struct rect r)
{
	struct json *doc = NULL;
	const struct json *tasks;
	int y = r.y, skip = ui->trial.scroll;

	if (json_parse(buf_str(&ui->trial.answer), ui->trial.answer.len, "answer", &doc,
		       NULL) != ST_OK) {
		draw_text(c, y, r.x, r.w, INK_WARN, "the answer cannot be read");
		return;
	}
	tasks = json_type(doc) == JSON_OBJECT ? json_get(doc, "tasks") : NULL;
	if (tasks && json_type(tasks) == JSON_OBJECT)
		for (const struct json *t = json_first(tasks); t && y < r.y + r.h;
		     t = json_next(t))
			if (skip-- <= 0)
				y = draw_answer(c, ui, r, y, t);
	json_free(doc);
}

void draw_trial(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct rect in = rect_cut(body, 2, 3, 1, 3);
	struct word *w;
	char name[64], title[96];
	int n, lines;

	models_name(ui, name);
	str_format(title, sizeof title, "try a text · %s", name);
	draw_titled_box(c, body, title, "t another · @ model · Esc back");
	w = words_cut(ui->trial.text, &n);
	lines = words_draw(c, (struct rect){in.y, in.x, in.h / 3, in.w}, w, n, 0,
			   false);
	xfree(w);
	if (lines > in.h / 3)
		lines = in.h / 3;
	draw_rule(c, in.y + lines, in.x, in.w, INK_FRAME);
	in = rect_cut(in, lines + 2, 0, 0, 0);
	if (ui->trial.is_waiting)
		draw_text(c, in.y, in.x, in.w, INK_DIM,
			  models_is_live(ui) ? "asked; the answer comes between two steps" :
			  "asked; the checkpoint is opened if need be, then it answers");
	else
		draw_answers(c, ui, in);
}
