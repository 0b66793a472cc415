/*
 * input.h - bytes from the terminal to keys and pastes.
 *
 * A small state machine of our own: it never blocks, never loses a byte, and a
 * hung-up terminal is the caller's business (read() says so). Escape sequences
 * are read by their grammar (CSI, SS3, OSC, DCS), so that an unknown one is dropped whole
 * and never typed into a prompt. A lone Esc is one that nothing follows for
 * 50 ms. Bracketed pastes are gathered here, at most 64 KiB, and end after one
 * second of silence even when their end mark never comes.
 */
#ifndef TUTTI_TUI_INPUT_H
#define TUTTI_TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A code point (control characters as they are), or one of these. */
enum { KEY_BASE_ = 0x110000, KEY_UP_, KEY_DOWN_, KEY_RIGHT_, KEY_LEFT_, KEY_HOME_,
       KEY_END_, KEY_PGUP_, KEY_PGDN_, KEY_DEL_, KEY_BACKTAB_, KEY_PASTE_,
       KEY_SYNC_, KEY_DARK_, KEY_LIGHT_, /* answers of the terminal */
       KEY_MOUSE_ };
enum { KEY_ESC_ = 27, KEY_TAB_ = 9, KEY_ENTER_ = 13 };
enum { INPUT_PASTE_MAX = 64 << 10, INPUT_QUEUE = 4096 };

/* What a mouse did: SGR reports (mode 1006), buttons and drags only. */
enum { MOUSE_LEFT, MOUSE_MIDDLE, MOUSE_RIGHT, MOUSE_UP = 64, MOUSE_DOWN };
struct mouse {
	int button;        /* MOUSE_UP, MOUSE_DOWN: the wheel */
	int y, x;          /* cell, from 0 */
	bool is_release, is_drag;
};

struct input {
	unsigned char q[INPUT_QUEUE]; /* bytes not yet understood */
	size_t n;
	double last;                  /* when the last byte came */
	struct mouse mouse;           /* of the last KEY_MOUSE_ */
	bool is_pasting;
	struct buf paste;
	size_t lost;                  /* bytes of a paste beyond the cap */
};

void input_init(struct input *in);
void input_release(struct input *in);
/* Room left for input_feed. */
size_t input_room(const struct input *in);
void input_feed(struct input *in, const unsigned char *bytes, size_t n, double now);
/*
 * The next key, if any. KEY_PASTE_: the text is in `paste`, one harmless line
 * (newlines and tabs are spaces, other controls are gone); it stays until the
 * next call.
 */
bool input_next(struct input *in, double now, uint32_t *key);
/* Seconds until input_next may know more (an Esc to resolve); < 0: no such wait. */
double input_wait(const struct input *in, double now);
/* "Ctrl-D", "Up", "x"; out holds 16 bytes. */
const char *key_name(uint32_t key, char out[16]);

#endif
