/*
 * data_export.c - the list of the Data view as JSON lines: the rows that are looked
 * for, or all of the split, as the file has them and with what was found out of them.
 *
 * A job reads them from the book, a row at a time, so that millions need no memory.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "view_data.h"

struct listed {
	struct data_case *d;
	enum data_split split;
	bool has_hits, has_report;
	struct data_hits hits;     /* a copy */
};

static void drop_listed(void *arg)
{
	struct listed *l = arg;

	data_hits_release(&l->hits);
	data_case_drop(l->d);
	xfree(l);
}

static void put_text(struct json_out *j, const char *key, const char *text, size_t len)
{
	char *s = xstrndup(text, len);

	json_put_str(j, key, s);
	xfree(s);
}

static void put_twins(struct json_out *j, const struct listed *l, uint64_t row)
{
	const struct data_split_report *p = &l->d->report.split[l->split];
	const struct data_twin *t;

	if (!l->has_report)
		return;
	t = data_twin_find(&p->repeated, row);
	if (t)
		json_put_int(j, "repeats_row", (int64_t)t->of);
	t = data_twin_find(&p->leaked, row);
	if (t)
		json_put_int(j, "in_train_row", (int64_t)t->of);
}

static void put_row(const void *arg, uint64_t k, struct json_out *j)
{
	const struct listed *l = arg;
	struct data_about a = data_book_about(l->d->book);
	struct target_shown target;
	struct data_row row;

	data_book_row(l->d->book, l->split, l->has_hits ? data_hits_row(&l->hits, k) : k,
		      &row);
	json_put_str(j, "task", a.task);
	json_put_str(j, "split", data_split_name(l->split));
	json_put_int(j, "row", (int64_t)row.row);
	json_put_int(j, "line", (int64_t)row.line);
	put_text(j, "text", row.text ? row.text : "", row.text ? row.text_len : 0);
	if (a.is_pair)
		put_text(j, "pair", row.pair ? row.pair : "", row.pair ? row.pair_len : 0);
	target = data_book_target(l->d->book, &row);
	data_target(a.kind)->put(&target, j);
	json_put_int(j, "tokens", row.tokens);
	json_put_int(j, "unknown", row.unknown);
	put_twins(j, l, row.row);
}

static void *copy(const void *from, size_t n)
{
	return memcpy(xmalloc(n), from, n);
}

void data_export(struct ui *ui, const struct data_view *v)
{
	struct listed *l;
	char name[EXPORT_NAME];

	if (!data_view_is_ready(v)) {
		ui_say(ui, true, "there is nothing to write yet");
		return;
	}
	l = xcalloc(1, sizeof *l);
	l->d = data_case_hold(v->now);
	l->split = v->split;
	l->has_report = v->now->has_report;
	l->has_hits = v->has_hits;
	if (v->has_hits) {
		l->hits = v->hits;
		l->hits.bit = copy(v->hits.bit, (v->hits.rows / 64 + 1) * sizeof(uint64_t));
		l->hits.before = copy(v->hits.before,
				      (v->hits.rows / 4096 + 1) * sizeof(uint64_t));
	}
	str_format(name, sizeof name, "data-%s-%s", data_book_about(v->now->book).task,
		   data_split_name(v->split));
	export_list(ui, name, "row", data_view_count(v), put_row, l, drop_listed);
}
