/*
 * summaries_beams.c - the other summaries that the search found: asked of the
 * trainer, kept per example and evaluation.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "summaries_own.h"
#include "ui/models.h"

enum { TEXT_LEFT = 64 }; /* of a command's length, for its first words */

static bool is_of(const struct beams_kept *k, const struct beams_kept *want)
{
	return k->task == want->task && k->row == want->row && k->step == want->step &&
	       str_eq(k->model, want->model);
}

/* What the example shown would be kept as. */
static struct beams_kept wanted(const struct ui *ui)
{
	const struct summaries_view *v = summaries_of(ui);
	struct beams_kept k = {.task = v->set_task, .row = v->row,
			       .step = v->data.set.step};

	models_name(ui, k.model);
	return k;
}

static const struct beams_kept *find(const struct summaries_view *v,
				     const struct beams_kept *want)
{
	int n = v->n_beams < BEAMS_KEPT ? v->n_beams : BEAMS_KEPT;

	for (int i = 0; i < n; i++)
		if (is_of(&v->beams[i], want))
			return &v->beams[i];
	return NULL;
}

const struct beams_kept *summaries_beams(const struct ui *ui)
{
	struct beams_kept want = wanted(ui);

	return find(summaries_of(ui), &want);
}

/* The oldest gives way. */
static void keep(struct summaries_view *v, const struct beams_kept *k)
{
	struct beams_kept *at = &v->beams[v->n_beams++ % BEAMS_KEPT];

	if (v->n_beams >= 2 * BEAMS_KEPT)
		v->n_beams -= BEAMS_KEPT;
	xfree(at->json);
	*at = *k;
}

static void take_beams(struct ui *ui, enum status st, const char *text)
{
	struct summaries_view *v = summaries_of(ui);

	v->is_asked = false;
	v->asked.json = st ? NULL : xstrdup(text);
	keep(v, &v->asked);
	v->asked.json = NULL;
}

/* One line: a newline would end the command. Cut between two characters. */
static void one_line(struct buf *out, const char *text, size_t cap)
{
	size_t n = strlen(text);

	if (n > cap)
		for (n = cap; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)text[i];

		buf_addc(out, b < 32 || b == 127 ? ' ' : text[i]);
	}
}

void summaries_ask_beams(struct ui *ui)
{
	struct summaries_view *v = summaries_of(ui);
	int i = summaries_shown(v);
	struct buf line;

	if (i < 0 || v->is_asked || ui_looks_only(ui) || ui_has_no_model(ui) ||
	    summaries_beams(ui))
		return;
	v->asked = wanted(ui);
	buf_init(&line);
	buf_addf(&line, "beams %s ", ui->pic->ch[v->task].name);
	one_line(&line, v->data.set.row[i].text ? v->data.set.row[i].text : "",
		 COMMAND_TEXT - TEXT_LEFT);
	v->is_asked = ui_ask(ui, buf_str(&line), take_beams);
	if (!v->is_asked)
		keep(v, &v->asked);
	buf_release(&line);
}

/* --- drawing --- */

static void draw_candidate(struct canvas *c, struct rect r, const struct json *k,
			   const char *reference, struct rouge_scorer *rs, bool is_best)
{
	const struct json *score = json_get(k, "score"), *text = json_get(k, "text");
	struct rouge rouge;
	char number[24];

	if (!score || !text || json_type(score) != JSON_NUMBER ||
	    json_type(text) != JSON_STRING)
		return;
	rouge_score(rs, reference, json_string(text), &rouge);
	snprintf(number, sizeof number, "%.2f", json_number(score));
	draw_right(c, r.y, r.x + 6, 6, is_best ? INK_TEXT : INK_DIM, number);
	draw_right(c, r.y, r.x + 12, 5, INK_STRONG, fmt_metric(number, rouge.r1.f1));
	draw_right(c, r.y, r.x + 18, 5, INK_DIM, fmt_metric(number, rouge.r2.f1));
	draw_right(c, r.y, r.x + 24, 5, INK_DIM, fmt_metric(number, rouge.rl.f1));
	if (r.h > 1) {
		int n;
		struct word *w = words_cut(json_string(text), &n);

		words_draw(c, rect_cut(r, 0, 0, 0, 26), w, n, 0, false);
		xfree(w);
	} else {
		draw_foreign(c, r.y, r.x + 26, r.w - 26, is_best ? INK_TEXT : INK_DIM,
			     json_string(text));
	}
}

static void draw_answer(struct canvas *c, struct rect r, const char *text,
			const char *reference, struct rouge_options o)
{
	struct rouge_scorer *rs = rouge_scorer_new(o);
	struct json *doc = NULL;
	const struct json *list = NULL, *whole;
	int y = r.y, lines = 1;

	if (json_parse(text, strlen(text), "answer", &doc, NULL) == ST_OK &&
	    json_type(doc) == JSON_OBJECT)
		list = json_get(doc, "beams");
	if (list && json_type(list) == JSON_ARRAY) {
		if (2 * json_len(list) <= r.h)
			lines = 2;
		for (const struct json *k = json_first(list); k && y < r.y + r.h;
		     k = json_next(k), y += lines)
			if (json_type(k) == JSON_OBJECT)
				draw_candidate(c, (struct rect){y, r.x, lines, r.w}, k,
					       reference, rs, y == r.y);
	} else {
		draw_text(c, y, r.x, r.w, INK_WARN, "the answer cannot be read");
	}
	whole = doc && json_type(doc) == JSON_OBJECT ? json_get(doc, "whole") : NULL;
	if (y < r.y + r.h && whole && json_type(whole) == JSON_BOOL && !json_bool(whole))
		draw_text(c, y, r.x, r.w, INK_DIM,
			  "the search was stopped: it took too long");
	json_free(doc);
	rouge_scorer_free(rs);
}

void draw_beams(struct canvas *c, const struct ui *ui, struct rect r,
		const char *reference)
{
	const struct beams_kept *k = summaries_beams(ui);
	char name[64];

	if (r.h < 2)
		return;
	if (ui_has_no_model(ui)) {
		draw_text(c, r.y, r.x, r.w, INK_DIM, "imported: no model that could say others");
		return;
	}
	draw_text(c, r.y, r.x, r.w, INK_DIM, " score    R1    R2    RL");
	models_name(ui, name);
	if (r.w >= 70 && !ui_looks_only(ui)) /* no title says so */
		draw_right(c, r.y, r.x + r.w - 1, 36, INK_DIM, name);
	r = rect_cut(r, 1, 0, 0, 0);
	if (k && k->json)
		draw_answer(c, r, k->json, reference, summaries_of(ui)->rouge);
	else if (k)
		draw_text(c, r.y, r.x, r.w, INK_DIM, "there was no answer");
	else if (ui_looks_only(ui))
		draw_text(c, r.y, r.x, r.w, INK_DIM, "this screen only looks");
	else
		draw_text(c, r.y, r.x, r.w, INK_DIM, models_is_live(ui) ?
			  "asked; the answer comes between two steps" :
			  "asked; the model is being opened");
}
