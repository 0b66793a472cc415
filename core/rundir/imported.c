/*
 * imported.c - is a run one of imported predictions?
 */
#include "rundir/imported.h"

#include <string.h>

#include "base/mem.h"
#include "rundir/run_open.h"

bool imported_is(struct store *s)
{
	char *fact = store_fact(s, IMPORTED_FACT);
	bool is = fact != NULL;

	xfree(fact);
	return is;
}

bool imported_is_run(const char *run)
{
	struct store *s = NULL;
	bool is = !run_store(run, &s, NULL) && imported_is(s);

	store_close(s);
	return is;
}

enum status imported_refuse(const char *run, struct err *err)
{
	return imported_is_run(run) ? imported_no_model(run, err) : ST_OK;
}

enum status imported_no_model(const char *run, struct err *err)
{
	const char *slash = strrchr(run, '/');

	return err_set(err, ST_NOT_FOUND, "'%s' holds imported predictions and no model: it "
		       "can be looked at and compared, not evaluated, asked, resumed or "
		       "replayed", slash && slash[1] ? slash + 1 : run);
}
