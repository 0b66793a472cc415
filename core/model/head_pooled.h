/*
 * head_pooled.h - pool -> head_act(dense) -> dropout -> dense, with tanh BERT's: what
 * reads one answer off a whole text. With drop_pooled there is dropout behind the pool,
 * too. For core/model alone.
 *
 * Names of parameters: head.{hidden, out}.{weight, bias}; head.attention.weight where
 * the trunk's rows are pooled by attention.
 */
#ifndef TUTTI_MODEL_HEAD_POOLED_H
#define TUTTI_MODEL_HEAD_POOLED_H

#include "model/build.h"

/* A head's own (head_kind.declare), with this many outputs. */
void *pooled_declare(struct build *own, int outputs);
/* The trunk's rows of the batch through it: [B, outputs] (head_kind.scores). */
struct ten *pooled_scores(const struct model *m, struct tape *t, const struct batch *b,
			  float p_drop, struct ten **embedded);
double pooled_flops(const struct model *m, int task, double n, double t);

#endif
