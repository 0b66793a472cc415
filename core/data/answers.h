/*
 * answers.h - what the items of a reference or prediction file say.
 *
 * A file has one form: lines as they are; JSON strings (all lines are one: then
 * a \n in them is a line break of the item); or JSON objects, as `predict` writes
 * them and data files hold them, with the answer in one member of all.
 */
#ifndef TUTTI_DATA_ANSWERS_H
#define TUTTI_DATA_ANSWERS_H

#include <stdbool.h>

#include "data/items.h"

enum answer_kind { ANSWER_LABEL, ANSWER_NUMBER, ANSWER_TEXT, ANSWER_KINDS };
enum answer_form { ANSWERS_PLAIN, ANSWERS_STRINGS, ANSWERS_OBJECTS };

struct answers {
	const char *path;       /* borrowed from the items */
	enum answer_form form;
	char field[64];         /* of the objects; "" in the other forms */
	size_t not_string;      /* first line that is none where others are; or 0 */
	size_t n, cap;
	char **text;            /* [n], owned; of items[i] */
};

/*
 * `field` (NULL: none named) is taken where the first object has it, else the one
 * member that is called as this kind of answer is ("label", "summary", ..).
 * Labels and numbers are trimmed and not empty; blank lines at the end are left
 * out, but where lines are plain texts. ST_INVALID with file and line. `out` is
 * released by answers_release also when it failed.
 */
enum status answers_read(const struct items *t, enum answer_kind kind,
			 const char *field, struct answers *out, struct err *err);
void answers_release(struct answers *a);

#endif
