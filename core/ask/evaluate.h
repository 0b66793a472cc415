/*
 * evaluate.h - predictions on a data set and the metrics over them. Changes no
 * bit of the state (I10).
 */
#ifndef TUTTI_ASK_EVALUATE_H
#define TUTTI_ASK_EVALUATE_H

#include "base/progress.h"
#include "session/session.h"
#include "store/store.h"

struct eval_options {
	int max_examples;   /* 0: all; else the same fixed rows each time */
	int keep;           /* predictions kept in the set (500) */
	int detail;         /* so many of them with details of their pieces; 0: all */
	bool greedy;        /* else the task's beams */
	bool fit;           /* in training: a threshold that the plan leaves open is fitted
			     * to these rows and is the session's from then on */
	const struct dataset *data; /* NULL: the task's dev */
};
/*
 * Is the task measured when a run measures all? One with dev rows; but not one that the
 * plan mutes, before a hand lets it be heard: its head is what the random start made it,
 * and decoding with it would cost minutes for figures that say nothing. A head that began
 * with values of an init (init.h) is measured from the start.
 */
bool evaluate_takes(const struct session *s, int task);
/*
 * Workers share the examples; ST_STOPPED when the progress asks. Memory does not grow
 * with the rows, but for 16 bytes a row where numbers are predicted: correlations,
 * of ranks above all, need them all at once.
 */
enum status evaluate_task(struct session *s, int task, const struct eval_options *o,
			  struct progress *pg, struct evaluation *out,
			  struct err *err);
void evaluation_release(struct evaluation *e);
/*
 * What such an evaluation needs most memory for, on every worker at once, as in a run of
 * many of them: its pieces of most tokens and of most examples (one between them may
 * take a few per cent more). The answers are dropped. Without dev rows nothing.
 */
void evaluate_largest(struct session *s, int task, const struct eval_options *o);

/*
 * The task's trivial baselines for each of its metrics: majority class, mean, or the
 * better of lead-3 and longest-3 sentences (or turns). `data` and max_examples as in
 * eval_options: beside a score stands the baseline of the very same rows.
 */
enum status evaluate_baseline(struct session *s, int task, const struct dataset *data,
			      int max_examples, struct eval_row *out, struct err *err);

/*
 * "Try a text": what every task (or one, task >= 0) says of it, as JSON:
 * {"tasks":{"sst2":{"kind":"classify","p":{"neg":..}},
 *           "stars":{"kind":"regress","value":3.5,"said":[[3.5,0.6],[3,0.2],..]},
 *           "sum":{"kind":"summarize","text":"..",
 *                  "pieces":[[piece,p,gate,src,[place,share,..]],..],
 *                  "source":[pieces]}}}
 * said: of a model that says its answers, the likeliest numbers and how likely each is.
 * A task whose max_source cut the text has "left_out": pieces that it did not read.
 * gate: the share generated, the rest is copied; null: the model has no copy gate.
 */
enum status evaluate_text(struct session *s, int task, const char *text,
			  const char *pair, struct buf *json, struct err *err);
/*
 * Many texts, which the workers share: json[i], an empty buffer, gets what
 * evaluate_text says of text[i] and pair[i] (NULL: none), but for "pieces",
 * "source", "said" and "left_out". All must be UTF-8.
 */
void evaluate_texts(struct session *s, int task, int n, const char *const *text,
		    const char *const *pair, struct buf *json);

#endif
