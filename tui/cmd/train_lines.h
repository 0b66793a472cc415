/*
 * train_lines.h - what `train` and `resume` print of a picture: a line for people, or one
 * JSON object a line. On standard output, flushed.
 */
#ifndef TUTTI_TUI_TRAIN_LINES_H
#define TUTTI_TUI_TRAIN_LINES_H

#include "base/json.h"
#include "look/passes.h"
#include "look/snapshot.h"

/* An object of its own: opened, filled by the caller, closed and printed. */
void train_open_event(struct json_out *j, struct buf *b, const char *event);
void train_close_event(struct json_out *j, struct buf *b);

void train_begin(const struct snapshot *s, bool json);
void train_text_progress(const struct snapshot *s);
void train_json_progress(const struct snapshot *s);
void train_text_work(const struct snapshot *s);
void train_json_work(const struct snapshot *s);
void train_text_eval(const struct snapshot *s);
void train_json_eval(const struct snapshot *s);
/* What passes_take found in this picture. */
void train_text_passes(const struct snapshot *s, const struct passes *p);
void train_json_passes(const struct snapshot *s, const struct passes *p);
void train_text_end(const struct snapshot *s);
void train_json_end(const struct snapshot *s);

#endif
