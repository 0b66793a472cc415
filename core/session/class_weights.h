/*
 * class_weights.h - what each label counts in its task's loss.
 */
#ifndef TUTTI_SESSION_CLASS_WEIGHTS_H
#define TUTTI_SESSION_CLASS_WEIGHTS_H

#include "session/session.h"

/*
 * Task i's from the plan: the list, or "balanced", rows / (labels x rows that have the
 * label) over the train rows (King and Zeng 2001, "Logistic regression in rare events
 * data"; scikit-learn's compute_class_weight). So the rows of a classification count 1
 * in the mean. Sets s->task[i].class_weight (freed with the session); NULL: the plan has
 * none. ST_INVALID: a label that no train row has, with "balanced".
 */
enum status class_weights_make(struct session *s, int i, struct err *err);

#endif
