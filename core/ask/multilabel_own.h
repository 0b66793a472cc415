/*
 * multilabel_own.h - what the files of asking for sets of labels share.
 */
#ifndef TUTTI_ASK_MULTILABEL_OWN_H
#define TUTTI_ASK_MULTILABEL_OWN_H

#include "ask/ask_kind.h"

/* As ask_kind.h says of the members. */
void multilabel_baseline(const struct session *s, int task, const struct dataset *dev,
			 struct eval_row *out);
enum status multilabel_take(const struct ask_said *a, struct outcome *o, struct err *err);
bool multilabel_has_p(const struct prediction *p, bool *is_otherwise);
void multilabel_take_none(const struct ask_said *a, struct outcome *o);

#endif
