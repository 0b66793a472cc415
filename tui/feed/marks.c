/*
 * marks.c - the journal's entries, told apart.
 */
#include "marks.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"

static bool first_word_is(const char *line, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(line, word, n) && (line[n] == ' ' || !line[n]);
}

int mark_channel(const struct snapshot *s, const char *command)
{
	const struct command_row *row = command_of(command);
	const char *word = strchr(command, ' ');

	if (!word || !row || row->arg[0] != ARG_TASK)
		return -1;
	for (int i = 0; i < s->n_channels; i++)
		if (first_word_is(word + 1, s->ch[i].name))
			return i;
	return -1;
}

enum ink mark_ink(const struct snapshot *s, const struct journal_entry *e)
{
	int ch = mark_channel(s, e->command);

	if (e->who == WHO_GUARD || e->refused[0])
		return INK_WARN;
	return ch >= 0 ? ink_channel(ch) : INK_TEXT;
}

char mark_letter(const struct journal_entry *e)
{
	const struct command_row *row = command_of(e->command);
	char letter = row && row->letter ? row->letter : MARK_OTHER;

	return e->who == WHO_GUARD && letter >= 'A' ? (char)(letter - 'A' + 'a') : letter;
}

bool mark_is_note(const struct journal_entry *e)
{
	const struct command_row *row = command_of(e->command);

	return row && row->flags & CMD_NOTES;
}

/* --- all of a run's --- */

void marks_release(struct marks *m)
{
	xfree(m->e);
	memset(m, 0, sizeof *m);
}

static void add(struct marks *m, const struct journal_entry *e, int n)
{
	int before = m->n;

	for (int i = 0; i < n; i++) {
		if (e[i].seq <= m->newest)
			continue;
		ARRAY_GROW(m->e, m->n, m->cap);
		m->e[m->n++] = e[i];
	}
	for (int i = before; i < m->n; i++)
		if (m->e[i].seq > m->newest)
			m->newest = m->e[i].seq;
}

bool marks_read(struct marks *m, const struct feed *f, const struct snapshot *s)
{
	int64_t newest = s->n_journal ? s->journal[s->n_journal - 1].seq : 0;
	struct journal_entry *more = NULL;
	int n = 0, before;

	if (!str_eq(m->run_path, s->run_path) || m->newest > newest) {
		marks_release(m);
		str_copy(m->run_path, sizeof m->run_path, s->run_path);
	}
	before = m->n;
	if (m->newest == newest)
		return false;
	/* the picture brings the newest ones along; only a gap needs the store */
	if (s->journal[0].seq > m->newest + 1 && f->journal &&
	    !f->journal(f->arg, s->run_path, &more, &n, NULL))
		add(m, more, n);
	add(m, s->journal, s->n_journal);
	xfree(more);
	return m->n > before;
}

int marks_next(const struct marks *m, int64_t step, int direction)
{
	int best = -1;

	for (int i = 0; i < m->n; i++) {
		int64_t at = m->e[i].step;

		if (direction > 0 ? at <= step : at >= step)
			continue;
		if (best < 0 || (direction > 0 ? at < m->e[best].step :
						 at >= m->e[best].step))
			best = i;
	}
	return best;
}

int marks_near(const struct marks *m, int64_t step, int64_t reach)
{
	int best = -1;
	int64_t least = reach + 1;

	for (int i = m->n - 1; i >= 0; i--) { /* the newest of equals */
		int64_t d = m->e[i].step > step ? m->e[i].step - step :
						  step - m->e[i].step;

		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}
