/*
 * folder.h - a folder of rows: in it a folder for each class, in that a .txt file
 * for each text ("train/pos/12.txt"). Internal to plain.c.
 *
 * Files are taken in the order of the bytes of "class/file". Hidden names, other
 * endings and folders further down are passed over; so is a class called "unsup"
 * beside others, which is what IMDb calls the texts that have none. As rows of
 * JSON they have "file", "label" and "text", one line each.
 */
#ifndef TUTTI_DATA_FOLDER_H
#define TUTTI_DATA_FOLDER_H

#include <stdbool.h>

#include "data/pour.h"

enum { FOLDER_MOST = 1 << 20, FOLDER_CLASSES = 4096 }; /* texts; classes */
#define FOLDER_BYTES ((uint64_t)64 << 30) /* of all rows */

struct folder {
	const char *path;     /* borrowed */
	char **file;          /* [n], "pos/12.txt", sorted */
	size_t n, cap;
};

bool folder_is_one(const char *path);
/*
 * The files by name. ST_INVALID: no such texts in it, or more than the caps.
 * `out` is released by folder_release, also when it failed.
 */
enum status folder_list(const char *path, struct folder *out, struct err *err);
void folder_release(struct folder *f);
/* One id for all files as they are; *newest is the file that changed last. */
enum status folder_id(const struct folder *f, struct file_id *out, size_t *newest,
		      struct err *err);
enum status folder_pour(const struct folder *f, struct pour *to, struct err *err);
/* Of a row's line as folder_pour writes it: the file's name, not terminated. */
const char *folder_row_file(const char *line, size_t n, size_t *len);

#endif
