/*
 * kind.h - what one kind of model brings, and how it declares its parameters.
 * For core/model alone.
 *
 * A kind is one row: how parameters are declared and three forward passes.
 * Everything that all kinds share (checks, random weights, losses of
 * classification and regression, the search for summaries) is model.c's and
 * search.c's. A new kind is a new file and a line in model.c's table.
 */
#ifndef TUTTI_MODEL_KIND_H
#define TUTTI_MODEL_KIND_H

#include "model/model.h"
#include "model/search.h"

struct model_kind {
	const char *name;
	/* Declares every parameter (build.h) and returns the kind's own data. */
	void *(*declare)(struct model *m, struct param_set *ps);
	void (*release)(void *own);
	/*
	 * Logits [B, n_labels], or the normalised number [B, 1]. *embedded (NULL:
	 * not wanted) gets the rows [N, C] that enter the first layer.
	 */
	struct ten *(*scores)(const struct model *m, struct tape *t,
			      const struct batch *b, float p_drop,
			      struct ten **embedded);
	/* Of those rows what the tokens themselves bring: [N, C]. */
	struct ten *(*tokens)(const struct model *m, struct tape *t,
			      const struct batch *b);
	/* Over the counted target pieces. */
	struct loss (*summary_loss)(const struct model *m, struct tape *t,
				    const struct batch *b, float p_drop);
	/*
	 * Runs the search to its end. each [T] (NULL: not wanted) gets the
	 * plain loss of every target token.
	 */
	void (*generate)(const struct model *m, struct tape *t,
			 const struct batch *b, struct search *s, double *each);
};

/* Random weights of one parameter: normal with this mean and deviation. */
struct init {
	float mean, dev;
};

struct model {
	struct model_config cfg;
	const struct model_kind *kind;
	int n_tasks;
	struct model_task *task; /* [n_tasks] */
	size_t n_init, cap_init;
	struct init *init;       /* [parameters], in the order declared */
	void *own;               /* the kind's */
};

extern const struct model_kind kind_transformer;

#endif
