/*
 * snapshot_json.h - a snapshot as a line for programs: an object of event "snapshot".
 *
 * Figures are in their own units (metrics 0 to 1); what is not known yet is null.
 * Curves are not in it: who wants them keeps the lines, or reads `curves`.
 */
#ifndef TUTTI_LOOK_SNAPSHOT_JSON_H
#define TUTTI_LOOK_SNAPSHOT_JSON_H

#include "base/str.h"
#include "look/snapshot.h"

void snapshot_json(const struct snapshot *s, struct buf *out);

#endif
