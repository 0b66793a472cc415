/*
 * pretrained_own.h - what the reader of foreign folders is made of: the tensors of a
 * folder, and the families. For the pretrained_*.c files alone.
 */
#ifndef TUTTI_MODEL_PRETRAINED_OWN_H
#define TUTTI_MODEL_PRETRAINED_OWN_H

#include "base/json.h"
#include "model/pretrained.h"
#include "base/safetensors.h"

/* --- pretrained_tensors.c: all tensors of a folder, of one file or of its shards --- */

enum { PRETRAINED_NAME = 2 * PARAM_NAME };

struct tensors;
enum status tensors_open(const char *folder, struct tensors **out, struct err *err);
void tensors_close(struct tensors *t); /* NULL is fine */
int tensors_count(const struct tensors *t);
/* By names. Borrowed until it is closed. */
const struct st_entry *tensors_at(const struct tensors *t, int i);
int tensors_find(const struct tensors *t, const char *name); /* or -1 */
/* In place of the one of its name, or beside the others, whose numbers then change. Borrows. */
void tensors_put(struct tensors *t, const struct st_entry *e);

/* --- pretrained_families.c --- */

/* How a tensor of theirs becomes a parameter of ours. */
enum how {
	AS_IS,
	TRANSPOSED,             /* GPT-2's Conv1D: [in, out] */
	PART_Q, PART_K, PART_V, /* a third of q | k | v, which is one matrix of ours */
};

/* %d in both: the layer. Ours is without the prefix of a task's own. */
struct name_row {
	const char *ours, *theirs;
	enum how how;
};

struct family {
	const char *name;    /* config.json's model_type */
	const char *kind;    /* the trunk it becomes */
	const char *prefix;  /* of the trunk's tensors in models with a head */
	/* The first row is the table of tokens. NULL at the end. */
	const struct name_row *trunk;
	/* Buffers that hold no weights, NULL at the end. */
	const char *const *buffers;
	/* Its classification head: two dense layers, head_act between them. NULL: it has
	 * none that we have. */
	const char *head_hidden, *head_out;
	bool hidden_has_prefix;
	/*
	 * Its head for masked words: what the dense layer, the norm and the bias are
	 * called, without prefix; the activation between is the trunk's, or lm_act. NULL: it
	 * has none that we have.
	 */
	const char *lm_dense, *lm_norm, *lm_bias;
	enum act lm_act; /* ACT_NONE: the trunk's */
	/* config.json into what it says of cfg and the dropout. */
	enum status (*read)(const struct json *config, struct pretrained_info *info,
			    struct err *err);
};

/* NULL: none of ours, and the message lists ours. */
const struct family *family_find(const char *model_type, struct err *err);
/* Beginnings of names of heads that are not ours ("cls."), NULL at the end. */
extern const char *const family_heads[];
/* Does the pattern stand for this name? *layer gets the number in place of %d. */
bool family_matches(const char *pattern, const char *name, int *layer);

#endif
