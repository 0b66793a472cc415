/*
 * overlay.h - a second run behind the curves: its last picture, read beside.
 */
#ifndef TUTTI_TUI_OVERLAY_H
#define TUTTI_TUI_OVERLAY_H

#include <stdbool.h>

#include "feed.h"

struct overlay_work;
struct overlay {
	bool is_on;              /* there is a picture */
	struct snapshot snap;
	struct overlay_work *work; /* being read, or NULL */
};
void overlay_init(struct overlay *o);
void overlay_release(struct overlay *o); /* waits for a reading */

/* Reads run `name` on a thread; wake_fd is written when it is there. */
enum status overlay_start(struct overlay *o, const struct feed *f, const char *run_path,
			  const char *name, int wake_fd, struct err *err);
void overlay_off(struct overlay *o);
/* Takes what the thread has read. ST_END: nothing new; else how it went. */
enum status overlay_take(struct overlay *o, struct err *err);
/* The channel of that name, or NULL. */
const struct channel *overlay_channel(const struct overlay *o, const char *name);

#endif
