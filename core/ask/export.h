/*
 * export.h - a run's model as a Hugging Face folder: weights and config.json
 * (pretrained_save.h), the tokenizer's files, and a README.md that says what has no class
 * there and lies in a file of its own.
 */
#ifndef TUTTI_ASK_EXPORT_H
#define TUTTI_ASK_EXPORT_H

#include "model/pretrained_save.h"
#include "session/session.h"

/*
 * `task`: whose head and own layers; NULL: the only task's, else none. Nothing of
 * anybody's is written over: the folder must not be there, or be empty. On failure nothing
 * is left. `run` is the name for the README. Release *out in any case.
 */
enum status export_folder(const struct session *s, const char *run, const char *task,
			  const char *folder, struct pretrained_saved *out, struct err *err);

#endif
