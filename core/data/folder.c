/*
 * folder.c - texts in a folder for each class, joined to rows.
 */
#include "data/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 1 << 16 };
static const char no_class[] = "unsup", row_head[] = "{\"file\":\"",
		  row_label[] = "\",\"label\":\"", row_text[] = "\",\"text\":\"",
		  row_end[] = "\"}\n";

/* --- which files --- */

bool folder_is_one(const char *path)
{
	struct stat s;

	return !stat(path, &s) && S_ISDIR(s.st_mode);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **name;
	size_t n, cap;
};

static void names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		xfree(l->name[i]);
	xfree(l->name);
}

static bool is_text(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && str_eq(name + n - 4, ".txt");
}

/* Names that are not hidden, of folders or of files ending in .txt. */
static enum status list(const char *path, bool folders, size_t most, struct names *out,
			struct err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;

	*out = (struct names){ 0 };
	if (!d)
		return err_sys(err, "cannot open folder '%s'", path);
	while (out->n <= most && (e = readdir(d))) {
		struct stat s;

		if (e->d_name[0] == '.' || (!folders && !is_text(e->d_name)) ||
		    fstatat(dirfd(d), e->d_name, &s, 0) ||
		    !(folders ? S_ISDIR(s.st_mode) : S_ISREG(s.st_mode)))
			continue;
		ARRAY_GROW(out->name, out->n, out->cap);
		out->name[out->n++] = xstrdup(e->d_name);
	}
	closedir(d);
	if (out->n)
		qsort(out->name, out->n, sizeof *out->name, by_bytes);
	return ST_OK;
}

static enum status too_many(const char *path, size_t most, const char *what,
			    struct err *err)
{
	return err_set(err, ST_INVALID, "more than %zu %s in folder '%s'", most, what, path);
}

static enum status add_class(struct folder *f, const char *class, struct err *err)
{
	char path[PATH_MAX];
	struct names texts;
	enum status st;

	if (!str_format(path, sizeof path, "%s/%s", f->path, class))
		return err_set(err, ST_INVALID, "path too long: '%s'", f->path);
	st = list(path, false, FOLDER_MOST, &texts, err);
	if (!st && texts.n > FOLDER_MOST - f->n)
		st = too_many(f->path, FOLDER_MOST, "texts", err);
	for (size_t i = 0; !st && i < texts.n; i++) {
		struct buf b;

		buf_init(&b);
		buf_addf(&b, "%s/%s", class, texts.name[i]);
		ARRAY_GROW(f->file, f->n, f->cap);
		f->file[f->n++] = buf_take(&b);
	}
	names_free(&texts);
	return st;
}

/* The first folder below that has folders itself: the rows may be there. */
static enum status say_empty(const struct folder *f, const struct names *classes,
			     struct err *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < classes->n; i++) {
		struct names below;
		bool has_some;

		if (!str_format(path, sizeof path, "%s/%s", f->path, classes->name[i]) ||
		    list(path, true, 1, &below, NULL))
			continue;
		has_some = below.n > 0;
		names_free(&below);
		if (has_some)
			return err_set(err, ST_INVALID, "no rows: '%s' has no folders with "
				       ".txt files: is '%s' meant", f->path, path);
	}
	return err_set(err, ST_INVALID, "no rows: '%s' is a folder without what rows are "
		       "read from: in it a folder for each class, in that a .txt file for "
		       "each text", f->path);
}

enum status folder_list(const char *path, struct folder *out, struct err *err)
{
	struct names classes;
	enum status st;

	*out = (struct folder){ .path = path };
	st = list(path, true, FOLDER_CLASSES, &classes, err);
	if (!st && classes.n > FOLDER_CLASSES)
		st = too_many(path, FOLDER_CLASSES, "classes", err);
	for (size_t i = 0; !st && i < classes.n; i++)
		if (classes.n == 1 || !str_eq(classes.name[i], no_class))
			st = add_class(out, classes.name[i], err);
	if (!st && !out->n)
		st = say_empty(out, &classes, err);
	if (out->n)
		qsort(out->file, out->n, sizeof *out->file, by_bytes);
	names_free(&classes);
	return st;
}

void folder_release(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		xfree(f->file[i]);
	xfree(f->file);
	*f = (struct folder){ 0 };
}

static enum status path_of(const struct folder *f, size_t i, char out[PATH_MAX],
			   struct err *err)
{
	if (!str_format(out, PATH_MAX, "%s/%s", f->path, f->file[i]))
		return err_set(err, ST_INVALID, "path too long: '%s'", f->path);
	return ST_OK;
}

enum status folder_id(const struct folder *f, struct file_id *out, size_t *newest,
		      struct err *err)
{
	struct hasher *h = hasher_new();
	struct hash sum;
	enum status st = ST_OK;

	*out = (struct file_id){ .ctime_ns = INT64_MIN };
	for (size_t i = 0; !st && i < f->n; i++) {
		char path[PATH_MAX];
		struct file_id id;

		st = path_of(f, i, path, err);
		if (!st)
			st = file_id(path, &id, err);
		if (st)
			break;
		hasher_add_str(h, f->file[i]);
		hasher_add(h, &id, sizeof id);
		out->size += id.size;
		if (id.ctime_ns > out->ctime_ns) {
			out->ctime_ns = id.ctime_ns;
			*newest = i;
		}
	}
	sum = hasher_end(h);
	out->inode = sum.lo;
	out->device = sum.hi;
	return st;
}

/* --- rows --- */

/* As JSON has it; bytes that are no UTF-8, and NUL, stay: the reader counts them. */
static void escape(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '"' || c == '\\')
			buf_addc(b, '\\');
		if (c && c < 0x20)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
}

static enum status pour_buf(struct pour *to, struct buf *b, struct err *err)
{
	enum status st = pour_add(to, buf_str(b), b->len, err);

	buf_clear(b);
	return st;
}

static enum status pour_text(int fd, const char *path, struct pour *to, struct buf *b,
			     struct err *err)
{
	char piece[PIECE];
	bool first = true;
	enum status st = ST_OK;
	ssize_t n;

	while (!st) {
		size_t bom;

		n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read '%s'", path);
		if (!n)
			break;
		bom = first && n >= 3 && !memcmp(piece, "\xef\xbb\xbf", 3) ? 3 : 0;
		first = false;
		escape(b, piece + bom, (size_t)n - bom);
		st = pour_buf(to, b, err);
	}
	return st;
}

static enum status pour_file(const struct folder *f, size_t i, struct pour *to,
			     struct buf *b, struct err *err)
{
	const char *name = f->file[i];
	char path[PATH_MAX];
	enum status st = path_of(f, i, path, err);
	int fd;

	if (st)
		return st;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, "cannot open '%s'", path);
	buf_adds(b, row_head);
	escape(b, name, strlen(name));
	buf_adds(b, row_label);
	escape(b, name, strcspn(name, "/"));
	buf_adds(b, row_text);
	st = pour_text(fd, path, to, b, err);
	close(fd);
	buf_adds(b, row_end);
	return st ? st : pour_buf(to, b, err);
}

enum status folder_pour(const struct folder *f, struct pour *to, struct err *err)
{
	struct buf b;
	enum status st = ST_OK;

	buf_init(&b);
	for (size_t i = 0; !st && i < f->n; i++) {
		st = pour_file(f, i, to, &b, err);
		if (!st)
			st = pour_tick(to, i + 1, err);
	}
	buf_release(&b);
	return st;
}

const char *folder_row_file(const char *line, size_t n, size_t *len)
{
	const size_t head = sizeof row_head - 1;
	const char *end;

	if (n < head || memcmp(line, row_head, head))
		return NULL;
	end = memmem(line + head, n - head, row_label, sizeof row_label - 1);
	*len = end ? (size_t)(end - line) - head : 0;
	return end ? line + head : NULL;
}
