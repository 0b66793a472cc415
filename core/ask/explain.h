/*
 * explain.h - which tokens of a text made a task's answer, in two ways that fail
 * differently. Changes no bit of the state (I10).
 *
 * Gradient x input (model.h: model_attribute): how much each token's embedding
 * pushes the answer, to first order, while everything else stands still. It is
 * relative to an embedding of zeros, and blind where the model is flat.
 *
 * Occlusion (Zeiler & Fergus 2014; for words Li et al. 2016, "Understanding neural
 * networks through representation erasure"): the answer without the token,
 *   drop_i = f(text) - f(text with token i replaced by [MASK]),
 * where f is the probability of the label that the whole text gets, or the number.
 * Exact, but it asks about texts the model was not trained on, and of two tokens
 * that say the same neither is missed.
 */
#ifndef TUTTI_ASK_EXPLAIN_H
#define TUTTI_ASK_EXPLAIN_H

#include "session/session.h"

/*
 * At most so many tokens are occluded, those with the largest |gradient x input|,
 * and fewer (never under EXPLAIN_FEWEST) when the model is so large that the
 * forward passes would hold up a step: together they cost about EXPLAIN_FLOPS
 * multiplications and additions, some 70 ms on two cores (the demo's step: 300 ms).
 */
enum { EXPLAIN_TOKENS = 64, EXPLAIN_FEWEST = 4 };
#define EXPLAIN_FLOPS 4e9

/*
 * Adds one JSON object to `json`. [CLS] and [SEP] are in no list. `second`: the
 * first piece of the pair (or their number); an offset counts bytes of the text the
 * piece is in, and pieces of one word of it have the same number in `words`. Tokens that
 * were not occluded have null.
 *   {"task":"mood","kind":"classify","text":"..","pair":"..","pieces":[".."],
 *    "offsets":[[0,4],..],"words":[0,0,1,..],"second":7,"left_out":0,"pred":"high","p":0.93,
 *    "probs":{"high":0.93,..},"gradient_x_input":[0.4,..],
 *    "occlusion":[0.1,null,..],"occluded":7,"mask":"[MASK]"}
 * A regression has "pred": a number, and neither "p" nor "probs"; with "is_said" the
 * gradient is of the score of the number's text, not of the number. ST_INVALID: the
 * task writes summaries, or the text is no valid UTF-8 or has no tokens. The
 * session may be one without optimizer, gradients and data. Trainer thread.
 */
enum status explain_text(struct session *s, int task, const char *text,
			 const char *pair, struct buf *json, struct err *err);

#endif
