/*
 * init_folder.c - a folder as the init of a run.
 */
#include "rundir/init_own.h"

static enum status refuse(const char *text, struct err *err)
{
	return err_set(err, ST_INVALID, "'%.300s' is neither random nor run:NAME", text);
}

enum status init_folder_open(const char *text, const char *folder, struct plan_base *base,
			     struct err *err)
{
	(void)folder;
	(void)base;
	return refuse(text, err);
}

enum status init_folder_start(struct session *s, struct init_taken *t,
			      char hash[HASH_TEXT], struct err *err)
{
	(void)t;
	(void)hash;
	return refuse(s->plan->init, err);
}
