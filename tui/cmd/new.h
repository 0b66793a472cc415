/*
 * new.h - what the files of `tutti new` share: the given files as sets of train
 * and dev rows, and what is known of each set's task.
 */
#ifndef TUTTI_TUI_NEW_H
#define TUTTI_TUI_NEW_H

#include "data/guess.h"
#include "opts.h"
#include "plan/draft.h"

struct new_file {
	char path[PATH_MAX];
	struct sample *sample;
	struct guess guess;
	enum guess_role role;
	char name[GUESS_NAME];
	struct buf key;
	bool taken;
};

/* Files that belong together; indices into the files, or -1. */
struct new_set {
	char name[GUESS_NAME];
	int train;
	int n_held;              /* dev files, then test files */
	int held[OPTS_ARGS];
};

struct new_files {
	int n, n_sets;
	struct new_file file[OPTS_ARGS];
	struct new_set set[OPTS_ARGS];
};

/*
 * Looks at every file and sorts them into sets; says what it left out. A folder with
 * "train" and its like in it stands for these.
 */
enum status new_files_read(struct new_files *f, const struct opts *o, struct err *err);
void new_files_release(struct new_files *f);

/*
 * One task of a set, for the plan in `folder`. A dev or test file without the
 * task's columns is left out, with a word.
 */
enum status new_draft(const struct new_files *f, const struct new_set *set,
		      const struct guess_task *g, const char *folder,
		      struct draft_task *out, struct err *err);

/* --set of kind, header and columns. ST_INVALID: one that is neither nor a plan's field. */
enum status new_check_settings(const struct opts *o, struct err *err);
bool new_has_settings(const struct opts *o); /* of kind or columns */
enum status new_set_header(const struct opts *o, struct new_file *f, struct err *err);
enum status new_apply_settings(const struct opts *o, const struct new_file *f,
			       struct guess_task *g, struct err *err);
/* The model's kind and decoder, where they are said; borrowed from the options. */
/* What --set KEY=VALUE says; NULL: nothing. Borrowed. */
const char *new_setting(const struct opts *o, const char *key);
void new_set_model(const struct opts *o, struct draft_sizes *s);

/* --init: what it is; not given: nothing of it. Released, always. */
struct new_init {
	bool is_given;
	struct plan_base base;
	struct draft_init draft;
	char text[PATH_MAX];
	int places;              /* of its position table; 0: it has none */
};
enum status new_init_open(const struct opts *o, const char *folder, struct new_init *in,
			  struct err *err);
/* Sets the task's room for a text, once it is known what writes. */
void new_init_room(const struct new_init *in, const struct draft_sizes *s,
		   struct draft_task *t);
void new_init_release(struct new_init *in);

/* "classify 'label' by the text 'sentence'", made harmless. */
void new_describe(const struct new_file *f, const struct guess_task *g, struct buf *out);
/* "about 67,500 rows" of a big file, "872 rows" of one looked through. */
void new_rows(const struct new_file *f, struct buf *out);
/* A column's name in quotes, made harmless, or "column 3". */
void new_name(const struct new_file *f, int column, struct buf *out);
/* Appends the columns' names, or their numbers and a value. */
void new_columns(const struct new_file *f, struct buf *out);

/*
 * Reads what the plan's tasks will be trained on; says what was skipped and why,
 * and what a person should know. A step of numbers that does not fit them becomes one
 * that does, unless `o` sets it. ST_INVALID: training would refuse it.
 */
enum status new_survey(struct plan *p, const struct opts *o, struct err *err);
/* A task that the plan gets, or may get. */
struct new_line {
	int set;
	char name[GUESS_NAME];
	struct guess_task g;       /* columns that are not known yet: -1 */
	bool is_in;
};
/*
 * Shows the tasks as a table until it is taken as it stands; what goes in has all
 * its columns then. ST_STOPPED: not confirmed.
 */
enum status new_confirm(const struct new_files *f, struct new_line *line, int n,
			struct err *err);

/* Prints lines, each with its end, behind two blanks. */
void new_say_lines(const char *lines);

/* Asking: false when there is nobody to ask, or the input has ended. */
bool new_can_ask(void);
/* A line into `out`; an empty one is `fallback`. */
bool new_ask(const char *fallback, char *out, size_t cap, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* One of the words in "yes|no|skip"; their first letters will do. */
enum status new_choose(const char *words, const char *fallback, const char *question,
		       int *which, struct err *err);
/* Does the first row name the columns? Only where it leaves that open. */
enum status new_ask_header(struct new_file *f, struct err *err);
/* Another of the readings, or columns said by hand. */
enum status new_ask_which(const struct new_file *f, struct guess_task *g, struct err *err);
enum status new_ask_name(char name[GUESS_NAME], struct err *err);
/* A line that tells the reading and why, behind `before`. */
void new_say_guess(const struct new_file *f, const struct guess_task *g,
		   const char *before);

#endif
