/*
 * found.c - found things as files: SPEC-STATE.fnd in the cache folder.
 *
 * The file (numbers as the machine has them; it never leaves it): struct
 * found_header, then `len` bytes. Valid: magic and version, both keys whole,
 * the length is what is left of the file, the checksum over all that comes
 * behind it holds. Anything else is as good as none.
 *
 * SPEC: the kind of thing, its setting, and of every file the absolute path,
 * format and columns. STATE: size, inode, device and times of every file.
 */
#include "data/found.h"

#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/label_items.h"
#include "data/plain.h"

enum { FOUND_VERSION = 1, FOUND_BYTES_MAX = 64 << 20 };

struct found_header {
	char magic[8]; /* "TUTTIFND" */
	struct hash sum; /* of what follows, bytes included */
	uint32_t version, zero;
	struct hash spec, state;
	uint64_t len;
};

_Static_assert(sizeof(struct found_header) == 72, "no padding in the header");

/* --- keys --- */

void found_begin(struct found *f, const char *what, uint64_t setting)
{
	*f = (struct found){ .spec = hasher_new(), .state = hasher_new(),
			     .is_usable = true };
	hasher_add_str(f->spec, what);
	hasher_add_u64(f->spec, setting);
}

static void add_text(struct hasher *h, const char *s)
{
	hasher_add_u64(h, s != NULL);
	if (s)
		hasher_add_str(h, s);
}

void found_add(struct found *f, const struct dataset_spec *spec, bool target)
{
	char path[PATH_MAX];
	struct hash state;
	struct file_id id;

	if (file_absolute(NULL, spec->path, path, sizeof path, NULL) ||
	    plain_settle(spec->path, &id, NULL)) {
		f->is_usable = false;
		return;
	}
	add_text(f->spec, path);
	hasher_add_u64(f->spec, (uint64_t)spec->format);
	hasher_add_u64(f->spec, (uint64_t)(int64_t)spec->header);
	add_text(f->spec, spec->text);
	add_text(f->spec, spec->pair);
	/* rows without the column are bad rows, whether it is used or not */
	add_text(f->spec, spec->unlabelled ? NULL : spec->target);
	hasher_add_u64(f->spec, target);
	if (label_items_are_sets(spec->kind)) /* what is a good row, and a label */
		add_text(f->spec, spec->separator ? spec->separator : ",");
	dataset_key_rows(spec, f->spec);
	state = cache_state_key(&id);
	hasher_add_u64(f->state, state.lo);
	hasher_add_u64(f->state, state.hi);
}

void found_end(struct found *f, const char *cache_dir)
{
	struct cache_place *pl = &f->place;

	pl->spec = hasher_end(f->spec);
	pl->state = hasher_end(f->state);
	f->spec = f->state = NULL;
	cache_place_name(pl, "fnd");
	if (cache_place_in(pl, cache_dir, NULL))
		f->is_usable = false;
}

/* --- files --- */

static struct hash sum_of(const char *file, size_t len)
{
	const size_t from = offsetof(struct found_header, version);

	return hash_bytes(file + from, len - from);
}

static bool is_valid(const struct found *f, const char *file, size_t len)
{
	struct found_header h;

	if (len < sizeof h)
		return false;
	memcpy(&h, file, sizeof h);
	return !memcmp(h.magic, "TUTTIFND", sizeof h.magic) &&
	       h.version == FOUND_VERSION && hash_equal(h.spec, f->place.spec) &&
	       hash_equal(h.state, f->place.state) && h.len == len - sizeof h &&
	       hash_equal(h.sum, sum_of(file, len));
}

bool found_get(const struct found *f, struct buf *out)
{
	struct buf file;
	bool is_there;

	if (!f->is_usable)
		return false;
	buf_init(&file);
	is_there = !file_read(f->place.path, FOUND_BYTES_MAX, &file, NULL) &&
		   is_valid(f, buf_str(&file), file.len);
	if (is_there) {
		buf_add(out, file.s + sizeof(struct found_header),
			file.len - sizeof(struct found_header));
		cache_used(&f->place);
	}
	buf_release(&file);
	return is_there;
}

void found_put(const struct found *f, const struct found *now, const void *p,
	       size_t n)
{
	struct found_header h = { .version = FOUND_VERSION, .spec = f->place.spec,
				  .state = f->place.state, .len = n };
	struct buf file;

	if (!f->is_usable || !now->is_usable ||
	    !hash_equal(f->place.state, now->place.state) ||
	    n > FOUND_BYTES_MAX - sizeof h)
		return;
	memcpy(h.magic, "TUTTIFND", sizeof h.magic);
	buf_init(&file);
	buf_add(&file, &h, sizeof h);
	buf_add(&file, p, n);
	h.sum = sum_of(file.s, file.len);
	memcpy(file.s, &h, sizeof h);
	if (!file_write(f->place.path, file.s, file.len, NULL))
		cache_drop_old(&f->place);
	buf_release(&file);
}
