/*
 * trainer_actor.c - what actors ask for, and what becomes of it, in the journal.
 *
 * A change or a note of an actor is an entry as anybody's. A command about the run
 * (pause, eval, stop) is noted before it runs, so that the journal says who stopped a
 * run; a refusal is a note, too, with why. Notes change nothing, so a replay, a resumed
 * run and whoever else applies entries pass them by.
 */
#include "trainer/trainer_internal.h"

#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"

/* A program that is refused in a loop does not make the journal grow with it. */
enum { REFUSALS_A_STEP = 8 };

/*
 * "note refused: weight mood 9": what a note takes of any line, cut to fit. Bytes that a
 * command may not have are made harmless, else the journal could not be applied.
 */
static void note_of(const char *word, const char *line, struct buf *out)
{
	size_t n;

	buf_addf(out, "note %s: ", word);
	text_sanitize(out, line, strlen(line));
	n = out->len < JOURNAL_TEXT ? out->len : JOURNAL_TEXT - 1;
	while (n < out->len && n > 0 && ((unsigned char)out->s[n] & 0xc0) == 0x80)
		n--;
	while (n > 0 && out->s[n - 1] == ' ')
		n--;
	out->s[n] = '\0';
	out->len = n;
}

static enum status write_note(struct trainer *t, const char *word, const char *line,
			      const struct asker *by, const char *why, struct err *err)
{
	struct journal_entry e = { 0 };
	struct buf note;
	enum status st;

	str_copy(e.refused, sizeof e.refused, why);
	for (size_t n = strlen(e.refused); !utf8_valid(e.refused, n) && n > 0;)
		e.refused[--n] = '\0'; /* cut in the middle of a character */
	buf_init(&note);
	note_of(word, line, &note);
	st = trainer_write_entry(t, &e, buf_str(&note), by, err);
	buf_release(&note);
	return st;
}

enum status trainer_actor_may(struct trainer *t, const struct command *c,
			      const struct asker *by, struct err *err)
{
	if (!(c->row->flags & CMD_ASKS) && trainer_is_catching_up(t))
		return err_set(err, ST_BUSY, "catching up with the journal until step %lld",
			       (long long)t->pending[t->n_pending - 1].step);
	return actors_allow(t->s->plan, &t->actors, by->actor, c, t->s->step, err);
}

enum status trainer_actor_runs(struct trainer *t, const struct command *c,
			       const struct asker *by, struct err *err)
{
	return write_note(t, "asked", c->text, by, "", err);
}

/* Not of questions, nor of what came at a bad moment: that is nobody's limit. */
void trainer_actor_refused(struct trainer *t, const char *line, const struct asker *by,
			   enum status st, const char *why)
{
	const struct command_row *row = command_of(line);
	struct err err;

	if (st == ST_BUSY || st == ST_STOPPED || trainer_is_catching_up(t) ||
	    (row && row->flags & CMD_ASKS))
		return;
	if (t->actors.refusal_step != t->s->step)
		t->actors.refusals = 0;
	t->actors.refusal_step = t->s->step;
	if (t->actors.refusals++ < REFUSALS_A_STEP &&
	    write_note(t, "refused", line, by, why, &err))
		trainer_say(t, "a refusal is not in the journal: %s", err.text);
}
