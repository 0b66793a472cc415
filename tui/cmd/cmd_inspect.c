/*
 * cmd_inspect.c - `inspect`: what a model from elsewhere is before a plan begins from it:
 * its family and sizes, its labels and tokenizer, and what of it would be taken.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cmd.h"
#include "rundir/folder_look.h"
#include "text/utf8.h"

enum { WIDTH = 62, LINES = 4 }; /* of a list, behind its word */

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

static void print_labels(const struct folder_look *l)
{
	struct list list = { .word = "labels" };

	for (int k = 0; k < l->n_labels; k++)
		list_add(&list, l->labels[k], strlen(l->labels[k]));
	if (l->number || l->head_why) {
		printf("%-11snone: %s\n", "labels",
		       l->number ? "its head gives a number" : l->head_why);
		return;
	}
	list_end(&list, "none: it has no head that classifies texts");
}

static void print_number(const struct folder_look *l)
{
	struct list list = { .word = "number" };

	if (!l->number)
		return;
	list_add(&list, l->number, strlen(l->number));
	list_end(&list, "");
}

static void print_not_taken(const struct folder_look *l)
{
	struct list list = { .word = "not taken" };
	const char *s = buf_str(&l->not_taken);

	for (size_t n; *s; s += n + 1) {
		n = strcspn(s, "\n");
		list_add(&list, s, n);
	}
	list_end(&list, "nothing: there is no other tensor");
}

static void print_sizes(const struct folder_look *l)
{
	printf("family     %s: model.kind %s\n", l->family, l->kind);
	printf("size       %.2f M parameters in the trunk, %.2f MB of tensors\n",
	       (double)l->parameters / 1e6, (double)l->bytes / 1e6);
	printf("layers     %d of %d, %d head%s, feed-forward %d by %s\n", l->layers, l->dim,
	       l->heads, l->heads == 1 ? "" : "s", l->ff, l->act);
	printf("norms      %s each sublayer, eps %g; dropout %g\n",
	       l->pre_norm ? "before" : "behind", l->eps, l->dropout);
	printf("tables     %d pieces, %d places, ", l->vocab, l->max_length);
	if (l->segments)
		printf("%d segment%s", l->segments, l->segments == 1 ? "" : "s");
	else
		printf("no segments");
	if (l->embed_dim != l->dim)
		printf("; %d wide", l->embed_dim);
	putchar('\n');
}

static void print_tokenizer(const struct folder_look *l)
{
	struct list trouble = { .word = "tokenizer" };

	if (!l->tokenizer) {
		list_add(&trouble, l->trouble.text, strlen(l->trouble.text));
		list_end(&trouble, "none");
		return;
	}
	printf("tokenizer  %s of %d pieces: %s\n", l->tokenizer, l->pieces, buf_str(&l->files));
	if (l->pieces > l->vocab)
		printf("%-11smore than the %d rows of its table: not its own\n", "", l->vocab);
}

static void print_adapter(const struct folder_look *l)
{
	struct list list = { .word = "adapter" };

	if (!l->adapter)
		return;
	list_add(&list, l->adapter, strlen(l->adapter));
	list_add(&list, "merged into the model of", 24);
	list_end(&list, "");
	list = (struct list){ .word = "" };
	list_add(&list, l->base, strlen(l->base));
	list_end(&list, "");
}

static void print_text(const struct folder_look *l)
{
	char digits[HASH_TEXT];

	hash_text(l->hash, digits);
	print_sizes(l);
	print_adapter(l);
	print_labels(l);
	print_number(l);
	print_tokenizer(l);
	printf("taken      the trunk%s%s%s\n",
	       l->is_multilabel ? "; and the head, for a multilabel task with these labels" :
	       l->n_labels ? "; and the head, for a task with these labels" :
	       l->number ? "; and the head, for a regress task of that name, or the only one" :
	       l->keeps_words ? "; and the head, for an extract task of words" :
			   "",
	       l->has_lm ? "; and the head for masked words, for a task of kind mlm" : "",
	       l->has_lm && l->embed_dim == l->dim ? " and a decoder_init" : "");
	print_not_taken(l);
	printf("hash       %s\n", digits);
}

/* --- for programs --- */

static void put_sizes(struct json_out *j, const struct folder_look *l)
{
	json_put_str(j, "family", l->family);
	json_put_str(j, "kind", l->kind);
	json_put_int(j, "parameters", l->parameters);
	json_put_int(j, "bytes", l->bytes);
	json_put_int(j, "dim", l->dim);
	json_put_int(j, "layers", l->layers);
	json_put_int(j, "heads", l->heads);
	json_put_int(j, "ff", l->ff);
	json_put_int(j, "vocab", l->vocab);
	json_put_int(j, "max_length", l->max_length);
	json_put_int(j, "segments", l->segments);
	json_put_int(j, "embed_dim", l->embed_dim);
	json_put_str(j, "norm", l->pre_norm ? "pre" : "post");
	json_put_num(j, "eps", l->eps);
	json_put_str(j, "act", l->act);
	json_put_num(j, "dropout", l->dropout);
}

static void put_tokenizer(struct json_out *j, const struct folder_look *l)
{
	json_open(j, "tokenizer", '{');
	if (l->tokenizer) {
		json_put_str(j, "kind", l->tokenizer);
		json_put_int(j, "pieces", l->pieces);
		json_put_str(j, "files", buf_str(&l->files));
	} else {
		json_put_str(j, "trouble", l->trouble.text);
	}
	json_close(j, '}');
}

static void print_json(const struct folder_look *l)
{
	const char *s = buf_str(&l->not_taken);
	char digits[HASH_TEXT];
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "folder");
	put_sizes(&j, l);
	json_open(&j, "labels", '[');
	for (int k = 0; k < l->n_labels; k++)
		json_put_str(&j, NULL, l->labels[k]);
	json_close(&j, ']');
	if (l->is_multilabel)
		json_put_bool(&j, "is_multilabel", true);
	if (l->number)
		json_put_str(&j, "number", l->number);
	if (l->head_why)
		json_put_str(&j, "head_why", l->head_why);
	if (l->keeps_words)
		json_put_bool(&j, "keeps_words", true);
	if (l->adapter) {
		json_put_str(&j, "adapter", l->adapter);
		json_put_str(&j, "base", l->base);
	}
	put_tokenizer(&j, l);
	json_open(&j, "not_taken", '[');
	for (size_t n; *s; s += n + 1) {
		n = strcspn(s, "\n");
		json_put_strn(&j, NULL, s, n);
	}
	json_close(&j, ']');
	hash_text(l->hash, digits);
	json_put_str(&j, "hash", digits);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_inspect(const struct opts *o)
{
	struct folder_look l;
	struct err err;
	enum status st = folder_look(&l, o->arg[0], &err);

	if (!st)
		o->json ? print_json(&l) : print_text(&l);
	folder_look_release(&l);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
