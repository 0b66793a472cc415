/*
 * survey.h - a look through a split as training will read it, before there is a
 * vocabulary: the same rows, the same reasons, the same refusals.
 */
#ifndef TUTTI_DATA_SURVEY_H
#define TUTTI_DATA_SURVEY_H

#include "data/dataset.h"

enum { SURVEY_NONE = 10 };

struct survey {
	struct row_report report;
	uint64_t n;           /* good rows */
	uint64_t none[SURVEY_NONE]; /* of them with a label that may mean none: "-", "NA" */
	uint64_t bare;        /* of them without a label, where a set may be empty */
	uint64_t headers, header_line; /* rows that name the columns; the first one */
	struct hash content;  /* of the file */
	uint64_t *text;       /* [n] hashes of their texts, sorted */
	size_t cap;
};

/*
 * ST_INVALID as dataset_open has it, but for texts that a tokenizer finds empty.
 * Memory: 8 bytes a row. `out` is released by survey_release, also on failure.
 */
enum status survey_read(const struct dataset_spec *spec, struct progress *pg,
			struct survey *out, struct err *err);
void survey_release(struct survey *s);
/* Rows of `dev` whose text (or pair) is that of a row of `train` (text/normal.h). */
uint64_t survey_common(const struct survey *train, const struct survey *dev);
/*
 * What a person should know of a pair of splits, a line each, "" for nothing: dev
 * rows that were trained on, rows without a label, labels that mean none. `dev`
 * may be NULL. Appends.
 */
void survey_warn(const struct survey *train, const struct survey *dev, struct buf *out);

#endif
