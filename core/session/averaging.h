/*
 * averaging.h - an average of the weights over the updates, beside the weights (Polyak &
 * Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; with a decay, as
 * Adam's own moments have it, Kingma & Ba 2015, section 7.2). After each update of a
 * parameter, its t-th,
 *   average += (1 - min(d, (1 + t) / (10 + t))) (value - average),
 * with d optimizer.average; the second term of the min is the warm-up that averages
 * usually have, without which the random weights of the start would stay for long.
 *
 * A parameter that no update touched (muted, not drawn, frozen) has its average as it was,
 * and t counts its own updates, as Adam does. Of a table some rows of which were updated
 * all rows count. A step reads no average: a run with one has the weights of the run
 * without. It is state: hashed, saved, resumed.
 *
 * Trainer thread.
 */
#ifndef TUTTI_SESSION_AVERAGING_H
#define TUTTI_SESSION_AVERAGING_H

#include <stdint.h>

struct session;

/* What the difference counts in the t-th update, t from 1. */
float averaging_rate(double decay, int64_t t);
/* The average is what the weights are: at a run's start. Without one nothing is done. */
void averaging_begin(struct session *s);
/* After an update whose gradient was s->sum: on all workers. */
void averaging_update(struct session *s);
/*
 * Puts the average where everybody reads the weights, and back: for looking, between two
 * steps. While it is there nothing may ask for the state, nor make a step.
 */
void averaging_swap(struct session *s);

#endif
