/*
 * row_report.c - why rows were skipped: counted, with the first lines and words.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "data/folder.h"
#include "data/source.h"
#include "text/utf8.h"

enum { FIRST = sizeof ((struct row_report *)0)->first[0] / sizeof(uint64_t) };

static const struct {
	const char *name, *advice; /* NULL: none; with "%s" for the file */
} faults[ROW_FAULTS] = {
	[ROW_OK] = { "fine", NULL },
	[ROW_SHORT] = { "too few columns", NULL },
	[ROW_LONG] = { "too many columns",
		       "a separator within a text wants quotes around the text (CSV)" },
	[ROW_BAD_JSON] = { "no valid JSON", NULL },
	[ROW_NO_FIELD] = { "field missing or no text", NULL },
	[ROW_BAD_UTF8] = { "invalid UTF-8",
			   "text of Western Windows is converted by iconv -f "
			   "WINDOWS-1252 -t UTF-8 '%s' >NEW" },
	[ROW_NUL] = { "NUL byte", NULL },
	[ROW_TOO_LONG] = { "row too long", NULL },
	[ROW_EMPTY_TEXT] = { "empty text", NULL },
	[ROW_BAD_LABEL] = { "unknown label", NULL },
	[ROW_LIST] = { "a list where one label or number may be",
		       "a task of kind multilabel takes several labels" },
	[ROW_BAD_NUMBER] = { "no number", NULL },
	[ROW_BAD_QUOTE] = { "quotes out of order", NULL },
	[ROW_NO_LABEL] = { "empty label", "a max_bad of 1 skips such rows" },
	[ROW_LONG_LABEL] = { "label too long", "is it a text" },
	[ROW_BIG_NUMBER] = { "number too large", NULL },
	[ROW_NO_WORDS] = { "nothing that could be hidden", NULL },
	[ROW_NOT_KEPT] = { "nothing of the text is kept", NULL },
	[ROW_MISCOUNTED] = { "not as many 0 and 1 as there are words or sentences",
			     "words stand between blanks" },
};

const char *row_fault_name(enum row_fault f)
{
	BUG_IF((unsigned)f >= ROW_FAULTS);
	return faults[f].name;
}

void row_say(struct source_row *row, enum row_fault f, const char *what, size_t n)
{
	int columns = ROW_WHAT - 1;
	struct buf b;
	size_t fits;

	row->fault = f;
	buf_init(&b);
	text_sanitize(&b, what, n < ROW_WHAT ? n : ROW_WHAT);
	do
		fits = text_fit(buf_str(&b), b.len, columns);
	while (fits >= ROW_WHAT && columns--);
	str_format(row->what, sizeof row->what, "%.*s", (int)fits, buf_str(&b));
	buf_release(&b);
}

void row_say_bytes(struct source_row *row, const char *p, size_t n)
{
	enum { BEFORE = 16, AROUND = 32 };
	size_t at = 0, from;
	uint32_t cp;
	int k;

	while (at < n && (k = utf8_next(p + at, n - at, &cp)))
		at += (size_t)k;
	from = at < BEFORE ? 0 : at - BEFORE;
	while (from < at && (p[from] & 0xc0) == 0x80)
		from++;
	row_say(row, ROW_BAD_UTF8, p + from, n - from < AROUND ? n - from : AROUND);
}

void row_report_add(struct row_report *r, const struct source_row *row)
{
	enum row_fault f = row->fault;

	r->rows++;
	r->longer += !f && row->is_longer;
	if (f == ROW_OK)
		return;
	if (!r->bad[f])
		memcpy(r->what[f], row->what, sizeof row->what);
	if (r->bad[f] < FIRST)
		r->first[f][r->bad[f]] = row->line;
	r->bad[f]++;
}

uint64_t row_report_bad(const struct row_report *r)
{
	uint64_t n = 0;

	for (int f = ROW_OK + 1; f < ROW_FAULTS; f++)
		n += r->bad[f];
	return n;
}

static void add_reason(const struct row_report *r, int f, struct buf *out)
{
	uint64_t n = r->bad[f], shown = n < FIRST ? n : FIRST;

	buf_addf(out, "%s %" PRIu64 " (line%s ", faults[f].name, n, n == 1 ? "" : "s");
	for (uint64_t i = 0; i < shown; i++)
		buf_addf(out, "%s%" PRIu64, i ? ", " : "", r->first[f][i]);
	buf_adds(out, shown < n ? ", ..." : "");
	if (*r->what[f])
		buf_addf(out, ": %s", r->what[f]);
	buf_addc(out, ')');
}

static void add_advice(const char *advice, const char *path, struct buf *out)
{
	const char *file = strstr(advice, "%s");
	size_t n = file ? (size_t)(file - advice) : strlen(advice);

	buf_adds(out, ": ");
	buf_add(out, advice, n);
	if (!file)
		return;
	if (folder_is_one(path))
		buf_adds(out, "FILE");
	else /* what is packed is unpacked first, to a name like this */
		buf_add(out, path, source_name_length(path));
	buf_adds(out, file + 2);
}

void row_report_text(const struct row_report *r, const char *path, struct buf *out)
{
	int most = ROW_OK, listed = 0;

	for (int f = ROW_OK + 1; f < ROW_FAULTS; f++) {
		if (!r->bad[f])
			continue;
		buf_adds(out, listed++ ? "; " : "");
		add_reason(r, f, out);
		most = !most || r->bad[f] > r->bad[most] ? f : most;
	}
	if (faults[most].advice)
		add_advice(faults[most].advice, path, out);
	if (r->longer)
		buf_addf(out, "%sof %" PRIu64 " longer rows the last columns are left out",
			 out->len ? "; " : "", r->longer);
}

/* --- what the limits cut off --- */

struct cut {
	const char *what, *limit;
	int most;
	uint64_t rows, texts, pieces, lost;
};

static void cuts_of(const struct row_report *r, int max_source, int max_target,
		    struct cut cut[2])
{
	uint64_t rows = r->rows - row_report_bad(r);

	cut[0] = (struct cut){ "texts", "max_source", max_source, rows, r->cut_source,
			       r->pieces_source, r->lost_source };
	cut[1] = (struct cut){ "targets", "max_target", max_target, rows, r->cut_target,
			       r->pieces_target, r->lost_target };
}

static double percent(uint64_t part, uint64_t all)
{
	return all ? 100 * (double)part / (double)all : 0;
}

void row_cut_text(const struct row_report *r, int max_source, int max_target,
		  struct buf *out)
{
	struct cut cut[2];
	int n = 0;

	cuts_of(r, max_source, max_target, cut);
	for (const struct cut *c = cut; c < cut + 2; c++)
		if (c->texts)
			buf_addf(out, "%s%" PRIu64 " of %" PRIu64 " %s are cut at %s %d, "
				 "%.1f%% of all their text is lost", n++ ? "; " : "",
				 c->texts, c->rows, c->what, c->limit, c->most,
				 percent(c->lost, c->pieces));
	if (r->nearest)
		buf_addf(out, "%s%" PRIu64 " of %" PRIu64 " targets have words that the text "
			 "has not in that order: those that it has are kept", n ? "; " : "",
			 r->nearest, cut[0].rows);
}

void row_cut_warn(const struct row_report *r, int max_source, int max_target,
		  struct buf *out)
{
	struct cut cut[2];

	cuts_of(r, max_source, max_target, cut);
	for (const struct cut *c = cut; c < cut + 2; c++)
		if (c->texts * 10 > c->rows)
			buf_addf(out, "more than a tenth of the %s are cut (%.0f%%): a "
				 "larger %s keeps more of them, and takes more time\n",
				 c->what, percent(c->texts, c->rows), c->limit);
}

uint64_t row_report_allowed(const struct row_report *r, double max_bad)
{
	double share = ceil(max_bad * (double)r->file_rows - 1e-9);
	double few = ceil((double)r->file_rows / 10);

	if (!(max_bad > 0))
		return 0;
	few = few < ROW_FEW ? few : ROW_FEW;
	return (uint64_t)(share > few ? share : few);
}
