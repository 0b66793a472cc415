/*
 * extract_own.h - what the files of asking for extracts share.
 */
#ifndef TUTTI_ASK_EXTRACT_OWN_H
#define TUTTI_ASK_EXTRACT_OWN_H

#include "ask/ask_extract.h"
#include "ask/ask_kind.h"

/* A row's units at work, for one row after the other; UNITS_MAX of each. */
void extract_begin(struct extract_units *u, const struct plan_task *t);
void extract_end(struct extract_units *u);
/* Those of an example, and which are right; nothing is kept, p is -1. */
void extract_read(struct extract_units *u, const struct example *e);
/* By their probabilities, as the plan says; threshold: of words. */
void extract_choose(struct extract_units *u, const struct plan_task *t, double threshold);
/* What is kept, as text, appended. */
void extract_text(const struct extract_units *u, struct buf *out);
/* Values of an outcome that says `text` (NULL: what is kept) of the example. */
void extract_score(const struct extract_units *u, const struct example *e,
		   const char *text, double threshold, struct rouge_scorer *rs, bool is_whole,
		   struct prediction *p);
/* Of a prediction what metric m is the mean of. */
double extract_metric(const struct prediction *p, enum metric_id m);

/* As ask_kind.h says of the members. */
void extract_baseline(const struct session *s, int task, const struct dataset *dev,
		      struct eval_row *out);
enum status extract_take(const struct ask_said *a, struct outcome *o, struct err *err);
void extract_take_none(const struct ask_said *a, struct outcome *o);

#endif
