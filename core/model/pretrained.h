/*
 * pretrained.h - a model from elsewhere: a Hugging Face folder (config.json, and
 * model.safetensors or its shards with their index) as a configuration and weights.
 *
 * Families are rows (pretrained_families.c): how config.json is read, and which tensor
 * of the folder is which parameter of ours. BERT and what has its graph, DistilBERT,
 * ELECTRA and RoBERTa become a `transformer`, GPT-2 a `gpt`. Everything in the folder is
 * foreign: it is read as if it were hostile. Reads alone; the folder's files are not
 * kept open after pretrained_close. Any thread.
 */
#ifndef TUTTI_MODEL_PRETRAINED_H
#define TUTTI_MODEL_PRETRAINED_H

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
	int64_t parameters, bytes;
	struct hash hash;           /* of config and weights */
};

/*
 * ST_NOT_FOUND: no such folder, or no config.json in it; ST_INVALID: a family that is
 * not ours (the message lists those that are), or a setting we do not have; ST_CORRUPT:
 * names what is wrong with which file.
 */
enum status pretrained_open(const char *folder, struct pretrained **out, struct err *err);
void pretrained_close(struct pretrained *p); /* NULL is fine */
/* Borrowed until it is closed. */
const struct pretrained_info *pretrained_info(const struct pretrained *p);

/* What was done with every tensor, for people: lines, appended to the three. */
struct pretrained_report {
	int taken;                  /* parameters of ours that got their values */
	struct buf fresh;           /* ours that the folder has nothing for */
	struct buf unused;          /* the folder's that nothing of ours wants */
};
/*
 * Weights of the folder into those of a model of its configuration, whose parameters
 * have their random values already: shared ones, and each task's copies of layers that
 * are not shared. A task whose labels are the folder's own gets its head, too. Strict:
 * a tensor of the trunk that is missing, surplus, or of another shape is ST_INVALID and
 * named. The caller packs the weights.
 */
enum status pretrained_load(const struct pretrained *p, const struct model *m,
			    struct param_set *ps, const char *const *const *labels,
			    struct pretrained_report *report, struct err *err);
void pretrained_report_release(struct pretrained_report *r);

#endif
