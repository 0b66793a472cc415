/*
 * lent_terminal.h - a terminal that another process has lent: two descriptors and
 * what it says of them. Nothing of it is believed before it was looked at.
 */
#ifndef TUTTI_TUI_LENT_TERMINAL_H
#define TUTTI_TUI_LENT_TERMINAL_H

#include "trainer/control.h"
#include "screen/terminal.h"

struct lent_terminal {
	int fd[CONTROL_FDS];              /* -1: none */
	struct terminal_options terminal; /* but its name and descriptors */
	char term[64];
};
void lent_terminal_init(struct lent_terminal *l);
void lent_terminal_release(struct lent_terminal *l); /* closes the descriptors */

/*
 * Takes a SCREEN packet and its descriptors, or refuses it and closes them. The
 * packet's text is cut up.
 */
enum status lent_terminal_take(struct lent_terminal *l, struct control_message *m,
			       struct err *err);
/*
 * Can a screen be shown there? Touches nothing of it. wants_room: somebody would
 * lose a screen for it, so it must be large enough to steer on.
 */
enum status lent_terminal_check(const struct lent_terminal *l, bool wants_room,
				struct err *err);
/* For desk_open; borrows from `l`. */
struct terminal_options lent_terminal_options(const struct lent_terminal *l);

#endif
