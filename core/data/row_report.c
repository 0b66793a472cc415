/*
 * row_report.c - why rows were skipped: counted, with the first lines and words.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "data/source.h"
#include "text/utf8.h"

enum { FIRST = sizeof ((struct row_report *)0)->first[0] / sizeof(uint64_t) };

static const struct {
	const char *name, *advice; /* NULL: none */
} faults[ROW_FAULTS] = {
	[ROW_OK] = { "fine", NULL },
	[ROW_SHORT] = { "too few columns", NULL },
	[ROW_LONG] = { "too many columns",
		       "a separator within a text wants quotes around the text (CSV)" },
	[ROW_BAD_JSON] = { "no valid JSON", NULL },
	[ROW_NO_FIELD] = { "field missing or no text", NULL },
	[ROW_BAD_UTF8] = { "invalid UTF-8",
			   "iconv -f LATIN1 -t UTF-8 converts Western text" },
	[ROW_NUL] = { "NUL byte", NULL },
	[ROW_TOO_LONG] = { "row too long", NULL },
	[ROW_EMPTY_TEXT] = { "empty text", NULL },
	[ROW_BAD_LABEL] = { "unknown label", NULL },
	[ROW_LIST] = { "a list where one label or number may be",
		       "there is no kind of task for several labels yet" },
	[ROW_BAD_NUMBER] = { "no number", NULL },
	[ROW_BAD_QUOTE] = { "quotes out of order", NULL },
	[ROW_NO_LABEL] = { "empty label", "a max_bad of 1 skips such rows" },
	[ROW_LONG_LABEL] = { "label too long", "is it a text" },
	[ROW_BIG_NUMBER] = { "number too large", NULL },
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

void row_report_text(const struct row_report *r, struct buf *out)
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
		buf_addf(out, ": %s", faults[most].advice);
	if (r->longer)
		buf_addf(out, "%sof %" PRIu64 " longer rows the last columns are left out",
			 out->len ? "; " : "", r->longer);
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
