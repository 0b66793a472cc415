/*
 * looks.c - what a file is that is none of ours.
 */
#include "data/looks.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define PANDAS(read, write) \
	"this makes one of it: python3 -c \"import pandas as p; p." read "." write "\""
#define TO_JSONL "to_json('%s.jsonl', orient='records', lines=True, force_ascii=False)"
#define SHEET "save it as \"CSV UTF-8\", or " PANDAS("read_excel('%s')", \
						     "to_csv('%s.csv', index=False)")
#define COPY_TEXTS "copy its texts to a table, a row each, and save that as CSV"
#define FROM_UTF32 "iconv -f UTF-32 -t UTF-8 '%s' >NEW"
#define FROM_UTF16 "iconv -f UTF-16 -t UTF-8 '%s' >NEW"

/* The first that fits: what is inside a zip goes before the zip. */
static const struct kind {
	const char *bytes;
	size_t n, at;
	const char *inside;       /* that, too, stands in the first bytes; NULL */
	const char *name, *advice;/* "%s": the file */
} kinds[] = {
	{ "\xff\xfe\0\0", 4, 0, NULL, "UTF-32 text", FROM_UTF32 },
	{ "\0\0\xfe\xff", 4, 0, NULL, "UTF-32 text", FROM_UTF32 },
	{ "\xff\xfe", 2, 0, NULL, "UTF-16 text", FROM_UTF16 },
	{ "\xfe\xff", 2, 0, NULL, "UTF-16 text", FROM_UTF16 },
	{ "PAR1", 4, 0, NULL, "a Parquet file", PANDAS("read_parquet('%s')", TO_JSONL) },
	{ "ARROW1", 6, 0, NULL, "an Arrow file", PANDAS("read_feather('%s')", TO_JSONL) },
	{ "FEA1", 4, 0, NULL, "a Feather file", PANDAS("read_feather('%s')", TO_JSONL) },
	{ "\xff\xff\xff\xff", 4, 0, NULL, "an Arrow stream",
	  "this makes JSONL of it: python3 -c \"import pyarrow as a; "
	  "a.ipc.open_stream('%s').read_pandas()." TO_JSONL "\"" },
	{ "ORC", 3, 0, NULL, "an ORC file", PANDAS("read_orc('%s')", TO_JSONL) },
	{ "PK\x03\x04", 4, 0, "xl/", "an Excel sheet", SHEET },
	{ "PK\x03\x04", 4, 0, "word/document.xml", "a Word document", COPY_TEXTS },
	{ "PK\x03\x04", 4, 0, "ppt/presentation.xml", "slides", COPY_TEXTS },
	{ "PK\x03\x04", 4, 0, "[Content_Types].xml", "an Office document", SHEET },
	{ "PK\x03\x04", 4, 0, "opendocument.spreadsheet", "an ODF spreadsheet", SHEET },
	{ "PK\x03\x04", 4, 0, "opendocument.", "an ODF document", COPY_TEXTS },
	{ "PK\x03\x04", 4, 0, ".npy", "NumPy arrays", "export their texts as JSONL" },
	{ "PK\x03\x04", 4, 0, NULL, "a zip archive",
	  "unzip '%s', and name the files in it" },
	{ "PK\x05\x06", 4, 0, NULL, "an empty zip archive", "there is nothing in it" },
	{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0, NULL, "an old Excel sheet", SHEET },
	{ "\x93NUMPY", 6, 0, NULL, "a NumPy array", "export its texts as JSONL" },
	{ "\x89HDF\r\n\x1a\n", 8, 0, NULL, "an HDF5 file",
	  PANDAS("read_hdf('%s')", TO_JSONL) },
	{ "SQLite format 3", 16, 0, NULL, "an SQLite database",
	  "sqlite3 -header -csv '%s' 'SELECT * FROM TABLE' >NEW.csv" },
	{ "7z\xbc\xaf\x27\x1c", 6, 0, NULL, "a 7z archive",
	  "7z x '%s', and name the files in it" },
	{ "Rar!\x1a", 5, 0, NULL, "a RAR archive", "unrar x '%s', and name the files in it" },
	{ "ustar", 5, 257, NULL, "a tar archive", "tar xf '%s', and name the files in it" },
	{ "%PDF-", 5, 0, NULL, "a PDF", COPY_TEXTS },
	{ "version https://git-lfs.github.com/spec/", 40, 0, NULL,
	  "a pointer of Git LFS, not the file itself", "git lfs pull fetches it" },
	{ "<!DOCTYPE html", 14, 0, NULL, "a web page", "download the file it shows" },
	{ "<!doctype html", 14, 0, NULL, "a web page", "download the file it shows" },
	{ "<html", 5, 0, NULL, "a web page", "download the file it shows" },
	{ "<?xml", 5, 0, NULL, "XML", PANDAS("read_xml('%s')", TO_JSONL) },
};

/* Protocols 2 to 5 say so first; no UTF-8 begins with that byte. */
static bool is_pickle(const char *p, size_t n)
{
	return n > 2 && p[0] == '\x80' && p[1] >= 2 && p[1] <= 5;
}

/* UTF-16 without a BOM: every other byte of Latin text is zero. */
static bool has_zero_stripes(const char *p, size_t n)
{
	size_t zeros[2] = { 0, 0 };

	if (n > 4096)
		n = 4096;
	for (size_t i = 0; i < n; i++)
		zeros[i & 1] += p[i] == '\0';
	if (n < 16)
		return false;
	return (zeros[0] > n / 5 && zeros[1] <= n / 50) ||
	       (zeros[1] > n / 5 && zeros[0] <= n / 50);
}

/* A name that means something to a shell or to Python is not put into a line. */
static const char *as_word(const char *path)
{
	return strpbrk(path, "'\"\\$`\n") ? "FILE" : path;
}

static enum status refuse(const char *path, const char *name, const char *advice,
			  struct err *err)
{
	struct buf b;
	const char *file;

	buf_init(&b);
	for (; (file = strstr(advice, "%s")); advice = file + 2) {
		buf_add(&b, advice, (size_t)(file - advice));
		buf_adds(&b, as_word(path));
	}
	buf_adds(&b, advice);
	err_set(err, ST_INVALID, "looks like %s: '%s': %s", name, path, buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

static bool fits(const struct kind *k, const char *p, size_t n)
{
	if (n < k->at + k->n || memcmp(p + k->at, k->bytes, k->n))
		return false;
	return !k->inside || memmem(p, n, k->inside, strlen(k->inside));
}

enum status looks_check(const char *path, const char *p, size_t n, struct err *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (fits(&kinds[i], p, n))
			return refuse(path, kinds[i].name, kinds[i].advice, err);
	if (is_pickle(p, n))
		return refuse(path, "a Python pickle", "if you trust it, "
			      PANDAS("DataFrame(p.read_pickle('%s'))", TO_JSONL), err);
	if (has_zero_stripes(p, n))
		return refuse(path, "UTF-16 text",
			      "iconv -f UTF-16LE -t UTF-8 '%s' >NEW (or UTF-16BE)", err);
	return ST_OK;
}
