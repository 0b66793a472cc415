/*
 * bpe_read.c - a byte-level BPE from its files, and as files.
 *
 *   tokenizer.json         all of it: pieces, merges, specials, layout. Read first
 *   vocab.json, merges.txt { piece: id }, and a merge "a b" a line
 *   tokenizer_config.json  beside the two add_prefix_space; beside either the roles
 *
 * It is saved as tokenizer.json and tokenizer_config.json.
 */
#include <string.h>

#include "base/mem.h"
#include "text/bpe.h"
#include "text/tokenizer_json.h"

enum { FILE_JSON, FILE_CONFIG, FILE_VOCAB, FILE_MERGES };

static struct bpe *bpe_new(void)
{
	struct bpe *t = xcalloc(1, sizeof *t);

	t->base.kind = &tokenizer_bpe;
	for (int k = 0; k < TOK_SPECIALS; k++)
		t->base.special[k] = -1;
	strings_init(&t->piece);
	strings_init(&t->raw);
	t->unk = -1;
	return t;
}

void bpe_free(struct tokenizer *base)
{
	struct bpe *t = (struct bpe *)base;

	strings_release(&t->piece);
	strings_release(&t->raw);
	string_index_release(&t->names);
	string_index_release(&t->whole);
	bpe_pattern_free(t->pattern);
	xfree(t->pair);
	xfree(t->merge);
	xfree(t);
}

/* --- pieces and merges --- */

/* Found by name, and by byte where it is one's letter. */
static enum status index_pieces(struct bpe *t, const char *name, struct err *err)
{
	t->base.n = t->piece.n;
	string_index_init(&t->names, t->piece.n);
	for (int i = 0; i < t->piece.n; i++)
		if (!string_index_add(&t->names, &t->piece, i))
			return err_set(err, ST_INVALID, "the piece '%.60s' stands twice: "
				       "'%s'", strings_at(&t->piece, i), name);
	for (int b = 0; b < BPE_BYTES; b++) {
		char letter[4];

		bpe_letter((unsigned char)b, letter);
		t->byte[b] = string_index_find(&t->names, &t->piece, letter,
					       strlen(letter));
	}
	return ST_OK;
}

/* Where a merge stands, for messages. */
struct place {
	const char *name;
	int number; /* from 1 */
	struct err *err;
};

static enum status find_part(const struct bpe *t, const char *s, size_t len,
			     const struct place *at, int32_t *id)
{
	*id = string_index_find(&t->names, &t->piece, s, len);
	if (*id >= 0)
		return ST_OK;
	return err_set(at->err, ST_INVALID, "merge %d is of '%.*s', which is no piece: '%s'",
		       at->number, len < 60 ? (int)len : 60, s, at->name);
}

static enum status add_merge(struct bpe *t, const char *a, size_t a_len, const char *b,
			     size_t b_len, const struct place *at)
{
	struct bpe_pair p = { -1, -1 };
	struct buf both;
	int32_t id;
	enum status st;

	if (t->n_pairs == BPE_MERGES_MAX)
		return err_set(at->err, ST_INVALID, "more than %d merges: '%s'",
			       (int)BPE_MERGES_MAX, at->name);
	if (!a_len || !b_len)
		return err_set(at->err, ST_INVALID, "merge %d is of nothing: '%s'",
			       at->number, at->name);
	st = find_part(t, a, a_len, at, &p.left);
	if (!st)
		st = find_part(t, b, b_len, at, &p.right);
	buf_init(&both);
	buf_add(&both, a, a_len);
	buf_add(&both, b, b_len);
	if (!st)
		st = find_part(t, both.s, both.len, at, &id);
	buf_release(&both);
	if (st)
		return st;
	ARRAY_GROW(t->pair, t->n_pairs, t->pair_cap);
	t->pair[t->n_pairs++] = p;
	return ST_OK;
}

/* "a b": two pieces with one blank between. */
static enum status add_line(struct bpe *t, const char *line, size_t len,
			    const struct place *at)
{
	const char *blank = memchr(line, ' ', len);
	size_t a = blank ? (size_t)(blank - line) : 0;

	if (!blank || memchr(blank + 1, ' ', len - a - 1))
		return err_set(at->err, ST_INVALID, "merge %d is not of two pieces with a "
			       "blank between: '%s'", at->number, at->name);
	return add_merge(t, line, a, blank + 1, len - a - 1, at);
}

/* ["a", "b"], or the same in one text. */
static enum status add_node(struct bpe *t, const struct json *n, const struct place *at)
{
	bool is_pair = json_type(n) == JSON_ARRAY && json_len(n) == 2;
	const struct json *a = is_pair ? json_first(n) : NULL;
	const struct json *b = is_pair ? json_next(a) : NULL;

	if (json_type(n) == JSON_STRING)
		return add_line(t, json_string(n), strlen(json_string(n)), at);
	if (!is_pair || json_type(a) != JSON_STRING || json_type(b) != JSON_STRING)
		return err_set(at->err, ST_INVALID, "merge %d is neither a text nor two: "
			       "'%s'", at->number, at->name);
	return add_merge(t, json_string(a), strlen(json_string(a)), json_string(b),
			 strlen(json_string(b)), at);
}

static enum status json_merges(struct bpe *t, const struct tokenizer_json *j,
			       struct err *err)
{
	const struct json *list = json_get(j->model, "merges");
	struct place at = { j->name, 0, err };
	enum status st = ST_OK;

	if (!list || json_type(list) != JSON_ARRAY)
		return err_set(err, ST_INVALID, "no list 'merges': '%s'", j->name);
	for (const struct json *n = json_first(list); n && !st; n = json_next(n)) {
		at.number++;
		st = add_node(t, n, &at);
	}
	return st;
}

/* A line that begins with "#version" is none. */
static enum status line_merges(struct bpe *t, const struct tokenizer_file *file,
			       struct err *err)
{
	static const char version[] = "#version";
	struct place at = { file->name, 0, err };
	enum status st = ST_OK;

	for (size_t pos = 0; pos < file->len && !st;) {
		const char *line = file->s + pos;
		const char *nl = memchr(line, '\n', file->len - pos);
		size_t len = nl ? (size_t)(nl - line) : file->len - pos;

		pos += len + (nl != NULL);
		if (len && line[len - 1] == '\r')
			len--;
		if (!len || (len >= sizeof version - 1 &&
			     !memcmp(line, version, sizeof version - 1)))
			continue;
		at.number++;
		st = add_line(t, line, len, &at);
	}
	return st;
}

/* The tables that pieces and merges make. */
static void finish(struct bpe *t)
{
	struct bpe_work work;
	struct buf b;

	bpe_index_merges(t);
	t->pattern = bpe_pattern_new();
	buf_init(&b);
	for (int i = 0; i < t->piece.n; i++) {
		buf_clear(&b);
		bpe_raw(strings_at(&t->piece, i), &b);
		strings_add(&t->raw, buf_str(&b), b.len);
	}
	buf_release(&b);
	string_index_init(&t->whole, t->raw.n);
	bpe_work_init(&work);
	for (int i = 0; i < t->raw.n; i++) {
		size_t n = bpe_split(t, strings_at(&t->raw, i), strings_len(&t->raw, i),
				     &work);

		if (n == 1 && work.part[0].id == i)
			string_index_add(&t->whole, &t->raw, i);
	}
	bpe_work_release(&work);
}

/* --- tokenizer.json --- */

/* What this kind does not have may be there where it says nothing. */
static enum status json_limits(const struct tokenizer_json *j, struct err *err)
{
	static const char *const flags[] = { "byte_fallback", "ignore_merges" };
	static const char *const texts[] = { "continuing_subword_prefix",
					     "end_of_word_suffix" };
	const struct json *dropout = json_get(j->model, "dropout");
	const char *step = tokenizer_step_type(json_get(j->doc, "normalizer"));
	enum status st = ST_OK;

	if (!str_eq(step, "none"))
		return tokenizer_step_refused(j->name, "normalizer", step, "none", err);
	if (dropout && json_type(dropout) != JSON_NULL &&
	    (json_type(dropout) != JSON_NUMBER || json_number(dropout) != 0))
		return err_set(err, ST_INVALID, "'dropout' is not among what is read here: "
			       "'%s'", j->name);
	for (size_t i = 0; i < sizeof flags / sizeof *flags && !st; i++) {
		bool is_set = false;

		st = tokenizer_get_bool(j->model, flags[i], j->name, &is_set, err);
		if (!st && is_set)
			st = err_set(err, ST_INVALID, "'%s' is not among what is read here: "
				     "'%s'", flags[i], j->name);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts && !st; i++) {
		const char *text = "";

		st = tokenizer_get_text(j->model, texts[i], j->name, &text, err);
		if (!st && text[0])
			st = err_set(err, ST_INVALID, "'%s' is not among what is read here: "
				     "'%s'", texts[i], j->name);
	}
	return st;
}

static enum status json_words(struct bpe *t, const struct tokenizer_json *j,
			      struct err *err)
{
	const struct json *cut = json_get(j->doc, "pre_tokenizer");
	const char *step = tokenizer_step_type(cut);
	bool by_pattern = true;
	enum status st;

	if (!str_eq(step, "ByteLevel"))
		return tokenizer_step_refused(j->name, "pre_tokenizer", step, "ByteLevel",
					      err);
	t->prefix_space = true; /* what it is where it is not said */
	st = tokenizer_get_bool(cut, "add_prefix_space", j->name, &t->prefix_space, err);
	if (!st)
		st = tokenizer_get_bool(cut, "use_regex", j->name, &by_pattern, err);
	if (!st && !by_pattern)
		st = err_set(err, ST_INVALID, "'use_regex': false is not among what is read "
			     "here: '%s'", j->name);
	return st;
}

static enum status json_unk(struct bpe *t, const struct tokenizer_json *j, struct err *err)
{
	const char *unk = NULL;
	enum status st = tokenizer_get_text(j->model, "unk_token", j->name, &unk, err);

	if (!st)
		st = tokenizer_get_bool(j->model, "fuse_unk", j->name, &t->fuse_unk, err);
	if (st || !unk)
		return st;
	t->unk = t->base.kind->id(&t->base, unk);
	if (t->unk < 0)
		return err_set(err, ST_INVALID, "the vocabulary lacks the unk_token '%.60s': "
			       "'%s'", unk, j->name);
	return ST_OK;
}

static enum status from_json(struct bpe *t, const struct tokenizer_json *j, struct err *err)
{
	const char *type = tokenizer_json_type(j->model);
	bool says = false;
	enum status st;

	if (!str_eq(type, "BPE"))
		return tokenizer_step_refused(j->name, "model", type, "WordPiece, BPE", err);
	st = json_limits(j, err);
	if (!st)
		st = json_words(t, j, err);
	if (!st)
		st = tokenizer_json_pieces(json_get(j->model, "vocab"),
					   json_get(j->doc, "added_tokens"), j->name,
					   &t->piece, err);
	if (!st)
		st = index_pieces(t, j->name, err);
	if (!st)
		st = json_unk(t, j, err);
	if (!st)
		st = json_merges(t, j, err);
	if (st)
		return st;
	tokenizer_find_roles(&t->base, j->config);
	st = tokenizer_json_layout(json_get(j->doc, "post_processor"), j->name, &t->base,
				   &t->layouts, &says, err);
	if (!st && !says)
		t->layouts = t->base.special[TOK_CLS] >= 0 ? layout_roberta : layout_bare;
	return st;
}

/* --- vocab.json and merges.txt --- */

/* Of such files nothing else says that their letters are bytes. */
static enum status want_bytes(const struct bpe *t, const char *name, struct err *err)
{
	char letter[4];

	for (int b = 0; b < BPE_BYTES; b++) {
		bpe_letter((unsigned char)b, letter);
		if (t->byte[b] < 0)
			return err_set(err, ST_INVALID, "no byte-level BPE: it lacks the "
				       "piece '%s' of byte %d: '%s'", letter, b, name);
	}
	if (t->base.kind->id(&t->base, "e</w>") >= 0)
		return err_set(err, ST_INVALID, "pieces that end words with '</w>' are not "
			       "read here: '%s'", name);
	return ST_OK;
}

static enum status from_pair(struct bpe *t, const struct tokenizer_file *file,
			     const struct json *config, struct err *err)
{
	const char *name = file[FILE_VOCAB].name;
	struct json *vocab = NULL;
	enum status st;

	if (!file[FILE_MERGES].s)
		return err_set(err, ST_NOT_FOUND, "no merges.txt beside '%s'", name);
	st = json_parse(file[FILE_VOCAB].s, file[FILE_VOCAB].len, name, &vocab, err);
	if (!st)
		st = tokenizer_json_pieces(vocab, NULL, name, &t->piece, err);
	json_free(vocab);
	if (!st)
		st = index_pieces(t, name, err);
	if (!st)
		st = want_bytes(t, name, err);
	if (!st)
		st = line_merges(t, &file[FILE_MERGES], err);
	if (!st && config)
		st = tokenizer_get_bool(config, "add_prefix_space", file[FILE_CONFIG].name,
					&t->prefix_space, err);
	if (st)
		return st;
	tokenizer_find_roles(&t->base, config);
	t->layouts = t->base.special[TOK_CLS] >= 0 ? layout_roberta : layout_bare;
	return ST_OK;
}

/* --- the row --- */

enum status bpe_parse(const struct tokenizer_file *file, struct tokenizer **out,
		      struct err *err)
{
	struct bpe *t = bpe_new();
	struct tokenizer_json j;
	enum status st;

	*out = NULL;
	st = tokenizer_json_open(&file[FILE_JSON], &file[FILE_CONFIG], &j, err);
	if (!st)
		st = j.doc ? from_json(t, &j, err) :
			     from_pair(t, file, j.config, err);
	tokenizer_json_close(&j);
	if (st) {
		bpe_free(&t->base);
		return st;
	}
	tokenizer_own_layout(&t->base, &t->layouts);
	finish(t);
	*out = &t->base;
	return ST_OK;
}

bool bpe_writes(const struct tokenizer *t, int file)
{
	(void)t;
	return file == FILE_JSON || file == FILE_CONFIG;
}

static void print_step(struct json_out *o, const char *key, const struct bpe *t)
{
	json_open(o, key, '{');
	json_put_str(o, "type", "ByteLevel");
	json_put_bool(o, "add_prefix_space", t->prefix_space);
	json_put_bool(o, "trim_offsets", true);
	json_put_bool(o, "use_regex", true);
	json_close(o, '}');
}

static void print_merges(struct json_out *o, const struct bpe *t)
{
	struct buf line;

	buf_init(&line);
	json_open(o, "merges", '[');
	for (int i = 0; i < t->n_pairs; i++) {
		const char *a = strings_at(&t->piece, t->pair[i].left);
		const char *b = strings_at(&t->piece, t->pair[i].right);

		if (strchr(a, ' ') || strchr(b, ' ')) {
			json_open(o, NULL, '[');
			json_put_str(o, NULL, a);
			json_put_str(o, NULL, b);
			json_close(o, ']');
			continue;
		}
		buf_clear(&line);
		buf_addf(&line, "%s %s", a, b);
		json_put_str(o, NULL, buf_str(&line));
	}
	json_close(o, ']');
	buf_release(&line);
}

static void print_model(struct json_out *o, const struct bpe *t)
{
	json_open(o, "model", '{');
	json_put_str(o, "type", "BPE");
	json_put_null(o, "dropout");
	if (t->unk >= 0)
		json_put_str(o, "unk_token", tokenizer_piece(&t->base, t->unk));
	else
		json_put_null(o, "unk_token");
	json_put_null(o, "continuing_subword_prefix");
	json_put_null(o, "end_of_word_suffix");
	json_put_bool(o, "fuse_unk", t->fuse_unk);
	json_put_bool(o, "byte_fallback", false);
	tokenizer_put_vocab(o, &t->base);
	print_merges(o, t);
	json_close(o, '}');
}

void bpe_print(const struct tokenizer *base, int file, struct buf *out)
{
	const struct bpe *t = bpe_of(base);
	struct json_out o;

	if (file == FILE_CONFIG) {
		tokenizer_print_config(base, out);
		return;
	}
	json_out_init(&o, out, 1);
	json_open(&o, NULL, '{');
	json_put_str(&o, "version", "1.0");
	json_put_null(&o, "truncation");
	json_put_null(&o, "padding");
	tokenizer_put_added(&o, base);
	json_put_null(&o, "normalizer");
	print_step(&o, "pre_tokenizer", t);
	tokenizer_put_layout(&o, base);
	print_step(&o, "decoder", t);
	print_model(&o, t);
	json_close(&o, '}');
	buf_addc(out, '\n');
}

struct hash bpe_hash(const struct tokenizer *base)
{
	const struct bpe *t = bpe_of(base);
	struct hasher *h = hasher_new();

	hasher_add_str(h, "bpe");
	hasher_add(h, t->piece.block.s, t->piece.block.len);
	hasher_add(h, t->pair, (size_t)t->n_pairs * sizeof *t->pair);
	hasher_add_u64(h, (uint64_t)t->prefix_space | (uint64_t)t->fuse_unk << 1);
	hasher_add_u64(h, (uint64_t)(int64_t)t->unk);
	tokenizer_hash_roles(base, h);
	return hasher_end(h);
}
