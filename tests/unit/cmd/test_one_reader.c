/*
 * test_one_reader.c - files as people have them: what `new` finds in one is what
 * its plan's reader has, row for row, reason for reason.
 *
 * A file is made whose good and bad rows are known, in one of the many forms that
 * programs write. It goes the way of a user's: looked at, guessed, drafted, parsed
 * as a plan, surveyed, and read into a token cache. All must count what was made.
 * TUTTI_FILES: how many files.
 */
#include "fixture/data_check.h"

#include "data/items.h"
#include "cmd/new.h"
#include "plan/plan_survey.h"

enum { FILES = 120, ROWS_MOST = 160 };

/* How a file is written. */
struct style {
	enum source_format format;
	char separator;
	const char *line_end, *name;
	bool header, blank_names, quoted_names, row_names, id, trails, header_trails, bom;
	int comments;
	bool gaps;            /* blank lines between rows */
};

struct made {
	struct style s;
	struct buf text;
	uint64_t line, good, bad[ROW_FAULTS], first[ROW_FAULTS];
};

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static struct style any_style(void)
{
	static const char separators[] = { '\t', ',', ';', '|' };
	static const char *const ends[] = { "\n", "\n", "\r\n", "\r" };
	static const char *const names[] = { "a.tsv", "a.csv", "a.txt", "a.jsonl", "a" };
	struct style s = { .separator = separators[rnd(4)], .line_end = ends[rnd(4)],
			   .name = names[rnd(5)], .header = rnd(4) > 0, .bom = !rnd(4) };

	s.format = s.separator == '\t' ? SOURCE_TSV : SOURCE_CSV;
	s.blank_names = s.header && !rnd(3);
	s.quoted_names = s.header && s.format == SOURCE_CSV && !rnd(3);
	s.row_names = s.header && !rnd(4);
	s.id = !s.row_names && !rnd(3);
	s.trails = !s.row_names && !rnd(5);
	s.header_trails = s.trails && rnd(2);
	s.comments = rnd(3) ? 0 : 1 + (int)rnd(3);
	s.gaps = !rnd(3);
	if (!rnd(5))
		s = (struct style){ .format = SOURCE_JSONL, .line_end = s.line_end,
				    .name = s.name, .bom = s.bom, .gaps = s.gaps,
				    .comments = s.comments };
	return s;
}

static void put_line(struct made *m, const char *text)
{
	buf_adds(&m->text, text);
	buf_adds(&m->text, m->s.line_end);
	m->line++;
}

static void put_comments(struct made *m)
{
	static const char *const lines[] = { "# made by a tool, version 2; by hand",
					     "#", "## x | y", "# \"open" };

	for (int i = 0; i < m->s.comments; i++)
		put_line(m, lines[rnd(4)]);
}

static void put_header(struct made *m)
{
	const struct style *s = &m->s;
	const char *blank = s->blank_names ? " " : "", *quote = s->quoted_names ? "\"" : "";
	char line[100];

	if (!s->header)
		return;
	str_format(line, sizeof line, "%s%s%stext%s%s%c%s%slabel%s%.*s",
		   s->id ? "id" : "", s->id ? (char[]){ s->separator, 0 } : "", quote, quote,
		   s->quoted_names ? "" : blank, s->separator, s->quoted_names ? "" : blank,
		   quote, quote, s->header_trails, (char[]){ s->separator, 0 });
	put_line(m, line);
}

/* Words, and in CSV at times what must be quoted. */
static void add_text(struct made *m, unsigned row)
{
	static const char *const words[] = { "river", "garden", "engine", "market", "so",
					     "letter", "teacher", "storm", "bridge", "it" };
	bool quoted = m->s.format == SOURCE_CSV && !rnd(3);
	bool has_line = quoted && !rnd(4);

	buf_adds(&m->text, quoted ? "\"" : "");
	for (int i = 0; i < 7; i++)
		buf_addf(&m->text, "%s ", words[rnd(10)]);
	if (has_line) {
		buf_adds(&m->text, m->s.line_end);
		m->line++;
	}
	if (quoted)
		buf_addf(&m->text, "a%cb \"\"c\"\" ", m->s.separator);
	buf_addf(&m->text, "n%u%s", row, quoted ? "\"" : "");
}

static void put_good(struct made *m, unsigned row)
{
	const struct style *s = &m->s;
	const char *label = rnd(2) ? "calm" : "wild";

	if (s->format == SOURCE_JSONL) {
		buf_adds(&m->text, "{\"text\": \"");
		add_text(m, row);
		buf_addf(&m->text, "\", \"label\": \"%s\"}", label);
	} else {
		if (s->row_names || s->id)
			buf_addf(&m->text, "%u%c", row + 1, s->separator);
		add_text(m, row);
		buf_addf(&m->text, "%c%s%s", s->separator, s->blank_names ? " " : "", label);
		if (s->trails)
			buf_addc(&m->text, s->separator);
	}
	put_line(m, "");
	m->good++;
}

static void put_bad(struct made *m, unsigned row)
{
	static const enum row_fault table[] = { ROW_SHORT, ROW_LONG, ROW_BAD_UTF8, ROW_NUL,
						ROW_BAD_QUOTE };
	static const enum row_fault json[] = { ROW_BAD_JSON, ROW_NO_FIELD, ROW_BAD_UTF8,
					       ROW_LIST };
	const struct style *s = &m->s;
	enum row_fault f = s->format == SOURCE_JSONL ? json[rnd(4)] :
						       table[rnd(s->format == SOURCE_CSV ? 5 : 4)];
	char c = s->separator;

	if (!m->bad[f]++)
		m->first[f] = m->line + 1;
	if (s->row_names || s->id)
		buf_addf(&m->text, "%u%s", row + 1, f == ROW_SHORT ? "" : (char[]){ c, 0 });
	switch (f) {
	case ROW_SHORT: buf_adds(&m->text, "the label is not here"); break;
	case ROW_LONG: buf_addf(&m->text, "one%c too many%ccalm", c, c); break;
	case ROW_BAD_QUOTE: buf_addf(&m->text, "a \"b\" c%ccalm", c); break;
	case ROW_NUL: buf_add(&m->text, "nul \0 ", 6); buf_addf(&m->text, "%cwild", c); break;
	case ROW_BAD_JSON: buf_adds(&m->text, "{\"text\": \"a\", \"text\": \"b\"}"); break;
	case ROW_NO_FIELD: buf_adds(&m->text, "{\"text\": \"a\"}"); break;
	case ROW_LIST: buf_adds(&m->text, "{\"text\": \"a\", \"label\": [\"calm\"]}"); break;
	default:
		if (s->format == SOURCE_JSONL)
			buf_adds(&m->text, "{\"text\": \"caf\xe9\", \"label\": \"calm\"}");
		else
			buf_addf(&m->text, "caf\xe9 au lait%ccalm", c);
		break;
	}
	if (s->trails && f != ROW_SHORT)
		buf_addc(&m->text, c);
	put_line(m, "");
}

static void make_file(struct made *m)
{
	unsigned n = 60 + rnd(ROWS_MOST - 60);
	int bad = rnd(2) ? 0 : (int)rnd(4);

	*m = (struct made){ .s = any_style() };
	buf_init(&m->text);
	if (m->s.bom)
		buf_adds(&m->text, "\xef\xbb\xbf");
	put_comments(m);
	put_header(m);
	for (unsigned i = 0; i < n; i++) {
		if (m->s.gaps && !rnd(8))
			put_line(m, rnd(2) ? "" : "  ");
		if (bad && i > 20 && !rnd(6)) {
			put_bad(m, 1000 + i);
			bad--;
		}
		put_good(m, i);
	}
	put_file(m->s.name, buf_str(&m->text), m->text.len);
}

static void explain(const struct made *m, int file, const char *what)
{
	const struct style *s = &m->s;

	fail_msg("file %d (%s, %c, header %d, names %d%d%d, id %d, trails %d%d, comments "
		 "%d): %s", file, s->name, s->separator ? s->separator : '{', s->header,
		 s->blank_names, s->quoted_names, s->row_names, s->id, s->trails,
		 s->header_trails, s->comments, what);
}

/* What `new` makes of the file, as far as its plan. */
static struct plan *plan_of(const struct made *m, int file)
{
	struct new_files *f = xcalloc(1, sizeof *f);
	struct opts *o = xcalloc(1, sizeof *o);
	struct draft_task *t = xcalloc(1, sizeof *t);
	struct draft_sizes sizes;
	struct plan *p = NULL;
	struct err err = { "" };
	struct buf b;

	o->arg[o->n_args++] = in_scratch(m->s.name);
	if (new_files_read(f, o, &err))
		explain(m, file, err.text);
	if (!f->file[0].guess.n)
		explain(m, file, "nothing is guessed");
	if (new_draft(f, &f->set[0], &f->file[0].guess.option[0], scratch, t, &err))
		explain(m, file, err.text);
	buf_init(&b);
	draft_sizes(t, 1, &sizes);
	draft_write(t, 1, &sizes, "made", &b);
	if (plan_parse(buf_str(&b), b.len, "made", scratch, NULL, 0, &p, &err))
		explain(m, file, err.text);
	buf_release(&b);
	new_files_release(f);
	xfree(f);
	xfree(o);
	xfree(t);
	return p;
}

/* What was counted on one side: rows that were made, and the reasons. */
static void check_reasons(const struct made *m, int file, const struct row_report *train,
			  const struct row_report *dev)
{
	char what[100];

	for (int f = ROW_OK + 1; f < ROW_FAULTS; f++) {
		uint64_t got = train->bad[f] + dev->bad[f];
		uint64_t line = train->bad[f] ? train->first[f][0] : dev->first[f][0];

		if (train->bad[f] && dev->bad[f] && dev->first[f][0] < line)
			line = dev->first[f][0];
		str_format(what, sizeof what, "%s: %d in place of %d, line %d in place of %d",
			   row_fault_name((enum row_fault)f), (int)got, (int)m->bad[f],
			   (int)line, (int)m->first[f]);
		if (got != m->bad[f] || (got && line != m->first[f]))
			explain(m, file, what);
	}
}

/* The way that training goes. */
static struct dataset *open_split(const struct made *m, int file, const struct plan *p,
				  bool dev, const struct tokenizer *tok)
{
	struct dataset_spec spec;
	struct dataset *d = NULL;
	struct progress pg = { 0 };
	struct err err = { "" };

	plan_dataset(p, 0, dev, &spec);
	if (dataset_open(&spec, tok, in_scratch("cache"), &pg, &d, &err))
		explain(m, file, err.text);
	return d;
}

static void check_file(const struct made *m, int file, const struct tokenizer *tok)
{
	struct plan *p = plan_of(m, file);
	struct plan_survey s;
	struct progress pg = { 0 };
	struct err err = { "" };
	struct dataset *train, *dev;

	if (plan_survey(p, 0, &pg, &s, &err))
		explain(m, file, err.text);
	assert_string_equal(p->tasks[0].labels[0], "calm");
	assert_string_equal(p->tasks[0].labels[1], "wild");
	if (p->tasks[0].n_labels != 2 || s.train.n + s.dev.n != m->good)
		explain(m, file, "rows or labels are lost");
	check_reasons(m, file, &s.train.report, &s.dev.report);
	train = open_split(m, file, p, false, tok);
	dev = open_split(m, file, p, true, tok);
	check_reasons(m, file, dataset_report(train), dataset_report(dev));
	assert_int_equal(dataset_size(train), s.train.n);
	assert_int_equal(dataset_size(dev), s.dev.n);
	dataset_close(train);
	dataset_close(dev);
	plan_survey_release(&s);
	plan_free(p);
}

static void test_any_file(void **state)
{
	const char *wish = getenv("TUTTI_FILES");
	int files = wish ? (int)strtol(wish, NULL, 10) : FILES;
	struct tokenizer *tok = small_tokenizer();

	(void)state;
	setenv("XDG_CACHE_HOME", scratch, 1);
	for (int i = 0; i < files; i++) {
		struct made m;

		seed = (uint32_t)i * 2654435761u;
		make_file(&m);
		check_file(&m, i, tok);
		unlink(in_scratch(m.s.name));
		buf_release(&m.text);
	}
	tokenizer_free(tok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_file),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
