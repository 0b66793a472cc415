/*
 * evaluate_internal.h - what the files of evaluate share among themselves.
 */
#ifndef TUTTI_ASK_EVALUATE_INTERNAL_H
#define TUTTI_ASK_EVALUATE_INTERNAL_H

#include "ask/evaluate.h"
#include "ask/baseline.h"
#include "text/layout.h"

/* The rows an evaluation looks at: n of the data set, evenly spread, ascending. */
uint64_t eval_spread(uint64_t size, uint64_t n, uint64_t k);

/*
 * A hypothesis as JSON: "pieces" and "source" members into an open object. A
 * piece is [text, p, gate, source piece or -1, [place, share, place, share ..]]:
 * the last holds the source pieces that the copy gate looked at most. A model without
 * one has the gate null and looked at nothing that could be told.
 */
struct json_out;
void eval_detail(const struct session *s, const struct hypothesis *h,
		 const int32_t *source, int n_source, struct json_out *j);
/*
 * A text as data rows are laid out (text/layout.h), with its pair in a task of pairs.
 * ids and spans (NULL: not wanted) have room for 2 * max_source.
 */
struct layout eval_encode(const struct session *s, int task, const char *text,
			  const char *pair, int32_t *ids, struct token_span *spans,
			  struct example *ex);
struct outcome;
/*
 * An evaluation of outcomes that are there already, one for each row of the data set in
 * its order: counted as evaluate_task counts its own, all kept. The outcomes' predictions
 * move into it. It is of s->step, by hand, and took no time.
 */
void evaluate_outcomes(const struct session *s, int task, const struct dataset *data,
		       struct outcome *o, struct evaluation *out);
struct worker;
/* What the task's plan says of decoding; max_len is what the model can follow. */
void eval_decode_config(const struct session *s, int task, struct decode_config *dc);
void eval_decode(const struct session *s, const struct decode_config *dc,
		 struct worker *w, const struct batch *b, struct generation *g);
/* The same together, for the batch's rows and their losses. */
void eval_generate(const struct session *s, int task, bool greedy, struct worker *w,
		   const struct batch *b, struct generation *g);

#endif
