/*
 * guess_own.h - how kinds of tasks judge the columns of a file: for guess.c and
 * kind_*.c. A mark adds up what speaks for a column in a part; below 1 it cannot
 * play it. Everybody else includes guess.h.
 */
#ifndef TUTTI_DATA_GUESS_OWN_H
#define TUTTI_DATA_GUESS_OWN_H

#include "data/guess.h"

enum { GUESS_NEVER = -100 };
enum guess_part { PART_TEXT, PART_LABEL, PART_NUMBER, PART_SOURCE, PART_SUMMARY, PART_OTHER,
		  PARTS };

struct looking {
	const struct sample *s;
	bool header;
	int text[SAMPLE_COLUMNS]; /* marks as PART_TEXT */
	struct guess *g;
};

/* NULL: columns have no names. */
const char *guess_name_of(const struct looking *l, int column);
/* What the column's name says for a part. */
int guess_name_mark(const struct looking *l, int column, enum guess_part part);
/*
 * What speaks for a column as a label or a number whatever its values mean: its name and
 * place, that it is filled, and that no value stands in more than `most` of its rows.
 */
int guess_target_mark(const struct looking *l, int column, enum guess_part part,
		      double most);
/* As a text that somebody wrote: PART_TEXT or PART_SOURCE. */
int guess_text_mark(const struct looking *l, int column, enum guess_part part);

bool guess_is_numeric(const struct sample_column *c);
bool guess_is_index(const struct sample_column *c); /* counts rows, or names them */
bool guess_has_lists(const struct sample_column *c);
bool guess_is_filled(const struct sample_column *c); /* has hardly an empty value */
bool guess_is_many(const struct sample_column *c);  /* mostly of different values */
/* Two texts of a pair by their names, in either order. */
bool guess_are_pair(const struct looking *l, int a, int b);

void guess_say_column(const struct looking *l, int column, char out[64]);
/*
 * A reading with the target in a column and the likeliest text, or pair of texts,
 * beside it; `what` tells of the target's values.
 */
void guess_add_labelled(struct looking *l, enum task_kind kind, int target, int mark,
			const char *what);
void guess_add(struct looking *l, const struct guess_task *t, int mark);

#endif
