/*
 * machine.h - what a run's bits depend on beside its plan and journal: the
 * build, the BLAS core and the instruction set. Recorded with the run.
 */
#ifndef TUTTI_RUN_MACHINE_H
#define TUTTI_RUN_MACHINE_H

#include <stdbool.h>

#include "run/store.h"

/* Facts "version", "build", "blas", "isa". */
enum status machine_record(struct store *s, struct err *err);
/* As recorded, and in all sessions so far? */
bool machine_same(struct store *s);
/* Notes (fact "mixed") that the run goes on on something else. */
enum status machine_compare(struct store *s, struct err *err);

#endif
