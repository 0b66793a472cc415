/*
 * cmd_inspect.c - `inspect`: what a model from elsewhere is before a plan begins from it:
 * its family and sizes, its labels and tokenizer, and what of it would be taken.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd.h"
#include "model/pretrained.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

enum { WIDTH = 62, LINES = 4 }; /* of a list, behind its word */

/* A folder looked into. */
struct look {
	const struct pretrained_info *info;
	struct buf unused;          /* a tensor's name a line */
	const char *tokenizer;      /* its kind, or NULL */
	char files[128];            /* that it was read from */
	int pieces;
	struct err trouble;         /* why there is no tokenizer */
};

static const char *act_name(enum act a)
{
	switch (a) {
	case ACT_RELU:      return "relu";
	case ACT_GELU:      return "gelu";
	case ACT_GELU_TANH: return "gelu-tanh";
	default:            return "none";
	}
}

static void look_tokenizer(const char *folder, struct look *l)
{
	const struct tokenizer_kind *kind = tokenizer_kind_in(folder);
	struct tokenizer *tok = NULL;
	struct buf path, files;
	enum status st = tokenizer_open_folder(kind, folder, &tok, &l->trouble);

	if (st)
		return;
	buf_init(&path);
	buf_init(&files);
	l->tokenizer = tokenizer_kind_name(kind);
	l->pieces = tokenizer_size(tok);
	for (int i = 0; i < TOKENIZER_FILES_MAX && tokenizer_file(kind, i); i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/%s", folder, tokenizer_file(kind, i));
		if (file_exists(buf_str(&path)))
			buf_addf(&files, "%s%s", files.len ? ", " : "",
				 tokenizer_file(kind, i));
	}
	str_copy(l->files, sizeof l->files, buf_str(&files));
	tokenizer_free(tok);
	buf_release(&path);
	buf_release(&files);
}

/* --- for people --- */

/* A list wrapped behind its word, up to LINES lines; foreign texts are made harmless. */
struct list {
	const char *word;
	int at, line, shown, left;
};

static void list_add(struct list *l, const char *text, size_t len)
{
	struct buf b;
	int width;

	buf_init(&b);
	text_sanitize(&b, text, len);
	width = (int)b.len + 2;
	if (l->left || (l->at && l->at + width > WIDTH && l->line + 1 == LINES)) {
		l->left++;
	} else if (!l->at || l->at + width > WIDTH) {
		l->line += l->at > 0;
		printf("%s%-11s%s", l->at ? ",\n" : "", l->at ? "" : l->word, buf_str(&b));
		l->at = width;
	} else {
		printf(", %s", buf_str(&b));
		l->at += width;
	}
	buf_release(&b);
}

static void list_end(const struct list *l, const char *nothing)
{
	if (!l->at)
		printf("%-11s%s\n", l->word, nothing);
	else if (l->left)
		printf(",\n%-11sand %d more\n", "", l->left);
	else
		putchar('\n');
}

static void print_labels(const struct pretrained_info *i)
{
	struct list l = { .word = "labels" };

	for (int k = 0; k < i->n_labels; k++)
		list_add(&l, i->labels[k], strlen(i->labels[k]));
	list_end(&l, "none: it has no head that classifies texts");
}

static void print_unused(const struct look *look)
{
	struct list l = { .word = "not taken" };
	const char *s = buf_str(&look->unused);

	for (size_t n; *s; s += n + 1) {
		n = strcspn(s, "\n");
		list_add(&l, s, n);
	}
	list_end(&l, "nothing: there is no other tensor");
}

static void print_sizes(const struct pretrained_info *i)
{
	const struct model_config *c = &i->cfg;

	printf("family     %s: model.kind %s\n", i->family, c->kind);
	printf("size       %.2f M parameters in the trunk, %.1f MB of tensors\n",
	       (double)i->parameters / 1e6, (double)i->bytes / 1e6);
	printf("layers     %d of %d, %d head%s, feed-forward %d by %s\n", c->layers, c->dim,
	       c->heads, c->heads == 1 ? "" : "s", c->ff, act_name(c->act));
	printf("norms      %s each sublayer, eps %g; dropout %g\n",
	       c->pre_norm ? "before" : "behind", (double)c->eps, i->dropout);
	printf("tables     %d pieces, %d places, ", c->vocab, i->max_length);
	if (c->segments > 0)
		printf("%d segment%s", c->segments, c->segments == 1 ? "" : "s");
	else
		printf("no segments");
	if (c->embed_dim && c->embed_dim != c->dim)
		printf("; %d wide", c->embed_dim);
	putchar('\n');
}

static void print_tokenizer(const struct look *l)
{
	struct list trouble = { .word = "tokenizer" };

	if (l->tokenizer) {
		printf("tokenizer  %s of %d pieces: %s\n", l->tokenizer, l->pieces, l->files);
		if (l->pieces > l->info->cfg.vocab)
			printf("%-11smore than the %d rows of its table: not its own\n", "",
			       l->info->cfg.vocab);
		return;
	}
	list_add(&trouble, l->trouble.text, strlen(l->trouble.text));
	list_end(&trouble, "none");
}

static void print_text(const struct look *l)
{
	const struct pretrained_info *i = l->info;
	char digits[HASH_TEXT];

	hash_text(i->hash, digits);
	print_sizes(i);
	print_labels(i);
	print_tokenizer(l);
	printf("taken      the trunk%s\n",
	       i->n_labels ? "; and the head, for a task with these labels" : "");
	print_unused(l);
	printf("hash       %s\n", digits);
}

/* --- for programs --- */

static void put_layout(struct json_out *j, const struct pretrained_info *i)
{
	const struct model_config *c = &i->cfg;

	json_put_str(j, "family", i->family);
	json_put_str(j, "kind", c->kind);
	json_put_int(j, "parameters", i->parameters);
	json_put_int(j, "bytes", i->bytes);
	json_put_int(j, "dim", c->dim);
	json_put_int(j, "layers", c->layers);
	json_put_int(j, "heads", c->heads);
	json_put_int(j, "ff", c->ff);
	json_put_int(j, "vocab", c->vocab);
	json_put_int(j, "max_length", i->max_length);
	json_put_int(j, "segments", c->segments > 0 ? c->segments : 0);
	json_put_int(j, "embed_dim", c->embed_dim ? c->embed_dim : c->dim);
	json_put_str(j, "norm", c->pre_norm ? "pre" : "post");
	json_put_num(j, "eps", (double)c->eps);
	json_put_str(j, "act", act_name(c->act));
	json_put_num(j, "dropout", i->dropout);
}

static void print_json(const struct look *l)
{
	const struct pretrained_info *i = l->info;
	const char *s = buf_str(&l->unused);
	char digits[HASH_TEXT];
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "schema", 1);
	json_put_str(&j, "event", "folder");
	put_layout(&j, i);
	json_open(&j, "labels", '[');
	for (int k = 0; k < i->n_labels; k++)
		json_put_str(&j, NULL, i->labels[k]);
	json_close(&j, ']');
	json_open(&j, "tokenizer", '{');
	if (l->tokenizer) {
		json_put_str(&j, "kind", l->tokenizer);
		json_put_int(&j, "pieces", l->pieces);
		json_put_str(&j, "files", l->files);
	} else {
		json_put_str(&j, "trouble", l->trouble.text);
	}
	json_close(&j, '}');
	json_open(&j, "not_taken", '[');
	for (size_t n; *s; s += n + 1) {
		n = strcspn(s, "\n");
		json_put_strn(&j, NULL, s, n);
	}
	json_close(&j, ']');
	hash_text(i->hash, digits);
	json_put_str(&j, "hash", digits);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_inspect(const struct opts *o)
{
	struct pretrained *p = NULL;
	struct look l = { .tokenizer = NULL };
	struct err err;
	enum status st = pretrained_open(o->arg[0], &p, &err);

	if (st)
		return cmd_fail(st, &err);
	buf_init(&l.unused);
	l.info = pretrained_info(p);
	pretrained_unused(p, &l.unused);
	look_tokenizer(o->arg[0], &l);
	o->json ? print_json(&l) : print_text(&l);
	buf_release(&l.unused);
	pretrained_close(p);
	return EXIT_WELL;
}
