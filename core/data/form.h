/*
 * form.h - what kind of rows a file has, told by its first lines. Internal to
 * the readers; every one of them asks here, so that all read a file alike.
 *
 * The content decides; the name's ending is a hint where the lines leave it
 * open. Lines of comment on top ("# made by ...") are no rows. Nor is "sep=;",
 * which spreadsheets write and read: what it says separates binds.
 */
#ifndef TUTTI_DATA_FORM_H
#define TUTTI_DATA_FORM_H

#include "data/lines.h"
#include "data/source.h"

struct form {
	enum source_format format;  /* never auto */
	bool is_list;               /* of JSON: one list of rows, opened already */
	char delimiter;             /* of a table */
	char decimal;               /* ',' in numbers too, where ';' separates; or '.' */
};

/*
 * `asked` binds, but for what stands between the columns of CSV: ',' ';' '|', a
 * tab, or what a line "sep=" names. Leaves the reader at the first line that is no
 * comment (in one JSON list: behind its bracket), and that is its start from now on.
 * ST_INVALID: text, but no rows that can be told.
 */
enum status form_find(struct lines *r, enum source_format asked, struct form *out,
		      struct err *err);
/*
 * Moves the start past comment lines of a table `width` columns wide: those that
 * begin with '#' and have another width ("#id<tab>text" may be a header).
 */
enum status form_pass_comments(struct lines *r, char delimiter, uint64_t width,
			       struct err *err);

#endif
