/*
 * machine.h - what a run's bits depend on beside its plan and journal: the
 * build, the BLAS core, the instruction set and the kernels. Recorded with the run.
 * Products in bfloat16 have the same bits whatever multiplies (tensor/gemm_bf16.h), so no
 * fact says what did.
 */
#ifndef TUTTI_RUNDIR_MACHINE_H
#define TUTTI_RUNDIR_MACHINE_H

#include <stdbool.h>

#include "store/store.h"
#include "tensor/param.h"

/* Facts "version", "build", "blas" (the kernels of products), "isa". */
enum status machine_record(struct store *s, struct err *err);
/* As recorded, and in all sessions so far? */
bool machine_same(struct store *s);
enum { MACHINE_WORDS = 320 };
/*
 * Is this what the run was made with? words: "" or what is another: "products by
 * Tutti AVX2, before by OpenBLAS 0.3.21 Zen; another build". Then the fact "mixed"
 * notes that the run goes on on it.
 */
enum status machine_compare(struct store *s, char words[MACHINE_WORDS],
			    struct err *err);

/*
 * What multiplies in that precision: "Tutti AVX-512", "AMX". Static storage. NULL:
 * nothing does, and no session is made. Slow: slower here than float32.
 */
const char *machine_products(enum precision p);
bool machine_is_slow_in(enum precision p);

#endif
