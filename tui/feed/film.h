/*
 * film.h - a recorded run shown again: a clock over a record, and a feed of what
 * the desk would have seen. Nothing trains; nothing can be steered but the clock.
 */
#ifndef TUTTI_TUI_FILM_H
#define TUTTI_TUI_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "feed.h"

#define FILM_SPEED 20.0 /* recorded seconds in one */
#define FILM_SPEED_MIN 0.01
#define FILM_SPEED_MAX 1e6

struct film;

/* It begins at once, before the first step. The run need not have ended. */
enum status film_open(const char *run, double speed, struct film **out, struct err *err);
void film_close(struct film *f); /* NULL is fine */
void feed_film(struct feed *out, struct film *f);

double film_speed(const struct film *f);
void film_set_speed(struct film *f, double speed); /* brought between the limits */
void film_pause(struct film *f, bool yes);
bool film_is_over(const struct film *f);
int64_t film_last(const struct film *f);
/*
 * Goes to the moment after `step` and everything that belongs to it. Work is done
 * in slices of a few milliseconds, one each time the feed is asked.
 */
void film_seek(struct film *f, int64_t step);
/* "FILM 20x", "FILM pause", "FILM seek", "FILM end". */
void film_word(const struct film *f, char out[24]);

/* Lets `seconds` of a watch pass: what the feed does by the clock. For tests. */
void film_advance(struct film *f, double seconds);

#endif
