/*
 * view_inspect.c - what a task gets wrong: figures of its predictions, the rows by
 * loss, one row with what made its answer. Head, list and keys are here.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"
#include "ui/keys.h"

/* --- head --- */

/* "since 11,000: fixed 31  broke 17" */
static void draw_change(struct canvas *c, const struct results *d, int y, int x, int end)
{
	char number[24];

	if (d->before_step < 0 || x + 20 > end)
		return;
	if (x + 36 <= end)
		x += draw_textf(c, y, x, 18, INK_DIM, "since %s: ",
				fmt_count(number, d->before_step));
	x += draw_textf(c, y, x, 12, INK_GOOD, "fixed %d  ", d->n_fixed);
	draw_textf(c, y, x, 12, INK_BAD, "broke %d", d->n_broken);
}

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	const struct channel *ch = &ui->pic->ch[in->task];
	const struct view_kind *k = view_kind(d->kind);
	bool wide = r.w >= 100;
	int x = r.x + 1, end = r.x + r.w - 1;
	char number[24];

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, wide ? 20 : 12, ink_channel(in->task), ch->name) + 2;
	c->flags = 0;
	x += draw_textf(c, r.y, x, 20, INK_TEXT, "%s rows", fmt_count(number, d->set.n));
	if (ui->pic->is_imported)
		x += draw_text(c, r.y, x, 20, INK_DIM, " imported");
	else if (d->set.step >= 0)
		x += draw_textf(c, r.y, x, 20, INK_DIM, " at %s",
				fmt_count(number, d->set.step));
	x += 2;
	x += draw_textf(c, r.y, x, 6, INK_DIM, "%s ", metric_table[ch->metric].brief);
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 6, INK_STRONG, fmt_score(number, ch->metric, ch->dev)) + 1;
	c->flags = 0;
	if (wide)
		x += draw_textf(c, r.y, x, 15, INK_DIM, " baseline %s ",
				fmt_score(number, ch->metric, ch->baseline)) + 1;
	if (k->draw_head)
		x += k->draw_head(c, d, r.y, x, wide);
	draw_change(c, d, r.y, x + (wide ? 1 : 0), end + 1);
}

/* --- the list --- */

static void draw_row(struct canvas *c, const struct results *d, struct rect r, int y,
		     int place)
{
	const struct prediction *p = &d->set.p[d->order[place]];
	const struct dev_row *row = &d->set.row[d->order[place]];
	int x = r.x + 2;
	const uint8_t *change = d->change ? &d->change[d->order[place]] : NULL;
	char text[64];

	snprintf(text, sizeof text, "%lld", (long long)p->row);
	draw_right(c, y, x + 6, 6, INK_DIM, text);
	if (change && *change)
		draw_text(c, y, x + 6, 1, *change == CHANGE_FIXED ? INK_GOOD : INK_BAD,
			  *change == CHANGE_FIXED ? "+" : "-");
	x += 8;
	x = view_kind(d->kind)->draw_columns(c, d, p, y, x, r.w >= 100);
	if (d->has_loss) {
		draw_right(c, y, x + 5, 5, INK_TEXT, fmt_value(text, p->loss));
		x += 7;
	}
	x += draw_foreign(c, y, x, r.x + r.w - 2 - x, INK_TEXT,
			  row->text ? row->text : "");
	if (result_pair(row) && x + 6 < r.x + r.w - 2) {
		x += draw_text(c, y, x, 4, INK_DIM, " || ");
		draw_foreign(c, y, x, r.x + r.w - 2 - x, INK_TEXT, row->pair);
	}
}

static void draw_list(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	struct listing l = in->list;
	const struct view_kind *k = view_kind(d->kind);
	enum result_sort sort = results_can_sort(d, d->sort) ? d->sort : SORT_ROW;
	char title[128], remark[96], names[96];

	if (r.h < 4)
		return;
	k->list_title(d, title);
	str_format(remark, sizeof remark, "%d of %d · by %s", d->n_order, d->set.n,
		   sort == SORT_CONFIDENCE ? k->confidence_name : sort_name(sort));
	draw_titled_box(c, r, title, remark);
	k->list_names(d, names, r.w >= 100);
	draw_textf(c, r.y + 1, r.x + 5, r.w - 6, INK_DIM, "%s%s  text", names,
		   d->has_loss ? "  loss" : "");
	if (!d->n_order)
		draw_text(c, r.y + 2, r.x + 5, r.w - 6, INK_DIM, results_why_empty(d));
	listing_fit(&l, d->n_order, r.h - 3);
	for (int i = 0; i < r.h - 3 && l.top + i < d->n_order; i++) {
		int y = r.y + 2 + i;

		if (l.top + i == l.at && !in->on_matrix) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, r.x + 1, 1, r.w - 2});
			draw_text(c, y, r.x + 1, 1, INK_STRONG, "▸");
		}
		draw_row(c, d, r, y, l.top + i);
		draw_zone(c, (struct rect){y, r.x + 1, 1, r.w - 2}, l.top + i, DO_NONE, 0);
		c->paper = PAPER_NONE;
	}
}

/* --- the view --- */

int inspect_at(const struct ui *ui)
{
	const struct inspect_view *in = inspect_of(ui);

	return in->data.n_order ? in->data.order[in->list.at] : -1;
}

struct attribution_key inspect_key(const struct ui *ui)
{
	const struct results *d = &inspect_of(ui)->data;
	int i = inspect_at(ui);

	return attribution_key(ui, inspect_of(ui)->task, i < 0 ? -2 : d->set.p[i].row,
			       d->set.step);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	struct inspect_layout l;

	if (in->task < 0 || in->task >= ui->pic->n_channels) {
		draw_nothing(c, body, "no task with answers to inspect here: "
			     "4 reads summaries");
		return;
	}
	layout_inspect(body, d->n_classes, d->tally ? LABELS_COLUMNS : 0, &l);
	draw_head(c, ui, l.head);
	if (!d->set.n) {
		draw_nothing(c, body, d->trouble);
		return;
	}
	if ((in->is_open || (in->is_asked && l.detail.h < 4)) && inspect_at(ui) >= 0) {
		inspect_draw_row(c, ui, rect_cut(body, l.head.h, 0, 0, 0));
		return;
	}
	view_kind(d->kind)->draw_figures(c, ui, &l);
	draw_list(c, ui, l.list);
	inspect_draw_detail(c, ui, l.detail);
}

static void recalc(struct ui *ui)
{
	struct inspect_view *in = inspect_of(ui);

	in->task = view_first_task(ui, VIEW_INSPECT, in->task);
	results_load(&in->data, &ui->feed, ui->pic, in->task);
	listing_fit(&in->list, in->data.n_order, 1 << 20);
	if (in->data.n_order)
		results_history(&in->data, &ui->feed, ui->pic->run_path,
				in->data.order[in->list.at]);
}

/* --- keys --- */

static void next_task(struct ui *ui, int dir)
{
	inspect_of(ui)->task = view_next_task(ui, VIEW_INSPECT, inspect_of(ui)->task, dir);
	inspect_of(ui)->list = (struct listing){0, 0};
	inspect_of(ui)->on_matrix = false;
	inspect_of(ui)->cell_gold = inspect_of(ui)->cell_pred = 0;
}

static void move_cell(struct inspect_view *in, int down, int across)
{
	int n = in->data.n_classes, wide = in->data.n_across;

	if (!n)
		return;
	in->cell_gold = (in->cell_gold + down + n) % n;
	in->cell_pred = (in->cell_pred + across + wide) % wide;
}

static void filter(struct inspect_view *in, int gold, int pred)
{
	in->data.gold = gold;
	in->data.pred = pred;
	results_arrange(&in->data);
	in->list = (struct listing){0, 0};
}

/* The row that is open, then the filter, then the matrix. */
static bool back(struct ui *ui)
{
	struct inspect_view *in = inspect_of(ui);

	if (in->is_open || in->is_asked) {
		in->is_open = in->is_asked = false;
	} else if (in->data.gold >= 0 || in->data.pred >= 0 || in->data.only_changed) {
		in->data.only_changed = false;
		filter(in, -1, -1);
	} else if (in->on_matrix) {
		in->on_matrix = false;
	} else {
		return false;
	}
	return true;
}

static void arrange(struct inspect_view *in)
{
	results_arrange(&in->data);
	in->list = (struct listing){0, 0};
}

static void sort(struct inspect_view *in)
{
	enum result_sort s = in->data.sort;

	do
		s = (s + 1) % SORTS;
	while (!results_can_sort(&in->data, s));
	in->data.sort = s;
	arrange(in);
}

static void show_changed(struct ui *ui)
{
	struct inspect_view *in = inspect_of(ui);

	if (!in->data.change) {
		ui_say(ui, true, "no evaluation before this one was kept: nothing to compare");
		return;
	}
	in->data.only_changed = !in->data.only_changed;
	in->data.gold = in->data.pred = -1;
	arrange(in);
}

/* The next row of the list from here on that holds the text. */
static void find(struct ui *ui, int dir)
{
	struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	int hits = 0, at = -1, n = d->n_order;

	if (!inspect_of(ui)->find[0]) {
		ui_say(ui, true, "nothing to look for: / asks what");
		return;
	}
	for (int k = 0; k < n; k++)
		hits += result_holds(d, d->order[k], inspect_of(ui)->find);
	for (int k = dir ? 1 : 0; k <= n && hits && at < 0; k++) {
		int i = (in->list.at + (dir < 0 ? n - k : k)) % n;

		at = result_holds(d, d->order[i], inspect_of(ui)->find) ? i : -1;
	}
	if (at < 0) {
		ui_say(ui, true, "no row of the list holds '%s'", inspect_of(ui)->find);
		return;
	}
	in->list.at = at;
	in->on_matrix = false;
	ui_say(ui, false, "%d of %d rows hold '%s'", hits, n, inspect_of(ui)->find);
}

static void explain(struct ui *ui)
{
	const struct results *d = &inspect_of(ui)->data;
	struct attribution_key k = inspect_key(ui);
	int i = inspect_at(ui);

	if (i >= 0 && d->set.row[i].text)
		attribution_ask(ui, &k, d->set.row[i].text,
				result_pair(&d->set.row[i]));
}

/* In the matrix: its cell's rows. In the list: what made the answer; then alone. */
static void open(struct ui *ui)
{
	struct inspect_view *in = inspect_of(ui);
	struct attribution_key k = inspect_key(ui);

	if (in->on_matrix) {
		if (in->data.n_classes)
			filter(in, in->data.class_order[in->cell_gold],
			       in->data.tally ? in->cell_pred :
						in->data.class_order[in->cell_pred]);
		in->on_matrix = false;
		return;
	}
	if (ui_looks_only(ui) || ui_has_no_model(ui)) { /* nothing is asked: the row as it is */
		in->is_open = !in->is_open;
		return;
	}
	if (attribution_find(ui, &k) || ui_run_has_ended(ui))
		in->is_open = !in->is_open || !attribution_find(ui, &k);
	in->is_asked = true;
	explain(ui);
}

/* The other method; the first time the question itself. */
static void other_method(struct ui *ui)
{
	struct attribution_key k = inspect_key(ui);
	const struct attribution *a = attribution_find(ui, &k);

	if (a && !a->why[0])
		ui->attributions.method = (ui->attributions.method + 1) % METHODS;
	else
		explain(ui);
}

/* What is listed and how; false: not such a key. */
static bool act_on_list(struct ui *ui, enum action action, int arg)
{
	struct inspect_view *in = inspect_of(ui);

	switch (action) {
	case DO_CLEAR:
		in->data.only_changed = false;
		filter(in, -1, -1);
		break;
	case DO_CHOOSE:
		in->on_matrix = false;
		in->list.at = arg;
		break;
	case DO_SORT: sort(in); break;
	case DO_FILTER:
		in->data.only_errors = !in->data.only_errors;
		in->data.only_changed = false;
		filter(in, -1, -1);
		break;
	case DO_COMPARE: show_changed(ui); break;
	case DO_FOUND: find(ui, arg); break;
	case DO_EXPORT: inspect_export(ui); break;
	case DO_METHOD: other_method(ui); break;
	default: return false;
	}
	return true;
}

static bool act_on_place(struct ui *ui, enum action action, int arg)
{
	struct inspect_view *in = inspect_of(ui);

	switch (action) {
	case DO_MOVE:
		if (in->on_matrix && !in->is_open)
			move_cell(in, arg, 0);
		else
			in->list.at += arg;
		break;
	case DO_SIDE:
		if (in->on_matrix)
			move_cell(in, 0, arg);
		break;
	case DO_PAGE: in->list.at += 10 * arg; break;
	case DO_END: in->list.at = arg < 0 ? 0 : in->data.n_order; break;
	case DO_PANE:
		in->on_matrix = !in->on_matrix && in->data.n_classes > 0;
		in->is_open = in->is_asked = false;
		break;
	case DO_OPEN: open(ui); break;
	case DO_TASK: next_task(ui, arg); break;
	default: return false;
	}
	return true;
}

static bool act(struct ui *ui, int action, int arg)
{
	struct inspect_view *in = inspect_of(ui);
	struct results *d = &in->data;

	if (!act_on_place(ui, (enum action)action, arg) &&
	    !act_on_list(ui, (enum action)action, arg))
		return false;
	if (in->cell_gold >= d->n_classes || in->cell_pred >= d->n_across)
		in->cell_gold = in->cell_pred = 0;
	listing_fit(&in->list, d->n_order, 1 << 20);
	return true;
}

static void look_for(struct ui *ui, const char *text)
{
	str_copy(inspect_of(ui)->find, sizeof inspect_of(ui)->find, text);
	act(ui, DO_FOUND, 0);
}

static void *own_new(void)
{
	struct inspect_view *in = xcalloc(1, sizeof *in);

	in->task = -1;
	results_init(&in->data);
	return in;
}

static void own_free(void *own)
{
	struct inspect_view *in = own;

	results_release(&in->data);
	xfree(in);
}

const struct view view_inspect = {
	.digit = '3', .name = "Inspect", .brief = "Insp",
	.own_new = own_new, .own_free = own_free, .find = look_for,
	.recalc = recalc, .draw = draw, .act = act, .back = back,
	.hints = "j k  Tab matrix  Enter explain  o method  a all  s sort  d changed  / find",
	.looks = "j k  Tab matrix  Enter open  a all  s sort  d changed  / find",
};
