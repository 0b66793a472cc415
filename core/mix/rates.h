/*
 * rates.h - a factor on the learning rate of each group of parameters (freeze.h), beside
 * layer_decay and tasks.*.lr: what holds general things is moved less, what is new more
 * (Howard & Ruder 2018, "Universal Language Model Fine-tuning for Text Classification",
 * section 3.2, discriminative fine-tuning). In words, with commas between:
 *   embeddings 0.1, layers 0..2 0.5, topic 2
 * A group without a factor has that of the next one that has: "embeddings, layer 0 0.1".
 * What is not named has 1; where all have, that is "1".
 *
 * AdamW's step and its decay are lr times the factor; gradients, moments and the norm that
 * clips know nothing of it. Plain numbers, part of the mix and with it of the state. Any
 * thread.
 */
#ifndef TUTTI_MIX_RATES_H
#define TUTTI_MIX_RATES_H

#include "mix/freeze.h"

/* What a hand may set, and beyond which of it a value wants a '!'. */
#define RATE_LEAST 1e-6
#define RATE_MOST 1000.0
#define RATE_LOW 0.01
#define RATE_HIGH 100.0

struct rates {
	double embeddings, adapters, layers[FREEZE_LAYERS], heads[MIX_TASKS_MAX];
};

void rates_init(struct rates *r); /* all 1 */
bool rates_any(const struct rates *r); /* is one another than 1? */
/* Has one of these groups another factor in a than in b? */
bool rates_differ(const struct rates *a, const struct rates *b, const struct freeze *in);
/*
 * A list of groups and factors laid over *r; others stay. is_meant: a factor beyond the
 * usual range does without its '!'. ST_INVALID: what is wrong; *r is then of no use.
 */
enum status rates_read(const struct freeze_groups *g, const char *text, bool is_meant,
		       struct rates *r, struct err *err);
/* As such a list; false: cut. */
bool rates_show(const struct freeze_groups *g, const struct rates *r, char *out, size_t cap);
/*
 * What makes one shown state of another again: of the groups that differ the factors that
 * they had in `before`, each with its '!' where it wants one. False: nothing differs, or
 * one of both is no such list.
 */
bool rates_way_back(const char *before, const char *after, char *out, size_t cap);

#endif
