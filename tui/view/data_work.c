/*
 * data_work.c - what the Data view knows: a task's data opened, reported on and
 * looked through in jobs, so that no key ever waits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui/keys.h"
#include "view_data.h"

static const double GONE = 20; /* seconds away after which work is given up */

/* --- cases --- */

struct data_case *data_case_hold(struct data_case *d)
{
	d->holders++;
	return d;
}

void data_case_drop(struct data_case *d)
{
	if (!d || --d->holders)
		return;
	data_report_release(&d->report);
	data_book_close(d->book);
	xfree(d);
}

/* --- jobs --- */

struct opening {
	char run[512];
	int task;
	struct data_book *book;
};

static enum status do_open(void *arg, struct progress *pg, struct err *err)
{
	struct opening *o = arg;

	return data_book_open(o->run, o->task, pg, &o->book, err);
}

static void drop_opening(void *arg)
{
	struct opening *o = arg;

	data_book_close(o->book);
	xfree(o);
}

struct reporting {
	struct data_case *d;
	struct data_report report;
};

static enum status do_report(void *arg, struct progress *pg, struct err *err)
{
	struct reporting *r = arg;

	return data_report_make(r->d->book, pg, &r->report, err);
}

static void drop_reporting(void *arg)
{
	struct reporting *r = arg;

	data_report_release(&r->report);
	data_case_drop(r->d);
	xfree(r);
}

/* The report is there already, or nothing in it is asked for. */
struct searching {
	struct data_case *d;
	enum data_split split;
	struct data_filter f;
	struct data_hits hits;
};

static enum status do_search(void *arg, struct progress *pg, struct err *err)
{
	struct searching *s = arg;

	return data_filter_run(s->d->book, s->split, &s->d->report, &s->f, pg,
			       &s->hits, err);
}

static void drop_searching(void *arg)
{
	struct searching *s = arg;

	data_hits_release(&s->hits);
	data_case_drop(s->d);
	xfree(s);
}

/* --- what is known --- */

bool data_view_is_ready(const struct data_view *v)
{
	return v->now && data_book_set(v->now->book, v->split);
}

uint64_t data_view_count(const struct data_view *v)
{
	if (!data_view_is_ready(v))
		return 0;
	return v->has_hits ? v->hits.n : data_book_size(v->now->book, v->split);
}

uint64_t data_view_row(const struct data_view *v, uint64_t at)
{
	return v->has_hits ? data_hits_row(&v->hits, at) : at;
}

const struct data_split_report *data_view_report(const struct data_view *v,
						 enum data_split s)
{
	if (!v->now || !v->now->has_report || !v->now->report.split[s].is_open)
		return NULL;
	return &v->now->report.split[s];
}

static void drop_pieces(struct data_view *v)
{
	if (v->has_pieces)
		data_pieces_release(&v->pieces);
	v->has_pieces = false;
}

static void drop_hits(struct data_view *v)
{
	job_slot_cancel(&v->search);
	data_hits_release(&v->hits);
	v->has_hits = false;
}

/* Another file, another list. */
static void show_split(struct data_view *v, enum data_split s)
{
	drop_hits(v);
	drop_pieces(v);
	v->split = s;
	v->at = 0;
	v->scroll = 0;
}

static void show_task(struct data_view *v, int task)
{
	show_split(v, SPLIT_TRAIN);
	job_slot_cancel(&v->open);
	job_slot_cancel(&v->report);
	data_case_drop(v->now);
	v->now = NULL;
	v->task = task;
	v->trouble.text[0] = '\0';
	v->want = (struct data_filter){.label = -1};
	v->is_open = false;
}

void *data_view_new(void)
{
	struct data_view *v = xcalloc(1, sizeof *v);

	v->task = -1;
	return v;
}

void data_view_free(void *own)
{
	struct data_view *v = own;

	show_task(v, -1);
	job_slot_release(&v->open);
	job_slot_release(&v->report);
	job_slot_release(&v->search);
	xfree(v);
}

void data_view_idle(struct ui *ui)
{
	struct data_view *v = data_view_of(ui);

	if (v->left <= 0)
		v->left = ui->now;
	if (ui->now - v->left < GONE)
		return;
	job_slot_cancel(&v->open);
	job_slot_cancel(&v->report);
	job_slot_cancel(&v->search);
}

/* --- recalc --- */

static void keep_open(struct ui *ui, struct data_view *v)
{
	struct opening *o;
	enum status st;
	void *arg;

	if (job_slot_take(&v->open, &st, &arg, &v->trouble)) {
		o = arg;
		if (!st) {
			v->now = xcalloc(1, sizeof *v->now);
			v->now->book = o->book;
			o->book = NULL;
			data_case_hold(v->now);
			v->trouble.text[0] = '\0';
		}
		drop_opening(o);
	}
	if (v->now || job_slot_is_on(&v->open) || v->trouble.text[0])
		return;
	o = xcalloc(1, sizeof *o);
	str_copy(o->run, sizeof o->run, v->run);
	o->task = v->task;
	if (!job_slot_start(&v->open, do_open, o, drop_opening, ui->wake_fd))
		err_set(&v->trouble, ST_FAILED, "no thread could be had");
}

static void keep_report(struct ui *ui, struct data_view *v)
{
	struct reporting *r;
	struct err err = {""};
	enum status st;
	void *arg;

	if (job_slot_take(&v->report, &st, &arg, &err)) {
		r = arg;
		if (!st && r->d == v->now) {
			v->now->report = r->report;
			v->now->has_report = true;
			r->report = (struct data_report){0};
		}
		drop_reporting(r);
	}
	if (!v->now || v->now->has_report || job_slot_is_on(&v->report))
		return;
	r = xcalloc(1, sizeof *r);
	r->d = data_case_hold(v->now);
	job_slot_start(&v->report, do_report, r, drop_reporting, ui->wake_fd);
}

static void take_hits(struct data_view *v, struct searching *s)
{
	uint64_t row = data_view_count(v) ? data_view_row(v, v->at) : 0;

	data_hits_release(&v->hits);
	v->hits = s->hits;
	s->hits = (struct data_hits){0};
	v->has_hits = true;
	v->at = row < v->hits.rows ? data_hits_rank(&v->hits, row) : 0;
}

static void keep_search(struct ui *ui, struct data_view *v)
{
	bool waits = (v->want.repeated || v->want.leaked) &&
		     !(v->now && v->now->has_report);
	struct searching *s;
	enum status st;
	void *arg;

	if (job_slot_take(&v->search, &st, &arg, NULL)) {
		s = arg;
		if (!st && s->d == v->now && s->split == v->split)
			take_hits(v, s);
		drop_searching(s);
	}
	if (data_filter_is_empty(&v->want) || v->has_hits || waits ||
	    !data_view_is_ready(v) || job_slot_is_on(&v->search))
		return;
	s = xcalloc(1, sizeof *s);
	s->d = data_case_hold(v->now);
	s->split = v->split;
	s->f = v->want;
	job_slot_start(&v->search, do_search, s, drop_searching, ui->wake_fd);
}

static void keep_pieces(struct data_view *v)
{
	uint64_t n = data_view_count(v), row;

	if (v->at >= n)
		v->at = n ? n - 1 : 0;
	if (!n) {
		drop_pieces(v);
		return;
	}
	row = data_view_row(v, v->at);
	if (v->has_pieces && v->pieces_row == row)
		return;
	drop_pieces(v);
	data_book_pieces(v->now->book, v->split, row, &v->pieces);
	v->pieces_row = row;
	v->has_pieces = true;
	v->scroll = 0;
}

void data_view_recalc(struct ui *ui)
{
	struct data_view *v = data_view_of(ui);

	if (v->left > 0) { /* back again: what failed may be there by now */
		v->left = 0;
		v->trouble.text[0] = '\0';
	}
	if (!ui->pic->n_channels || ui->pic->phase == PHASE_PREPARING)
		return;
	if (v->task < 0 || v->task >= ui->pic->n_channels)
		show_task(v, ui->channel);
	str_copy(v->run, sizeof v->run, ui->pic->run_path);
	keep_open(ui, v);
	keep_report(ui, v);
	keep_search(ui, v);
	keep_pieces(v);
}

/* --- what is looked for --- */

static void look_for(struct data_view *v, const struct data_filter *f)
{
	uint64_t row = data_view_count(v) ? data_view_row(v, v->at) : 0;

	drop_hits(v);
	v->want = *f;
	v->at = row; /* the same row, in the list of all */
}

void data_view_find(struct ui *ui, const char *text)
{
	struct data_view *v = data_view_of(ui);
	struct data_filter f;
	struct err err = {""};

	if (!data_filter_parse(v, text, &f, &err)) {
		ui_say(ui, true, "%s", err.text);
		return;
	}
	f.repeated = v->want.repeated;
	f.leaked = v->want.leaked;
	look_for(v, &f);
}

/* --- keys --- */

/* All lengths, the longest twentieth, what fills the limit, the shortest. */
static void next_lengths(const struct data_view *v, struct data_filter *f)
{
	const struct data_split_report *r = data_view_report(v, v->split);

	if (!r)
		return;
	if (!f->least && !f->most) {
		f->least = r->source.p95;
	} else if (f->least && f->least != r->source.most) {
		f->least = r->source.most;
	} else if (f->least) {
		f->least = 0;
		f->most = data_lengths_at(&r->source, .05);
	} else {
		f->most = 0;
	}
}

static void toggle_label(const struct data_view *v, struct data_filter *f)
{
	struct data_row row;

	if (f->label >= 0) {
		f->label = -1;
	} else if (data_view_count(v)) {
		data_book_row(v->now->book, v->split, data_view_row(v, v->at), &row);
		f->label = row.label;
	}
}

static void only(struct data_view *v, enum data_only what)
{
	struct data_filter f = v->want;

	if (what == ONLY_REPEATED)
		f.repeated = !f.repeated;
	else if (what == ONLY_LEAKED && v->split == SPLIT_DEV)
		f.leaked = !f.leaked;
	else if (what == ONLY_LABEL)
		toggle_label(v, &f);
	else if (what == ONLY_LENGTHS)
		next_lengths(v, &f);
	look_for(v, &f);
}

/* Leaks are rows of dev: asked for in train, they are shown there. */
static void only_leaks(struct data_view *v)
{
	if (v->split != SPLIT_DEV && v->now && data_book_set(v->now->book, SPLIT_DEV)) {
		v->want.leaked = true;
		show_split(v, SPLIT_DEV);
	} else {
		only(v, ONLY_LEAKED);
	}
}

static void move(struct data_view *v, int64_t by)
{
	uint64_t n = data_view_count(v), back = by < 0 ? (uint64_t)-by : 0;

	if (by < 0)
		v->at = v->at > back ? v->at - back : 0;
	else
		v->at += (uint64_t)by;
	if (v->at >= n)
		v->at = n ? n - 1 : 0;
}

static void next_task(struct ui *ui, struct data_view *v, int by)
{
	int n = ui->pic->n_channels;

	if (n > 1)
		show_task(v, (v->task + by + n) % n);
}

bool data_view_back(struct ui *ui)
{
	struct data_view *v = data_view_of(ui);
	char words[200];

	data_filter_words(v, words, sizeof words);
	if (v->is_open)
		v->is_open = false;
	else if (v->shows_skips)
		v->shows_skips = false;
	else if (words[0])
		look_for(v, &(struct data_filter){.label = -1});
	else
		return false;
	return true;
}

bool data_view_act(struct ui *ui, int action, int arg)
{
	struct data_view *v = data_view_of(ui);

	switch ((enum action)action) {
	case DO_MOVE:
	case DO_NEXT: move(v, arg); return true;
	case DO_PAGE: move(v, arg * 10); return true;
	case DO_END: move(v, arg < 0 ? INT64_MIN / 2 : INT64_MAX / 2); return true;
	case DO_PANE:
	case DO_SIDE:
		v->want.leaked = false;
		show_split(v, v->split == SPLIT_TRAIN ? SPLIT_DEV : SPLIT_TRAIN);
		return true;
	case DO_TASK: next_task(ui, v, arg); return true;
	case DO_CHOOSE: move(v, INT64_MIN / 2); move(v, arg); return true;
	case DO_OPEN: v->is_open = !v->is_open; return true;
	case DO_EXPORT: data_export(ui, v); return true;
	case DO_ASIDE: v->shows_skips = !v->shows_skips; return true;
	case DO_CLEAR:
		look_for(v, &(struct data_filter){.label = -1});
		return true;
	case DO_ONLY:
		if (arg == ONLY_LEAKED)
			only_leaks(v);
		else
			only(v, (enum data_only)arg);
		return true;
	case DO_SCROLL:
		v->scroll = v->scroll + arg > 0 ? v->scroll + arg : 0;
		return true;
	default: return false;
	}
}
