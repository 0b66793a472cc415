/*
 * plain.c - spooled text as files: SPEC-STATE.raw in the cache folder.
 *
 * The file (numbers as the machine has them; it never leaves it): struct
 * plain_header, then `len` bytes of text. Valid: magic and version, both keys
 * whole, the length is what is left of the file, the header's own sum, and (up to
 * CHECKED bytes, so that a large one opens at once) the text's. Anything else is
 * as good as none. Names and clearing away are cache.c's.
 */
#include "data/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/cache.h"
#include "data/folder.h"
#include "data/pour.h"
#include "data/unpack.h"

enum { PLAIN_VERSION = 1, CHECKED = 128 << 20, MAGIC = 8 };

struct plain_header {
	char magic[8];  /* "TUTTIRAW" */
	uint32_t version, zero;
	struct hash spec, state, content;
	uint64_t len, sum; /* sum: of everything before it */
};

_Static_assert(sizeof(struct plain_header) == 80, "no padding in the header");

/* --- pouring --- */

enum status pour_add(struct pour *p, const void *bytes, size_t n, struct err *err)
{
	if (n > p->most - p->n)
		return err_set(err, ST_INVALID, "too large: '%s' gives more than %llu MB "
			       "of text, the most for its size: unpack it first, if that is "
			       "meant", p->path, (unsigned long long)(p->most >> 20));
	p->n += n;
	hasher_add(p->content, bytes, n);
	return file_out_write(p->out, bytes, n, err);
}

enum status pour_tick(struct pour *p, uint64_t done, struct err *err)
{
	if (progress_tick(p->pg, done))
		return err_set(err, ST_STOPPED, "stopped reading '%s'", p->path);
	return ST_OK;
}

/* --- ids --- */

static enum status id_of_folder(const char *path, struct file_id *out, char newest[PATH_MAX],
				struct err *err)
{
	struct folder f;
	size_t i = 0;
	enum status st = folder_list(path, &f, err);

	if (!st)
		st = folder_id(&f, out, &i, err);
	if (!st && !str_format(newest, PATH_MAX, "%s/%s", path, f.file[i]))
		st = err_set(err, ST_INVALID, "path too long: '%s'", path);
	folder_release(&f);
	return st;
}

enum status plain_id(const char *path, struct file_id *out, struct err *err)
{
	char newest[PATH_MAX];

	if (!folder_is_one(path))
		return file_id(path, out, err);
	return id_of_folder(path, out, newest, err);
}

/* A folder is settled when the file that changed last is. */
enum status plain_settle(const char *path, struct file_id *out, struct err *err)
{
	char newest[PATH_MAX];
	struct file_id last;
	enum status st;

	if (!folder_is_one(path))
		return file_settle(path, out, err);
	st = id_of_folder(path, out, newest, err);
	if (!st)
		st = file_settle(newest, &last, err);
	if (!st)
		st = id_of_folder(path, out, newest, err);
	if (!st)
		out->unsure = last.unsure;
	return st;
}

/* --- making one --- */

/* What is to be spooled: a packed file, open, or a folder. */
struct origin {
	const char *path;
	int fd;            /* -1: a folder */
	struct progress *pg;
	struct cache_place place;
};

static enum status pour_folder(const struct origin *o, struct pour *to, struct err *err)
{
	struct folder f;
	enum status st = folder_list(o->path, &f, err);

	to->most = FOLDER_BYTES;
	progress_begin(o->pg, f.n, "files", "reading %.60s", o->path);
	if (!st)
		st = folder_pour(&f, to, err);
	folder_release(&f);
	return st;
}

static enum status pour_packed(const struct origin *o, struct pour *to, struct err *err)
{
	uint64_t size = o->place.id.size;

	to->most = unpack_cap(size);
	progress_begin(o->pg, size, "bytes", "unpacking %.60s", o->path);
	return unpack_pour(o->fd, size, to, err);
}

/* What was read must be one state: the one the name speaks of. */
static enum status check_unchanged(const struct origin *o, struct err *err)
{
	struct file_id now;
	enum status st = plain_id(o->path, &now, err);

	if (st || file_same(&now, &o->place.id))
		return st;
	return err_set(err, ST_IO, "changed while it was read: '%s'", o->path);
}

static void fill_header(const struct origin *o, const struct pour *p, struct plain_header *h)
{
	memcpy(h->magic, "TUTTIRAW", MAGIC);
	h->version = PLAIN_VERSION;
	h->spec = o->place.spec;
	h->state = o->place.state;
	h->len = p->n;
	h->sum = hash64_bytes(h, offsetof(struct plain_header, sum));
}

/* `*at_fault`: the place failed, not what is to be read. */
static enum status build(const struct origin *o, bool *at_fault, struct err *err)
{
	struct plain_header h = { .zero = 0 };
	struct pour p = { .path = o->path, .content = hasher_new(), .pg = o->pg };
	enum status st = file_out_open(o->place.path, &p.out, err);

	if (!st)
		st = file_out_write(p.out, &h, sizeof h, err);
	*at_fault = st != ST_OK;
	if (!st)
		st = o->fd < 0 ? pour_folder(o, &p, err) : pour_packed(o, &p, err);
	*at_fault = *at_fault || st == ST_FULL;
	if (!st)
		st = check_unchanged(o, err);
	h.content = hasher_end(p.content);
	if (!st) {
		fill_header(o, &p, &h);
		st = file_out_patch(p.out, 0, &h, sizeof h, err);
		if (!st) {
			st = file_out_commit(p.out, err);
			p.out = NULL;
		}
		*at_fault = st != ST_OK;
	}
	file_out_abort(p.out);
	return st;
}

/* --- finding one --- */

static bool text_is_whole(const struct origin *o, const struct plain_header *h)
{
	struct file_map m;
	bool is = false;

	if (h->len > CHECKED)
		return true;
	if (file_map(o->place.path, &m, NULL))
		return false;
	if (m.len == sizeof *h + h->len)
		is = hash_equal(h->content, hash_bytes(m.p + sizeof *h, h->len));
	file_unmap(&m);
	return is;
}

static bool header_fits(const struct origin *o, const struct plain_header *h, uint64_t size)
{
	return !memcmp(h->magic, "TUTTIRAW", MAGIC) && h->version == PLAIN_VERSION &&
	       hash_equal(h->spec, o->place.spec) && hash_equal(h->state, o->place.state) &&
	       size == sizeof *h + h->len &&
	       h->sum == hash64_bytes(h, offsetof(struct plain_header, sum));
}

static bool find(const struct origin *o, struct plain *out)
{
	struct plain_header h;
	struct stat s;
	int fd = open(o->place.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return false;
	if (fstat(fd, &s) || pread(fd, &h, sizeof h, 0) != sizeof h ||
	    !header_fits(o, &h, (uint64_t)s.st_size) || !text_is_whole(o, &h)) {
		close(fd);
		return false;
	}
	cache_used(&o->place);
	out->fd = fd;
	out->at = sizeof h;
	out->size = h.len;
	return true;
}

/* In a folder that vanishes: the descriptor keeps the file alive. */
static enum status build_temporary(struct origin *o, struct plain *out, struct err *err)
{
	bool at_fault;
	enum status st = cache_place_temporary(&o->place, err);

	if (st)
		return st;
	st = build(o, &at_fault, err);
	if (!st && !find(o, out))
		st = err_set(err, ST_IO, "cannot read back what '%s' holds", o->path);
	file_remove_tree(o->place.dir, NULL);
	return st;
}

static enum status build_or_find(struct origin *o, struct plain *out, struct err *err)
{
	struct err first = { "" };
	bool at_fault = true;
	enum status st = ST_FAILED;

	if (!cache_place_in(&o->place, NULL, NULL)) {
		if (find(o, out))
			return ST_OK;
		st = build(o, &at_fault, &first);
		if (!st && find(o, out)) {
			cache_drop_old(&o->place);
			return ST_OK;
		}
		at_fault = at_fault || !st;
	}
	if (at_fault)
		return build_temporary(o, out, err);
	return err_set(err, st, "%s", first.text);
}

static enum status spooled(const char *path, int fd, struct progress *pg, struct plain *out,
			   struct err *err)
{
	struct origin *o = xcalloc(1, sizeof *o);
	char whole[PATH_MAX];
	enum status st = plain_settle(path, &o->place.id, err);

	o->path = path;
	o->fd = fd;
	o->pg = pg;
	if (!st)
		st = file_absolute(NULL, path, whole, sizeof whole, err);
	if (!st) {
		struct hasher *h = hasher_new();

		hasher_add_str(h, "plain text");
		hasher_add_u64(h, PLAIN_VERSION);
		hasher_add_str(h, whole);
		o->place.spec = hasher_end(h);
		o->place.state = cache_state_key(&o->place.id);
		cache_place_name(&o->place, "raw");
		st = build_or_find(o, out, err);
	}
	xfree(o);
	return st;
}

/* --- opening --- */

static enum status fail(const char *what, const char *path, struct err *err)
{
	int code = errno;

	err_sys(err, "cannot %s '%s'", what, path);
	return code == ENOENT ? ST_NOT_FOUND : ST_IO;
}

/* O_NONBLOCK: a FIFO put there meanwhile must not make us wait. */
static enum status open_file(const char *path, struct plain *out, struct err *err)
{
	char head[MAGIC];
	struct file_id id;
	struct stat s;
	ssize_t n;
	enum status st = file_id(path, &id, err);

	if (st)
		return st;
	out->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (out->fd < 0)
		return fail("open", path, err);
	if (fstat(out->fd, &s))
		return fail("look at", path, err);
	if (!S_ISREG(s.st_mode))
		return err_set(err, ST_INVALID, "not a file: '%s'", path);
	out->size = (uint64_t)s.st_size;
	n = pread(out->fd, head, sizeof head, 0);
	out->is_packed = n > 0 && unpack_is_packed(head, (size_t)n);
	return ST_OK;
}

enum status plain_open(const char *path, struct progress *pg, struct plain *out,
		       struct err *err)
{
	enum status st;
	int packed;

	*out = (struct plain){ .fd = -1, .is_folder = folder_is_one(path) };
	st = out->is_folder ? ST_OK : open_file(path, out, err);
	packed = out->fd;
	if (!st && (out->is_folder || out->is_packed)) {
		out->fd = -1;
		st = spooled(path, packed, pg, out, err);
		if (packed >= 0)
			close(packed);
	} else if (st && packed >= 0) {
		close(packed);
		out->fd = -1;
	}
	return st;
}
