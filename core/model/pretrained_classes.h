/*
 * pretrained_classes.h - classes of `transformers`, a row each. For the pretrained_*.c
 * files alone.
 */
#ifndef TUTTI_MODEL_PRETRAINED_CLASSES_H
#define TUTTI_MODEL_PRETRAINED_CLASSES_H

#include "model/pretrained_save.h"

enum { PRETRAINED_DROPOUTS = 3 };

struct pretrained_class {
	const char *family;           /* pretrained_own.h */
	const char *alone, *with_head; /* its classes; of a gpt the language model */
	const char *with_tokens;      /* the one of a head for each piece */
	enum act head_act;
	bool has_offset;              /* places are counted behind the padding's id */
	/* What config.json calls our settings; NULL: it has none. */
	const char *dim, *layers, *heads, *ff, *places, *segments, *embed, *act, *eps;
	const char *dropout[PRETRAINED_DROPOUTS];
};

/* NULL, and why. */
const struct pretrained_class *pretrained_class_of(const struct model *m, const char **why);
enum status pretrained_config_save(const char *folder, const struct pretrained_class *k,
				   const struct model *m,
				   const struct pretrained_what *what,
				   const struct pretrained_saved *saved, struct err *err);

#endif
