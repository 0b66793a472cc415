/*
 * pretrained_save.h - a model of ours as a Hugging Face folder that `transformers` opens:
 * config.json and model.safetensors, by the tables that pretrained.h reads with.
 *
 * What has a class there goes into model.safetensors by their names: the trunk of a
 * post-norm `transformer` (BERT, RoBERTa, DistilBERT or ELECTRA, by its layout) and of a
 * `gpt` (GPT-2), and one head that reads the first token, or each word's first piece (its
 * labels are DROP and KEEP). Everything else, which is
 * pre-norm encoders, means over tokens, decoders, copy gates and other tasks' parts, goes
 * into tutti.safetensors by our names. pretrained_load of the folder gives the same floats,
 * but for a gpt whose table_scale is not a power of two.
 *
 * Adapters. Changes of low rank are merged into the matrices that go into
 * model.safetensors, W + alpha / rank B A, those of the task whose head it is where each has
 * its own; pretrained_load then gives the merged ones. Other tasks' and bottlenecks have no
 * class and go into tutti.safetensors.
 *
 * The scale of a gpt's table. GPT-2 has none. Its residual stream enters norms alone, so
 * dividing all that is added to it by the scale (places, what attention and feed-forward
 * give) and eps by its square changes nothing: that is what is written.
 */
#ifndef TUTTI_MODEL_PRETRAINED_SAVE_H
#define TUTTI_MODEL_PRETRAINED_SAVE_H

#include "base/status.h"
#include "base/str.h"
#include "model/model.h"

struct pretrained_task {
	int task;                  /* whose head, and whose layers that are not shared */
	const char *const *labels; /* of its classes; NULL: it has none */
	bool has_sentences;        /* it keeps sentences, not words */
	double mean, scale;        /* of numbers: a head's output is (y - mean) / scale */
};
struct pretrained_what {
	const struct pretrained_task *head; /* NULL: the trunk alone */
	double dropout;
	int32_t pad, begin, end;   /* ids of the tokenizer; -1: none */
};
struct pretrained_saved {
	const char *class_name;    /* "BertForSequenceClassification"; NULL: none has this
				      trunk, and all is in tutti.safetensors */
	const char *why;           /* no class has the trunk or its head; NULL: it has */
	bool has_head;
	bool lacks_adapters;       /* bottlenecks have no class: what opens is without them */
	int merged;                /* matrices with a change of low rank in them */
	int theirs, ours;          /* tensors of model.safetensors and tutti.safetensors */
	struct buf names;          /* of the latter, a line each */
};

/* `folder` is there. ST_IO; ST_INVALID: layers of a task without saying which. */
enum status pretrained_save(const char *folder, const struct model *m,
			    const struct param_set *ps, const struct pretrained_what *what,
			    struct pretrained_saved *out, struct err *err);
void pretrained_saved_release(struct pretrained_saved *s);

#endif
