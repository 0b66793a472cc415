/*
 * init_own.h - what the files of the init share. Everybody else includes init.h.
 */
#ifndef TUTTI_RUNDIR_INIT_OWN_H
#define TUTTI_RUNDIR_INIT_OWN_H

#include "rundir/init.h"

/*
 * What became of every parameter: a line for each name, or for what several names begin
 * with up to a dot.
 */
struct init_taken {
	int taken, begun; /* begun: model_take_trunk() */
	bool *is_fresh; /* [parameters] of the session: which have nothing of the init */
	struct buf fresh, unused;
	const char *head_why; /* a folder's: why its head is none of ours; NULL: it is one */
};

/* init_run.c: "run:NAME" with "@STEP" or without. */
bool init_is_run(const char *text);
enum status init_run_open(const char *runs, const char *text, const char *folder,
			  struct plan_base *base, struct err *err);
/* Of the text in full: the checkpoint's folder. */
enum status init_run_find(const char *text, char checkpoint[PATH_MAX], struct err *err);
enum status init_run_start(struct session *s, struct init_taken *t, char hash[HASH_TEXT],
			   struct err *err);

/* init_folder.c: a folder from elsewhere. */
enum status init_folder_open(const char *text, const char *folder, struct plan_base *base,
			     struct err *err);
enum status init_folder_start(struct session *s, struct init_taken *t,
			      char hash[HASH_TEXT], struct err *err);

/* base->fields as this plan would be written. */
void init_put_fields(const struct plan *p, struct plan_base *base);

#endif
