/*
 * store_copy.h - what a run's store has up to one of its states, put into the store of
 * a run that begins from there.
 */
#ifndef TUTTI_STORE_STORE_COPY_H
#define TUTTI_STORE_STORE_COPY_H

#include "store/store.h"

/*
 * Figures that stand up to `step`, and the journal that led to the state whose last entry
 * is `seq`: with their numbers, but without what went back. Facts as they are, but for those
 * of this run alone. `to` is new; all of it at once.
 */
enum status store_copy(struct store *from, struct store *to, int64_t step, int64_t seq,
		       struct err *err);

#endif
