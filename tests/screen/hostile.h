/*
 * hostile.h - texts that would do harm on a terminal if they reached it raw, and
 * a made-up run that is full of them.
 */
#ifndef TUTTI_TESTS_HOSTILE_H
#define TUTTI_TESTS_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "fake.h"

static const char *const hostile_text[] = {
	"\033]0;owned\007",		/* a window title */
	"\033[2J\033[H\033[31mred",	/* clear, home, colour */
	"\033]52;c;cm0gLXJm\033\\",	/* the clipboard */
	"\033P+q544e\033\\",		/* a question that types its answer */
	"\033[6n\033[c\005",		/* three more */
	"\033(0lqqk\033(B\016x\017",	/* letters as lines */
	"\033[?1049l\033[?25h\033c",	/* out of the screen, reset */
	"\x9b" "31mraw C1\x9d" "0;x\x9c",
	"\xc2\x9b" "31mC1\xc2\x85next",	/* U+009B, U+0085 */
	"\xe2\x80\xae" "evil\xe2\x80\xac\xe2\x81\xa6x\xe2\x81\xa9",	/* bidi */
	"a\xe2\x80\x8b" "b\xe2\x80\x8d" "c\xef\xbb\xbf" "d\xc2\xad" "e",	/* no width */
	"\xf3\xa0\x81\xa1\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf",	/* tags */
	"\xc0\xaf\xe0\x80\xaf\xf8\x88\x80\x80\x80\xed\xa0\x80",	/* not UTF-8 */
	"\xff\xfe\x80\xbf\xe6\x9d",	/* and cut off */
	"line\r\nbreak\vand\ffeed\b\b\b\tover",
	"e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88",
	"\xef\xb8\x8f\xe2\x80\xa8\xe2\x80\xa9\xef\xbf\xbf\xee\x80\x80",
	"\xd8\xa7\xd9\x84\xd8\xb9 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",	/* right to left */
	"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 \xe6\x9d\xb1\xe4\xba\xac",
	"%s%n%99999d\\\"'`$(rm -rf)",
};
enum { HOSTILE = sizeof hostile_text / sizeof *hostile_text };

static int hostile_turn;

static inline const char *hostile_next(void)
{
	return hostile_text[hostile_turn++ % HOSTILE];
}

/* Fills a field to its last byte, so that sequences are cut as well. */
static inline void hostile_fill(char *to, size_t cap)
{
	struct buf b;

	buf_init(&b);
	while (b.len < cap)
		buf_adds(&b, hostile_next());
	memcpy(to, b.s, cap - 1);
	to[cap - 1] = '\0';
	buf_release(&b);
}

/* At least n bytes, hostile from begin to end; returns (caller frees). */
static inline char *hostile_long(size_t n)
{
	struct buf b;

	buf_init(&b);
	while (b.len < n)
		buf_addf(&b, "%s ", hostile_next());
	return buf_take(&b);
}

static inline void hostile_set(char **text, size_t n)
{
	if (!*text)
		return;
	xfree(*text);
	*text = hostile_long(n);
}

static inline void hostile_predictions(struct prediction_set *set)
{
	for (int i = 0; i < set->n; i++) {
		size_t n = i == 1 ? 1 << 20 : 200; /* one line of a megabyte */
		struct dev_row *r = &set->row[i];

		hostile_set(&r->text, n);
		hostile_set(&r->pair, n);
		hostile_set(&set->p[i].text, n);
		if (i % 3)
			hostile_set(&r->target, 30);
	}
}

static inline enum status hostile_read(void *arg, const char *path, int task,
				       struct prediction_set *out, struct err *err)
{
	enum status st = fake_predictions(arg, path, task, out, err);

	if (!st)
		hostile_predictions(out);
	return st;
}

static inline enum status hostile_history(void *arg, const char *path, int task,
					  int64_t row, struct prediction_set *out,
					  int64_t **steps, struct err *err)
{
	enum status st = fake_history(arg, path, task, row, out, steps, err);

	if (!st)
		hostile_predictions(out);
	return st;
}

static inline void hostile_entry(struct journal_entry *e)
{
	hostile_fill(e->command, sizeof e->command);
	hostile_fill(e->before, sizeof e->before);
	hostile_fill(e->after, sizeof e->after);
}

static inline enum status hostile_entries(void *arg, const char *path,
					  struct journal_entry **out, int *n,
					  struct err *err)
{
	enum status st = fake_entries(arg, path, out, n, err);

	for (int i = 0; !st && i < *n; i++)
		hostile_entry(&(*out)[i]);
	return st;
}

static inline void hostile_json_string(struct buf *b, const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == '"' || *s == '\\')
			buf_addf(b, "\\u%04x", (unsigned char)*s);
		else
			buf_addc(b, *s);
}

/* Every string of an answer that is no key and no single word gets worse. */
static inline void hostile_answer_text(struct buf *json)
{
	const char *s = buf_str(json);
	struct buf out;

	buf_init(&out);
	while (*s) {
		const char *end = s + 1;
		bool is_text;

		if (*s != '"') {
			buf_addc(&out, *s++);
			continue;
		}
		while (*end && *end != '"')
			end += *end == '\\' && end[1] ? 2 : 1;
		is_text = *end && end[1 + strspn(end + 1, " ")] != ':';
		buf_add(&out, s, (size_t)(end - s));
		if (is_text && hostile_turn++ % 2)
			hostile_json_string(&out, hostile_next());
		if (*end)
			buf_addc(&out, '"');
		s = *end ? end + 1 : end;
	}
	buf_clear(json);
	buf_adds(json, buf_str(&out));
	buf_release(&out);
}

static inline enum status hostile_answer(void *arg, uint64_t ticket, struct buf *text,
					 struct err *err)
{
	enum status st = fake_answer(arg, ticket, text, err);

	if (!st && text->len && buf_str(text)[0] == '{')
		hostile_answer_text(text);
	else if (!st)
		buf_adds(text, hostile_next());
	return st;
}

/* Refusals quote what they refuse. */
static inline enum status hostile_post(void *arg, const char *line, uint64_t *ticket,
				       struct err *err)
{
	if (str_starts(line, "note refuse"))
		return err_set(err, ST_INVALID, "no such thing: '%s%s'",
			       hostile_next(), hostile_next());
	return fake_post(arg, line, ticket, err);
}

/* For pty_spec.spoil. */
static inline void hostile_run(struct fake *f, struct feed *feed)
{
	struct snapshot *s = &f->s;

	hostile_fill(s->run, sizeof s->run);
	hostile_fill(s->message, sizeof s->message);
	hostile_fill(s->work, sizeof s->work);
	hostile_fill(s->work_unit, sizeof s->work_unit);
	hostile_fill(s->sampling, sizeof s->sampling);
	hostile_fill(s->weighting, sizeof s->weighting);
	for (int i = 0; i < s->n_channels; i++)
		hostile_fill(s->ch[i].name, sizeof s->ch[i].name);
	for (int i = 0; i < s->n_journal; i++)
		hostile_entry(&s->journal[i]);
	feed->predictions = hostile_read;
	feed->history = hostile_history;
	feed->journal = hostile_entries;
	feed->answer = hostile_answer;
	feed->post = hostile_post;
}

#endif
