/*
 * guess.c - what the columns of a file are for.
 *
 * Each column gets marks for each part it could play: text, label, number,
 * summary. The marks are added in plain sight, a row of the table below for the
 * names and a handful of rules for the values; the readings of the file are
 * then compared by the sums.
 */
#include "data/guess_own.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/data_kind.h"

/* --- names --- */

static const struct {
	const char *word; /* the whole name, or a word of it */
	signed char mark[PARTS]; /* for text, label, number, source, summary, other */
} names[] = {
	{ "text", { 4, 0, 0, 3, 0, 0 } },      { "sentence", { 4, 0, 0, 1, 0, 0 } },
	{ "review", { 4, 0, 0, 1, 0, 0 } },    { "comment", { 4, 0, 0, 1, 0, 0 } },
	{ "tweet", { 4, 0, 0, 1, 0, 0 } },     { "question", { 3, 0, 0, 0, 0, 0 } },
	{ "query", { 3, 0, 0, 0, 0, 0 } },     { "utterance", { 4, 0, 0, 0, 0, 0 } },
	{ "message", { 3, 0, 0, 2, 0, 0 } },   { "premise", { 4, 0, 0, 0, 0, 0 } },
	{ "string", { 3, 0, 0, 0, 0, 0 } },    { "content", { 3, 0, 0, 3, 0, 0 } },
	{ "description", { 2, 0, 0, 2, 0, 0 } }, { "long", { 2, 0, 0, 3, 0, 0 } },
	{ "source", { 1, 0, 0, 3, 0, 1 } },    { "document", { 3, 0, 0, 4, 0, 0 } },
	{ "article", { 3, 0, 0, 4, 0, 0 } },   { "dialogue", { 3, 0, 0, 4, 0, 0 } },
	{ "dialog", { 3, 0, 0, 4, 0, 0 } },    { "body", { 3, 0, 0, 4, 0, 0 } },
	{ "report", { 3, 0, 0, 4, 0, 0 } },    { "story", { 3, 0, 0, 4, 0, 0 } },
	{ "passage", { 3, 0, 0, 3, 0, 0 } },   { "input", { 3, 0, 0, 3, 0, 0 } },
	{ "summary", { 0, 0, 0, 0, 5, 0 } },   { "summaries", { 0, 0, 0, 0, 5, 0 } },
	{ "highlights", { 0, 0, 0, 0, 5, 0 } }, { "headline", { 1, 0, 0, 0, 5, 0 } },
	{ "abstract", { 1, 0, 0, 1, 4, 0 } },  { "synopsis", { 0, 0, 0, 0, 5, 0 } },
	{ "tldr", { 0, 0, 0, 0, 5, 0 } },      { "subject", { 0, 1, 0, 0, 4, 0 } },
	{ "title", { 1, 0, 0, 0, 3, 0 } },     { "target", { 0, 4, 4, 0, 4, 0 } },
	{ "output", { 0, 3, 3, 0, 3, 0 } },    { "label", { 0, 5, 3, 0, 0, 0 } },
	{ "labels", { 0, 5, 3, 0, 0, 0 } },    { "class", { 0, 5, 0, 0, 0, 0 } },
	{ "category", { 0, 5, 0, 0, 0, 0 } },  { "intent", { 0, 5, 0, 0, 0, 0 } },
	{ "sentiment", { 0, 5, 3, 0, 0, 0 } }, { "polarity", { 0, 5, 3, 0, 0, 0 } },
	{ "topic", { 0, 4, 0, 0, 0, 0 } },     { "section", { 0, 4, 0, 0, 0, 0 } },
	{ "tag", { 0, 4, 0, 0, 0, 0 } },       { "emotion", { 0, 5, 0, 0, 0, 0 } },
	{ "gold", { 0, 3, 2, 0, 0, 0 } },      { "y", { 0, 4, 3, 0, 0, 0 } },
	{ "quality", { 0, 3, 3, 0, 0, 0 } },   { "duplicate", { 0, 4, 0, 0, 0, 0 } },
	{ "score", { 0, 1, 5, 0, 0, 0 } },     { "rating", { 0, 1, 5, 0, 0, 0 } },
	{ "similarity", { 0, 0, 5, 0, 0, 0 } }, { "stars", { 0, 2, 4, 0, 0, 0 } },
	{ "value", { 0, 0, 4, 0, 0, 0 } },     { "price", { 0, 0, 4, 0, 0, 0 } },
	{ "id", { -4, -4, -5, -4, -4, 5 } },   { "ids", { -4, -4, -5, -4, -4, 5 } },
	{ "index", { -4, -4, -5, -4, -4, 5 } }, { "idx", { -4, -4, -5, -4, -4, 5 } },
	{ "fname", { -4, -3, -3, -4, -4, 5 } }, { "filename", { -4, -3, 0, -4, -4, 5 } },
	{ "file", { -3, -3, 0, -3, -3, 3 } },  { "url", { -4, -4, 0, -4, -4, 5 } },
	{ "date", { -3, -3, -3, -3, -3, 5 } }, { "time", { -3, -3, -3, -3, -3, 3 } },
	{ "year", { 0, -3, -4, 0, 0, 5 } },    { "genre", { 0, -1, 0, 0, 0, 1 } },
	{ "split", { 0, -4, 0, 0, 0, 5 } },    { "language", { 0, -2, 0, 0, 0, 3 } },
	{ "lang", { 0, -2, 0, 0, 0, 3 } },     { "author", { -2, -1, 0, -2, -2, 3 } },
	{ "number", { 0, -1, 0, 0, 0, 1 } },   { "hypothesis", { 3, 0, 0, 0, 0, 0 } },
};
enum { NAMES = sizeof names / sizeof *names };

/* Words of "gold_label", "goldLabel2", "#1 String": letters in a row, small. */
static bool next_word(const char **p, char *word, size_t cap)
{
	size_t n = 0;
	const char *s = *p;

	while (*s && !isalpha((unsigned char)*s))
		s++;
	for (; isalpha((unsigned char)*s); s++) {
		if (n && isupper((unsigned char)*s) && islower((unsigned char)s[-1]))
			break;
		if (n + 1 < cap)
			word[n++] = (char)tolower((unsigned char)*s);
	}
	word[n] = '\0';
	*p = s;
	return n > 0;
}

/* Marks of the name's words; the best one for a part and the worst add up. */
static int name_mark(const char *name, enum guess_part part)
{
	char word[24];
	int best = 0, worst = 0;

	for (const char *p = name; name && next_word(&p, word, sizeof word);)
		for (int i = 0; i < NAMES; i++) {
			int m = str_eq(names[i].word, word) ? names[i].mark[part] : 0;

			best = m > best ? m : best;
			worst = m < worst ? m : worst;
		}
	return best + worst;
}

/* --- the header --- */

static bool is_number(const char *s, char decimal)
{
	double x;

	return s && source_number(s, strlen(s), decimal, &x);
}

static bool is_mostly(uint64_t part, uint64_t all)
{
	return all && (double)part >= 0.97 * (double)all;
}

static int words_in(const char *s)
{
	int n = 0;

	for (bool inside = false; *s; s++) {
		n += !isspace((unsigned char)*s) && !inside;
		inside = !isspace((unsigned char)*s);
	}
	return n;
}

static int known_name(const char *s)
{
	for (int p = 0; p < PARTS; p++)
		if (name_mark(s, (enum guess_part)p))
			return 2;
	return 0;
}

/* Is the first row unlike those below it? */
static int header_marks(const struct sample *s)
{
	int marks = 0;

	for (int i = 0; i < s->n_columns; i++) {
		const struct sample_column *c = &s->column[i];
		const char *f = c->first ? c->first : "";

		if (is_mostly(c->numbers, sample_values(c)))
			marks += is_number(f, s->decimal) ? -4 : 3;
		else if (is_number(f, s->decimal))
			marks -= 2;
		if (!*f)
			marks -= 1;
		else if (words_in(f) > 5)
			marks -= 3;
		else if (sample_mean_words(c) > 4 && words_in(f) <= 3)
			marks += 1;
		if (words_in(f) <= 3)
			marks += known_name(f);
		if (*f && c->has_first && c->distinct < SAMPLE_DISTINCT)
			marks -= 4;
	}
	return marks;
}

/* --- what values say --- */

bool guess_is_filled(const struct sample_column *c)
{
	return c->n && (double)c->empty <= 0.02 * (double)c->n;
}

bool guess_is_numeric(const struct sample_column *c)
{
	return is_mostly(c->numbers, sample_values(c));
}

/* Whole numbers that count up, or that never come twice: names of rows. */
bool guess_is_index(const struct sample_column *c)
{
	uint64_t n = sample_values(c);

	return guess_is_numeric(c) && c->wholes == c->numbers && n > 4 &&
	       ((double)c->follows > 0.7 * (double)n ||
		(c->distinct > 20 && c->commonest == 1));
}

/* A list here and there is a bad row; a column of them is no label. */
bool guess_has_lists(const struct sample_column *c)
{
	return c->lists * 10 > c->n;
}

bool guess_is_many(const struct sample_column *c)
{
	uint64_t n = sample_values(c);
	double all = n < SAMPLE_DISTINCT ? (double)n : SAMPLE_DISTINCT;

	return c->distinct >= 0.3 * all;
}

const char *guess_name_of(const struct looking *l, int column)
{
	return l->header || l->s->format == SOURCE_JSONL ? l->s->column[column].name : NULL;
}

int guess_name_mark(const struct looking *l, int column, enum guess_part part)
{
	return name_mark(guess_name_of(l, column), part);
}

int guess_target_mark(const struct looking *l, int column, enum guess_part part,
		      double most)
{
	const struct sample_column *c = &l->s->column[column];
	int m = guess_name_mark(l, column, part) - guess_name_mark(l, column, PART_OTHER);

	m -= guess_is_filled(c) ? 0 : 5;
	m += column == 0 || column == l->s->n_columns - 1;
	m -= (double)c->commonest > most ? 3 : 0;
	return m;
}

int guess_text_mark(const struct looking *l, int column, enum guess_part part)
{
	const struct sample_column *c = &l->s->column[column];
	double words = sample_mean_words(c);
	int mark = guess_name_mark(l, column, part);

	if (!sample_values(c) || guess_is_numeric(c) || c->distinct < 2)
		return GUESS_NEVER;
	if ((double)c->empty > 0.2 * (double)c->n)
		mark -= 4;
	mark += words >= 3 ? 4 : words >= 1.5 ? 2 : -2;
	mark += guess_is_many(c) ? 2 : -5;
	return mark;
}

/* --- readings --- */

static int best_text(const struct looking *l, int but)
{
	int best = -1;

	for (int i = 0; i < l->s->n_columns; i++) {
		bool longer = best >= 0 && l->text[i] == l->text[best] &&
			      sample_mean_words(&l->s->column[i]) >
				      sample_mean_words(&l->s->column[best]);

		if (i != but && l->text[i] > 0 &&
		    (best < 0 || l->text[i] > l->text[best] || longer))
			best = i;
	}
	return best;
}

/* "sentence1" and "sentence2", "text_a" and "text_b": but for one letter or digit. */
static bool differ_by_side(const char *a, const char *b)
{
	size_t n = a && b ? strlen(a) : 0, diff = 0;

	if (!n || strlen(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i]) {
			bool side = (isdigit((unsigned char)a[i]) &&
				     isdigit((unsigned char)b[i])) ||
				    (strchr("aAlLxX", a[i]) && strchr("bBrRyY", b[i]));

			if (!side)
				return false;
			diff++;
		}
	return diff == 1;
}

static bool are_known_pair(const char *a, const char *b)
{
	static const char *const pairs[][2] = {
		{ "premise", "hypothesis" }, { "question", "sentence" },
		{ "question", "passage" },   { "question", "answer" },
		{ "query", "document" },     { "query", "passage" },
		{ "question", "context" },   { "text", "hypothesis" },
	};

	for (size_t i = 0; a && b && i < sizeof pairs / sizeof *pairs; i++)
		if (!strcasecmp(a, pairs[i][0]) && !strcasecmp(b, pairs[i][1]))
			return true;
	return false;
}

static bool are_alike(const struct sample_column *a, const struct sample_column *b)
{
	double x = sample_mean_words(a), y = sample_mean_words(b);

	return x >= 3 && y >= 3 && x < 2 * y && y < 2 * x;
}

/* The two texts of a pair; false: there is no such pair. */
static bool find_pair(const struct looking *l, int *a, int *b)
{
	const struct sample *s = l->s;

	for (*a = 0; *a < s->n_columns; ++*a)
		for (*b = 0; *b < s->n_columns; ++*b) {
			const char *na = guess_name_of(l, *a);
			const char *nb = guess_name_of(l, *b);
			bool unnamed = !na && !nb && *b == *a + 1;

			if (*a == *b || l->text[*a] <= 0 || l->text[*b] <= 0)
				continue;
			if ((differ_by_side(na, nb) && strcmp(na, nb) < 0) ||
			    are_known_pair(na, nb) ||
			    (unnamed && are_alike(&s->column[*a], &s->column[*b])))
				return true;
		}
	return false;
}

bool guess_are_pair(const struct looking *l, int a, int b)
{
	const char *na = guess_name_of(l, a), *nb = guess_name_of(l, b);

	return are_known_pair(na, nb) || are_known_pair(nb, na) || differ_by_side(na, nb);
}

void guess_say_column(const struct looking *l, int column, char out[64])
{
	const char *name = guess_name_of(l, column);

	if (name)
		str_format(out, 64, "'%.40s'", name);
	else
		str_format(out, 64, "column %d", column);
}

void guess_add(struct looking *l, const struct guess_task *t, int mark)
{
	struct guess *g = l->g;
	int at = g->n;

	while (at > 0 && g->option[at - 1].sure < mark)
		at--;
	if (at == GUESS_OPTIONS)
		return;
	g->n += g->n < GUESS_OPTIONS;
	memmove(&g->option[at + 1], &g->option[at],
		sizeof *g->option * (size_t)(g->n - 1 - at));
	g->option[at] = *t;
	g->option[at].sure = mark; /* until all are there */
}

void guess_add_labelled(struct looking *l, enum task_kind kind, int target, int mark,
			const char *what)
{
	struct guess_task t = { .kind = kind, .pair = -1, .target = target };
	char text[64];

	t.text = best_text(l, target);
	if (find_pair(l, &t.text, &t.pair))
		mark += 2;
	else
		t.pair = -1;
	if (t.text < 0)
		t.text = best_text(l, target);
	if (t.text < 0 || t.text == target || t.pair == target || t.text >= l->s->n_columns)
		t.text = best_text(l, target), t.pair = -1;
	if (t.text < 0)
		return;
	mark += l->text[t.text] >= 6 ? 2 : 0;
	guess_say_column(l, t.text, text);
	str_format(t.why, sizeof t.why, "%s, %s about %.0f words", what, text,
		   sample_mean_words(&l->s->column[t.text]));
	guess_add(l, &t, mark);
}

/* Marks to shares of certainty: high marks, and far from the next reading. */
static void settle(struct guess *g)
{
	int kept = 0;

	for (int i = 0; i < g->n; i++)
		if (g->option[i].sure > 0)
			g->option[kept++] = g->option[i];
	g->n = kept;
	for (int i = 0; i < g->n; i++) {
		double mark = g->option[i].sure;
		double next = i + 1 < g->n ? g->option[i + 1].sure : 0;
		double gap = mark - next;

		g->option[i].sure = fmin(1, mark / 9) * fmin(1, 0.4 + 0.3 * gap);
	}
}

/* The best of the kinds that want the column alone, then those that ask for more. */
static void propose(struct looking *l, int column)
{
	const struct data_kind *best = NULL;
	int best_mark = 0;

	for (int k = 0; k < TASK_KINDS; k++) {
		const struct data_kind *d = data_kind((enum task_kind)k);
		int mark = d->mark ? d->mark(l, column) : 0;

		if (mark > best_mark) {
			best = d;
			best_mark = mark;
		}
	}
	if (best)
		best->propose(l, column, best_mark);
	for (int k = 0; k < TASK_KINDS; k++) {
		const struct data_kind *d = data_kind((enum task_kind)k);

		if (!d->mark && d->propose)
			d->propose(l, column, 0);
	}
}

void guess_columns(const struct sample *s, bool header, struct guess *g)
{
	struct looking l = { .s = s, .header = header, .g = g };

	g->header = header;
	g->n = 0;
	for (int i = 0; i < s->n_columns; i++)
		l.text[i] = guess_text_mark(&l, i, PART_TEXT);
	for (int i = 0; i < s->n_columns; i++)
		propose(&l, i);
	settle(g);
}

void guess_file(const struct sample *s, struct guess *g)
{
	bool is_table = s->format != SOURCE_JSONL;
	int marks = is_table ? header_marks(s) : 9;

	guess_columns(s, is_table && s->can_name && marks > 0, g);
	g->header_sure = fmin(1, abs(marks) / 3.0);
}
