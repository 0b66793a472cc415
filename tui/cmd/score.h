/*
 * score.h - what the files of `score` share: what was asked, what was read, and
 * the figures.
 */
#ifndef TUTTI_TUI_SCORE_H
#define TUTTI_TUI_SCORE_H

#include "cmd.h"
#include "data/answers.h"
#include "metric/metric.h"
#include "metric/rouge.h"

/* References and predictions: as lines, and as what the metrics eat. */
enum { GOLD, PRED, SIDES };

struct score {
	const struct opts *o;
	struct items items[SIDES];
	struct answers a[ANSWER_KINDS][SIDES];
	int n;
	enum metric_id m[METRICS];
	double x[METRICS];              /* NaN: no value, and why */
	const char *why[METRICS];
	char **label;                   /* [n_labels] that occur, by bytes; borrowed */
	int n_labels;
	const char *positive;           /* of f1; NULL: none was asked for */
	double rouge[4];                /* means of F1 */
	struct rouge_options rouge_options;
};

enum answer_kind score_kind(enum metric_id m);
bool score_eats(const struct score *s, enum answer_kind k); /* does any metric? */
bool score_has(const struct score *s, enum metric_id m);    /* is it asked for? */
/*
 * Fills x, why, positive from the items; words about them go to stderr. What lies
 * outside a metric's meaning is refused.
 */
enum status score_all(struct score *s, struct err *err);

#endif
