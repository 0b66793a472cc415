/*
 * eval_row.h - one task's row of an evaluation put into a store, as tests of those
 * who read it want it.
 */
#ifndef TUTTI_TESTS_EVAL_ROW_H
#define TUTTI_TESTS_EVAL_ROW_H

#include "store/store.h"

static inline enum status put_eval_row(struct store *s, const struct eval_row *r)
{
	struct evaluation e = { .row = *r };

	return store_evaluation(s, NULL, &e, 1, 0, NULL);
}

#endif
