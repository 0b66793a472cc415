/*
 * guess.h - from looked-at files to tasks: what the columns are for, which files
 * belong together. Pure: nothing is read here but the counts of sample.h.
 *
 * A column is judged by its values first and by its name second; every guess
 * says how sure it is and why, in words that can be shown.
 */
#ifndef TUTTI_DATA_GUESS_H
#define TUTTI_DATA_GUESS_H

#include <stdbool.h>

#include "data/dataset.h"
#include "data/sample.h"

enum { GUESS_OPTIONS = 6, GUESS_NAME = 32, GUESS_WHY = 200 };

/* One reading of a file. Columns are numbers in the sample; -1: none. */
struct guess_task {
	enum task_kind kind;
	int text, pair, target;
	double sure;              /* 0 to 1; below GUESS_UNSURE it should be asked */
	char why[GUESS_WHY];      /* "'label' has 2 values, 'text' about 9 words" */
};
#define GUESS_UNSURE 0.5

struct guess {
	bool header;              /* of a table: does the first row name columns? */
	double header_sure;
	int n;
	struct guess_task option[GUESS_OPTIONS]; /* the likeliest first; others differ */
};

/* n = 0: nothing in the file can be predicted from a text in it. */
void guess_file(const struct sample *s, struct guess *g);
/* The same with the header known. */
void guess_columns(const struct sample *s, bool header, struct guess *g);

enum guess_role { ROLE_NONE, ROLE_TRAIN, ROLE_DEV, ROLE_TEST };
/*
 * What a file's name says: its part, and the name of what it is a part of, fit
 * for a task: "topics.train.jsonl" is train of "topics", "SST-2/dev.tsv" dev of
 * "sst-2". `key` is the same for the files of one set.
 */
enum guess_role guess_role(const char *path, char name[GUESS_NAME], struct buf *key);

bool guess_is_word(char c); /* a letter or digit of a name, UTF-8 too */

/* How a plan asks for a column: by name, "name#2" or number; `header` of the file. */
void guess_column(const struct sample *s, bool header, int column, char *out,
		  size_t cap);
/* Is there a column of the same name before it? */
bool guess_is_second(const struct sample *s, bool header, int column);
/*
 * The column that a person means by a name, by "name#2" or by a number from 0;
 * -1: there is none; GUESS_SEVERAL: there are several of that name.
 */
enum { GUESS_SEVERAL = -2 };
int guess_find_column(const struct sample *s, bool header, const char *word);

#endif
