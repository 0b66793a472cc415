/*
 * new_init.c - `tutti new --init`: what the plan begins from, looked at beforehand, so that
 * lengths, rate and budget are those of that model.
 */
#include <string.h>

#include "base/file.h"
#include "new.h"
#include "rundir/init.h"

static int int_at(const struct json *model, const char *key, int otherwise)
{
	const struct json *n = json_get(model, key);
	int64_t x;

	return n && json_int(n, &x) ? (int)x : otherwise;
}

/* Tables, attention and feed-forward: all but some thousandth of a model's weights. */
static double count(const struct json *model, const struct draft_init *d)
{
	double C = d->dim, F = d->ff, V = int_at(model, "vocab", 0);

	return C * (V + int_at(model, "max_positions", 0)) +
	       d->layers * (4 * C * C + 2 * C * F);
}

/* As the plan is to say it: a run by its name, anything else wherever it is read from. */
static enum status choose_text(struct new_init *in, const char *given, const char *folder,
			       struct err *err)
{
	size_t n = strlen(folder);

	if (str_starts(given, "run:") && !strchr(given, '/'))
		str_copy(in->text, sizeof in->text, given);
	else if (!strncmp(in->base.init, folder, n) && in->base.init[n] == '/' &&
		 !strstr(in->base.init, "/../"))
		str_copy(in->text, sizeof in->text, in->base.init + n + 1);
	else
		str_copy(in->text, sizeof in->text, in->base.init);
	return *in->text ? ST_OK : err_set(err, ST_INVALID, "--init: no path");
}

enum status new_init_open(const struct opts *o, const char *folder, struct new_init *in,
			  struct err *err)
{
	const struct json *model;
	enum status st;

	*in = (struct new_init){ 0 };
	if (!o->init)
		return ST_OK;
	st = init_open(o->runs, o->init, NULL, &in->base, err);
	if (!st)
		st = choose_text(in, o->init, folder, err);
	if (st)
		return err_wrap(err, st, "--init");
	model = json_get(in->base.fields, "model");
	in->draft = (struct draft_init){ .text = in->text,
					 .kind = json_string(json_get(model, "kind")),
					 .dim = int_at(model, "dim", 1),
					 .layers = int_at(model, "layers", 1) };
	in->draft.ff = int_at(model, "ff", 4 * in->draft.dim);
	in->draft.parameters = count(model, &in->draft);
	in->places = int_at(model, "max_positions", 0);
	in->is_given = true;
	return ST_OK;
}

/* One sequence is both text and answer, where the model's own layers write. */
void new_init_room(const struct new_init *in, const struct draft_sizes *s,
		   struct draft_task *t)
{
	int written = draft_max_target(t) + 1;

	if (!in->places)
		return;
	t->room = in->places;
	if (model_kind_says(in->draft.kind))
		t->room -= written > LABEL_PIECES_MAX ? written : LABEL_PIECES_MAX;
	else if (str_eq(s->decoder, "prefix"))
		t->room -= written;
	if (t->room < 4)
		t->room = 4; /* reading the plan says that there is none */
}

void new_init_release(struct new_init *in)
{
	json_free(in->base.fields);
}
