/*
 * desk_command.h - the desk's own prompt commands: they change what is seen, never the
 * run, so they stand in no journal and go over no socket. One table: the
 * prompt's dispatch and completion, help and the manual are read from it.
 */
#ifndef TUTTI_TUI_DESK_COMMAND_H
#define TUTTI_TUI_DESK_COMMAND_H

#include <stdbool.h>

#include "command/command.h"
#include "ui/ui.h"

struct desk_command {
	const char *name;
	const char *usage;    /* "overlay RUN|off" */
	const char *help;     /* one line */
	const char *more;     /* a paragraph for `help WORD`, or "" */
	enum arg_kind arg;    /* of its first word, for completion */
	const char *words;    /* words that complete it beside: "on off", or NULL */
	void (*run)(struct ui *ui, const char *rest);
};
extern const struct desk_command desk_command_table[];
extern const int desk_command_count;
const struct desk_command *desk_command_find(const char *name);

/* Runs a line whose first word is in the table; false: it is not. */
bool desk_command_run(struct ui *ui, const char *line);

/*
 * As command_complete, over commands and the desk's own ones: where the word
 * that ends at `point` starts.
 */
int desk_command_complete(const char *line, int point, const char *const *tasks,
			  void (*emit)(void *arg, const char *word), void *arg);

/* The words of film_command.c. */
void film_speed_command(struct ui *ui, const char *rest);
void film_seek_command(struct ui *ui, const char *rest);

#endif
