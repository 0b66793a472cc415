/*
 * data_own.h - what the files of the data report share among themselves.
 * Everybody else includes data_report.h.
 */
#ifndef TUTTI_LOOK_DATA_OWN_H
#define TUTTI_LOOK_DATA_OWN_H

#include "look/data_report.h"

/* Fills `repeated` and `leaked` of a report. ST_STOPPED. */
enum status data_twins_find(const struct data_book *b, struct progress *pg,
			    struct data_report *out);

/* A row's place in the order of hashes: all that is kept of it. */
struct data_key {
	uint64_t hash, row;
};
_Static_assert(sizeof(struct data_key) == 16, "16 bytes a row, as the header says");

/*
 * By hash, then row; in place: beside the keys it takes a 256th of their memory,
 * more where many hashes agree. ST_STOPPED.
 */
enum status data_keys_sort(struct data_key *k, uint64_t n, struct progress *pg);

#endif
