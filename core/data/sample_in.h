/*
 * sample_in.h - between the files of sample.h. Internal.
 */
#ifndef TUTTI_DATA_SAMPLE_IN_H
#define TUTTI_DATA_SAMPLE_IN_H

#include "data/source.h"

/*
 * The format by what stands in the first lines, whatever the name says; where
 * they leave it open, by the name. Refuses what is text but no rows.
 */
enum status sample_format(const char *path, enum source_format *format, uint64_t *size,
			  struct err *err);

#endif
