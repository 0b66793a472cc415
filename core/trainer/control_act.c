/*
 * control_act.c - who asks for what and why, as lines.
 */
#include "trainer/control_act.h"

#include <string.h>

#include "trainer/actors.h"

void control_act_write(const char *actor, const char *reason, const char *line,
		       struct buf *out)
{
	if (actor)
		buf_addf(out, "actor=%s\n", actor);
	if (reason)
		buf_addf(out, "reason=%s\n", reason);
	buf_addf(out, "line=%s", line);
}

/* "KEY=VALUE" of n bytes; a value that does not fit is refused by its length. */
static enum status take(const char *text, size_t n, struct asker *by, struct err *err)
{
	bool is_actor = str_starts(text, "actor=");
	char *to = is_actor ? by->actor : by->reason;
	size_t room = is_actor ? sizeof by->actor : sizeof by->reason;
	const char *value = memchr(text, '=', n);

	if (!value || (!is_actor && !str_starts(text, "reason=")))
		return err_set(err, ST_INVALID, "a command with '%.*s', which is not known",
			       (int)(n < 40 ? n : 40), text);
	n -= (size_t)(value + 1 - text);
	if (n >= room)
		return err_set(err, ST_INVALID, "the %s is too long: %zu bytes, at most %zu",
			       is_actor ? "actor's name" : "reason", n, room - 1);
	if (is_actor && !n)
		return err_set(err, ST_INVALID, "an actor without a name");
	memcpy(to, value + 1, n);
	to[n] = '\0';
	if (is_actor)
		by->who = WHO_ACTOR;
	return ST_OK;
}

enum status control_act_read(const char *text, struct asker *by, const char **line,
			     struct err *err)
{
	*by = (struct asker){ .who = WHO_PERSON };
	while (!str_starts(text, "line=")) {
		size_t n = strcspn(text, "\n");
		enum status st;

		if (!text[n])
			return err_set(err, ST_INVALID, "no command");
		st = take(text, n, by, err);
		if (st)
			return st;
		text += n + 1;
	}
	*line = text + strlen("line=");
	return actors_check_words(by->actor, by->reason, err);
}
