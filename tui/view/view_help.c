/*
 * view_help.c - help from the tables: keys of the view below, keys that hold
 * everywhere, every command; `:help WORD` shows one command whole.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "desk_command.h"
#include "guard/guard.h"
#include "ui/keys.h"
#include "view_help.h"
#include "widget/meanings.h"
#include "widget/words.h"

/* A page is drawn line by line; without a canvas the lines are only counted. */
struct page_pen {
	struct canvas *c;
	struct rect r;
	int top, line;
};

static bool next_line(struct page_pen *p, int *y)
{
	int line = p->line++;

	*y = p->r.y + line - p->top;
	return p->c && line >= p->top && line < p->top + p->r.h;
}

static void blank(struct page_pen *p)
{
	p->line++;
}

static void head(struct page_pen *p, const char *text)
{
	int y, used;

	if (!next_line(p, &y))
		return;
	p->c->flags = CELL_BOLD;
	used = draw_text(p->c, y, p->r.x + 1, p->r.w - 2, INK_STRONG, text);
	p->c->flags = 0;
	draw_rule(p->c, y, p->r.x + used + 2, p->r.w - used - 3, INK_FRAME);
}

/* Words wrapped into r's columns, from the next line on. */
static void wrapped(struct page_pen *p, struct rect r, const char *text)
{
	struct word *w;
	int n, lines, skip;

	w = words_cut(text, &n);
	r.y = p->r.y + p->line - p->top;
	skip = r.y < p->r.y ? p->r.y - r.y : 0;
	r.y += skip;
	r.h = p->r.y + p->r.h - r.y;
	if (p->c) {
		lines = words_draw(p->c, r, w, n, skip, false);
	} else {
		struct canvas none = {0};

		lines = words_draw(&none, (struct rect){0, 0, 0, r.w}, w, n, 0, false);
	}
	xfree(w);
	p->line += lines;
}

static void paragraph(struct page_pen *p, const char *text)
{
	struct rect r = p->r;

	r.x += 3;
	r.w = r.w - 6 > 76 ? 76 : r.w - 6;
	wrapped(p, r, text);
}

/* A key that is wider than its column has a line of its own. */
static void row(struct page_pen *p, int key_cols, const char *key, const char *text)
{
	struct rect r = rect_cut(p->r, 0, 1, 0, 4 + key_cols);
	bool is_wide = (int)strlen(key) > key_cols;
	int y;

	if (next_line(p, &y))
		draw_text(p->c, y, p->r.x + 3, p->r.w - 4, INK_KEY, key);
	p->line -= !is_wide;
	wrapped(p, r, text);
}

static void keys_of(struct page_pen *p, const struct ui *ui, unsigned view,
		    bool everywhere)
{
	for (int i = 0; i < key_count; i++) {
		const struct key_row *k = &key_table[i];

		if (key_is_idle(ui, k))
			continue;
		if (k->label && (k->on == ON_ALL) == everywhere && k->on & view)
			row(p, 14, k->label, k->help);
	}
}

static void commands(struct page_pen *p, const struct ui *ui)
{
	for (int i = 0; i < command_count; i++)
		if (ui_may_steer(ui) || command_table[i]->flags & CMD_ASKS)
			row(p, 30, command_table[i]->usage, command_table[i]->help);
}

static void own_commands(struct page_pen *p)
{
	for (int i = 0; i < desk_command_count; i++)
		if (!command_find(desk_command_table[i].name))
			row(p, 30, desk_command_table[i].usage, desk_command_table[i].help);
}

static void one_desk_command(struct page_pen *p, const struct desk_command *l)
{
	head(p, l->usage);
	blank(p);
	paragraph(p, l->help);
	blank(p);
	paragraph(p, l->more);
}

/* Each guard: what it looks for, what it is called, its parameters. */
static void guards(struct page_pen *p)
{
	char text[200];

	for (int i = 0; guard_at(i); i++) {
		const struct guard_row *g = guard_at(i);

		row(p, 10, g->name, g->help);
		str_format(text, sizeof text, "says %s; unless told: %s; act: %s", g->sign,
			   guard_mode_name(g->fallback), g->acts);
		row(p, 10, "", text);
		for (int k = 0; k < GUARD_PARAMS && g->param[k].name; k++) {
			str_format(text, sizeof text, "%s=%g: %s", g->param[k].name,
				   g->param[k].fallback, g->param[k].help);
			row(p, 10, "", text);
		}
	}
	blank(p);
}

static void one_command(struct page_pen *p, const struct command_row *c)
{
	head(p, c->usage);
	blank(p);
	paragraph(p, c->help);
	blank(p);
	if (c->more)
		paragraph(p, c->more);
	blank(p);
	if (c->example) {
		row(p, 12, "for example", c->example);
		blank(p);
	}
	if (c->arg[0] == ARG_GUARD)
		guards(p);
	if (c->flags & CMD_CHANGES)
		paragraph(p,
			  "It is written to the journal and takes effect at the next "
			  "step boundary.");
}

static void meanings(struct page_pen *p, const struct ui *ui)
{
	for (int i = 0; i < meaning_count; i++)
		if (meaning_table[i].where != OF_LIVE || ui_may_steer(ui))
			row(p, 14, meaning_table[i].word, meaning_table[i].help);
}

/* What `word` means, or that it is not known. */
static void page_of_word(struct page_pen *p, const struct ui *ui, const char *word)
{
	const struct command_row *c = command_find(word);
	const struct desk_command *l = desk_command_find(word);
	const struct meaning *m = meaning_find(word);

	if (c) {
		one_command(p, c);
	} else if (l) {
		one_desk_command(p, l);
	} else if (m) {
		head(p, m->word);
		blank(p);
		paragraph(p, m->help);
	} else {
		paragraph(p, "there is no command of the name that was asked for; these are "
			  "all:");
		commands(p, ui);
		own_commands(p);
	}
}

static void page_of_view(struct page_pen *p, const struct ui *ui)
{
	char text[160];

	head(p, ui->views[ui->back]->name);
	keys_of(p, ui, 1u << ui->back, false);
	blank(p);
	head(p, "everywhere");
	keys_of(p, ui, ON_ALL, true);
	blank(p);
	head(p, "what the marks mean");
	meanings(p, ui);
	blank(p);
	if (!ui_looks_only(ui)) {
		head(p, "commands (:help WORD says more)");
		commands(p, ui);
		blank(p);
	}
	head(p, "the desk's own: they change what is seen, not the run");
	own_commands(p);
	blank(p);
	str_format(text, sizeof text, "this terminal: %s",
		   ui->terminal ? ui->terminal : "-");
	paragraph(p, text);
}

static void page(struct page_pen *p, const struct ui *ui)
{
	if (help_of(ui)->word[0])
		page_of_word(p, ui, help_of(ui)->word);
	else
		page_of_view(p, ui);
}

static int lines_of(const struct ui *ui, int cols)
{
	struct page_pen p = {.r = {0, 0, 0, cols}};

	page(&p, ui);
	return p.line;
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	int lines = lines_of(ui, body.w);
	struct page_pen p = {.c = c, .r = body};

	p.r.h -= lines > body.h; /* the last one says that there is more */
	help_of(ui)->cols = body.w;
	help_of(ui)->rows = p.r.h;
	p.top = help_of(ui)->top;
	if (p.top > lines - p.r.h)
		p.top = lines - p.r.h;
	if (p.top < 0)
		p.top = 0;
	page(&p, ui);
	if (p.top + p.r.h < lines)
		draw_right(c, body.y + body.h - 1, body.x + body.w - 1, 6, INK_DIM,
			   "more ↓");
}

static bool act(struct ui *ui, int action, int arg)
{
	struct help_view *h = help_of(ui);
	int most = lines_of(ui, h->cols ? h->cols : 80) - h->rows;

	if (action == DO_MOVE)
		h->top += arg;
	else if (action == DO_PAGE)
		h->top += arg * 10;
	else if (action == DO_END)
		h->top = arg < 0 ? 0 : most;
	else
		return false;
	h->top = h->top > most ? most : h->top;
	h->top = h->top < 0 ? 0 : h->top;
	return true;
}

static bool back(struct ui *ui)
{
	ui->view = ui->back;
	help_of(ui)->word[0] = '\0';
	return true;
}

static void enter(struct ui *ui)
{
	help_of(ui)->top = 0;
}

static void *own_new(void)
{
	return xcalloc(1, sizeof(struct help_view));
}

void help_show(struct ui *ui, const char *word)
{
	str_copy(help_of(ui)->word, sizeof help_of(ui)->word, word);
	ui_show(ui, VIEW_HELP);
	enter(ui);
}

const struct view view_help = {
	.name = "Help", .brief = "Help",
	.own_new = own_new, .own_free = xfree, .enter = enter,
	.draw = draw, .act = act, .back = back,
	.hints = "Esc close   j k scroll",
};
