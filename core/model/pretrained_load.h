/*
 * pretrained_load.h - an open foreign folder, between the file that opens it and the one
 * that takes its weights. For these two alone.
 */
#ifndef TUTTI_MODEL_PRETRAINED_LOAD_H
#define TUTTI_MODEL_PRETRAINED_LOAD_H

#include "model/pretrained_lora.h"
#include "model/pretrained_own.h"

enum { HEAD_PARTS = 4, LM_PARTS = 5, HEAD_LABELS_MAX = 10000 };

struct pretrained {
	struct pretrained_info info;
	const struct family *family;
	const char *prefix;      /* of its trunk's tensors: the family's, or "" */
	struct buf text;         /* of config.json */
	struct json *config;
	struct tensors *tensors;
	bool *used;              /* [tensors] by the trunk */
	struct lora *lora;       /* changes of its tensors, or NULL */
	char base[PATH_MAX];     /* the folder of the model itself */
	char **labels;           /* [n_labels] */
	char *number;            /* info.number */
	int head[HEAD_PARTS];    /* tensors: weight and bias of hidden, then of out; with
				    n_labels or a number */
	int lm[LM_PARTS];        /* of its head for masked words: weight and bias of the
				    dense layer, of the norm, and the output's bias; all
				    -1: it has none */
	int units[2];            /* weight and bias of a head that drops or keeps each word,
				    two rows as pretrained_save writes them; -1: none */
	int pooler[2];           /* weight and bias of BERT's, head or not; -1: none */
};

/* The tensor of a row's name, old spellings included, or -1; `name` gets it. */
int pretrained_find(const struct pretrained *p, const char *prefix, const char *theirs,
		    int layer, char name[PRETRAINED_NAME]);
/* The shape of the tensor for a parameter of ours. */
void pretrained_shape(const struct param *ours, enum how how, int *rows, int *cols);
/* Numbers of its tensor, with what an adapter changes; out has room. ST_INVALID: one is not
 * finite. */
enum status pretrained_floats(const struct pretrained *p, int at, float *out,
			      struct err *err);
enum status pretrained_fits(const struct st_entry *e, int rows, int cols, struct err *err);
/* pretrained_heads.c: which heads it has. */
enum status pretrained_find_heads(struct pretrained *p, struct err *err);
/* Is it a known buffer, which holds no weights? */
bool pretrained_is_buffer(const struct pretrained *p, const char *name);

#endif
