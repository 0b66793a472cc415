/*
 * tokenizer_layout.c - how texts are laid out, as tokenizer.json's post_processor says
 * and as we write it there.
 *
 * TemplateProcessing is our template in other words: specials and the texts A and B in
 * their order, each with a segment. BertProcessing and RobertaProcessing name their two
 * specials; ByteLevel puts nothing around; Sequence holds several, one of which may be
 * a template.
 */
#include <string.h>

#include "base/mem.h"
#include "text/tokenizer_json.h"

const struct layout_set layout_bert = {
	.one = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.pair = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP), LAYOUT_B,
		    LAYOUT_ROLE(TOK_SEP) } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.has_segments = true,
};
const struct layout_set layout_roberta = {
	.one = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
	.pair = { { LAYOUT_ROLE(TOK_CLS), LAYOUT_A, LAYOUT_ROLE(TOK_SEP),
		    LAYOUT_ROLE(TOK_SEP), LAYOUT_B, LAYOUT_ROLE(TOK_SEP) } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
};
const struct layout_set layout_bare = {
	.one = { { LAYOUT_A } },
	.pair = { { LAYOUT_A, LAYOUT_B } },
	.target = { { LAYOUT_A, LAYOUT_ROLE(TOK_SEP) } },
};

static bool same_template(const struct layout_template *a, const struct layout_template *b)
{
	int i = 0;

	for (; a->part[i].what && a->part[i].what == b->part[i].what; i++)
		if (a->part[i].which != b->part[i].which)
			return false;
	return a->part[i].what == b->part[i].what;
}

bool layout_same(const struct layout_set *a, const struct layout_set *b)
{
	return same_template(&a->one, &b->one) && same_template(&a->pair, &b->pair) &&
	       same_template(&a->target, &b->target) &&
	       a->has_segments == b->has_segments;
}

/* --- reading --- */

struct reading {
	const char *name;
	struct tokenizer *t;
	struct layout_set *out;
	const struct json *specials; /* the template's own table */
	struct err *err;
};

static enum status wrong(struct reading *r, const char *what)
{
	return err_set(r->err, ST_INVALID, "post_processor: %s: '%s'", what, r->name);
}

static int role_of(const struct tokenizer *t, int32_t id)
{
	static const enum special order[TOK_SPECIALS] = { TOK_CLS, TOK_SEP, TOK_MASK,
							  TOK_PAD, TOK_UNK };

	for (int i = 0; i < TOK_SPECIALS; i++)
		if (t->special[order[i]] == id)
			return (int)order[i];
	return -1;
}

/* A special that had no role gets that of its place: it begins or it ends. */
static enum status put_special(struct reading *r, struct layout_template *l, int n, int32_t id)
{
	enum special place = n ? TOK_SEP : TOK_CLS;
	int role = role_of(r->t, id);

	if (role < 0 && r->t->special[place] < 0) {
		r->t->special[place] = id;
		role = (int)place;
	}
	if (role < 0)
		return wrong(r, "a special token that neither begins nor ends texts");
	l->part[n] = (struct layout_part)LAYOUT_ROLE(role);
	return ST_OK;
}

/* The one id of a special that a template names. */
static int32_t template_id(const struct reading *r, const char *name)
{
	const struct json *entry = r->specials ? json_get(r->specials, name) : NULL;
	const struct json *ids = entry && json_type(entry) == JSON_OBJECT ?
				 json_get(entry, "ids") : NULL;
	int64_t id;

	if (!ids)
		return r->t->kind->id(r->t, name);
	if (json_type(ids) != JSON_ARRAY || json_len(ids) != 1 ||
	    json_type(json_first(ids)) != JSON_NUMBER || !json_int(json_first(ids), &id) ||
	    id < 0 || id >= r->t->n)
		return -1;
	return (int32_t)id;
}

static enum status put_item(struct reading *r, struct layout_template *l, int n,
			    const struct json *item, int *segment)
{
	const struct json *body = json_type(item) == JSON_OBJECT ? json_first(item) : NULL;
	const char *id = NULL;
	enum status st = ST_OK;
	bool is_text;

	if (!body || json_type(body) != JSON_OBJECT)
		return wrong(r, "a part that is neither a text nor a special token");
	is_text = str_eq(json_key(body), "Sequence");
	*segment = 0;
	st = tokenizer_get_text(body, "id", r->name, &id, r->err);
	if (!st)
		st = tokenizer_get_int(body, "type_id", r->name, 0, 1, segment, r->err);
	if (st)
		return st;
	if (!id || (!is_text && !str_eq(json_key(body), "SpecialToken")))
		return wrong(r, "a part that is neither a text nor a special token");
	if (is_text && !str_eq(id, "A") && !str_eq(id, "B"))
		return wrong(r, "a text that is neither A nor B");
	if (is_text) {
		l->part[n] = (struct layout_part){ .what = LAYOUT_TEXT,
						   .which = id[0] == 'B' };
		return ST_OK;
	}
	if (template_id(r, id) < 0)
		return wrong(r, "a special token that is not one piece");
	return put_special(r, l, n, template_id(r, id));
}

/* Text A, then (of a pair) text B; segment 1 begins with B or not at all. */
static enum status read_template(struct reading *r, const struct json *items, bool is_pair,
				 struct layout_template *l, bool *has_segments)
{
	int n = 0, texts = 0, segment, ones = 0, behind = 0;

	memset(l, 0, sizeof *l);
	if (!items || json_type(items) != JSON_ARRAY || json_len(items) > LAYOUT_PARTS)
		return wrong(r, "no template of a few parts");
	for (const struct json *i = json_first(items); i; i = json_next(i), n++) {
		enum status st = put_item(r, l, n, i, &segment);

		if (st)
			return st;
		if (l->part[n].what == LAYOUT_TEXT && l->part[n].which != texts++)
			return wrong(r, "texts that are not A and then B, once each");
		if (segment && texts < 2)
			return wrong(r, "a segment 1 that does not begin with text B");
		behind += texts == 2;
		ones += segment;
	}
	if (texts != (is_pair ? 2 : 1))
		return wrong(r, "a template without its text");
	if (ones && ones != behind)
		return wrong(r, "a segment 1 that does not go to the end");
	*has_segments = ones > 0;
	return ST_OK;
}

static enum status read_templates(struct reading *r, const struct json *post)
{
	bool one = false;
	enum status st;

	r->specials = json_get(post, "special_tokens");
	if (r->specials && json_type(r->specials) != JSON_OBJECT)
		r->specials = NULL;
	r->out->target = layout_bare.target;
	st = read_template(r, json_get(post, "single"), false, &r->out->one, &one);
	if (!st)
		st = read_template(r, json_get(post, "pair"), true, &r->out->pair,
				   &r->out->has_segments);
	return st;
}

/* ["[SEP]", 102] */
static enum status read_named(struct reading *r, const struct json *post, const char *key,
			      enum special role)
{
	const struct json *pair = json_get(post, key), *number;
	int64_t id;

	if (!pair || json_type(pair) != JSON_ARRAY || json_len(pair) != 2)
		return wrong(r, "no pair of a token and its id");
	number = json_next(json_first(pair));
	if (json_type(number) != JSON_NUMBER || !json_int(number, &id) || id < 0 ||
	    id >= r->t->n)
		return wrong(r, "a special token whose id is not one of the pieces");
	r->t->special[role] = (int32_t)id;
	return ST_OK;
}

static enum status read_processor(struct reading *r, const struct json *post, bool *says)
{
	const char *type = tokenizer_step_type(post);
	bool is_bert = str_eq(type, "BertProcessing");
	enum status st;

	*says = true;
	if (str_eq(type, "TemplateProcessing"))
		return read_templates(r, post);
	*r->out = is_bert ? layout_bert : str_eq(type, "ByteLevel") ? layout_bare :
					  layout_roberta;
	if (str_eq(type, "ByteLevel"))
		return ST_OK;
	if (!is_bert && !str_eq(type, "RobertaProcessing"))
		return tokenizer_step_refused(r->name, "post_processor", type,
					      "TemplateProcessing, BertProcessing, "
					      "RobertaProcessing, ByteLevel", r->err);
	st = read_named(r, post, "cls", TOK_CLS);
	return st ? st : read_named(r, post, "sep", TOK_SEP);
}

/* The last that puts something around counts; there is one at most. */
static enum status read_sequence(struct reading *r, const struct json *post, bool *says)
{
	const struct json *list = json_get(post, "processors");
	enum status st = ST_OK;
	int around = 0;

	if (!list || json_type(list) != JSON_ARRAY)
		return wrong(r, "a sequence of nothing");
	for (const struct json *i = json_first(list); i && !st; i = json_next(i)) {
		bool is_bare = str_eq(tokenizer_step_type(i), "ByteLevel");

		around += !is_bare;
		if (!is_bare || !*says)
			st = read_processor(r, i, says);
	}
	if (!st && around > 1)
		st = wrong(r, "two that each put something around texts");
	return st;
}

enum status tokenizer_json_layout(const struct json *post, const char *name,
				  struct tokenizer *t, struct layout_set *out, bool *says,
				  struct err *err)
{
	struct reading r = { .name = name, .t = t, .out = out, .err = err };
	const char *type = tokenizer_step_type(post);

	*says = false;
	if (str_eq(type, "none"))
		return ST_OK;
	if (str_eq(type, "Sequence"))
		return read_sequence(&r, post, says);
	return read_processor(&r, post, says);
}

/* --- in terms of what there is --- */

static void drop_absent(const struct tokenizer *t, struct layout_template *l)
{
	int n = 0;

	for (int i = 0; l->part[i].what; i++)
		if (l->part[i].what != LAYOUT_SPECIAL || t->special[l->part[i].which] >= 0)
			l->part[n++] = l->part[i];
	l->part[n] = (struct layout_part){ .what = LAYOUT_END };
}

void tokenizer_own_layout(struct tokenizer *t, struct layout_set *own)
{
	drop_absent(t, &own->one);
	drop_absent(t, &own->pair);
	t->layouts = own;
}

/* --- writing --- */

static void put_template(struct json_out *o, const char *key, const struct tokenizer *t,
			 const struct layout_template *l)
{
	int segment = 0;

	json_open(o, key, '[');
	for (const struct layout_part *p = l->part; p->what; p++) {
		bool is_text = p->what == LAYOUT_TEXT;

		if (is_text && p->which == 1)
			segment = t->layouts->has_segments;
		json_open(o, NULL, '{');
		json_open(o, is_text ? "Sequence" : "SpecialToken", '{');
		json_put_str(o, "id", is_text ? p->which ? "B" : "A" :
				      tokenizer_piece(t, t->special[p->which]));
		json_put_int(o, "type_id", segment);
		json_close(o, '}');
		json_close(o, '}');
	}
	json_close(o, ']');
}

static bool is_used(const struct layout_template *l, int role)
{
	for (const struct layout_part *p = l->part; p->what; p++)
		if (p->what == LAYOUT_SPECIAL && p->which == role)
			return true;
	return false;
}

void tokenizer_put_layout(struct json_out *o, const struct tokenizer *t)
{
	const struct layout_set *l = t->layouts;

	json_open(o, "post_processor", '{');
	json_put_str(o, "type", "TemplateProcessing");
	put_template(o, "single", t, &l->one);
	put_template(o, "pair", t, &l->pair);
	json_open(o, "special_tokens", '{');
	for (int k = 0; k < TOK_SPECIALS; k++) {
		const char *piece;

		if (!is_used(&l->one, k) && !is_used(&l->pair, k))
			continue;
		piece = tokenizer_piece(t, t->special[k]);
		json_open(o, piece, '{');
		json_put_str(o, "id", piece);
		json_open(o, "ids", '[');
		json_put_int(o, NULL, t->special[k]);
		json_close(o, ']');
		json_open(o, "tokens", '[');
		json_put_str(o, NULL, piece);
		json_close(o, ']');
		json_close(o, '}');
	}
	json_close(o, '}');
	json_close(o, '}');
}

void tokenizer_hash_roles(const struct tokenizer *t, struct hasher *h)
{
	const struct layout_template *l[] = { &t->layouts->one, &t->layouts->pair };

	for (int k = 0; k < TOK_SPECIALS; k++)
		hasher_add_u64(h, (uint64_t)(int64_t)t->special[k]);
	for (size_t i = 0; i < sizeof l / sizeof *l; i++) {
		for (const struct layout_part *p = l[i]->part; p->what; p++)
			hasher_add_u64(h, (uint64_t)p->what << 8 | (uint64_t)p->which);
		hasher_add_u64(h, 0);
	}
	hasher_add_u64(h, t->layouts->has_segments);
}
