/*
 * predict_rows.c - what `predict` reads: lines as they come, or a table's rows.
 *
 * A line that begins with '{' is an object with the task's own column names
 * (any other member is ignored), in a task whose columns are numbers '[' begins
 * a list; every other line is the text itself. What is a good row in data is one
 * here. A file that is a table with the task's columns (their names in its first
 * row, or where they go by number its name or the task's own form says so) is read
 * by the reader of all data.
 */
#include "predict.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/form.h"
#include "data/items.h"
#include "data/json_text.h"
#include "data/looks.h"
#include "data/plain.h"
#include "text/utf8.h"

enum { READ_AT_ONCE = 1 << 16 };

/* --- one row --- */

static void reject(struct predict_row *r, enum row_fault f)
{
	err_set(&r->why, ST_INVALID, "%s", row_fault_name(f));
}

static bool is_blank(const struct buf *b)
{
	return text_is_blank(buf_str(b), b->len);
}

static void take_column(struct predict_row *r, const struct json *row,
			const char *column, struct buf *out)
{
	if (r->why.text[0])
		return;
	if (!json_text(out, json_row_field(row, column)))
		err_set(&r->why, ST_INVALID, "no text in '%.60s'", column);
	else if (is_blank(out))
		reject(r, ROW_EMPTY_TEXT);
}

static void take_json(struct predict_row *r, const struct plan_task *t)
{
	struct source_row row = { .fault = ROW_OK };
	struct json *doc;

	json_row(r->line, r->len, &row, &doc);
	if (row.fault && row.what[0])
		err_set(&r->why, ST_INVALID, "%s: %s", row_fault_name(row.fault),
			row.what);
	else if (row.fault)
		reject(r, row.fault);
	if (!r->why.text[0])
		take_column(r, doc, t->text, &r->text);
	if (!r->why.text[0] && t->pair[0])
		take_column(r, doc, t->pair, &r->pair);
	json_free(doc);
}

static void take_plain(struct predict_row *r, const struct plan_task *t)
{
	buf_add(&r->text, r->line, r->len);
	if (memchr(buf_str(&r->text), '\0', r->text.len))
		reject(r, ROW_NUL);
	else if (!utf8_valid(buf_str(&r->text), r->text.len))
		reject(r, ROW_BAD_UTF8);
	else if (is_blank(&r->text))
		reject(r, ROW_EMPTY_TEXT);
	else if ((r->is_lone = t->pair[0] != 0))
		err_set(&r->why, ST_INVALID, "task '%s' is of two texts: JSON objects "
			"with '%.60s' and '%.60s' are wanted, not plain lines", t->name,
			t->text, t->pair);
}

static bool is_json(const struct predict_row *r, const struct plan_task *t)
{
	uint64_t number;

	return r->len && (r->line[0] == '{' ||
			  (r->line[0] == '[' && parse_u64(t->text, &number)));
}

static void read_row(struct predict_row *r, const struct plan_task *t)
{
	buf_init(&r->text);
	buf_init(&r->pair);
	if (r->is_too_long)
		reject(r, ROW_TOO_LONG);
	else if (is_json(r, t))
		take_json(r, t);
	else
		take_plain(r, t);
}

/* --- lines as they come --- */

/* Data that is no text would be so many lines without sense. */
static enum status look_at_start(struct predict_feed *f, struct err *err)
{
	if (f->is_known)
		return ST_OK;
	f->is_known = true;
	return looks_check(f->file, f->buf, f->len, err);
}

/*
 * More bytes behind those that are left: whatever there is, so that somebody who
 * types is answered line by line and a file in the largest batches.
 */
static enum status feed_more(struct predict_feed *f, struct err *err)
{
	ssize_t got;

	memmove(f->buf, f->buf + f->used, f->len - f->used);
	f->len -= f->used;
	f->used = 0;
	if (f->len > SOURCE_LINE_MAX || f->is_skipping) { /* no end of a line in it */
		f->is_skipping |= f->len > 0;
		f->len = 0;
	}
	if (f->cap - f->len < READ_AT_ONCE) {
		f->cap = 2 * f->cap + READ_AT_ONCE;
		f->buf = xrealloc(f->buf, f->cap + 1);
	}
	got = read(f->fd, f->buf + f->len, f->cap - f->len);
	if (got < 0 && errno != EINTR)
		return err_sys(err, "cannot read '%s'", f->file);
	f->is_over = got == 0;
	f->len += got > 0 ? (size_t)got : 0;
	return look_at_start(f, err);
}

/* What ends lines is open while neither end has come, and CR may be half of one. */
static void find_term(struct predict_feed *f, const char *p, size_t n)
{
	if (n && memchr(p, '\n', n))
		f->term = '\n';
	else if (f->is_over || n >= READ_AT_ONCE)
		f->term = n && memchr(p, '\r', n) ? '\r' : '\n';
}

/* Takes the next whole line (at the end: what is left); false when there is none. */
static bool feed_line(struct predict_feed *f, struct predict_row *r)
{
	const char *from = f->buf + f->used, *end;
	size_t left = f->len - f->used, len;

	if (!f->term)
		find_term(f, from, left);
	end = left && f->term ? memchr(from, f->term, left) : NULL;
	if (!end && !(f->is_over && (left || f->is_skipping)))
		return false;
	len = end ? (size_t)(end - from) : left;
	f->used += len + (end != NULL);
	if (!f->number && len >= 3 && !memcmp(from, "\xef\xbb\xbf", 3)) {
		from += 3;
		len -= 3;
	}
	*r = (struct predict_row){ .file = f->file, .number = ++f->number,
			   .is_too_long = f->is_skipping || len > SOURCE_LINE_MAX };
	f->is_skipping = false;
	text_trim(&from, &len);
	r->line = from;
	r->len = len;
	return true;
}

static void count_bad(struct predict_feed *f, const struct predict_row *r)
{
	if (r->why.text[0] && !f->bad++) {
		f->first = r->number;
		f->why = r->why;
	}
}

/* Is the line a table's header, with this name between separators? */
static bool names_column(const struct predict_row *r, const char *column)
{
	const char *p = r->line, *end = p + r->len;

	for (int n = 0; p <= end; n++) {
		const char *from = p, *name;
		size_t len;

		while (p < end && !strchr("\t,;|", *p))
			p++;
		name = from;
		len = (size_t)(p - from);
		text_trim(&name, &len);
		if (len > 1 && *name == '"' && name[len - 1] == '"')
			name++, len -= 2;
		if ((n || p < end) && len && strlen(column) == len &&
		    !memcmp(name, column, len))
			return true;
		p++;
	}
	return false;
}

/* JSON over many lines: no line of it is a row. */
static bool opens_document(const struct predict_row *r)
{
	return (r->len == 1 && strchr("{[", *r->line)) ||
	       (r->len > 1 && r->line[0] == '[' && r->line[1] == '{');
}

/* A whole file of the wrong kind is refused at its first line. */
static enum status check_first(const struct predict_row *r, const struct plan_task *t,
			       struct err *err)
{
	uint64_t number;

	if (r->number != 1)
		return ST_OK;
	if (opens_document(r))
		return err_set(err, ST_INVALID, "%s:1: one JSON document, not a row a "
			       "line: jq -c '%s' makes rows of a list", r->file,
			       *r->line == '{' ? ".KEY[]" : ".[]");
	if (r->line && !parse_u64(t->text, &number) && !is_json(r, t) &&
	    names_column(r, t->text))
		return err_set(err, ST_INVALID, "%s:1: these are a table's columns: a "
			       "table is read from a file that is named, not through a "
			       "pipe", r->file);
	if (r->is_lone)
		return err_set(err, ST_INVALID, "%s:1: %s", r->file, r->why.text);
	return ST_OK;
}

/* --- tables --- */

/* One without names of columns is known by its own name, or is of the task's form. */
static bool may_be_table(const struct plan_task *t, const char *path,
			 enum source_format found)
{
	enum source_format named = source_format_of(path);
	uint64_t number;

	return !parse_u64(t->text, &number) || named == SOURCE_TSV ||
	       named == SOURCE_CSV || found == t->format;
}

/* The file's form; auto: it is of lines. What is no text at all is refused. */
static enum status find_format(const char *path, enum source_format *out,
			       struct err *err)
{
	struct lines r;
	struct form form;
	struct stat s;
	enum status st;

	*out = SOURCE_AUTO;
	if (stat(path, &s) || !S_ISREG(s.st_mode) || !s.st_size)
		return ST_OK;
	st = lines_open(&r, path, NULL, err);
	if (st)
		return st;
	if (!form_find(&r, SOURCE_AUTO, &form, NULL))
		*out = form.format;
	lines_release(&r);
	return ST_OK;
}

/* Leaves *out NULL where the file is of lines. */
static enum status open_table(const struct plan_task *t, const char *path,
			      struct source **out, struct err *err)
{
	struct source_spec spec = { .path = path, .header = t->header, .n_fields = 1,
				    .field = { t->text, t->pair } };
	enum source_format named = source_format_of(path);
	enum status st = find_format(path, &spec.format, err);

	*out = NULL;
	if (st || !spec.format || spec.format == SOURCE_JSONL ||
	    !may_be_table(t, path, spec.format))
		return st;
	if (t->format == SOURCE_TSV || t->format == SOURCE_CSV)
		spec.format = t->format;
	spec.n_fields += t->pair[0] != 0;
	st = source_open(&spec, out, err);
	if (st && named != SOURCE_TSV && named != SOURCE_CSV)
		return ST_OK; /* no such columns: lines of text */
	if (!st)
		cmd_say("'%s' is a table: its column%s '%s'%s%s%s read", path,
			t->pair[0] ? "s" : "", t->text, t->pair[0] ? " and '" : "",
			t->pair, t->pair[0] ? "' are" : " is");
	return st;
}

static void take_cells(struct predict_row *r, const struct source_row *row,
		       bool has_pair)
{
	if (row->fault && row->what[0])
		err_set(&r->why, ST_INVALID, "%s: %s", row_fault_name(row->fault),
			row->what);
	else if (row->fault)
		reject(r, row->fault);
	if (row->fault)
		return;
	buf_add(&r->text, row->field[0], row->len[0]);
	if (has_pair)
		buf_add(&r->pair, row->field[1], row->len[1]);
	if (is_blank(&r->text) || (has_pair && is_blank(&r->pair)))
		reject(r, ROW_EMPTY_TEXT);
}

/* As many rows as are answered at once; is_over at the end. */
static enum status table_rows(struct predict_feed *f, const struct plan_task *t,
			      struct err *err)
{
	enum status st = ST_OK;

	while (f->n < PREDICT_ROWS) {
		struct predict_row *r = &f->row[f->n];
		struct source_row row;

		st = source_next(f->table, &row, err);
		if (st)
			break;
		*r = (struct predict_row){ .file = f->file, .number = row.line };
		buf_init(&r->text);
		buf_init(&r->pair);
		take_cells(r, &row, t->pair[0] != 0);
		count_bad(f, r);
		f->number++;
		f->n++;
	}
	f->is_over = st == ST_END;
	return st == ST_END ? ST_OK : st;
}

/* --- rows --- */

static enum status line_rows(struct predict_feed *f, const struct plan_task *t,
			     struct err *err)
{
	enum status st = ST_OK;

	while (!st && f->n < PREDICT_ROWS && feed_line(f, &f->row[f->n])) {
		struct predict_row *r = &f->row[f->n++];

		read_row(r, t);
		count_bad(f, r);
		st = check_first(r, t, err);
	}
	return st;
}

static void release_rows(struct predict_feed *f)
{
	for (int i = 0; i < f->n; i++) {
		buf_release(&f->row[i].text);
		buf_release(&f->row[i].pair);
	}
	f->n = 0;
}

enum status predict_feed_next(struct predict_feed *f, const struct plan_task *t,
			      struct err *err)
{
	enum status st = ST_OK;

	release_rows(f);
	while (!st && !f->n) {
		if (cmd_signal())
			return err_set(err, ST_STOPPED, "interrupted");
		st = f->table ? table_rows(f, t, err) : line_rows(f, t, err);
		if (st || f->n || f->is_over)
			break;
		st = feed_more(f, err);
	}
	return st;
}

/* Files and folders as the readers of data open them; a pipe as it comes. */
static enum status open_rows(const char *path, int *fd, struct err *err)
{
	struct plain text;
	struct stat s;
	enum status st;

	if (stat(path, &s) || !(S_ISREG(s.st_mode) || S_ISDIR(s.st_mode))) {
		*fd = open(path, O_RDONLY | O_CLOEXEC);
		return *fd < 0 ? err_sys(err, "cannot open '%s'", path) : ST_OK;
	}
	st = plain_open(path, cmd_progress(), &text, err);
	cmd_progress_end();
	*fd = text.fd;
	if (!st && lseek(*fd, (off_t)text.at, SEEK_SET) < 0)
		st = err_sys(err, "cannot read '%s'", path);
	return st;
}

enum status predict_feed_open(struct predict_feed *f, const struct plan_task *t,
			      const char *path, struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	enum status st;

	*f = (struct predict_feed){ .file = is_stdin ? "stdin" : path, .buf = xmalloc(1) };
	if (is_stdin)
		return ST_OK;
	st = open_rows(path, &f->fd, err);
	return st ? st : open_table(t, path, &f->table, err);
}

void predict_feed_close(struct predict_feed *f)
{
	release_rows(f);
	source_close(f->table);
	xfree(f->buf);
	if (f->fd > 0)
		close(f->fd);
}
