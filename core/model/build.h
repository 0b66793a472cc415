/*
 * build.h - the parts that trunks, heads and decoders declare: tables, dense layers
 * and norms. For core/model alone.
 */
#ifndef TUTTI_MODEL_BUILD_H
#define TUTTI_MODEL_BUILD_H

#include "model/kind.h"

/* Where the next parameters go: "PREFIX.name.weight", owned by `owner`. */
struct build {
	struct model *m;
	struct param_set *ps;
	int owner;
	int depth, layer; /* of what comes next: as model_depth(), model_layer() have it */
	bool is_still;    /* it never moves (PARAM_STILL) */
	bool is_adapter;  /* model_is_adapter() */
	char prefix[64];
};

/* Parameter numbers. */
struct dense {
	int w, b; /* [out, in], [1, out] */
};
struct norm {
	int gamma, beta; /* [1, C] each, or as wide as the tables */
};

struct build build_shared(struct model *m, struct param_set *ps);
/* Prefix "tasks.NAME". */
struct build build_task(struct model *m, struct param_set *ps, int task);
/* Same owner, ".fmt" added to the prefix (or fmt alone when it is empty). */
struct build build_in(const struct build *b, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
/* Layer i of the trunk, ".name.i"; its depth goes with it. */
struct build build_layer(const struct build *b, int i, const char *name);
/* What stands below all layers: ".embed". */
struct build build_embed(const struct build *b);
/* What norms the top layer's rows, ".name": above all layers, and the top one's part. */
struct build build_edge(const struct build *b, const char *name);

int build_table(struct build *b, const char *name, int rows, unsigned flags,
		double dev);
/* The table of tokens of a trunk, "PREFIX.token": m->token. */
void build_tokens(struct build *b);
/* [1, n] of zeros. */
int build_vector(struct build *b, const char *name, int n);
/* "PREFIX.name.weight" alone. */
int build_matrix(struct build *b, const char *name, int out, int in, double dev);
struct dense build_dense(struct build *b, const char *name, int out, int in,
			 double dev);
/* Both as those, of few rows or columns (PARAM_THIN). */
int build_thin(struct build *b, const char *name, int out, int in, double dev);
struct dense build_thin_dense(struct build *b, const char *name, int out, int in,
			      double dev);
struct norm build_norm(struct build *b, const char *name);
/* The same two of other widths than dim. */
int build_table_wide(struct build *b, const char *name, int rows, int cols,
		     unsigned flags, double dev);
struct norm build_norm_wide(struct build *b, const char *name, int cols);
/* Deviation of random token tables, and of position and segment tables. */
double build_table_dev(const struct model_config *cfg);
double build_place_dev(const struct model_config *cfg);
/* Glorot & Bengio 2010: sqrt(2 / (in + out)). */
double build_glorot(int in, int out);

/*
 * With cfg.from_trunk: `to` begins as `from`, from its row (of vectors: column) `row` on,
 * where that is as wide; else this says nothing (model_take_trunk). build_as_identity: a
 * square layer begins as one that changes nothing. Each parameter has one origin.
 */
void build_as(struct build *b, int to, int from, int row);
void build_as_dense(struct build *b, struct dense to, struct dense from, int row);
void build_as_norm(struct build *b, struct norm to, struct norm from);
void build_as_sum(struct build *b, int to, int from, int row, int plus);
void build_as_identity(struct build *b, struct dense to);
/* The parameter does not begin at random, though it has no origin in the trunk. */
void build_trained(struct build *b, int p);

struct ten *dense_apply(struct tape *t, struct ten *x, const struct dense *d,
			enum act act);

#endif
