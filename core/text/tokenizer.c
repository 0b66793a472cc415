/*
 * tokenizer.c - the kinds of tokenizers, and what they share: files and folders, and
 * what stands in for a special that a kind does not have.
 */
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
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

/* --- files --- */

static enum status path_in(const char *folder, const char *name, char out[PATH_MAX],
			   struct err *err)
{
	if (str_format(out, PATH_MAX, "%s/%s", folder, name))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%s'", folder);
}

/* Each file of the row; `first` (may be NULL) stands for the first one. */
static enum status read_files(const struct tokenizer_kind *k, const char *folder,
			      const char *first, struct tokenizer **out, struct err *err)
{
	struct tokenizer_file file[TOKENIZER_FILES_MAX] = { { NULL, NULL, 0 } };
	struct buf bytes[TOKENIZER_FILES_MAX];
	char path[TOKENIZER_FILES_MAX][PATH_MAX];
	enum status st = ST_OK;
	int n = 0;

	*out = NULL;
	for (; k->file[n] && !st; n++) {
		buf_init(&bytes[n]);
		if (n || !first)
			st = path_in(folder, k->file[n], path[n], err);
		else if (!str_copy(path[n], PATH_MAX, first))
			st = err_set(err, ST_INVALID, "path too long: '%s'", first);
		if (!st)
			st = file_read(path[n], FILE_BYTES_MAX, &bytes[n], err);
		file[n] = (struct tokenizer_file){ path[n], buf_str(&bytes[n]),
						   bytes[n].len };
	}
	if (!st)
		st = k->parse(file, out, err);
	while (n > 0)
		buf_release(&bytes[--n]);
	return st;
}

enum status tokenizer_open_folder(const struct tokenizer_kind *k, const char *folder,
				  struct tokenizer **out, struct err *err)
{
	return read_files(k, folder, NULL, out, err);
}

static bool has_files(const struct tokenizer_kind *k, const char *folder)
{
	char path[PATH_MAX];

	for (int i = 0; k->file[i]; i++)
		if (path_in(folder, k->file[i], path, NULL) || !file_exists(path))
			return false;
	return true;
}

const struct tokenizer_kind *tokenizer_kind_in(const char *folder)
{
	for (int i = 0; kinds[i]; i++)
		if (has_files(kinds[i], folder))
			return kinds[i];
	return kinds[0];
}

static const struct tokenizer_kind *kind_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (int i = 0; kinds[i]; i++)
		if (str_eq(kinds[i]->file[0], slash ? slash + 1 : path))
			return kinds[i];
	return kinds[0];
}

enum status tokenizer_load(const struct tokenizer_kind *k, const char *path,
			   struct tokenizer **out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	*out = NULL;
	if (!str_format(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
			slash ? path : "."))
		return err_set(err, ST_INVALID, "path too long: '%s'", path);
	return read_files(k ? k : kind_of_file(path), folder, path, out, err);
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
		t->kind->print(t, i, out);
	}
}

/* The last file goes to the end: it may hold anything. */
enum status tokenizer_unpack(const struct tokenizer_kind *k, const char *s, size_t len,
			     const char *name, struct tokenizer **out, struct err *err)
{
	struct tokenizer_file file[TOKENIZER_FILES_MAX] = { { NULL, NULL, 0 } };

	*out = NULL;
	for (int i = 0; k->file[i]; i++) {
		const char *end = k->file[i + 1] ? memchr(s, '\0', len) : s + len;

		if (!end)
			return err_set(err, ST_CORRUPT, "no '%s' in '%s'", k->file[i + 1],
				       name);
		file[i] = (struct tokenizer_file){ name, s, (size_t)(end - s) };
		len -= file[i].len + (k->file[i + 1] != NULL);
		s = end + (k->file[i + 1] != NULL);
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
			       "its files with tokenizer.vocab", w.kind->name);
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
