/*
 * head_extract.c - which units of a text are kept: dropout, a dense layer of one output,
 * a sigmoid, for each unit by itself; the mean of their binary cross-entropies.
 *
 * A word's state is the row of its first piece (Devlin et al. 2019, 5.3, as in
 * BertForTokenClassification, whose two logits differ by ours). A sentence's is the mean
 * of its pieces' rows (as Reimers & Gurevych 2019 have of whole texts), where BertSum puts
 * a [CLS] before each; the layer behind it is Liu 2019's simple classifier, eq. 1. Both
 * are the mean of the rows that the batch names.
 *
 * Names of parameters: head.out.{weight, bias}.
 */
#include <math.h>

#include "model/build.h"
#include "tensor/vmath.h"

struct keeper {
	struct dense out;
};

static enum status check(const struct model *m, const struct model_task *task,
			 struct err *err)
{
	(void)m;
	(void)task;
	(void)err;
	return ST_OK;
}

/* The layer starts small: the first answer says "I do not know". */
static void *declare(struct build *own, const struct model_task *task)
{
	struct build b = build_in(own, "head");
	struct keeper *h = arena_zalloc(&own->m->arena, sizeof *h);

	(void)task;
	h->out = build_dense(&b, "out", 1, own->m->cfg.dim, 0.02);
	return h;
}

/* The rows of all units one behind the other, and where each unit's begin. */
static struct ten *unit_states(struct tape *t, struct ten *x, const struct batch *b)
{
	int units = b->unit_off[b->B], rows = 0;
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);
	int *off = arena_alloc(&t->arena, ((size_t)units + 1) * sizeof *off), *row;

	off[0] = 0;
	for (int u = 0; u < units; u++)
		off[u + 1] = off[u] + b->unit_rows[u];
	row = arena_alloc(&t->arena, ((size_t)off[units] + 1) * sizeof *row);
	for (int u = 0; u < units; u++)
		for (int k = 0; k < b->unit_rows[u]; k++)
			row[rows++] = b->unit_row[u] + k;
	x = op_rows(t, x, row, rows);
	*seq = (struct ragged){ units, off };
	return rows == units ? x : op_pool(t, x, seq, POOL_MEAN);
}

/* Logits [units, 1]. */
static struct ten *scores(const struct model *m, struct tape *t, const struct batch *b,
			  float p_drop, struct ten **embedded)
{
	const struct keeper *h = m->head[b->task];
	struct ten *x = model_rows(m, t, b, p_drop, embedded);

	x = op_dropout(t, unit_states(t, x, b), p_drop);
	return dense_apply(t, x, &h->out, ACT_NONE);
}

/* As sets of one label that a unit has or has not. */
static struct label_sets targets(struct tape *t, const struct batch *b)
{
	int units = b->unit_off[b->B];
	size_t n = (size_t)units + 1;
	int32_t *known = arena_alloc(&t->arena, n * sizeof *known);
	int32_t *label = arena_zalloc(&t->arena, n * sizeof *label);
	int *off = arena_alloc(&t->arena, n * sizeof *off);

	off[0] = 0;
	for (int i = 0; i < b->B; i++)
		for (int u = b->unit_off[i]; u < b->unit_off[i + 1]; u++) {
			known[u] = b->has_kept[i] ? 0 : -1;
			off[u + 1] = off[u] + b->unit_kept[u];
		}
	return (struct label_sets){ known, label, off };
}

static struct loss loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop)
{
	struct label_sets y = targets(t, b);

	if (!b->unit_off[b->B])
		return (struct loss){ .units = 0 };
	return op_binary_cross_entropy(t, scores(m, t, b, p_drop, NULL), &y,
				       m->task[b->task].smoothing, NULL);
}

/* n: the row's pieces, of which each may be a unit's first. */
static double flops(const struct model *m, int task, double n, double t)
{
	(void)task;
	(void)t;
	return 2 * n * m->cfg.dim;
}

void model_units(const struct model *m, struct tape *t, const struct batch *b, float **p,
		 double **loss)
{
	int units = b->unit_off[b->B];
	struct ten *x;

	BUG_IF(!model_head(m, b)->keeps_units);
	*p = arena_alloc(&t->arena, ((size_t)units + 1) * sizeof **p);
	*loss = arena_alloc(&t->arena, ((size_t)units + 1) * sizeof **loss);
	if (!units)
		return;
	x = scores(m, t, b, 0.0f, NULL);
	for (int i = 0; i < b->B; i++)
		for (int u = b->unit_off[i]; u < b->unit_off[i + 1]; u++) {
			double z = (double)x->v[u];

			(*p)[u] = (float)v_sigmoidd(z);
			(*loss)[u] = b->has_kept[i] ? v_softplusd(z) -
						      (b->unit_kept[u] ? z : 0) : (double)NAN;
		}
}

const struct head_kind head_extract = {
	.keeps_units = true,
	.check = check,
	.declare = declare,
	.loss = loss,
	.flops = flops,
};
