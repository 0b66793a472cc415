/*
 * said_labels.h - labels that another system said: by name or number, and probabilities of
 * them. Any thread; ST_INVALID with words for the reader where they are none of the task's.
 */
#ifndef TUTTI_ASK_SAID_LABELS_H
#define TUTTI_ASK_SAID_LABELS_H

#include "base/json.h"
#include "base/status.h"
#include "session/session.h"

/* A label's name; else, of a number, that of a label: its place in the task's list. */
enum status said_label(const struct session_task *t, const struct json *value, int *out,
		       struct err *err);
/*
 * "p" by label, to p [n_labels]: an object with a member for each, or a list in their order.
 * Each is in 0 .. 1; what they sum to is the caller's affair.
 */
enum status said_probabilities(const struct session_task *t, const struct json *all,
			       double *p, struct err *err);

#endif
