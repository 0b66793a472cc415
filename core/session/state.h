/*
 * state.h - what a session's state is: one table, a row for each field. The hash, the
 * checkpoint's writer and its reader follow from it, so whatever has a row is hashed,
 * saved and resumed, and nothing else is (test_state_is_whole, test_hash).
 *
 * The hash reads the rows in their order, and tells apart states, not programs: a row
 * that moves, or a new one that always has a value, changes the hash of every run.
 *
 * A row says where the field stands in the session's own structs. A shell is a
 * session of which only such fields are in use: what a checkpoint's reader fills
 * before anything is taken. Trainer thread.
 */
#ifndef TUTTI_SESSION_STATE_H
#define TUTTI_SESSION_STATE_H

#include "mix/mix.h"
#include "session/session.h"

/* The struct that a field stands in, and the object of state.json. */
enum state_scope {
	STATE_SESSION, STATE_MIX,                 /* one of each */
	STATE_PACKING, STATE_CURSOR, STATE_CHANNEL, /* one for each task */
	STATE_SCOPES
};
const char *state_scope_key(enum state_scope s);

enum state_type {
	STATE_I64, STATE_U64, STATE_U32, STATE_REAL, STATE_BOOL,
	STATE_REALS,  /* double[count]; of a file's, those behind the last may lack */
	STATE_METHOD, /* a struct mix_method of the row's role */
	STATE_GUARD,  /* a struct guard: lacks where it is as its own row has it; where it
			 may act it has a memory and is hashed, else no step rests on it */
	STATE_FLOATS, /* float *, in the shape of the parameters */
	STATE_TIMES,  /* int64_t *, one for each parameter */
};
enum state_file { STATE_JSON, STATE_MODEL, STATE_OPTIMIZER,
		  STATE_AVERAGE }; /* of sessions that have one */

struct state_field {
	const char *name;    /* of the key; of the tensors: what comes before their name */
	enum state_scope scope;
	enum state_type type;
	enum state_file file;
	size_t at;           /* in the scope's struct */
	double least, most;  /* a file that says else is damaged */
	enum method_role role;
	int count;           /* STATE_REALS */
	int guard;           /* whose, of STATE_GUARD */
	/*
	 * Stands in hash and file only where it is not what it is without its key: so a
	 * row can be added, and what was written before is read and hashed as ever.
	 */
	bool may_lack;
	double without;
};
extern const struct state_field state_table[];
extern const int state_count;

/* The field in `s`; task: of scopes that each task has, else 0. */
void *state_at(const struct session *s, const struct state_field *f, int task);
/* Of STATE_REALS: how many there are up to the last that is not as without its key. */
int state_reals(const struct state_field *f, const double *x);
/*
 * Has the row numbers of parameter p? Weights are of all, the optimizer's of those alone
 * that may move (PARAM_STILL).
 */
bool state_has_param(const struct state_field *f, const struct param_set *ps, int p);
/* Is the field of a row that may lack what it is without its key? */
bool state_is_lacking(const struct state_field *f, const void *at);

/* 32 hex digits over all state; equal exactly when the states are the same bits. */
void state_hash(const struct session *s, char out[40]);
/* All fields of STATE_JSON; both have as many tasks. */
void state_copy(struct session *to, const struct session *from);

struct session *state_shell(int n_tasks);
void state_shell_free(struct session *s); /* NULL is fine */

#endif
