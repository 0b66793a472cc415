/*
 * cmd_play.c - `tutti play RUN`: a recorded run like a film.
 */
#include <limits.h>
#include <unistd.h>

#include "cmd.h"
#include "feed/feed.h"
#include "feed/film.h"

int cmd_play(const struct opts *o)
{
	char path[PATH_MAX];
	struct film *film = NULL;
	struct feed feed;
	struct err err = {""};
	enum status st;
	int code;

	if (isatty(0) != 1 || isatty(1) != 1) {
		cmd_say("tutti: a film wants a terminal");
		return EXIT_USAGE;
	}
	st = cmd_find_run(o, o->arg[0], path, &err);
	if (!st)
		st = film_open(path, o->speed > 0 ? o->speed : FILM_SPEED, &film, &err);
	if (st)
		return cmd_fail(st, &err);
	feed_film(&feed, film);
	code = cmd_show(o, &feed);
	film_close(film);
	return code;
}
