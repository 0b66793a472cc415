/*
 * view_try.c - "try a text": what every task says of a text that was typed, and
 * which of its words made one task's answer. The answer is JSON (evaluate.h) and
 * comes by ticket; until then a word says so.
 */
#include <string.h>

#include "answers/kind_view.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "trial.h"
#include "ui/keys.h"
#include "ui/models.h"
#include "ui/ui.h"
#include "widget/words.h"

enum { WHY_ROOM = 3 }; /* lines for the words that made an answer */

static int channel_named(const struct snapshot *s, const char *name)
{
	for (int i = 0; i < s->n_channels; i++)
		if (str_eq(s->ch[i].name, name))
			return i;
	return 0;
}

/* --- which task is explained --- */

/* The text as a task sees it: without its own name in front. */
static const char *text_for(const struct ui *ui, int task)
{
	const char *name = ui->pic->ch[task].name, *text = trial_of(ui)->text;

	return str_starts(text, name) && text[strlen(name)] == ' ' ?
	       text + strlen(name) + 1 : text;
}

static struct attribution_key trial_key(const struct ui *ui, int task)
{
	return attribution_key(ui, task, -1, trial_of(ui)->serial);
}

/* The answer's task at `place`: its channel, or -1; *n gets how many there are. */
static int task_at(const struct ui *ui, int place, int *n)
{
	const struct json *tasks = NULL;
	struct json *doc = NULL;
	int found = -1;

	*n = 0;
	if (json_parse(buf_str(&trial_of(ui)->answer), trial_of(ui)->answer.len, "answer", &doc,
		       NULL) != ST_OK)
		return -1;
	if (json_type(doc) == JSON_OBJECT)
		tasks = json_get(doc, "tasks");
	for (const struct json *t = tasks && json_type(tasks) == JSON_OBJECT ?
	     json_first(tasks) : NULL; t; t = json_next(t))
		for (int i = 0; i < ui->pic->n_channels; i++)
			if (str_eq(ui->pic->ch[i].name, json_key(t)) && (*n)++ == place)
				found = i;
	json_free(doc);
	return found;
}

void trial_explain(struct ui *ui, int task)
{
	const char *why = view_kind(ui->pic->ch[task].kind)->unexplained;
	struct attribution_key k = trial_key(ui, task);

	if (why)
		ui_say(ui, true, "%s", why);
	else if (ui_shows_layer(ui, VIEW_TRY))
		attribution_ask(ui, &k, text_for(ui, task), NULL);
}

static void explain_chosen(struct ui *ui)
{
	int n, task = task_at(ui, trial_of(ui)->scroll, &n);
	const struct attribution *a;
	struct attribution_key k;

	if (task < 0)
		return;
	k = trial_key(ui, task);
	a = attribution_find(ui, &k);
	if (a && !a->is_waiting && !a->why[0])
		ui->attributions.method = (ui->attributions.method + 1) % METHODS;
	else
		trial_explain(ui, task);
}

/* --- asking --- */

static void take_answer(struct ui *ui, enum status st, const char *text)
{
	struct trial *t = trial_of(ui);

	t->is_waiting = false;
	if (st && ui_shows_layer(ui, VIEW_TRY))
		ui->layer = NULL;
	buf_clear(&t->answer);
	buf_adds(&t->answer, text);
}

void trial_start(struct ui *ui, const char *text)
{
	struct trial *t = trial_of(ui);
	char line[COMMAND_TEXT];

	if (!text[strspn(text, " \t")]) {
		ui_say(ui, true, "no text, so nothing was asked");
		return;
	}
	ui_forget(ui, take_answer); /* of two that were asked only the last is shown */
	if (!str_format(line, sizeof line, "try %s", text)) {
		ui_say(ui, true, "too long to try: %zu bytes, at most %zu", strlen(text),
		       sizeof line - sizeof "try ");
		return;
	}
	str_copy(t->text, sizeof t->text, text);
	buf_clear(&t->answer);
	t->scroll = 0;
	t->serial++;
	t->is_waiting = ui_ask(ui, line, take_answer);
	if (t->is_waiting)
		ui_open_layer(ui, VIEW_TRY);
	else
		ui->layer = NULL;
}

static bool ask_anew(struct ui *ui)
{
	char text[COMMAND_TEXT];

	if (!ui_shows_layer(ui, VIEW_TRY) || !trial_of(ui)->text[0])
		return false;
	str_copy(text, sizeof text, trial_of(ui)->text);
	trial_start(ui, text);
	return true;
}

static bool act(struct ui *ui, int action, int arg)
{
	struct trial *t = trial_of(ui);
	int n;

	switch ((enum action)action) {
	case DO_MOVE:
	case DO_SCROLL:
	case DO_EXAMPLE:
		task_at(ui, 0, &n);
		t->scroll += arg;
		t->scroll = t->scroll >= n ? n - 1 : t->scroll;
		t->scroll = t->scroll < 0 ? 0 : t->scroll;
		return true;
	case DO_OPEN:
	case DO_METHOD: explain_chosen(ui); return true;
	default: return false;
	}
}

/* --- drawing --- */

/* The words that made this task's answer, where that has been asked. */
static int draw_why(struct canvas *c, const struct ui *ui, struct rect r, int y, int task)
{
	struct attribution_key k = trial_key(ui, task);
	const struct attribution *a = attribution_find(ui, &k);
	struct rect in = {y, r.x + 14, r.y + r.h - y, r.w - 16};
	enum attribution_method m = ui->attributions.method;

	if (!a || in.h < 1)
		return y;
	if (a->is_waiting || a->why[0]) {
		draw_foreign(c, y, in.x, in.w, a->why[0] ? INK_WARN : INK_DIM, a->why[0] ?
			     a->why : "asked which words made it");
		return y + 1;
	}
	y += attribution_draw(c, in, a, m, 0);
	if (a->text[1] && y < r.y + r.h)
		y += attribution_draw(c, (struct rect){y, in.x, r.y + r.h - y, in.w}, a, m,
				      1);
	if (y < r.y + r.h)
		attribution_draw_top(c, y, in.x, in.w, a, m);
	return y + 1;
}

/* How much of the text the model did not see. */
static int draw_left_out(struct canvas *c, struct rect r, int y, const struct json *task)
{
	const struct json *n = json_get(task, "left_out");
	char number[24];

	if (!n || json_type(n) != JSON_NUMBER || y >= r.y + r.h)
		return y;
	draw_textf(c, y, r.x + 14, r.w - 14, INK_WARN, "%s pieces at its end were not read",
		   fmt_count(number, (int64_t)json_number(n)));
	return y + 1;
}

static int draw_answer(struct canvas *c, const struct ui *ui, struct rect r, int y,
		       const struct json *task)
{
	int channel = channel_named(ui->pic, json_key(task));
	enum ink ink = ink_channel(channel);
	struct attribution_key k;
	struct rect top = r;

	c->flags = CELL_BOLD;
	draw_foreign(c, y, r.x, 13, ink, json_key(task));
	c->flags = 0;
	if (json_type(task) != JSON_OBJECT)
		return y + 1;
	k = trial_key(ui, channel);
	if (attribution_find(ui, &k) && r.h > 2 * WHY_ROOM)
		top.h -= WHY_ROOM; /* what was asked is shown before the rest */
	y = view_kind(ui->pic->ch[channel].kind)->draw_tried(c, top, y, task, ink);
	y = draw_left_out(c, r, y, task);
	return draw_why(c, ui, r, y, channel) + 1;
}

static void draw_answers(struct canvas *c, const struct ui *ui, struct rect r)
{
	struct json *doc = NULL;
	const struct json *tasks;
	int y = r.y, skip = trial_of(ui)->scroll;

	if (json_parse(buf_str(&trial_of(ui)->answer), trial_of(ui)->answer.len, "answer", &doc,
		       NULL) != ST_OK) {
		draw_text(c, y, r.x, r.w, INK_WARN, "the answer cannot be read");
		return;
	}
	tasks = json_type(doc) == JSON_OBJECT ? json_get(doc, "tasks") : NULL;
	if (tasks && json_type(tasks) == JSON_OBJECT)
		for (const struct json *t = json_first(tasks); t && y < r.y + r.h;
		     t = json_next(t))
			if (skip-- <= 0) {
				if (y == r.y)
					draw_text(c, y, r.x - 2, 1, INK_STRONG, "▸");
				y = draw_answer(c, ui, r, y, t);
			}
	json_free(doc);
}

/* On the rule below a text that has more lines than are shown. */
static void draw_cut(struct canvas *c, int y, int end, int words)
{
	char number[24], text[48];

	str_format(text, sizeof text, " %s words, not all shown ",
		   fmt_count(number, words));
	draw_right(c, y, end - 1, (int)strlen(text), INK_DIM, text);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct rect in = rect_cut(body, 2, 3, 1, 3);
	struct word *w;
	char name[64], title[96];
	int n, lines;
	bool is_cut;

	models_name(ui, name);
	str_format(title, sizeof title, "try a text · %s", name);
	draw_titled_box(c, body, title, NULL);
	w = words_cut(trial_of(ui)->text, &n);
	lines = words_draw(c, (struct rect){in.y, in.x, in.h / 3, in.w}, w, n, 0,
			   false);
	xfree(w);
	is_cut = lines > in.h / 3;
	if (is_cut)
		lines = in.h / 3;
	draw_rule(c, in.y + lines, in.x, in.w, INK_FRAME);
	if (is_cut)
		draw_cut(c, in.y + lines, in.x + in.w, n);
	in = rect_cut(in, lines + 2, 0, 0, 0);
	if (trial_of(ui)->is_waiting)
		draw_text(c, in.y, in.x, in.w, INK_DIM,
			  models_is_live(ui) ? "asked; the answer comes between two steps" :
			  "asked; the checkpoint is opened if need be, then it answers");
	else
		draw_answers(c, ui, in);
}

static void *own_new(void)
{
	struct trial *t = xcalloc(1, sizeof *t);

	buf_init(&t->answer);
	return t;
}

static void own_free(void *own)
{
	struct trial *t = own;

	buf_release(&t->answer);
	xfree(t);
}

const struct view view_try = {
	.name = "Try", .brief = "Try",
	.own_new = own_new, .own_free = own_free,
	.draw = draw, .act = act, .model_changed = ask_anew,
	.hints = "j k task   o which words   t another   @ model   Esc back",
};
