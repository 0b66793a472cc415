/*
 * text_scores.h - one of a task's texts, said by a causal language model behind the
 * prompt (lm.h): how likely each is, and the loss of saying one. For core/model alone.
 * There are no parameters but the model's.
 *
 * The score of a text is the mean log probability of its pieces, the one that ends it
 * included: a long text is no worse for being long (Brown et al. 2020). The loss is the
 * mean over examples of minus the score of the right one, so that a row's score says the
 * same of dev rows as the loss of train rows.
 */
#ifndef TUTTI_MODEL_TEXT_SCORES_H
#define TUTTI_MODEL_TEXT_SCORES_H

#include "model/build.h"
#include "model/kind.h"

/*
 * Has the task n texts, each of 1 to LABEL_PIECES_MAX pieces and no two the same? What
 * they stand for is `what`: "label".
 */
enum status text_scores_check(const struct model_task *task, int n, const char *what,
			      struct err *err);
/* Copies the n texts: the head's own, as head_kind's. */
void *text_scores_declare(struct build *own, const struct model_task *task, int n);
/* Of saying text which[e] behind prompt e, [B]; -1: nothing is said there. */
struct loss text_scores_loss(const struct model *m, struct tape *t, const struct batch *b,
			     const int32_t *which, float p_drop);
/* [B, n]; embedded as in trunk_kind. */
struct ten *text_scores(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop, struct ten **embedded);
/* As head_kind's. */
double text_scores_flops(const struct model *m, int task, double n, double t);
double text_scores_score_flops(const struct model *m, int task, double n);

#endif
