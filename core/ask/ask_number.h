/*
 * ask_number.h - what kinds of tasks share whose answer is a number: outcomes
 * (ask_regress.h says where the numbers stand) gathered for correlations, which want all
 * of them, and the words for one answer. A kind's row takes them by ASK_NUMBERS and
 * adds how rows are answered and what the baseline is.
 */
#ifndef TUTTI_ASK_ASK_NUMBER_H
#define TUTTI_ASK_ASK_NUMBER_H

#include "ask/ask_kind.h"

/* Which of n texts are the likeliest, the first of equals first; how many, at most
 * NUMBERS_SAID. */
int numbers_likeliest(const double *share, int n, int *which);
/* As ask_kind.h says of the members. */
void numbers_begin(struct gather *g);
void numbers_add(struct gather *g, const struct outcome *o);
double numbers_metric(const struct gather *g, enum metric_id m);
void numbers_end(struct gather *g);
double numbers_said(const struct prediction *p, enum metric_id m);
enum status numbers_take(const struct ask_said *a, struct outcome *o, struct err *err);
void numbers_put_answer(const struct ask_text *a, struct json_out *j);
int numbers_outputs(const struct session *s, int task);
void numbers_put_explained(const struct session *s, int task, const double *p, int pred,
			   struct json_out *j);

#define ASK_NUMBERS                                                            \
	.gather_begin = numbers_begin, .gather_add = numbers_add,              \
	.gather_metric = numbers_metric, .gather_end = numbers_end,            \
	.right_value = number_gold, .said_value = numbers_said,                \
	.member = { "prediction", "number", "value", "label" },                \
	.take = numbers_take,                                                  \
	.put_answer = numbers_put_answer, .outputs = numbers_outputs,          \
	.put_explained = numbers_put_explained

#endif
