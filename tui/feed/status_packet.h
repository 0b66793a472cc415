/*
 * status_packet.h - what a run's store does not tell of it, for those who only look:
 * the phase, long work under way, memory, a message. The text of a STATUS packet
 * (control.h), lines KEY=VALUE.
 */
#ifndef TUTTI_TUI_STATUS_PACKET_H
#define TUTTI_TUI_STATUS_PACKET_H

#include "base/str.h"
#include "look/snapshot.h"

/* Adds the lines to `out`: less than CONTROL_TEXT bytes. */
void status_packet_write(const struct snapshot *s, struct buf *out);
/*
 * Sets what the lines tell in `s`, and nothing else. A key that is not known, and a
 * value that cannot be, are passed over.
 */
void status_packet_read(const char *text, struct snapshot *s);

#endif
