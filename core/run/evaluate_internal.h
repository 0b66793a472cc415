/*
 * evaluate_internal.h - what the files of evaluate share among themselves.
 */
#ifndef TUTTI_RUN_EVALUATE_INTERNAL_H
#define TUTTI_RUN_EVALUATE_INTERNAL_H

#include "metric/rouge.h"
#include "run/evaluate.h"

/* The rows an evaluation looks at: n of the data set, evenly spread, ascending. */
uint64_t eval_spread(uint64_t size, uint64_t n, uint64_t k);

/*
 * Lines of a text that a summary could be made of: the turns of a dialogue
 * ("Anna Lee: hello"), or else sentences. Returns how many (at most cap).
 */
struct text_part { const char *s; size_t len; };
int text_parts(const char *text, size_t len, struct text_part *out, int cap);
/* The first three parts, or the three longest in their order, joined by spaces. */
void baseline_lead(const char *text, size_t len, struct buf *out);
void baseline_longest(const char *text, size_t len, struct buf *out);

double rouge_of(const struct rouge *r, enum metric_id m);

/* A hypothesis as JSON: "pieces" and "source" members into an open object. */
struct json_out;
void eval_detail(const struct session *s, const struct hypothesis *h,
		 const int32_t *source, int n_source, struct json_out *j);
/*
 * [CLS] text [SEP] or, in a task of pairs, [CLS] text [SEP] pair [SEP], cut as data
 * rows are: the longer text gives way. ids and spans (NULL: not wanted; specials
 * have none) have room for 2 * max_source. Returns the tokens that were cut.
 */
int eval_encode(const struct session *s, int task, const char *text, const char *pair,
		int32_t *ids, struct token_span *spans, struct example *ex);
/* Decodes the batch on the worker's tape as the task's plan says. */
struct worker;
void eval_generate(const struct session *s, int task, bool greedy, struct worker *w,
		   const struct batch *b, struct generation *g);

#endif
