/*
 * freezing.h - what mix.frozen (mix/freeze.h) means for a session's parameters.
 *
 * A frozen parameter has no gradient: its pass is told so (tape_freeze), and AdamW leaves
 * what nobody touched alone: value, moments, count. So a thawed one goes on as a task does
 * that was muted. What is trained has the gradient it would have with nothing frozen, from
 * the same values; the norm that clips is of that alone.
 *   What a plan's adapters hold still for good (plan_held) is frozen from the start, and
 * cannot be thawed: it has no room for gradients and moments (PARAM_STILL).
 */
#ifndef TUTTI_SESSION_FREEZING_H
#define TUTTI_SESSION_FREEZING_H

#include <stddef.h>

#include "mix/rates.h"

struct session;

/* Its groups; names are borrowed from its plan. */
void freezing_groups(const struct session *s, struct freeze_groups *out);
/*
 * The layer that parameter p goes with: -1 embeddings, `layers` or more a task's own.
 * Shared ones that no trunk says where to put go with its top layer.
 */
int freezing_layer(const struct session *s, int p);
/* Is parameter p among what `f` freezes? */
bool freezing_has(const struct session *s, const struct freeze *f, int p);
/* Does `f` leave any parameter of this owner to train: PARAM_SHARED, or a task, which has
 * that of a decoder that it shares? */
bool freezing_leaves(const struct session *s, const struct freeze *f, int owner);
/* Numbers that are trained, as s->params.size counts them all. */
size_t freezing_trained(const struct session *s);

/* What rates (mix/rates.h) say of parameter p. */
double freezing_rate(const struct session *s, const struct rates *r, int p);

/* Before an update: the rates of its parameters, as plan and mix have them. */
void freezing_set_rates(struct session *s);
/* Before a step's micro-batches: s->frozen, which tape_freeze() gets, as the mix has it. */
void freezing_begin(struct session *s);

#endif
