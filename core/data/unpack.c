/*
 * unpack.c - gz, xz, zst and bz2 by libarchive, its "raw" format.
 *
 * libarchive checks the sums of xz, zstd and bzip2, but not gzip's, and calls some
 * files that end too early whole: the last eight bytes of a gzip file (RFC 1952:
 * CRC-32, then the size modulo 2^32) are compared with what came out.
 */
#include "data/unpack.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 1 << 16, GZIP_TAIL = 8, GZIP_LEAST = 18 };

static const struct {
	const char *bytes;
	size_t n;
} magics[] = {
	{ "\x1f\x8b\x08", 3 },
	{ "\xfd" "7zXZ", 5 },
	{ "\x28\xb5\x2f\xfd", 4 },
	{ "BZh", 3 },
};

bool unpack_is_packed(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (n > magics[i].n && !memcmp(p, magics[i].bytes, magics[i].n))
			return *p != 'B' || (p[3] >= '1' && p[3] <= '9');
	return false;
}

uint64_t unpack_cap(uint64_t size)
{
	if (size >= UNPACK_MOST / UNPACK_RATIO)
		return UNPACK_MOST;
	return size * UNPACK_RATIO > UNPACK_FREE ? size * UNPACK_RATIO : UNPACK_FREE;
}

static enum status say_damage(struct archive *a, const struct pour *to, struct err *err)
{
	const char *why = archive_error_string(a);

	if (archive_errno(a) == ENOMEM)
		return err_set(err, ST_FULL, "no memory to unpack '%s'", to->path);
	return err_set(err, ST_CORRUPT, "damaged or cut short: '%s': after %llu unpacked "
		       "bytes: %.120s", to->path, (unsigned long long)to->n,
		       why ? why : "no more can be read");
}

/* --- gzip's tail --- */

struct gzip {
	bool is_it, many;       /* `many`: more than one part, perhaps */
	uint32_t crc, size;     /* as the tail says */
	uint32_t table[256], now;
};

static uint32_t little(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* The polynomial of RFC 1952, bits reversed. */
static void crc_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		table[i] = c;
	}
}

static void crc_add(struct gzip *g, const unsigned char *p, size_t n)
{
	uint32_t c = ~g->now;

	for (size_t i = 0; i < n; i++)
		c = g->table[(c ^ p[i]) & 0xff] ^ c >> 8;
	g->now = ~c;
}

/* Does the head of another part stand somewhere? */
static bool has_parts(int fd, uint64_t size, char *piece)
{
	const uint64_t step = PIECE - 3;

	for (uint64_t at = 1; at < size; at += step) {
		ssize_t n = pread(fd, piece, PIECE, (off_t)at);
		char *p = n > 3 ? memmem(piece, (size_t)n, "\x1f\x8b\x08", 3) : NULL;

		if (p)
			return true;
	}
	return false;
}

static void gzip_begin(struct gzip *g, int fd, uint64_t size)
{
	unsigned char head[2], tail[GZIP_TAIL];

	*g = (struct gzip){ .is_it = false };
	if (size < GZIP_LEAST || pread(fd, head, sizeof head, 0) != sizeof head ||
	    memcmp(head, "\x1f\x8b", 2) ||
	    pread(fd, tail, sizeof tail, (off_t)(size - GZIP_TAIL)) != sizeof tail)
		return;
	g->is_it = true;
	g->crc = little(tail);
	g->size = little(tail + 4);
	crc_table(g->table);
}

static enum status gzip_end(const struct gzip *g, int fd, uint64_t size,
			    const struct pour *to, struct err *err)
{
	char *piece;
	bool many;

	if (!g->is_it || (g->crc == g->now && g->size == (uint32_t)to->n))
		return ST_OK;
	piece = xmalloc(PIECE);
	many = has_parts(fd, size, piece);
	xfree(piece);
	if (many)
		return ST_OK;
	return err_set(err, ST_CORRUPT, "damaged or cut short: '%s': gzip's own sum is not "
		       "that of its %llu unpacked bytes", to->path,
		       (unsigned long long)to->n);
}

/* --- pouring --- */

static enum status pour_all(struct archive *a, struct gzip *g, struct pour *to,
			    struct err *err)
{
	unsigned char *piece = xmalloc(PIECE);
	enum status st = ST_OK;

	while (!st) {
		ssize_t n = archive_read_data(a, piece, PIECE);

		if (n < 0)
			st = say_damage(a, to, err);
		else if (!n)
			break;
		else
			st = pour_add(to, piece, (size_t)n, err);
		if (!st && g->is_it)
			crc_add(g, piece, (size_t)n);
		if (!st)
			st = pour_tick(to, (uint64_t)archive_filter_bytes(a, -1), err);
	}
	xfree(piece);
	return st;
}

static int open_filters(struct archive *a, int fd)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	return archive_read_open_fd(a, fd, PIECE);
}

enum status unpack_pour(int fd, uint64_t size, struct pour *to, struct err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	struct gzip *g = xmalloc(sizeof *g);
	enum status st = ST_OK;
	int code;

	BUG_IF(!a);
	gzip_begin(g, fd, size);
	code = lseek(fd, 0, SEEK_SET) ? ARCHIVE_FATAL : open_filters(a, fd);
	if (code == ARCHIVE_OK)
		code = archive_read_next_header(a, &entry);
	if (code == ARCHIVE_OK && archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE)
		st = err_set(err, ST_CORRUPT, "damaged or cut short: '%s': its first bytes "
			     "are those of a packed file, the next ones are not", to->path);
	else if (code == ARCHIVE_OK)
		st = pour_all(a, g, to, err);
	else if (code != ARCHIVE_EOF) /* that is: nothing is packed in it */
		st = say_damage(a, to, err);
	if (!st)
		st = gzip_end(g, fd, size, to, err);
	archive_read_free(a);
	xfree(g);
	return st;
}
