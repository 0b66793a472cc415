/*
 * tokenizer.c - the kinds of tokenizers, and what they share: files and folders, and
 * what stands in for a special that a kind does not have.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_kind.h"

enum { FILE_BYTES_MAX = 64 << 20 };

/* --- kinds --- */

#define KIND_AT(name) &tokenizer_##name,
static const struct tokenizer_kind *const kinds[] = { TOKENIZER_KINDS(KIND_AT) NULL };

const struct tokenizer_kind *tokenizer_kind_at(int i)
{
	return kinds[i];
}

const struct tokenizer_kind *tokenizer_kind_find(const char *name)
{
	for (int i = 0; kinds[i]; i++)
		if (str_eq(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const char *tokenizer_kind_name(const struct tokenizer_kind *k)
{
	return k->name;
}

const char *tokenizer_file(const struct tokenizer_kind *k, int i)
{
	return k->file[i];
}

static const struct tokenizer_kind *or_first(const struct tokenizer_kind *k)
{
	return k ? k : kinds[0];
}

int tokenizer_role(const struct tokenizer_kind *k, const char *piece)
{
	return or_first(k)->role(piece);
}

bool tokenizer_begins_word(const struct tokenizer_kind *k, const char *piece)
{
	return or_first(k)->begins_word(piece);
}

bool tokenizer_places(const struct tokenizer_kind *k, const char *text, size_t len,
		      const char *const *piece, int n, struct token_span *out)
{
	return or_first(k)->places(text, len, piece, n, out);
}

bool tokenizer_file_may_lack(const struct tokenizer_kind *k, int file)
{
	return k->may_lack >> file & 1;
}

bool tokenizer_is_trained(const struct tokenizer_kind *k)
{
	return k->train_new != NULL;
}

/* --- which kind --- */

static const struct tokenizer_kind *kind_of_type(const char *type)
{
	for (int i = 0; kinds[i]; i++)
		if (kinds[i]->json_type && str_eq(kinds[i]->json_type, type))
			return kinds[i];
	return NULL;
}

/* The place of a name among the kind's files, or -1. */
static int file_named(const struct tokenizer_kind *k, const char *name)
{
	for (int i = 0; k->file[i]; i++)
		if (str_eq(k->file[i], name))
			return i;
	return -1;
}

/* What a file with pieces is called, from its bytes; *type stays "" of most. */
static const char *name_of_bytes(const struct buf *b, char type[TOKENIZER_TYPE_MAX])
{
	size_t i = 0;

	type[0] = '\0';
	while (i < b->len && char_is_blank(b->s[i]))
		i++;
	if (i == b->len || b->s[i] != '{')
		return "vocab.txt";
	return tokenizer_json_sniff(b->s, b->len, type) ? "tokenizer.json" : "vocab.json";
}

static const struct tokenizer_kind *kind_of_bytes(const struct buf *b, const char **name)
{
	char type[TOKENIZER_TYPE_MAX];

	*name = name_of_bytes(b, type);
	if (type[0])
		return kind_of_type(type);
	for (int i = 0; kinds[i]; i++)
		if (file_named(kinds[i], *name) >= 0)
			return kinds[i];
	return NULL;
}

static enum status path_in(const char *folder, const char *name, char out[PATH_MAX],
			   struct err *err)
{
	if (str_format(out, PATH_MAX, "%s/%s", folder, name))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%s'", folder);
}

static bool is_in(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return !path_in(folder, name, path, NULL) && file_exists(path);
}

/* Those with pieces count, each alone; of a kind without such, all. */
static bool has_files(const struct tokenizer_kind *k, const char *folder)
{
	bool all = true;

	for (int i = 0; k->file[i]; i++) {
		bool there = is_in(folder, k->file[i]);

		if (there && k->has_pieces >> i & 1)
			return true;
		all = all && there;
	}
	return all;
}

/* NULL: none of ours. */
static const struct tokenizer_kind *kind_within(const char *folder)
{
	char path[PATH_MAX];
	struct buf b;
	const char *name;
	const struct tokenizer_kind *k = NULL;

	buf_init(&b);
	if (is_in(folder, "tokenizer.json")) {
		if (!path_in(folder, "tokenizer.json", path, NULL) &&
		    !file_read(path, FILE_BYTES_MAX, &b, NULL))
			k = kind_of_bytes(&b, &name);
		buf_release(&b);
		return k;
	}
	for (int i = 0; kinds[i]; i++)
		if (has_files(kinds[i], folder))
			return kinds[i];
	return NULL;
}

const struct tokenizer_kind *tokenizer_kind_in(const char *folder)
{
	return or_first(kind_within(folder));
}

/* --- files --- */

/* A folder has none of the kind's files: what it has instead. */
static enum status none_in(const struct tokenizer_kind *k, const char *folder,
			   struct err *err)
{
	static const char *const pieces[] = { "spiece.model", "sentencepiece.bpe.model",
					      "tokenizer.model", "spm.model" };
	const struct tokenizer_kind *other = kind_within(folder);

	if (other && other != k)
		return err_set(err, ST_INVALID, "the tokenizer in '%s' is of kind '%s', "
			       "not '%s'", folder, other->name, k->name);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		if (is_in(folder, pieces[i]))
			return err_set(err, ST_INVALID, "'%s' in '%s' is of SentencePiece, "
				       "which is not read here: WordPiece and byte-level "
				       "BPE are", pieces[i], folder);
	return err_set(err, ST_NOT_FOUND, "no tokenizer in '%s': tokenizer.json, vocab.txt, "
		       "or vocab.json with merges.txt is wanted", folder);
}

/*
 * Each file of the row; file number `first` is at `path`, -1: all are in the folder. One
 * that is named stands for the others with pieces.
 */
static enum status read_files(const struct tokenizer_kind *k, const char *folder, int first,
			      const char *path, struct tokenizer **out, struct err *err)
{
	struct tokenizer_file file[TOKENIZER_FILES_MAX] = { { NULL, NULL, 0 } };
	struct buf bytes[TOKENIZER_FILES_MAX];
	char at[TOKENIZER_FILES_MAX][PATH_MAX];
	enum status st = ST_OK;
	int n = 0, pieces = 0;

	*out = NULL;
	for (; k->file[n] && !st; n++) {
		bool left_out = first >= 0 && n != first && k->has_pieces >> n & 1;

		buf_init(&bytes[n]);
		if (n != first)
			st = path_in(folder, k->file[n], at[n], err);
		else if (!str_copy(at[n], PATH_MAX, path))
			st = err_set(err, ST_INVALID, "path too long: '%s'", path);
		file[n].name = at[n];
		if (st || left_out || (n != first && tokenizer_file_may_lack(k, n) &&
				       !file_exists(at[n])))
			continue;
		st = file_read(at[n], FILE_BYTES_MAX, &bytes[n], err);
		file[n].s = buf_str(&bytes[n]);
		file[n].len = bytes[n].len;
		pieces += !k->has_pieces || k->has_pieces >> n & 1;
	}
	if (!st && !pieces)
		st = none_in(k, folder, err);
	if (!st)
		st = k->parse(file, out, err);
	while (n > 0)
		buf_release(&bytes[--n]);
	return st;
}

enum status tokenizer_open_folder(const struct tokenizer_kind *k, const char *folder,
				  struct tokenizer **out, struct err *err)
{
	return read_files(k, folder, -1, NULL, out, err);
}

/* A file that may have any name: its bytes say what it is. */
static enum status load_file(const struct tokenizer_kind *k, const char *path,
			     const struct buf *bytes, struct tokenizer **out,
			     struct err *err)
{
	const char *slash = strrchr(path, '/'), *name;
	const struct tokenizer_kind *is = kind_of_bytes(bytes, &name);
	char folder[PATH_MAX];
	int first;

	if (k && k->json_type && is && is != k)
		return err_set(err, ST_INVALID, "the tokenizer '%s' is of kind '%s', not "
			       "'%s' (tokenizer.kind)", path, is->name, k->name);
	if (!str_format(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
			slash ? path : "."))
		return err_set(err, ST_INVALID, "path too long: '%s'", path);
	k = k ? k : or_first(is);
	first = file_named(k, name);
	return read_files(k, folder, first < 0 ? 0 : first, path, out, err);
}

enum status tokenizer_load(const struct tokenizer_kind *k, const char *path,
			   struct tokenizer **out, struct err *err)
{
	struct stat sb;
	struct buf bytes;
	enum status st;

	*out = NULL;
	if (!stat(path, &sb) && S_ISDIR(sb.st_mode))
		return tokenizer_open_folder(k ? k : tokenizer_kind_in(path), path, out,
					     err);
	buf_init(&bytes);
	st = file_read(path, FILE_BYTES_MAX, &bytes, err);
	if (!st)
		st = load_file(k, path, &bytes, out, err);
	buf_release(&bytes);
	return st;
}

bool tokenizer_has_file(const struct tokenizer *t, int file)
{
	return !t->kind->writes || t->kind->writes(t, file);
}

enum status tokenizer_save_file(const struct tokenizer *t, int file, const char *path,
				struct err *err)
{
	struct buf b;
	enum status st;

	buf_init(&b);
	t->kind->print(t, file, &b);
	st = file_write(path, buf_str(&b), b.len, err);
	buf_release(&b);
	return st;
}

void tokenizer_pack(const struct tokenizer *t, struct buf *out)
{
	for (int i = 0; t->kind->file[i]; i++) {
		if (i)
			buf_addc(out, '\0');
		if (tokenizer_has_file(t, i))
			t->kind->print(t, i, out);
	}
}

/* The last file goes to the end: it may hold anything. An empty one may be none. */
enum status tokenizer_unpack(const struct tokenizer_kind *k, const char *s, size_t len,
			     const char *name, struct tokenizer **out, struct err *err)
{
	struct tokenizer_file file[TOKENIZER_FILES_MAX] = { { NULL, NULL, 0 } };
	const char *stop = s + len;

	*out = NULL;
	for (int i = 0; k->file[i]; i++) {
		size_t left = (size_t)(stop - s);
		const char *end = k->file[i + 1] ? memchr(s, '\0', left) : stop;

		if (!end && !tokenizer_file_may_lack(k, i + 1))
			return err_set(err, ST_CORRUPT, "no '%s' in '%s'", k->file[i + 1],
				       name);
		end = end ? end : stop;
		file[i] = (struct tokenizer_file){ name, s, (size_t)(end - s) };
		if (!file[i].len && tokenizer_file_may_lack(k, i))
			file[i].s = NULL;
		s = end < stop ? end + 1 : stop;
	}
	return k->parse(file, out, err);
}

void tokenizer_free(struct tokenizer *t)
{
	if (t)
		t->kind->free(t);
}

/* --- training --- */

enum status tokenizer_trainer_new(struct tokenizer_wish w, struct tokenizer_trainer **out,
				  struct err *err)
{
	*out = NULL;
	if (!w.kind->train_new)
		return err_set(err, ST_INVALID, "a %s tokenizer is not trained here: name "
			       "one with tokenizer.vocab, or a model with model.init",
			       w.kind->name);
	*out = w.kind->train_new();
	(*out)->kind = w.kind;
	(*out)->size = w.size;
	(*out)->needs = w.needs;
	return ST_OK;
}

void tokenizer_trainer_feed(struct tokenizer_trainer *tr, const char *text, size_t len)
{
	tr->kind->train_feed(tr, text, len);
}

enum status tokenizer_trainer_finish(struct tokenizer_trainer *tr, struct progress *pg,
				     struct tokenizer **out, struct err *err)
{
	enum status st;

	*out = NULL;
	st = tr->kind->train_finish(tr, pg, out, err);
	tokenizer_trainer_free(tr);
	return st;
}

void tokenizer_trainer_free(struct tokenizer_trainer *tr)
{
	if (tr)
		tr->kind->train_free(tr);
}

/* --- pieces --- */

const struct tokenizer_kind *tokenizer_kind_of(const struct tokenizer *t)
{
	return t->kind;
}

int tokenizer_size(const struct tokenizer *t)
{
	return t->n;
}

const char *tokenizer_piece(const struct tokenizer *t, int32_t id)
{
	BUG_IF(id < 0 || id >= t->n);
	return t->kind->piece(t, id);
}

int32_t tokenizer_id(const struct tokenizer *t, const char *piece)
{
	return t->kind->id(t, piece);
}

struct hash tokenizer_hash(const struct tokenizer *t)
{
	return t->kind->hash(t);
}

int32_t tokenizer_special(const struct tokenizer *t, enum special s)
{
	return t->special[s];
}

/* The first of two roles that is there, or piece 0. */
static int32_t first_of(const struct tokenizer *t, enum special a, enum special b)
{
	return t->special[a] >= 0 ? t->special[a] : t->special[b] >= 0 ? t->special[b] : 0;
}

int32_t tokenizer_start(const struct tokenizer *t)
{
	return first_of(t, TOK_CLS, TOK_SEP);
}

int32_t tokenizer_end(const struct tokenizer *t)
{
	return first_of(t, TOK_SEP, TOK_PAD);
}

int32_t tokenizer_stand_in(const struct tokenizer *t)
{
	return first_of(t, TOK_UNK, TOK_SEP);
}

int32_t tokenizer_hidden(const struct tokenizer *t)
{
	return t->special[TOK_MASK] >= 0 ? t->special[TOK_MASK] : tokenizer_stand_in(t);
}

int tokenizer_never_written(const struct tokenizer *t, int32_t out[TOK_SPECIALS])
{
	int n = 0;

	for (int k = 0; k < TOK_SPECIALS; k++)
		if (t->special[k] >= 0 && t->special[k] != tokenizer_end(t))
			out[n++] = t->special[k];
	return n;
}

/* --- text to ids and back --- */

int tokenizer_encode(const struct tokenizer *t, const char *text, size_t len,
		     int32_t *ids, struct token_span *spans, int cap, int *total)
{
	return t->kind->encode(t, text, len, ids, spans, cap, total);
}

void tokenizer_decode(const struct tokenizer *t, const int32_t *ids, int n,
		      struct buf *out)
{
	t->kind->decode(t, ids, n, out);
}
