/*
 * plan_init.c - what model.init brings into a plan: the trunk's own fields and the
 * tokenizer, which a plan may repeat and not change; what tasks and decoders have is the
 * plan's, and the init's where the plan says nothing. Laid into the document before it is
 * read, so that it is checked and written as if somebody had typed it: a run's plan.json
 * is whole without the init.
 */
#include "plan/plan_table.h"

#include <math.h>
#include <string.h>

/* --- values --- */

static bool is_same(const struct json *a, const struct json *b)
{
	if (json_type(a) != json_type(b))
		return false;
	switch (json_type(a)) {
	case JSON_NUMBER: return !(fabs(json_number(a) - json_number(b)) > 0);
	case JSON_STRING: return str_eq(json_string(a), json_string(b));
	case JSON_BOOL: return json_bool(a) == json_bool(b);
	default: return false;
	}
}

/* As JSON text: what json_set_path() takes, and what people read. */
static void node_text(const struct json *n, struct buf *out)
{
	struct json_out o;

	buf_clear(out);
	json_out_init(&o, out, 0);
	json_put_node(&o, NULL, n);
}

static enum status set_text(struct json *root, const char *path, const char *text,
			    struct err *err)
{
	struct json_out o;
	struct buf b, plain;
	enum status st;

	buf_init(&b);
	buf_init(&plain);
	for (const char *s = text; *s; s++) { /* it is read as a plan's: no variables */
		if (str_starts(s, "${"))
			buf_addc(&plain, '$');
		buf_addc(&plain, *s);
	}
	json_out_init(&o, &b, 0);
	json_put_str(&o, NULL, buf_str(&plain));
	st = json_set_path(root, path, buf_str(&b), err);
	buf_release(&plain);
	buf_release(&b);
	return st;
}

/* --- fields --- */

/* Heads read and tasks share as they like; nothing in the weights says how. */
static bool is_fixed(const char *kind, const char *key)
{
	static const char *const free_ones[] = { "shared_layers", "pool", "head_act",
						 "drop_pooled", "prompt_loss", NULL };

	for (int i = 0; free_ones[i]; i++)
		if (str_eq(free_ones[i], key))
			return false;
	return model_is_of_trunk(kind, key) && !str_starts(key, "adapter");
}

static enum status refuse_other(struct plan_reader *r, const char *path,
				const struct json *said, const struct json *has)
{
	struct buf a, b;

	buf_init(&a);
	buf_init(&b);
	node_text(said, &a);
	node_text(has, &b);
	plan_refuse(r, path, "%.80s where model.init has %.80s (leave it out, or begin from "
		    "random weights)", buf_str(&a), buf_str(&b));
	buf_release(&a);
	buf_release(&b);
	return ST_INVALID;
}

/* One that the plan may not say otherwise. */
static enum status lay_fixed(struct plan_reader *r, struct json *root, const char *path,
			     const struct json *has)
{
	const struct json *said = plan_node_at(root, path);
	struct buf text;
	enum status st;

	if (said)
		return is_same(said, has) ? ST_OK : refuse_other(r, path, said, has);
	buf_init(&text);
	node_text(has, &text);
	st = json_set_path(root, path, buf_str(&text), r->err);
	buf_release(&text);
	return st;
}

/* What the document has or will have there as a word: "" where it is no string. */
static const char *word_at(const struct json *root, const char *path, const char *otherwise)
{
	const struct json *n = plan_node_at(root, path);

	return !n ? otherwise : json_type(n) == JSON_STRING ? json_string(n) : "";
}

static enum status lay_own(struct plan_reader *r, struct json *root, const char *path,
			   const struct json *has)
{
	const char *kind = word_at(root, "model.kind", "");
	const char *decoder = word_at(root, "model.decoder", "cross");
	const char *key = strchr(path, '.') + 1;

	if (plan_node_at(root, path) || !r->uses(kind, decoder, key))
		return ST_OK;
	return lay_fixed(r, root, path, has);
}

/* The decoder comes first: what another one has is not the plan's. */
static enum status lay_model(struct plan_reader *r, struct json *root,
			     const struct json *model)
{
	const struct json *kind = json_get(model, "kind");
	const struct json *decoder = json_get(model, "decoder");
	enum status st = lay_fixed(r, root, "model.kind", kind);
	bool has_adapter = plan_node_at(root, "model.adapter"); /* the plan's own, whole */

	if (!st && decoder)
		st = lay_own(r, root, "model.decoder", decoder);
	for (const struct json *n = json_first(model); n && !st; n = json_next(n)) {
		char path[PLAN_PATH_TEXT];

		str_format(path, sizeof path, "model.%.100s", json_key(n));
		if (str_eq(json_key(n), "init") || n == kind || n == decoder ||
		    (has_adapter && str_starts(json_key(n), "adapter")))
			continue;
		st = is_fixed(json_string(kind), json_key(n)) ?
			     lay_fixed(r, root, path, n) : lay_own(r, root, path, n);
	}
	return st;
}

/* Nobody writes with a table that is narrower than the rows: then it is two of them. */
static enum status lay_tied(struct plan_reader *r, struct json *root)
{
	const struct json *dim = plan_node_at(root, "model.dim");
	const struct json *table = plan_node_at(root, "model.embed_dim");

	if (!table || !dim || is_same(table, dim) || plan_node_at(root, "model.tied") ||
	    !r->uses(word_at(root, "model.kind", ""), word_at(root, "model.decoder", "cross"),
		     "tied"))
		return ST_OK;
	return json_set_path(root, "model.tied", "false", r->err);
}

/* A plan may name a vocabulary for an init that has none. */
static enum status lay_tokenizer(struct plan_reader *r, struct json *root,
				 const struct plan_base *base)
{
	const struct json *tokenizer = json_get(base->fields, "tokenizer");
	const struct json *kind = tokenizer ? json_get(tokenizer, "kind") : NULL;

	if (plan_node_at(root, "tokenizer.size"))
		return plan_refuse(r, "tokenizer.size", "with a model.init the tokenizer is "
				   "that of '%.300s', whatever its size: leave it out",
				   base->init);
	if (plan_node_at(root, "tokenizer.vocab"))
		return ST_OK;
	if (!str_copy(r->plan->init_tokenizer, sizeof r->plan->init_tokenizer,
		      base->tokenizer))
		return plan_refuse(r, "model.init", "path too long");
	return kind ? lay_fixed(r, root, "tokenizer.kind", kind) : ST_OK;
}

static enum status lay(struct plan_reader *r, struct json *root, const char *text)
{
	struct plan_base base = { 0 };
	struct err why = { "" };
	enum status st = r->opener->open(r->opener->arg, text, r->plan->folder, &base, &why);
	const struct json *model = st ? NULL : json_get(base.fields, "model");

	if (st) {
		plan_refuse(r, "model.init", "%.500s", why.text);
		return st;
	}
	BUG_IF(!model || !json_get(model, "kind"));
	st = lay_model(r, root, model);
	if (!st)
		st = lay_tied(r, root);
	if (!st)
		st = lay_tokenizer(r, root, &base);
	if (!st)
		st = set_text(root, "model.init", base.init, r->err);
	json_free(base.fields);
	return st;
}

/* What a run's own plan has: nothing in it hangs on where it is read. */
static enum status check_full(struct plan_reader *r, const char *text)
{
	if (*text == '/' || str_starts(text, "run:/"))
		return ST_OK;
	return plan_refuse(r, "model.init", "'%.200s' is neither random nor an absolute path",
			   text);
}

enum status plan_lay_init(struct plan_reader *r, struct json *root)
{
	const struct json *n = plan_node_at(root, "model.init");
	struct buf text;
	enum status st;

	if (!n || json_type(n) != JSON_STRING)
		return ST_OK; /* read_whole() has the words for another type */
	buf_init(&text);
	st = plan_expand(r, "model.init", json_string(n), &text);
	if (!st && text.len && !str_eq(text.s, "random"))
		st = r->opener ? lay(r, root, text.s) : check_full(r, text.s);
	buf_release(&text);
	return st;
}

/* --- places --- */

enum { SOURCE_LEAST = 4 };

static bool is_said(const struct plan_reader *r, const struct plan_task *t)
{
	char path[PLAN_PATH_TEXT];

	str_format(path, sizeof path, "tasks.%s.max_source", t->name);
	return plan_node_at(r->root, path) != NULL;
}

enum status plan_fit_places(struct plan_reader *r)
{
	struct model_config *m = &r->plan->model;
	int room;

	if (!m->max_positions)
		return ST_OK;
	room = m->max_positions - (model_places(m) - m->max_source); /* the rest is written */
	if (room < SOURCE_LEAST)
		return plan_refuse(r, "model.max_positions", "%d places, and %d are for what "
				   "is written: no text has room", m->max_positions,
				   m->max_positions - room);
	m->max_source = 0;
	for (int i = 0; i < r->plan->n_tasks; i++) {
		struct plan_task *t = &r->plan->tasks[i];
		char path[PLAN_PATH_TEXT];

		str_format(path, sizeof path, "tasks.%s.max_source", t->name);
		if (t->max_source > room && is_said(r, t))
			return plan_refuse(r, path, "%d pieces where the model's %d places "
					   "have room for %d", t->max_source,
					   m->max_positions, room);
		if (t->max_source > room)
			t->max_source = room;
		if (t->max_source > m->max_source)
			m->max_source = t->max_source;
	}
	return ST_OK;
}
