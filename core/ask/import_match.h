/*
 * import_match.h - which dev row an object of a file of predictions is of. Internal to
 * import.c; import.h says by what.
 */
#ifndef TUTTI_ASK_IMPORT_MATCH_H
#define TUTTI_ASK_IMPORT_MATCH_H

#include "ask/import.h"
#include "base/json.h"

/* A row of a data set by what it is looked up by. */
struct match_key {
	struct hash key;
	uint64_t row;
};

struct match_index {
	struct match_key *k; /* [n], by key, then row */
	uint64_t n;
};

struct matcher {
	enum import_by by;
	const struct plan_task *plan;
	const struct dataset *dev;
	const char *text, *pair; /* members that hold the texts; pair NULL: none */
	struct match_index rows; /* of dev; by line or text */
	struct match_index others; /* of train, where dev is a share of its file */
	uint64_t next;           /* by order: the row of the next object */
};

/* From the first of `lines` objects; borrows the session. */
enum status match_begin(struct matcher *m, const struct session *s, int task,
			const struct json *first, size_t lines, struct err *err);
/*
 * `said` [rows]: not 0 where a row has been said already; of several rows with one text
 * the first that has not. ST_END: it is of a row of the train share. ST_INVALID: of
 * none, or it does not say. Messages begin with the cause.
 */
enum status match_row(struct matcher *m, const struct json *object, const size_t *said,
		      uint64_t *row, struct err *err);
/* Are the objects matched by this member? */
bool match_uses(const struct matcher *m, const char *key);
void match_release(struct matcher *m);

#endif
