/*
 * data_report.c - one pass over the rows of each split: lengths, pieces, labels.
 * Repeated rows are data_twins.c, looking for rows data_filter.c.
 */
#include "look/data_report.h"

#include <string.h>

#include "base/mem.h"
#include "data/data_kind.h"
#include "look/data_own.h"

/* Rows between two looks at the clock: some ten thousandths of a second each. */
enum { TICK_ROWS = 256 };

static void lengths_begin(struct data_lengths *l, int most)
{
	l->most = most > 0 ? most : 0;
	l->count = xcalloc((size_t)l->most + 1, sizeof *l->count);
}

static void lengths_add(struct data_lengths *l, int n)
{
	l->count[n < 0 ? 0 : n > l->most ? l->most : n]++;
	l->sum += (uint64_t)n;
}

int data_lengths_at(const struct data_lengths *l, double part)
{
	uint64_t all = 0, seen = 0;
	double wanted;

	for (int i = 0; l->count && i <= l->most; i++)
		all += l->count[i];
	wanted = part * (double)all;
	for (int i = 0; l->count && i <= l->most; i++) {
		seen += l->count[i];
		if (seen && (double)seen >= wanted)
			return i;
	}
	return 0;
}

static void lengths_end(struct data_lengths *l)
{
	l->p50 = data_lengths_at(l, .5);
	l->p95 = data_lengths_at(l, .95);
	l->max = data_lengths_at(l, 1);
}

/* --- one split --- */

static void take_skips(struct data_split_report *r, const struct row_report *rows)
{
	r->skipped = row_report_bad(rows);
	r->cut_source = rows->cut_source;
	r->cut_target = rows->cut_target;
	r->nearest = rows->nearest;
	for (int f = ROW_OK + 1; f < ROW_FAULTS; f++) {
		struct data_skip *s = &r->skip[r->n_skips];

		if (!rows->bad[f])
			continue;
		s->reason = row_fault_name((enum row_fault)f);
		s->n = rows->bad[f];
		for (uint64_t k = 0; k < 4 && k < s->n; k++)
			s->first[k] = rows->first[f][k];
		r->n_skips++;
	}
}

static void take_label(struct data_split_report *r, const struct data_row *row, int label,
		       int n_labels)
{
	if (label < 0 || label >= n_labels)
		return;
	r->labels[label]++;
	r->label_tokens[label] += (uint64_t)row->tokens;
}

static void take_row(struct data_split_report *r, const struct data_row *row,
		     int n_labels)
{
	lengths_add(&r->source, row->tokens);
	if (r->target.count)
		lengths_add(&r->target, row->target_tokens);
	r->pieces += (uint64_t)row->tokens + (uint64_t)row->target_tokens;
	r->unknown += (uint64_t)row->unknown;
	r->with_unknown += row->unknown > 0;
	if (row->n_set < 0)
		take_label(r, row, row->label, n_labels);
	for (int i = 0; i < row->n_set; i++)
		take_label(r, row, row->set[i], n_labels);
	r->bare += !row->n_set;
	r->units += (uint64_t)row->units;
	r->kept += (uint64_t)row->kept;
	if (!r->rows || row->number < r->low)
		r->low = row->number;
	if (!r->rows || row->number > r->high)
		r->high = row->number;
	r->mean += row->number;
	r->rows++;
}

static void bin_number(struct data_split_report *r, double x)
{
	double width = r->high - r->low;
	int bin = width > 0 ? (int)((x - r->low) / width * DATA_BINS) : 0;

	r->numbers[bin < 0 ? 0 : bin >= DATA_BINS ? DATA_BINS - 1 : bin]++;
}

/* By insertion: at most a thousand labels, once. */
static void order_labels(struct data_split_report *r, int n)
{
	r->frequent = xcalloc((size_t)n + 1, sizeof *r->frequent);
	for (int i = 0; i < n; i++) {
		int k = i;

		for (; k && r->labels[r->frequent[k - 1]] < r->labels[i]; k--)
			r->frequent[k] = r->frequent[k - 1];
		r->frequent[k] = i;
	}
}

static void finish_split(struct data_split_report *r, int n_labels)
{
	order_labels(r, n_labels);
	lengths_end(&r->source);
	lengths_end(&r->target);
	if (r->rows)
		r->mean /= (double)r->rows;
	if (r->target.sum)
		r->compression = (double)r->source.sum / (double)r->target.sum;
}

static enum status read_split(const struct data_book *b, enum data_split s,
			      struct progress *pg, struct data_split_report *r)
{
	struct data_about a = data_book_about(b);
	const struct data_target *target = data_target(a.kind);
	const struct dataset *d = data_book_set(b, s);
	uint64_t n = data_book_size(b, s);
	struct data_row row;

	r->is_open = true;
	hash_text(dataset_content(d), r->content);
	take_skips(r, dataset_report(d));
	r->labels = xcalloc((size_t)a.n_labels + 1, sizeof *r->labels);
	r->label_tokens = xcalloc((size_t)a.n_labels + 1, sizeof *r->label_tokens);
	lengths_begin(&r->source, a.max_source);
	if (target->has_pieces)
		lengths_begin(&r->target, a.max_target);
	progress_begin(pg, n, "rows", "counting %s rows", data_split_name(s));
	for (uint64_t i = 0; i < n; i++) {
		data_book_row(b, s, i, &row);
		take_row(r, &row, a.n_labels);
		if (i % TICK_ROWS == 0 && progress_tick(pg, i))
			return ST_STOPPED;
	}
	for (uint64_t i = 0; target->has_number && i < n; i++) {
		struct example e;

		dataset_get(d, i, &e);
		bin_number(r, (double)e.number);
		if (i % TICK_ROWS == 0 && progress_tick(pg, i))
			return ST_STOPPED;
	}
	finish_split(r, a.n_labels);
	return ST_OK;
}

/* --- both --- */

enum status data_report_make(const struct data_book *b, struct progress *pg,
			     struct data_report *out, struct err *err)
{
	enum status st = ST_OK;

	*out = (struct data_report){ .n_labels = data_book_about(b).n_labels };
	for (int s = 0; s < SPLITS && !st; s++)
		if (data_book_set(b, (enum data_split)s))
			st = read_split(b, (enum data_split)s, pg, &out->split[s]);
	if (!st)
		st = data_twins_find(b, pg, out);
	return st ? err_set(err, st, "the report was stopped") : ST_OK;
}

void data_report_release(struct data_report *r)
{
	for (int s = 0; s < SPLITS; s++) {
		struct data_split_report *p = &r->split[s];

		xfree(p->source.count);
		xfree(p->target.count);
		xfree(p->labels);
		xfree(p->label_tokens);
		xfree(p->frequent);
		xfree(p->repeated.at);
		xfree(p->leaked.at);
	}
	*r = (struct data_report){ 0 };
}
