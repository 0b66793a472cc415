/*
 * wordpiece_read.c - a WordPiece from its files, and as files.
 *
 *   tokenizer.json         all of it: pieces, rules, specials, layout. Read first
 *   vocab.txt              a piece a line; the id is the line's number from 0
 *   tokenizer_config.json  beside vocab.txt do_lower_case, strip_accents and
 *                          tokenize_chinese_chars; beside either the specials' roles
 *
 * vocab.txt alone is BERT's uncased tokenizer. One that is just that is saved as
 * vocab.txt alone, any other as all three.
 */
#include <string.h>

#include "base/mem.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

enum { FILE_VOCAB, FILE_JSON, FILE_CONFIG };

/* --- lines --- */

static size_t trimmed(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r\v\f", line[len - 1]))
		len--;
	return len;
}

/* Without the empty ones at the end. */
static enum status take_lines(struct strings *out, const struct tokenizer_file *file,
			      struct err *err)
{
	int empty = 0;

	for (size_t pos = 0; pos < file->len;) {
		const char *line = file->s + pos;
		const char *nl = memchr(line, '\n', file->len - pos);
		size_t whole = nl ? (size_t)(nl - line) : file->len - pos;
		size_t n = trimmed(line, whole);

		pos += whole + (nl != NULL);
		if (memchr(line, '\0', n) || !utf8_valid(line, n))
			return err_set(err, ST_INVALID, "no valid UTF-8 text: %s:%d",
				       file->name, out->n + empty + 1);
		if (out->n + empty == VOCAB_PIECES_MAX)
			return err_set(err, ST_INVALID, "more than %d pieces: '%s'",
				       (int)VOCAB_PIECES_MAX, file->name);
		if (!n) {
			empty++;
			continue;
		}
		for (; empty; empty--)
			strings_add(out, "", 0);
		strings_add(out, line, n);
	}
	return ST_OK;
}

/* What tokenizer_config.json says of how words are made. */
static enum status config_rules(struct wordpiece *t, const struct json *config,
				const char *name, struct err *err)
{
	struct bert_rules *r = &t->rules;
	bool basic = true;
	enum status st;

	if (json_get(config, "word_tokenizer_type"))
		return err_set(err, ST_INVALID, "'word_tokenizer_type' is not among what "
			       "is read here: '%s'", name);
	st = tokenizer_get_bool(config, "do_basic_tokenize", name, &basic, err);
	if (!st && !basic)
		return err_set(err, ST_INVALID, "'do_basic_tokenize': false is not among "
			       "what is read here: '%s'", name);
	if (!st)
		st = tokenizer_get_bool(config, "do_lower_case", name, &r->lower, err);
	r->strip = r->lower;
	if (!st)
		st = tokenizer_get_bool(config, "strip_accents", name, &r->strip, err);
	if (!st)
		st = tokenizer_get_bool(config, "tokenize_chinese_chars", name, &r->cjk,
					err);
	return st;
}

/* Of a vocab.txt all are wanted: what is trained here has them, and BERT's own. */
static enum status want_roles(struct wordpiece *t, const char *name, struct err *err)
{
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (t->base.special[k] < 0)
			return err_set(err, ST_INVALID,
				       "the vocabulary lacks the piece '%s': '%s'",
				       special_names[k], name);
	return ST_OK;
}

static enum status twice(const struct wordpiece *t, int32_t id, const char *name,
			 struct err *err)
{
	return err_set(err, ST_INVALID, "the piece '%.60s' stands twice: '%s'",
		       strings_at(&t->piece, id), name);
}

static bool is_plain(const struct wordpiece *t)
{
	const struct bert_rules *r = &t->rules;
	const struct strings *p = &t->piece;

	if (!r->clean || !r->cjk || !r->strip || !r->lower || t->word_max != WORD_CHARS ||
	    !layout_same(&t->layouts, &layout_bert))
		return false;
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (t->base.special[k] != t->base.kind->id(&t->base, special_names[k]))
			return false;
	for (int i = 0; i < p->n; i++) {
		size_t len = strings_len(p, i);

		if (trimmed(strings_at(p, i), len) != len ||
		    memchr(strings_at(p, i), '\n', len) || (!len && i == p->n - 1))
			return false;
	}
	return true;
}

static enum status from_lines(struct wordpiece *t, const struct tokenizer_file *file,
			      const struct tokenizer_file *says,
			      const struct json *config, struct err *err)
{
	enum status st = take_lines(&t->piece, file, err);
	int32_t second;

	if (!st && config)
		st = config_rules(t, config, says->name, err);
	if (st)
		return st;
	second = wordpiece_index(t);
	tokenizer_find_roles(&t->base, config);
	t->layouts = layout_bert;
	tokenizer_own_layout(&t->base, &t->layouts);
	t->is_plain = is_plain(t);
	st = want_roles(t, file->name, err);
	if (!st && second >= 0 && !t->is_plain) /* it could not be saved */
		st = twice(t, second, file->name, err);
	return st;
}

/* --- tokenizer.json --- */

static enum status json_rules(struct wordpiece *t, const struct tokenizer_json *j,
			      struct err *err)
{
	const struct json *n = json_get(j->doc, "normalizer");
	const char *type = tokenizer_step_type(n);
	struct bert_rules *r = &t->rules;
	enum status st;

	if (str_eq(type, "none")) {
		*r = (struct bert_rules){ .clean = false };
		return ST_OK;
	}
	if (!str_eq(type, "BertNormalizer"))
		return tokenizer_step_refused(j->name, "normalizer", type,
					      "BertNormalizer, none", err);
	st = tokenizer_get_bool(n, "clean_text", j->name, &r->clean, err);
	if (!st)
		st = tokenizer_get_bool(n, "handle_chinese_chars", j->name, &r->cjk, err);
	if (!st)
		st = tokenizer_get_bool(n, "lowercase", j->name, &r->lower, err);
	r->strip = r->lower;
	if (!st)
		st = tokenizer_get_bool(n, "strip_accents", j->name, &r->strip, err);
	return st;
}

/* Pieces that go on have "##" with us, whatever the file has. */
static enum status set_prefix(struct wordpiece *t, const char *prefix, const char *name,
			      struct err *err)
{
	size_t n = strlen(prefix);
	struct strings now;

	if (str_eq(prefix, "##"))
		return ST_OK;
	if (!n)
		return err_set(err, ST_INVALID, "an empty continuing_subword_prefix is not "
			       "read here: '%s'", name);
	strings_init(&now);
	for (int i = 0; i < t->piece.n; i++) {
		const char *s = strings_at(&t->piece, i);
		bool goes_on = str_starts(s, prefix) && s[n];
		struct buf b;

		if (wordpiece_goes_on(s)) {
			strings_release(&now);
			return err_set(err, ST_INVALID, "a piece '%.60s' where pieces that "
				       "go on begin with '%.60s': '%s'", s, prefix, name);
		}
		buf_init(&b);
		buf_adds(&b, goes_on ? "##" : "");
		buf_adds(&b, s + (goes_on ? n : 0));
		strings_add(&now, buf_str(&b), b.len);
		buf_release(&b);
	}
	strings_release(&t->piece);
	t->piece = now;
	return ST_OK;
}

static enum status json_model(struct wordpiece *t, const struct tokenizer_json *j,
			      struct err *err)
{
	const char *prefix = "##", *unk = "[UNK]";
	enum status st;
	int32_t second;

	st = tokenizer_get_text(j->model, "continuing_subword_prefix", j->name, &prefix,
				err);
	if (!st)
		st = tokenizer_get_text(j->model, "unk_token", j->name, &unk, err);
	if (!st)
		st = tokenizer_get_int(j->model, "max_input_chars_per_word", j->name, 1,
				       WORD_CHARS, &t->word_max, err);
	if (!st)
		st = tokenizer_json_pieces(json_get(j->model, "vocab"),
					   json_get(j->doc, "added_tokens"), j->name,
					   &t->piece, err);
	if (!st)
		st = set_prefix(t, prefix, j->name, err);
	if (st)
		return st;
	second = wordpiece_index(t);
	if (second >= 0)
		return twice(t, second, j->name, err);
	t->base.special[TOK_UNK] = t->base.kind->id(&t->base, unk);
	if (t->base.special[TOK_UNK] < 0)
		return err_set(err, ST_INVALID, "the vocabulary lacks the unk_token '%.60s': "
			       "'%s'", unk, j->name);
	return ST_OK;
}

static enum status from_json(struct wordpiece *t, const struct tokenizer_json *j,
			     struct err *err)
{
	const char *type = tokenizer_json_type(j->model);
	const char *cut = tokenizer_step_type(json_get(j->doc, "pre_tokenizer"));
	bool says = false;
	enum status st;

	if (!str_eq(type, "WordPiece"))
		return tokenizer_step_refused(j->name, "model", type, "WordPiece, BPE", err);
	if (!str_eq(cut, "BertPreTokenizer"))
		return tokenizer_step_refused(j->name, "pre_tokenizer", cut,
					      "BertPreTokenizer", err);
	st = json_rules(t, j, err);
	if (!st)
		st = json_model(t, j, err);
	if (st)
		return st;
	tokenizer_find_roles(&t->base, j->config);
	st = tokenizer_json_layout(json_get(j->doc, "post_processor"), j->name, &t->base,
				   &t->layouts, &says, err);
	if (st)
		return st;
	if (!says)
		t->layouts = layout_bert;
	tokenizer_own_layout(&t->base, &t->layouts);
	t->is_plain = is_plain(t);
	return ST_OK;
}

/* --- the row --- */

enum status wordpiece_parse(const struct tokenizer_file *file, struct tokenizer **out,
			    struct err *err)
{
	struct wordpiece *t = wordpiece_new();
	struct tokenizer_json j;
	enum status st;

	*out = NULL;
	st = tokenizer_json_open(&file[FILE_JSON], &file[FILE_CONFIG], &j, err);
	if (!st)
		st = j.doc ? from_json(t, &j, err) :
			     from_lines(t, &file[FILE_VOCAB], &file[FILE_CONFIG], j.config,
					err);
	tokenizer_json_close(&j);
	if (st)
		wordpiece_free(&t->base);
	else
		*out = &t->base;
	return st;
}

enum status wordpiece_from_lines(const char *lines, size_t len, const char *name,
				 struct tokenizer **out, struct err *err)
{
	const struct tokenizer_file file[TOKENIZER_FILES_MAX] = {
		[FILE_VOCAB] = { name, lines, len }
	};

	return wordpiece_parse(file, out, err);
}

bool wordpiece_writes(const struct tokenizer *t, int file)
{
	return file == FILE_VOCAB || !((const struct wordpiece *)t)->is_plain;
}

static void print_normalizer(const struct wordpiece *t, struct json_out *o)
{
	json_open(o, "normalizer", '{');
	json_put_str(o, "type", "BertNormalizer");
	json_put_bool(o, "clean_text", t->rules.clean);
	json_put_bool(o, "handle_chinese_chars", t->rules.cjk);
	json_put_bool(o, "strip_accents", t->rules.strip);
	json_put_bool(o, "lowercase", t->rules.lower);
	json_close(o, '}');
}

static void print_json(const struct wordpiece *t, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out, 1);
	json_open(&o, NULL, '{');
	json_put_str(&o, "version", "1.0");
	json_put_null(&o, "truncation");
	json_put_null(&o, "padding");
	tokenizer_put_added(&o, &t->base);
	print_normalizer(t, &o);
	json_open(&o, "pre_tokenizer", '{');
	json_put_str(&o, "type", "BertPreTokenizer");
	json_close(&o, '}');
	tokenizer_put_layout(&o, &t->base);
	json_open(&o, "decoder", '{');
	json_put_str(&o, "type", "WordPiece");
	json_put_str(&o, "prefix", "##");
	json_put_bool(&o, "cleanup", true);
	json_close(&o, '}');
	json_open(&o, "model", '{');
	json_put_str(&o, "type", "WordPiece");
	json_put_str(&o, "unk_token", tokenizer_piece(&t->base, t->base.special[TOK_UNK]));
	json_put_str(&o, "continuing_subword_prefix", "##");
	json_put_int(&o, "max_input_chars_per_word", t->word_max);
	tokenizer_put_vocab(&o, &t->base);
	json_close(&o, '}');
	json_close(&o, '}');
	buf_addc(out, '\n');
}

void wordpiece_print(const struct tokenizer *t, int file, struct buf *out)
{
	if (file == FILE_JSON) {
		print_json((const struct wordpiece *)t, out);
		return;
	}
	if (file == FILE_CONFIG) {
		tokenizer_print_config(t, out);
		return;
	}
	for (int32_t id = 0; id < t->n; id++) {
		buf_adds(out, tokenizer_piece(t, id));
		buf_addc(out, '\n');
	}
}

/* A plain one's is that of its pieces, as it was before there were others. */
struct hash wordpiece_hash(const struct tokenizer *base)
{
	const struct wordpiece *t = (const struct wordpiece *)base;
	struct hasher *h;

	if (t->is_plain)
		return hash_bytes(t->piece.block.s, t->piece.block.len);
	h = hasher_new();
	hasher_add(h, t->piece.block.s, t->piece.block.len);
	hasher_add_u64(h, (uint64_t)t->rules.clean | (uint64_t)t->rules.cjk << 1 |
		       (uint64_t)t->rules.strip << 2 | (uint64_t)t->rules.lower << 3);
	hasher_add_u64(h, (uint64_t)t->word_max);
	tokenizer_hash_roles(base, h);
	return hasher_end(h);
}
