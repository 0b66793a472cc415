/*
 * folder_look.h - what a folder of a model from elsewhere is, in plain values: for who
 * shows it before a plan begins from it. Reads alone. Any thread.
 */
#ifndef TUTTI_RUNDIR_FOLDER_LOOK_H
#define TUTTI_RUNDIR_FOLDER_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"

struct pretrained;

/* Texts are borrowed until folder_look_release; those of the folder are foreign. */
struct folder_look {
	const char *family, *kind;  /* "bert"; model.kind, "transformer" */
	const char *act;            /* "gelu", "gelu-tanh", "relu" */
	int dim, layers, heads, ff, vocab;
	int max_length;             /* pieces of a text that there are places for */
	int segments, embed_dim;    /* 0: none; columns of the tables */
	bool pre_norm;
	double eps, dropout;
	int64_t parameters, bytes;  /* of the trunk; of all tensors */
	bool has_lm;                /* a head for masked words */
	bool keeps_words;           /* an extract task's head */
	const char *adapter;        /* merged into its matrices; NULL: none */
	const char *base;           /* the folder of the model that it is for */
	int n_labels;
	const char *const *labels;  /* [n_labels] */
	bool is_multilabel;         /* several of them a text */
	const char *number;         /* what its head's one number is called; NULL: it has none */
	const char *head_why;       /* why its head is not taken; NULL: it is, or there is none */
	struct buf not_taken;       /* a tensor's name a line */
	struct hash hash;
	const char *tokenizer;      /* its kind; NULL: none, and trouble says why */
	int pieces;
	struct buf files;           /* that it is read from: "vocab.txt" */
	struct err trouble;
	struct pretrained *own;
};

/* Errors are pretrained_open's; no tokenizer is none. Released in any case. */
enum status folder_look(struct folder_look *l, const char *folder, struct err *err);
void folder_look_release(struct folder_look *l);

#endif
