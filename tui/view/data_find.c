/*
 * data_find.c - what rows are looked for, from words and in words.
 */
#include <string.h>

#include "base/str.h"
#include "view_data.h"

static int label_number(const struct data_about *a, const char *name)
{
	for (int i = 0; i < a->n_labels; i++)
		if (str_eq(a->labels[i], name))
			return i;
	return -1;
}

/* One word: "len>60", "len<5", "label=yes"; 0: it is none of these; -1: bad. */
static int take_word(const struct data_about *a, const char *word,
		     struct data_filter *f, struct err *err)
{
	int64_t x;

	if (str_starts(word, "len>") || str_starts(word, "len<")) {
		if (!parse_i64(word + 4, &x) || x < 0 || x > 1000000) {
			err_set(err, ST_INVALID, "no length: '%s'", word);
			return -1;
		}
		if (word[3] == '>')
			f->least = (int)x + 1;
		else
			f->most = x > 1 ? (int)x - 1 : 1;
		return 1;
	}
	if (!str_starts(word, "label="))
		return 0;
	f->label = label_number(a, word + 6);
	if (f->label >= 0)
		return 1;
	err_set(err, ST_NOT_FOUND, "no label '%s'", word + 6);
	return -1;
}

bool data_filter_parse(const struct data_view *v, const char *line,
		       struct data_filter *out, struct err *err)
{
	struct data_about a = {0};
	char word[sizeof out->text];

	*out = (struct data_filter){.label = -1};
	if (v->now)
		a = data_book_about(v->now->book);
	for (;;) {
		size_t n;
		int took;

		line += strspn(line, " ");
		n = strcspn(line, " ");
		if (!n)
			return true;
		str_format(word, sizeof word, "%.*s", (int)n, line);
		took = take_word(&a, word, out, err);
		if (took < 0)
			return false;
		if (!took)
			break;
		line += n;
	}
	if (str_copy(out->text, sizeof out->text, line)) {
		for (char *s = out->text; *s; s++)
			*s = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
		return true;
	}
	err_set(err, ST_INVALID, "too long to look for: at most %d bytes",
		(int)sizeof out->text - 1);
	return false;
}

void data_filter_words(const struct data_view *v, char *out, size_t cap)
{
	const struct data_filter *f = &v->want;
	struct buf b;

	buf_init(&b);
	if (f->least > 0 && f->most > 0)
		buf_addf(&b, ", length %d-%d", f->least, f->most);
	else if (f->least > 0)
		buf_addf(&b, ", length %d or more", f->least);
	else if (f->most > 0)
		buf_addf(&b, ", length up to %d", f->most);
	if (f->label >= 0 && v->now)
		buf_addf(&b, ", label %s", data_book_about(v->now->book).labels[f->label]);
	if (f->repeated)
		buf_adds(&b, ", repeated");
	if (f->leaked)
		buf_adds(&b, ", in train");
	if (f->text[0])
		buf_addf(&b, ", '%s'", f->text);
	str_copy(out, cap, b.len > 2 ? b.s + 2 : "");
	buf_release(&b);
}
