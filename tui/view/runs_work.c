/*
 * runs_work.c - what the Runs view knows: a table read in a job and kept fresh,
 * loss curves and differences read when they are asked for.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "desk_command.h"
#include "ui/keys.h"
#include "view_runs.h"

static const double FRESH = 2; /* seconds between two looks at the root */

/* --- jobs --- */

struct reading_runs {
	char root[PATH_MAX];
	struct run_table before, table;
};

static enum status do_read(void *arg, struct progress *pg, struct err *err)
{
	struct reading_runs *r = arg;

	return run_table_read(r->root, &r->before, pg, &r->table, err);
}

static void drop_read(void *arg)
{
	struct reading_runs *r = arg;

	run_table_release(&r->before);
	run_table_release(&r->table);
	xfree(r);
}

struct reading_diff {
	char path[2][PATH_MAX];
	struct run_diff diff;
};

static enum status do_diff(void *arg, struct progress *pg, struct err *err)
{
	struct reading_diff *r = arg;

	(void)pg;
	return run_diff_make(r->path[0], r->path[1], &r->diff, err);
}

static void drop_diff(void *arg)
{
	struct reading_diff *r = arg;

	run_diff_release(&r->diff);
	xfree(r);
}

/* --- state --- */

void *runs_view_new(void)
{
	struct runs_view *v = xcalloc(1, sizeof *v);

	v->dev_range.unit = .1;
	v->loss_range.log = true;
	v->read_at = -1e9;
	return v;
}

void runs_view_free(void *own)
{
	struct runs_view *v = own;

	job_slot_release(&v->read);
	job_slot_release(&v->loss);
	job_slot_release(&v->diff);
	job_slot_release(&v->tests);
	comparison_release(&v->tested);
	run_table_release(&v->table);
	run_diff_release(&v->difference);
	runs_losses_release(v);
	run_groups_release(&v->systems);
	xfree(v->system_of);
	xfree(v->mark_of);
	xfree(v->order);
	xfree(v);
}

/* --- recalc --- */

static void find_root(struct ui *ui, struct runs_view *v)
{
	const char *path = ui->pic->run_path, *slash = strrchr(path, '/');

	if (v->root[0] || !path[0])
		return;
	str_format(v->root, sizeof v->root, "%.*s", slash ? (int)(slash - path) : 1,
		   slash ? path : ".");
	str_copy(v->chosen, sizeof v->chosen, slash ? slash + 1 : path);
	str_copy(v->mark[0], sizeof v->mark[0], v->chosen);
	if (ui->pic->n_channels)
		str_copy(v->task, sizeof v->task, ui->pic->ch[ui->channel].name);
}

static void keep_table(struct ui *ui, struct runs_view *v)
{
	struct reading_runs *r;
	struct err err = {""};
	enum status st;
	void *arg;

	if (job_slot_take(&v->read, &st, &arg, &err)) {
		r = arg;
		v->trouble = err;
		if (!st) {
			run_table_release(&v->table);
			v->table = r->table;
			r->table = (struct run_table){0};
			runs_systems_make(v);
			v->has_table = v->is_stale = true;
		}
		drop_read(r);
		v->read_at = ui->now;
	}
	if (job_slot_is_on(&v->read) || ui->now - v->read_at < FRESH || !v->root[0])
		return;
	r = xcalloc(1, sizeof *r);
	str_copy(r->root, sizeof r->root, v->root);
	run_table_copy(&r->before, &v->table);
	job_slot_start(&v->read, do_read, r, drop_read, ui->wake_fd);
}

/* From the base, or else from the first marked run, to the chosen one. */
static const struct run_card *diff_from(const struct runs_view *v)
{
	const struct run_card *c = runs_card(v, v->base);

	for (int i = 0; i < RUN_MARKS && (!c || runs_same(v, c->info.name, v->chosen)); i++)
		if (v->mark[i][0] && !runs_same(v, v->mark[i], v->chosen))
			c = runs_card(v, v->mark[i]);
	return c && !runs_same(v, c->info.name, v->chosen) ? c : NULL;
}

/* Two systems are told apart by runs of one seed, or else of the first ones. */
static void pair_up(const struct runs_view *v, const struct run_card **a,
		    const struct run_card **b)
{
	const struct run_group *x = runs_system(v, *a), *y = runs_system(v, *b);

	if (!x || !y)
		return;
	*a = &v->table.card[x->member[0]];
	*b = &v->table.card[y->member[0]];
	for (int i = 0; i < x->n; i++)
		for (int k = 0; k < y->n; k++) {
			const struct run_card *p = &v->table.card[x->member[i]];
			const struct run_card *q = &v->table.card[y->member[k]];

			if (p->system.seed != q->system.seed ||
			    p->system.split != q->system.split)
				continue;
			*a = p;
			*b = q;
			return;
		}
}

static void keep_diff(struct ui *ui, struct runs_view *v)
{
	const struct run_card *a = diff_from(v), *b = runs_chosen(v);
	struct reading_diff *r;
	enum status st;
	void *arg;

	if (job_slot_take(&v->diff, &st, &arg, &v->diff_trouble)) {
		r = arg;
		run_diff_release(&v->difference);
		v->difference = r->diff;
		r->diff = (struct run_diff){0};
		if (!st)
			v->diff_trouble.text[0] = '\0';
		drop_diff(r);
	}
	runs_tests_take(v);
	pair_up(v, &a, &b);
	if (!v->shows_diff || !a || !b ||
	    (str_eq(v->diff_a, a->info.name) && str_eq(v->diff_b, b->info.name)))
		return;
	str_copy(v->diff_a, sizeof v->diff_a, a->info.name);
	str_copy(v->diff_b, sizeof v->diff_b, b->info.name);
	v->scroll = 0;
	r = xcalloc(1, sizeof *r);
	str_copy(r->path[0], PATH_MAX, a->info.path);
	str_copy(r->path[1], PATH_MAX, b->info.path);
	job_slot_start(&v->diff, do_diff, r, drop_diff, ui->wake_fd);
	runs_tests_start(ui, v, a, b);
}

static void widen(double x, double *min, double *max)
{
	if (!isfinite(x))
		return;
	*min = x < *min ? x : *min;
	*max = x > *max ? x : *max;
}

static void fit_ranges(struct runs_view *v)
{
	double lo = INFINITY, hi = -INFINITY, llo = INFINITY, lhi = -INFINITY;

	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *c = &v->table.card[i];
		const struct run_task *t = run_card_task(c, v->task);
		const struct curve *loss = runs_loss(v, c);

		if (runs_mark_of(v, c) < 0)
			continue;
		for (int k = 0; t && k < t->n; k++)
			widen((double)t->value[k], &lo, &hi);
		for (int k = 0; loss && k < loss->n; k++)
			widen((double)loss->smooth[k], &llo, &lhi);
	}
	if (lo <= hi)
		curve_range_fit(&v->dev_range, lo, hi);
	if (llo <= lhi)
		curve_range_fit(&v->loss_range, llo, lhi);
}

void runs_view_recalc(struct ui *ui)
{
	struct runs_view *v = runs_view_of(ui);

	find_root(ui, v);
	keep_table(ui, v);
	runs_marks_settle(v);
	if (v->is_stale)
		runs_settle(v);
	runs_marks_settle(v);
	runs_losses_keep(ui, v);
	keep_diff(ui, v);
	fit_ranges(v);
}

void runs_view_find(struct ui *ui, const char *text)
{
	struct runs_view *v = runs_view_of(ui);

	str_copy(v->filter, sizeof v->filter, text);
	v->is_stale = true;
}

/* --- keys --- */

static void move(struct runs_view *v, int to)
{
	if (!v->n)
		return;
	to = to < 0 ? 0 : to >= v->n ? v->n - 1 : to;
	str_copy(v->chosen, sizeof v->chosen, runs_row(v, to)->info.name);
	if (v->pick == PICK_STEP)
		v->is_stale = true;
}

/* False: every mark is in use. */
static bool mark_chosen(struct runs_view *v)
{
	int at = 0;

	while (at < RUN_MARKS && v->mark[at][0])
		at++;
	if (at < RUN_MARKS)
		str_copy(v->mark[at], sizeof v->mark[at], v->chosen);
	return at < RUN_MARKS;
}

static void mark(struct ui *ui, struct runs_view *v)
{
	int at = runs_mark(v, v->chosen);

	if (at >= 0 && at < RUN_MARKS)
		v->mark[at][0] = '\0';
	else if (!mark_chosen(v))
		ui_say(ui, true, "%d runs are marked already", RUN_MARKS);
	v->is_stale = true;
	curve_range_clear(&v->dev_range);
	curve_range_clear(&v->loss_range);
}

/* Tasks of all runs in the order in which they are met. */
static void next_task(struct runs_view *v, int by)
{
	const char *name[CHANNELS_MAX];
	int n = 0, at = 0;

	for (int i = 0; i < v->table.n; i++)
		for (int k = 0; k < v->table.card[i].n_tasks; k++) {
			const char *s = v->table.card[i].task[k].name;
			int o = 0;

			while (o < n && !str_eq(name[o], s))
				o++;
			if (o == n && n < CHANNELS_MAX)
				name[n++] = s;
		}
	while (at < n && !str_eq(name[at], v->task))
		at++;
	if (n)
		str_copy(v->task, sizeof v->task, name[(at % n + by + n) % n]);
	curve_range_clear(&v->dev_range);
	curve_range_clear(&v->loss_range);
	v->is_stale = true;
}

/* The base is compared with the others, so its curve is drawn, too. */
static void set_base(struct runs_view *v)
{
	bool is_base = v->base[0] && runs_same(v, v->base, v->chosen);

	str_copy(v->base, sizeof v->base, is_base ? "" : v->chosen);
	if (!is_base && runs_mark(v, v->chosen) == RUN_MARKS)
		mark_chosen(v);
	v->is_stale = true;
}

/* Marks of runs that are one row now are one mark. */
static void by_system(struct runs_view *v)
{
	v->by_system = !v->by_system;
	for (int i = 0; i < RUN_MARKS; i++)
		for (int k = 0; k < i && v->mark[i][0]; k++)
			if (v->mark[k][0] && runs_same(v, v->mark[i], v->mark[k]))
				v->mark[i][0] = '\0';
	v->diff_a[0] = '\0';
	curve_range_clear(&v->dev_range);
	curve_range_clear(&v->loss_range);
}

static void overlay(struct ui *ui, const struct runs_view *v)
{
	char line[RUN_NAME + 16];

	str_format(line, sizeof line, "overlay %s", v->chosen);
	if (!desk_command_run(ui, line))
		ui_say(ui, true, "curves of another run cannot be laid over these");
}

bool runs_view_back(struct ui *ui)
{
	struct runs_view *v = runs_view_of(ui);

	if (v->shows_diff) {
		v->shows_diff = false;
	} else if (v->filter[0]) {
		v->filter[0] = '\0';
		v->is_stale = true;
	} else {
		return false;
	}
	return true;
}

bool runs_view_act(struct ui *ui, int action, int arg)
{
	struct runs_view *v = runs_view_of(ui);

	switch ((enum action)action) {
	case DO_MOVE:
	case DO_NEXT: move(v, runs_place(v) + arg); return true;
	case DO_PAGE: move(v, runs_place(v) + arg * 10); return true;
	case DO_END: move(v, arg < 0 ? 0 : v->n - 1); return true;
	case DO_OPEN: mark(ui, v); return true;
	case DO_BASE: set_base(v); return true;
	case DO_TASK: next_task(v, arg); return true;
	case DO_SORT:
		v->sort = (enum run_sort)((v->sort + 1) % RUN_SORTS);
		break;
	case DO_PICK:
		v->pick = v->pick == PICK_BEST ? PICK_NEWEST : PICK_BEST;
		break;
	case DO_EQUAL:
		v->pick = v->pick == PICK_STEP ? PICK_BEST : PICK_STEP;
		break;
	case DO_COMPARE:
		v->shows_diff = !v->shows_diff;
		v->diff_a[0] = '\0'; /* read anew: a live run may have moved on */
		return true;
	case DO_SCROLL:
		v->scroll = v->scroll + arg > 0 ? v->scroll + arg : 0;
		return true;
	case DO_SYSTEMS: by_system(v); break;
	case DO_GAIN: v->shows_gain = !v->shows_gain; return true;
	case DO_CHOOSE: move(v, arg); return true;
	case DO_OVERLAY: overlay(ui, v); return true;
	case DO_EXPORT: runs_export(ui, v); return true;
	case DO_CHART:
		ui->chart.kind = ui->chart.kind == CHART_DEV ? CHART_LOSS : CHART_DEV;
		return true;
	case DO_CLEAR:
		v->filter[0] = '\0';
		break;
	default: return false;
	}
	v->is_stale = true;
	return true;
}
