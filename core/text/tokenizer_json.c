/*
 * tokenizer_json.c - tokenizer.json read: its members by type, its pieces, its roles.
 */
#include "text/tokenizer_json.h"

#include <string.h>

#include "base/mem.h"

enum { PIECES_MAX = 1000000 };

/* --- the files --- */

static enum status open_object(const struct tokenizer_file *file, struct json **out,
			       struct err *err)
{
	enum status st;

	if (!file->s)
		return ST_OK;
	st = json_parse(file->s, file->len, file->name, out, err);
	if (!st && json_type(*out) != JSON_OBJECT)
		st = err_set(err, ST_INVALID, "%s is no object: '%s'",
			     json_type_name(json_type(*out)), file->name);
	return st;
}

enum status tokenizer_json_open(const struct tokenizer_file *file,
				const struct tokenizer_file *config,
				struct tokenizer_json *out, struct err *err)
{
	enum status st;

	*out = (struct tokenizer_json){ .name = file->name };
	st = open_object(file, &out->doc, err);
	if (!st)
		st = open_object(config, &out->config, err);
	if (!st && out->doc) {
		out->model = json_get(out->doc, "model");
		if (!out->model || json_type(out->model) != JSON_OBJECT)
			st = err_set(err, ST_INVALID, "no object 'model' in '%s'",
				     file->name);
	}
	if (st)
		tokenizer_json_close(out);
	return st;
}

void tokenizer_json_close(struct tokenizer_json *j)
{
	json_free(j->doc);
	json_free(j->config);
	j->doc = j->config = NULL;
	j->model = NULL;
}

/* Files of before 2020 have no type: the fields tell. */
const char *tokenizer_json_type(const struct json *model)
{
	const struct json *type = json_get(model, "type");
	const struct json *vocab = json_get(model, "vocab");

	if (type && json_type(type) == JSON_STRING)
		return json_string(type);
	if (json_get(model, "merges"))
		return "BPE";
	if (json_get(model, "max_input_chars_per_word"))
		return "WordPiece";
	return vocab && json_type(vocab) == JSON_ARRAY ? "Unigram" : "WordLevel";
}

const char *tokenizer_json_sniff(const char *s, size_t len, char out[TOKENIZER_TYPE_MAX])
{
	const struct json *model = NULL;
	struct json *doc = NULL;
	bool is_one;

	if (json_parse(s, len, "", &doc, NULL))
		return NULL;
	if (json_type(doc) == JSON_OBJECT)
		model = json_get(doc, "model");
	is_one = model && json_type(model) == JSON_OBJECT;
	if (is_one)
		str_copy(out, TOKENIZER_TYPE_MAX, tokenizer_json_type(model));
	json_free(doc);
	return is_one ? out : NULL;
}

/* --- members --- */

static bool is_there(const struct json *n)
{
	return n && json_type(n) != JSON_NULL;
}

const char *tokenizer_step_type(const struct json *step)
{
	const struct json *type;

	if (!is_there(step))
		return "none";
	type = json_type(step) == JSON_OBJECT ? json_get(step, "type") : NULL;
	return type && json_type(type) == JSON_STRING ? json_string(type) : "?";
}

enum status tokenizer_step_refused(const char *name, const char *step, const char *type,
				   const char *ours, struct err *err)
{
	return err_set(err, ST_INVALID, "%s '%s' is not among what is read here (%s): '%s'",
		       step, type, ours, name);
}

static enum status wrong_type(const struct json *n, const char *key, const char *name,
			      const char *wanted, struct err *err)
{
	return err_set(err, ST_INVALID, "'%s' is %s where %s is wanted: '%s'", key,
		       json_type_name(json_type(n)), wanted, name);
}

enum status tokenizer_get_bool(const struct json *obj, const char *key, const char *name,
			       bool *out, struct err *err)
{
	const struct json *n = json_get(obj, key);

	if (!is_there(n))
		return ST_OK;
	if (json_type(n) != JSON_BOOL)
		return wrong_type(n, key, name, "true or false", err);
	*out = json_bool(n);
	return ST_OK;
}

enum status tokenizer_get_int(const struct json *obj, const char *key, const char *name,
			      int least, int most, int *out, struct err *err)
{
	const struct json *n = json_get(obj, key);
	int64_t x;

	if (!is_there(n))
		return ST_OK;
	if (json_type(n) != JSON_NUMBER)
		return wrong_type(n, key, name, "a number", err);
	if (!json_int(n, &x) || x < least || x > most)
		return err_set(err, ST_INVALID, "'%s' is not within %d and %d: '%s'", key,
			       least, most, name);
	*out = (int)x;
	return ST_OK;
}

enum status tokenizer_get_text(const struct json *obj, const char *key, const char *name,
			       const char **out, struct err *err)
{
	const struct json *n = json_get(obj, key);

	if (!is_there(n))
		return ST_OK;
	if (json_type(n) != JSON_STRING)
		return wrong_type(n, key, name, "a text", err);
	*out = json_string(n);
	return ST_OK;
}

/* --- pieces --- */

struct taking {
	const char **piece; /* by id; NULL: none yet */
	int most, n;
	const char *name;
	struct err *err;
};

static enum status take(struct taking *t, const char *piece, const struct json *number)
{
	int64_t id;

	if (!number || !json_int(number, &id) || id < 0 || id >= t->most)
		return err_set(t->err, ST_INVALID, "the id of piece '%.60s' is no number "
			       "below %d, which are all pieces: '%s'", piece, t->most,
			       t->name);
	if (t->piece[id] && str_eq(t->piece[id], piece))
		return ST_OK;
	if (t->piece[id])
		return err_set(t->err, ST_INVALID, "id %d is of two pieces, '%.60s' and "
			       "'%.60s': '%s'", (int)id, t->piece[id], piece, t->name);
	t->piece[id] = piece;
	t->n++;
	return ST_OK;
}

static enum status take_added(struct taking *t, const struct json *token)
{
	bool is_object = json_type(token) == JSON_OBJECT, special = false;
	const char *content = NULL;
	enum status st = ST_OK;

	if (is_object)
		st = tokenizer_get_text(token, "content", t->name, &content, t->err);
	if (is_object && !st)
		st = tokenizer_get_bool(token, "special", t->name, &special, t->err);
	if (!st && (!content || !content[0]))
		st = err_set(t->err, ST_INVALID, "an added token without 'content': '%s'",
			     t->name);
	if (!st && !special)
		st = err_set(t->err, ST_INVALID, "the added token '%.60s' is no special "
			     "one: such that texts are cut at are not read here: '%s'",
			     content, t->name);
	return st ? st : take(t, content, json_get(token, "id"));
}

static enum status take_all(struct taking *t, const struct json *vocab,
			    const struct json *added)
{
	enum status st = ST_OK;

	for (const struct json *n = json_first(vocab); n && !st; n = json_next(n))
		st = take(t, json_key(n), json_type(n) == JSON_NUMBER ? n : NULL);
	for (const struct json *n = added ? json_first(added) : NULL; n && !st;
	     n = json_next(n))
		st = take_added(t, n);
	for (int i = 0; i < t->n && !st; i++)
		if (!t->piece[i])
			st = err_set(t->err, ST_INVALID, "no piece has the id %d, and "
				     "there are higher ones: '%s'", i, t->name);
	return st;
}

enum status tokenizer_json_pieces(const struct json *vocab, const struct json *added,
				  const char *name, struct strings *out, struct err *err)
{
	struct taking t = { .name = name, .err = err };
	enum status st;

	added = is_there(added) ? added : NULL;
	if (!vocab || json_type(vocab) != JSON_OBJECT ||
	    (added && json_type(added) != JSON_ARRAY))
		return err_set(err, ST_INVALID, "'%s' is not what it should be: '%s'",
			       added && json_type(added) != JSON_ARRAY ? "added_tokens" :
			       "vocab", name);
	t.most = json_len(vocab) + (added ? json_len(added) : 0);
	if (t.most > PIECES_MAX)
		return err_set(err, ST_INVALID, "more than %d pieces: '%s'",
			       (int)PIECES_MAX, name);
	t.piece = xcalloc((size_t)t.most + 1, sizeof *t.piece);
	st = take_all(&t, vocab, added);
	for (int i = 0; i < t.n && !st; i++)
		strings_add(out, t.piece[i], strlen(t.piece[i]));
	if (!st && !t.n)
		st = err_set(err, ST_INVALID, "no pieces: '%s'", name);
	xfree(t.piece);
	return st;
}

/* --- roles --- */

enum { WAYS = 4 };

static const char *const keys[TOK_SPECIALS][WAYS] = {
	[TOK_PAD] = { "pad_token" },
	[TOK_UNK] = { "unk_token" },
	[TOK_CLS] = { "cls_token", "bos_token" },
	[TOK_SEP] = { "sep_token", "eos_token" },
	[TOK_MASK] = { "mask_token" },
};
static const char *const names[TOK_SPECIALS][WAYS] = {
	[TOK_PAD] = { "[PAD]", "<pad>", "<|padding|>" },
	[TOK_UNK] = { "[UNK]", "<unk>" },
	[TOK_CLS] = { "[CLS]", "<s>", "<|begin_of_text|>" },
	[TOK_SEP] = { "[SEP]", "</s>", "<|endoftext|>", "<|end_of_text|>" },
	[TOK_MASK] = { "[MASK]", "<mask>" },
};

int tokenizer_usual_role(const char *piece)
{
	for (int k = 0; k < TOK_SPECIALS; k++)
		for (int i = 0; i < WAYS && names[k][i]; i++)
			if (str_eq(piece, names[k][i]))
				return k;
	return -1;
}

/* "[CLS]", or { "content": "[CLS]", .. }; NULL: neither. */
static const char *token_text(const struct json *config, const char *key)
{
	const struct json *n = config ? json_get(config, key) : NULL;

	if (n && json_type(n) == JSON_OBJECT)
		n = json_get(n, "content");
	return n && json_type(n) == JSON_STRING ? json_string(n) : NULL;
}

/* What ends a text is that alone: <|endoftext|> is said to be everything at once. */
static int32_t usable(const struct tokenizer *t, enum special role, const char *piece)
{
	int32_t id = piece ? t->kind->id(t, piece) : -1;

	return role != TOK_SEP && id == t->special[TOK_SEP] ? -1 : id;
}

static void find_role(struct tokenizer *t, enum special role, const struct json *config)
{
	for (int i = 0; i < WAYS && keys[role][i] && t->special[role] < 0; i++)
		t->special[role] = usable(t, role, token_text(config, keys[role][i]));
	for (int i = 0; i < WAYS && names[role][i] && t->special[role] < 0; i++)
		t->special[role] = usable(t, role, names[role][i]);
}

void tokenizer_find_roles(struct tokenizer *t, const struct json *config)
{
	static const enum special order[TOK_SPECIALS] = { TOK_SEP, TOK_CLS, TOK_PAD,
							  TOK_UNK, TOK_MASK };

	for (int i = 0; i < TOK_SPECIALS; i++)
		find_role(t, order[i], config);
}
