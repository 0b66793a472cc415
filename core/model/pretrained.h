/*
 * pretrained.h - a model from elsewhere: a Hugging Face folder (config.json, and
 * model.safetensors or its shards with their index) as a configuration and weights.
 *
 * Families are rows (pretrained_families.c): how config.json is read, and which tensor
 * of the folder is which parameter of ours. BERT and what has its graph, DistilBERT,
 * ELECTRA and RoBERTa become a `transformer`, GPT-2 a `gpt`. Everything in the folder is
 * foreign: it is read as if it were hostile. Reads alone; the folder's files are not
 * kept open after pretrained_close. Any thread.
 *
 * The function is theirs (tests/golden/pretrained), the parameters are ours: q, k and v
 * are one matrix, a norm's beta is its bias. RoBERTa's one row of segments is kept, and
 * stands for every segment.
 */
#ifndef TUTTI_MODEL_PRETRAINED_H
#define TUTTI_MODEL_PRETRAINED_H

#include <limits.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"
#include "model/model.h"

struct pretrained;

struct pretrained_info {
	const char *family;         /* "bert", "distilbert", "electra", "roberta", "gpt2" */
	/*
	 * As a plan would have to say it: kind, sizes, norms, and the layout in detail.
	 * Not set: what tasks and decoders ask for (max_source, max_target, decoder ...).
	 */
	struct model_config cfg;
	double dropout;
	int max_length;             /* pieces that its places have room for */
	int n_labels;               /* of its own classification head; 0: it has none */
	const char *const *labels;  /* [n_labels] its id2label, in order */
	bool is_multilabel;         /* it says any number of them of a text, not one */
	const char *number;         /* NULL, or what its head's one number is called */
	const char *head_why;       /* NULL, or why its head is none that we have */
	bool has_lm;                /* has a head for masked words */
	bool keeps_words;           /* has an extract task's head, of words, as we write it */
	const char *adapter;        /* what changes of low rank are in its matrices, or NULL */
	const char *base;           /* the folder of the model that they are of, and of its
				       tokenizer; without an adapter the folder itself */
	int64_t parameters;         /* numbers of the trunk */
	int64_t bytes;              /* of all tensors, as they stand in the files */
};

/*
 * ST_NOT_FOUND: no such folder, or no config.json in it; ST_INVALID: a family that is
 * not ours (the message lists those that are), a setting we do not have, or a tensor of
 * the trunk that is missing, surplus or of another shape: named; ST_CORRUPT: names what is
 * wrong with which file. Reads all weights once, for the hash.
 */
/*
 * A folder of peft's (adapter_config.json) is the model of another folder, which it names,
 * with its changes in it and the head that it has brought; ST_NOT_FOUND: there is no such
 * other folder.
 */
enum status pretrained_open(const char *folder, struct pretrained **out, struct err *err);
/* Where the model itself lies, and its tokenizer: pretrained_info.base. */
enum status pretrained_base(const char *folder, char out[PATH_MAX], struct err *err);
void pretrained_close(struct pretrained *p); /* NULL is fine */
/* Borrowed until it is closed. */
const struct pretrained_info *pretrained_info(const struct pretrained *p);
/* Of config.json and tensors, in however many files. It reads them all. */
struct hash pretrained_hash(const struct pretrained *p);

/*
 * Names of the tensors that no model of ours takes, a line each, appended: heads but those
 * for classification and for masked words. Buffers that hold no weights are not counted as any.
 */
void pretrained_unused(const struct pretrained *p, struct buf *out);

/* What was done with every tensor, for people: lines, appended to the three. */
struct pretrained_report {
	int taken;                  /* parameters of ours that got their values */
	bool *is_fresh;             /* [parameters] ours that did not; owned */
	struct buf fresh;           /* ours that the folder has nothing for: "tasks.T.head" */
	struct buf unused;          /* the folder's tensors that nothing of ours wants */
	const char *head_why;       /* as info's; borrowed from nobody */
};
/*
 * Weights of the folder into those of a model of its configuration, whose parameters
 * have their random values already: shared ones, and each task's copies of layers that
 * are not shared. A task whose labels are the folder's own, in any order, gets its head,
 * too: labels[task] are its n_labels texts, or NULL; labels NULL: nobody has any. One that
 * keeps words is said by any labels, one that keeps sentences by NULL. A head
 * of one number goes to the task of numbers that is called as it is, else to the only one,
 * and is brought into that one's unit (model_task.mean, .scale). Such tasks must pool the
 * first row and have the folder's head_act. What has such a head that is not the folder's
 * begins with BERT's pooler, where there is one. A task of kind mlm gets the folder's head
 * for masked words, where there is one; with cfg.from_trunk a decoder's output layer begins
 * as that (what else of it begins as the trunk is model_take_trunk's). ST_INVALID: the
 * model is of another configuration, or a weight is not finite; then parameters are half
 * the folder's. The caller packs the weights, and releases the report, after an error, too.
 */
enum status pretrained_load(const struct pretrained *p, const struct model *m,
			    struct param_set *ps, const char *const *const *labels,
			    struct pretrained_report *report, struct err *err);
void pretrained_report_release(struct pretrained_report *r);

#endif
