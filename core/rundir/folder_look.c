/*
 * folder_look.c - see folder_look.h.
 */
#include "rundir/folder_look.h"

#include "base/file.h"
#include "model/pretrained.h"
#include "text/tokenizer.h"

static const char *act_name(enum act a)
{
	switch (a) {
	case ACT_RELU:      return "relu";
	case ACT_GELU:      return "gelu";
	case ACT_GELU_TANH: return "gelu-tanh";
	default:            return "none";
	}
}

static void look_tokenizer(struct folder_look *l, const char *folder)
{
	const struct tokenizer_kind *kind = tokenizer_kind_in(folder);
	struct tokenizer *tok = NULL;
	struct buf path;

	if (tokenizer_open_folder(kind, folder, &tok, &l->trouble))
		return;
	buf_init(&path);
	l->tokenizer = tokenizer_kind_name(kind);
	l->pieces = tokenizer_size(tok);
	for (int i = 0; i < TOKENIZER_FILES_MAX && tokenizer_file(kind, i); i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/%s", folder, tokenizer_file(kind, i));
		if (file_exists(buf_str(&path)))
			buf_addf(&l->files, "%s%s", l->files.len ? ", " : "",
				 tokenizer_file(kind, i));
	}
	tokenizer_free(tok);
	buf_release(&path);
}

static void look_model(struct folder_look *l, const struct pretrained_info *i)
{
	const struct model_config *c = &i->cfg;

	l->family = i->family;
	l->kind = c->kind;
	l->act = act_name(c->act);
	l->dim = c->dim;
	l->layers = c->layers;
	l->heads = c->heads;
	l->ff = c->ff;
	l->vocab = c->vocab;
	l->max_length = i->max_length;
	l->segments = c->segments > 0 ? c->segments : 0;
	l->embed_dim = c->embed_dim ? c->embed_dim : c->dim;
	l->pre_norm = c->pre_norm;
	l->eps = (double)c->eps;
	l->dropout = i->dropout;
	l->parameters = i->parameters;
	l->bytes = i->bytes;
	l->has_lm = i->has_lm;
	l->keeps_words = i->keeps_words;
	l->adapter = i->adapter;
	l->base = i->base;
	l->n_labels = i->n_labels;
	l->labels = i->labels;
	l->is_multilabel = i->is_multilabel;
	l->number = i->number;
	l->head_why = i->head_why;
}

enum status folder_look(struct folder_look *l, const char *folder, struct err *err)
{
	enum status st;

	*l = (struct folder_look){ .tokenizer = NULL };
	buf_init(&l->not_taken);
	buf_init(&l->files);
	st = pretrained_open(folder, &l->own, err);
	if (st)
		return st;
	look_model(l, pretrained_info(l->own));
	l->hash = pretrained_hash(l->own);
	pretrained_unused(l->own, &l->not_taken);
	look_tokenizer(l, pretrained_info(l->own)->base);
	return ST_OK;
}

void folder_look_release(struct folder_look *l)
{
	buf_release(&l->not_taken);
	buf_release(&l->files);
	pretrained_close(l->own);
}
