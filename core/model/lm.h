/*
 * lm.h - answers as texts behind a prompt, by a causal language model: its loss, and the
 * decoder of trunks that write by themselves. For core/model alone.
 *
 * The prompt is the batch's source. The first piece of an answer is predicted from the
 * prompt's last row, the last one is what ends a text. Logits are the states times the
 * table of tokens, without a bias (GPT-2: Radford et al. 2019).
 */
#ifndef TUTTI_MODEL_LM_H
#define TUTTI_MODEL_LM_H

#include "model/continuation.h"

extern const struct continuation lm_way;
extern const struct decoder_kind decoder_lm;

/*
 * What a loss is the mean over; the mean of an example is over its pieces. weight [B], or
 * NULL: how often each example counts in the objective, and not in what is shown; the mean
 * stays one over all.
 */
enum lm_unit { LM_PIECES, LM_EXAMPLES };
struct lm_mean {
	enum lm_unit unit;
	const float *weight;
};
/*
 * Of the batch's targets (dec_out). With cfg.prompt_loss the objective is of the
 * prompts' pieces, too, each predicted from those before it; what is shown never is.
 * each as in op_output_loss.
 */
struct loss lm_loss(const struct model *m, struct tape *t, const struct batch *b,
		    struct lm_mean mean, float p_drop, float smoothing, double *each);
/* Of lm_loss() beyond the trunk's rows: n pieces of prompt, t of answer. */
double lm_flops(const struct model *m, double n, double t);

#endif
