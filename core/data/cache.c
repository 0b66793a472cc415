/*
 * cache.c - cache files by name: keys, folders, looking for one, clearing away.
 *
 * A name is SPEC-STATE.tok, 16 hex digits each. SPEC says which data is meant:
 * absolute path, columns, format, limits, labels, vocabulary. STATE says of
 * which state of that file (size, times, inode, device) and in which version of
 * the format: of one SPEC only one STATE is kept. Beside them stand found
 * things, SPEC-STATE.fnd (found.c), and unpacked text, SPEC-STATE.raw (plain.c), by
 * the same rules.
 */
#include "data/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/data_kind.h"
#include "data/plain.h"

/* --- keys --- */

static void add_text(struct hasher *h, const char *s)
{
	hasher_add_u64(h, s != NULL);
	if (s)
		hasher_add_str(h, s);
}

static void add_int(struct hasher *h, int x)
{
	hasher_add_u64(h, (uint64_t)(int64_t)x);
}

static void add_gaps(struct hasher *h, const struct masking_spec *m)
{
	char share[17];

	double_to_hex(m->share, share);
	hasher_add_str(h, share);
	add_int(h, (int)m->how);
	if (m->how == GAPS_SENTENCES)
		return;
	hasher_add_u64(h, m->is_dev ? 0 : m->seed);
	add_int(h, m->is_dev ? -1 : m->task);
}

static struct hash spec_key(const struct dataset_spec *spec, const char *path,
			    const struct tokenizer *tok)
{
	struct hasher *h = hasher_new();
	struct hash vocabulary = tokenizer_hash(tok);
	const struct data_target *t = data_target(spec->kind);
	bool labels = t->has_labels && !spec->unlabelled;

	add_text(h, path);
	add_int(h, (int)spec->kind);
	add_int(h, (int)spec->format);
	add_int(h, spec->header);
	add_text(h, spec->text);
	add_text(h, spec->pair);
	add_text(h, spec->unlabelled ? NULL : spec->target);
	if (spec->prompt)
		add_text(h, spec->prompt);
	if (data_kind(spec->kind)->corrupt)
		add_gaps(h, &spec->mask);
	add_int(h, spec->max_source);
	add_int(h, t->has_pieces ? spec->max_target : 0);
	add_int(h, labels ? spec->n_labels : 0);
	for (int i = 0; labels && i < spec->n_labels; i++)
		add_text(h, spec->labels[i]);
	if (labels && t->has_set)
		add_text(h, spec->separator);
	if (t->has_units) {
		add_int(h, (int)spec->unit);
		add_int(h, spec->keep);
	}
	dataset_key_rows(spec, h);
	hasher_add_u64(h, vocabulary.lo);
	hasher_add_u64(h, vocabulary.hi);
	return hasher_end(h);
}

struct hash cache_state_key(const struct file_id *id)
{
	struct hasher *h = hasher_new();

	hasher_add_u64(h, CACHE_VERSION);
	hasher_add_u64(h, id->size);
	hasher_add_u64(h, id->inode);
	hasher_add_u64(h, id->device);
	hasher_add_u64(h, (uint64_t)id->mtime_ns);
	hasher_add_u64(h, (uint64_t)id->ctime_ns);
	hasher_add_u64(h, id->unsure);
	return hasher_end(h);
}

void cache_place_name(struct cache_place *pl, const char *ending)
{
	str_format(pl->name, sizeof pl->name, "%016" PRIx64 "-%016" PRIx64 ".%s",
		   pl->spec.hi, pl->state.hi, ending);
}

enum status cache_place_of(const struct dataset_spec *spec,
			   const struct tokenizer *tok, struct cache_place *pl,
			   struct err *err)
{
	char path[PATH_MAX];
	enum status st = plain_settle(spec->path, &pl->id, err);

	if (!st)
		st = file_absolute(NULL, spec->path, path, sizeof path, err);
	if (st)
		return st;
	pl->spec = spec_key(spec, path, tok);
	pl->state = cache_state_key(&pl->id);
	cache_place_name(pl, "tok");
	return ST_OK;
}

/* --- folders --- */

enum status cache_place_in(struct cache_place *pl, const char *dir,
			   struct err *err)
{
	enum status st;

	if (!dir)
		st = file_xdg(XDG_CACHE, pl->dir, sizeof pl->dir, err);
	else if (!str_copy(pl->dir, sizeof pl->dir, dir))
		st = err_set(err, ST_INVALID, "path too long: '%s'", dir);
	else
		st = file_mkdirs(dir, 0700, err);
	if (!st && !str_format(pl->path, sizeof pl->path, "%s/%s", pl->dir, pl->name))
		st = err_set(err, ST_INVALID, "path too long: '%s'", pl->dir);
	return st;
}

enum status cache_place_temporary(struct cache_place *pl, struct err *err)
{
	static _Atomic unsigned serial;
	const char *base = getenv("TMPDIR");
	bool fits, made = false;

	if (!base || *base != '/')
		base = "/tmp";
	for (int i = 0; i < 100 && !made; i++) {
		fits = str_format(pl->dir, sizeof pl->dir, "%s/tutti-cache-%ld-%u",
				  base, (long)getpid(),
				  atomic_fetch_add(&serial, 1)) &&
		       str_format(pl->path, sizeof pl->path, "%s/%s", pl->dir,
				  pl->name);
		if (!fits)
			return err_set(err, ST_INVALID, "path too long: '%s'", base);
		made = !disk_mkdir(pl->dir, 0700);
		if (!made && errno != EEXIST)
			break;
	}
	if (made)
		return ST_OK;
	return err_sys(err, "cannot make folder '%s'", pl->dir);
}

/* --- looking --- */

uint64_t cache_record_size(const struct cache_record *r)
{
	return ((uint64_t)r->n_ids + r->n_target) * sizeof(int32_t) + r->text_len +
	       r->pair_len + r->target_len;
}

uint32_t cache_record_pieces(enum task_kind k, const struct cache_record *r)
{
	return data_target(k)->has_pieces ? r->n_target : 0;
}

uint32_t cache_record_cost(enum task_kind k, const struct cache_record *r)
{
	return r->n_ids + cache_record_pieces(k, r);
}

static bool header_fits(const struct cache_header *h, const struct cache_place *pl,
			size_t len)
{
	uint64_t room;

	if (memcmp(h->magic, "TUTTITOK", 8) || h->version != CACHE_VERSION ||
	    h->endian != CACHE_ENDIAN || h->file_size != len ||
	    h->sum != hash64_bytes(h, offsetof(struct cache_header, sum)) ||
	    !hash_equal(h->spec, pl->spec) || !hash_equal(h->state, pl->state))
		return false;
	if (h->tail_at < sizeof *h || h->tail_at > len || h->tail_at % 8 ||
	    h->n_labels < 0 || h->kind < 0 || h->kind >= TASK_KINDS)
		return false;
	room = (len - h->tail_at) / sizeof(uint64_t);
	if ((uint64_t)h->n_labels > room)
		return false;
	room = len - h->tail_at - (uint64_t)h->n_labels * sizeof(uint64_t);
	return room % sizeof(struct cache_record) == 0 &&
	       room / sizeof(struct cache_record) == h->n;
}

static bool record_fits(const struct cache_header *h, const struct cache_record *r)
{
	if (r->at < sizeof *h || r->at > h->tail_at || r->at % sizeof(int32_t) ||
	    r->n_ids > INT_MAX || r->n_target > INT_MAX || r->second > r->n_ids)
		return false;
	if (!data_target((enum task_kind)h->kind)->fits(h, r))
		return false;
	return cache_record_size(r) <= h->tail_at - r->at;
}

/*
 * The tail is always checked whole; the body (ids and texts) only up to this
 * size, so that a large cache opens at once. What a damaged body can do then is
 * held off where ids are used (batch.c).
 */
static const uint64_t BODY_CHECKED = 128 << 20;

static bool content_fits(const struct dataset *d)
{
	const struct cache_header *h = d->h;
	const char *p = d->map.p;

	if (!hash_equal(h->tail_sum,
			hash_bytes(p + h->tail_at, d->map.len - h->tail_at)))
		return false;
	if (h->tail_at <= BODY_CHECKED &&
	    !hash_equal(h->body_sum,
			hash_bytes(p + sizeof *h, h->tail_at - sizeof *h)))
		return false;
	for (uint64_t i = 0; i < h->n; i++) {
		if (!record_fits(h, &d->record[i]))
			return false;
	}
	return true;
}

enum status cache_map(const struct cache_place *pl, struct dataset **out,
		      struct err *err)
{
	struct dataset *d = xcalloc(1, sizeof *d);
	enum status st = file_map(pl->path, &d->map, err);
	bool fits = !st && d->map.len >= sizeof *d->h;

	*out = NULL;
	if (fits) {
		d->h = (const void *)d->map.p;
		fits = header_fits(d->h, pl, d->map.len);
	}
	if (fits) {
		d->counts = (const void *)(d->map.p + d->h->tail_at);
		d->record = (const void *)(d->counts + d->h->n_labels);
		fits = content_fits(d);
	}
	if (!st && !fits)
		st = err_set(err, ST_CORRUPT, "damaged cache: '%s'", pl->path);
	if (st) {
		dataset_close(d);
		return st;
	}
	cache_used(pl);
	*out = d;
	return ST_OK;
}

/* --- clearing away --- */

/* May fail: then it goes earlier. */
void cache_used(const struct cache_place *pl)
{
	utimensat(AT_FDCWD, pl->path, NULL, 0);
}

static const time_t HOUR = 3600, KEPT_UNUSED = 60 * 24 * 3600;

static bool is_older(int dir, const char *name, time_t seconds)
{
	struct stat s;

	return !fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) &&
	       s.st_mtim.tv_sec + seconds < time(NULL);
}

/* ".tok" and its kin, at the end of a name or before `behind`; or NULL. */
static const char *ending_of(const char *name, const char *behind)
{
	static const char *const endings[] = { ".tok", ".fnd", ".raw" };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		const char *at = strstr(name, endings[i]);

		if (at && (*behind ? str_starts(at + 4, behind) : !at[4]))
			return at;
	}
	return NULL;
}

/* A writer's NAME.tmp-PID-N whose process is gone, an hour old at least. */
static bool is_left_over(int dir, const char *name)
{
	static const char mark[] = ".tmp-";
	const char *tmp = ending_of(name, mark);
	long pid;

	if (!tmp)
		return false;
	pid = strtol(tmp + 4 + strlen(mark), NULL, 10);
	if (pid <= 0 || !kill((pid_t)pid, 0) || errno != ESRCH)
		return false;
	return is_older(dir, name, HOUR);
}

static bool is_out_of_use(int dir, const struct cache_place *pl, const char *name)
{
	enum { SPEC_PART = 17 }; /* with the dash */
	size_t n = strlen(name);

	if (n != strlen(pl->name) || str_eq(name, pl->name) ||
	    !ending_of(name, ""))
		return false;
	return !strncmp(name, pl->name, SPEC_PART) ||
	       is_older(dir, name, KEPT_UNUSED);
}

void cache_drop_old(const struct cache_place *pl)
{
	DIR *d = opendir(pl->dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (is_out_of_use(dirfd(d), pl, e->d_name) ||
		    is_left_over(dirfd(d), e->d_name))
			disk_unlink_at(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}
