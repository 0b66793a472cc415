/*
 * pretrained_load.c - the weights of a foreign folder into the parameters of a model.
 *
 * Every parameter looks for itself: a shared one by its name, a copy of a layer that is
 * a task's own by its name without the task's prefix, so that all tasks begin with the
 * same layers. What finds nothing keeps its random values.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/build.h"
#include "model/pretrained_load.h"

/* --- one tensor --- */

static enum status check_finite(const struct st_entry *e, const float *v, struct err *err)
{
	int64_t n = safetensors_numbers(e);

	for (int64_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return err_set(err, ST_INVALID, "tensor '%.80s' has a number that is "
				       "not finite, at place %lld", e->name, (long long)i);
	return ST_OK;
}

static void copy_transposed(const struct st_entry *e, const float *from, float *to)
{
	size_t rows = (size_t)e->dim[0], cols = (size_t)e->dim[1];

	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < cols; k++)
			to[k * rows + i] = from[i * cols + k];
}

/* Into a parameter, or its third. Shapes are checked. */
static enum status take(const struct st_entry *e, enum how how, float *to, struct err *err)
{
	size_t n = (size_t)safetensors_numbers(e);
	enum status st;
	float *tmp;

	if (how != TRANSPOSED) {
		to += how == PART_K ? n : how == PART_V ? 2 * n : 0;
		safetensors_floats(e, to);
		return check_finite(e, to, err);
	}
	tmp = xreallocarray(NULL, n + 1, sizeof *tmp);
	safetensors_floats(e, tmp);
	st = check_finite(e, tmp, err);
	if (!st)
		copy_transposed(e, tmp, to);
	xfree(tmp);
	return st;
}

/* --- trunk --- */

/* "tasks.sum.encoder.3.feed.up.weight" -> "encoder.3.feed.up.weight". */
static const char *base_name(const struct model *m, const struct param *p)
{
	size_t skip;

	if (p->owner == PARAM_SHARED)
		return p->name;
	skip = strlen("tasks.") + strlen(m->task[p->owner].name) + 1;
	return p->name + skip;
}

/* *taken: rows of the family's table that were for it. */
static enum status load_trunk(const struct pretrained *p, const struct param *ours,
			      const char *name, float *to, int *taken, struct err *err)
{
	char theirs[PRETRAINED_NAME];
	enum status st = ST_OK;
	int rows, cols, layer, at;

	*taken = 0;
	for (const struct name_row *r = p->family->trunk; r->ours && !st; r++) {
		if (!family_matches(r->ours, name, &layer))
			continue;
		at = pretrained_find(p, p->prefix, r->theirs, layer, theirs);
		if (at < 0)
			return err_set(err, ST_INVALID, "there is no tensor '%s' for the "
				       "model's %s", theirs, ours->name);
		pretrained_shape(ours, r->how, &rows, &cols);
		st = pretrained_fits(tensors_at(p->tensors, at), rows, cols, err);
		if (!st)
			st = take(tensors_at(p->tensors, at), r->how, to, err);
		++*taken;
	}
	return st;
}

/* --- head --- */

static int label_at(const struct pretrained_info *info, const char *label)
{
	for (int k = 0; k < info->n_labels; k++)
		if (str_eq(info->labels[k], label))
			return k;
	return -1;
}

/*
 * Rows of the folder's head for the labels of ours, in their order; NULL: they are not
 * the same labels. Caller frees.
 */
static int *label_rows(const struct pretrained_info *info, const char *const *labels, int n)
{
	int *row = xcalloc((size_t)n + 1, sizeof *row);
	bool *seen = xcalloc((size_t)n + 1, sizeof *seen), same = n == info->n_labels;

	for (int k = 0; k < n && same; k++) {
		row[k] = label_at(info, labels[k]);
		same = row[k] >= 0 && !seen[row[k]];
		if (same)
			seen[row[k]] = true;
	}
	xfree(seen);
	if (same)
		return row;
	xfree(row);
	return NULL;
}

/* Is the task's head the folder's, but for the order of the labels? */
static int *head_rows(const struct pretrained *p, const struct model *m, int task,
		      const char *const *const *labels)
{
	const struct model_task *t = &m->task[task];

	if (!p->info.n_labels || t->kind != TASK_CLASSIFY || !labels || !labels[task] ||
	    m->cfg.pool != POOL_FIRST || m->cfg.head_act != p->info.cfg.head_act)
		return NULL;
	return label_rows(&p->info, labels[task], t->n_labels);
}

static enum status take_rows(const struct st_entry *e, const int *row, const struct param *ours,
			     float *to, struct err *err)
{
	size_t n = (size_t)safetensors_numbers(e), labels = (size_t)e->dim[0];
	size_t width = n / labels;
	float *tmp = xreallocarray(NULL, n + 1, sizeof *tmp);
	enum status st;

	BUG_IF(n != (size_t)ours->rows * (size_t)ours->cols);
	safetensors_floats(e, tmp);
	st = check_finite(e, tmp, err);
	for (size_t k = 0; k < labels; k++)
		memcpy(to + k * width, tmp + (size_t)row[k] * width, width * sizeof *to);
	xfree(tmp);
	return st;
}

/* One task's share of the folder, or everybody's. */
struct loading {
	const struct pretrained *p;
	const struct model *m;
	int owner;
	int *row;       /* of the head for its labels, or NULL: it is not the folder's */
	bool pools;     /* its head begins as BERT's pooler does */
	bool unmasks;   /* its head is the folder's for masked pieces */
};

static const char *const head_part[HEAD_PARTS] = {
	"head.hidden.weight", "head.hidden.bias", "head.out.weight", "head.out.bias",
};

/*
 * A fresh head begins with BERT's pooler, where there is one: its first layer is the same
 * function, and fine-tuning has it so (Devlin et al. 2019).
 */
static bool begins_pooled(const struct pretrained *p, const struct model *m, int task)
{
	enum task_kind kind = m->task[task].kind;

	return p->pooler[0] >= 0 && (kind == TASK_CLASSIFY || kind == TASK_REGRESS) &&
	       m->cfg.pool == POOL_FIRST && m->cfg.head_act == p->info.cfg.head_act;
}

/* The folder's head for masked pieces, a row at the end without names. */
static const struct name_row *unmasker(const struct pretrained *p)
{
	static const struct name_row none = { NULL, NULL, AS_IS };

	return p->family->unmasker ? p->family->unmasker : &none;
}

/* All of it is there, over a table that is the output layer, too. */
static bool unmasks(const struct pretrained *p, const struct model *m, int task)
{
	const struct name_row *r = unmasker(p);
	char theirs[PRETRAINED_NAME];

	if (m->task[task].kind != TASK_MLM || !m->cfg.tied || !r->ours)
		return false;
	for (; r->ours; r++)
		if (pretrained_find(p, "", r->theirs, 0, theirs) < 0)
			return false;
	return true;
}

static enum status load_unmasker(const struct loading *l, const struct param *ours,
				 const char *name, float *to, int *taken, struct err *err)
{
	char theirs[PRETRAINED_NAME];
	enum status st = ST_OK;

	for (const struct name_row *r = unmasker(l->p); r->ours && !*taken; r++) {
		const struct st_entry *e;

		if (!str_eq(r->ours, name))
			continue;
		e = tensors_at(l->p->tensors, pretrained_find(l->p, "", r->theirs, 0, theirs));
		st = pretrained_fits(e, ours->rows, ours->cols, err);
		if (!st)
			st = take(e, r->how, to, err);
		*taken = 1;
	}
	return st;
}

static enum status load_head(const struct loading *l, const struct param *ours,
			     const char *name, float *to, int *taken, struct err *err)
{
	const struct tensors *t = l->p->tensors;

	*taken = 0;
	for (int i = 0; i < HEAD_PARTS; i++) {
		if (!str_eq(name, head_part[i]) || !(l->row || (l->pools && i < 2)))
			continue;
		*taken = 1;
		if (!l->row)
			return take(tensors_at(t, l->p->pooler[i]), AS_IS, to, err);
		if (i < 2)
			return take(tensors_at(t, l->p->head[i]), AS_IS, to, err);
		return take_rows(tensors_at(t, l->p->head[i]), l->row, ours, to, err);
	}
	return ST_OK;
}

/* --- what was done --- */

/* A line for each part that is fresh: "tasks.sum.decoder", as often as it comes. */
static void tell_fresh(struct buf *b, const struct param *ours, const char *name)
{
	size_t own = (size_t)(name - ours->name) + strcspn(name, ".");
	size_t from = b->len;

	while (from && b->s[from - 1] == '\n')
		from--;
	while (from && b->s[from - 1] != '\n')
		from--;
	if (b->len - from == own + 1 && !memcmp(b->s + from, ours->name, own))
		return;
	buf_add(b, ours->name, own);
	buf_addc(b, '\n');
}

/* Tensors of heads: which were taken. */
struct heads {
	bool head, pooler, unmasker;
};

static bool is_of_unmasker(const struct pretrained *p, int at)
{
	char theirs[PRETRAINED_NAME];

	for (const struct name_row *r = unmasker(p); r->ours; r++)
		if (pretrained_find(p, "", r->theirs, 0, theirs) == at)
			return true;
	return false;
}

static bool is_taken(const struct pretrained *p, int at, struct heads took)
{
	for (int i = 0; i < HEAD_PARTS && took.head; i++)
		if (p->info.n_labels && p->head[i] == at)
			return true;
	if (took.unmasker && is_of_unmasker(p, at))
		return true;
	return p->used[at] || (took.pooler && (p->pooler[0] == at || p->pooler[1] == at));
}

static void tell_unused(const struct pretrained *p, struct heads took, struct buf *b)
{
	for (int i = 0; i < tensors_count(p->tensors); i++) {
		const char *name = tensors_at(p->tensors, i)->name;

		if (!is_taken(p, i, took) && !pretrained_is_buffer(p, name))
			buf_addf(b, "%s\n", name);
	}
}

void pretrained_unused(const struct pretrained *p, struct buf *out)
{
	tell_unused(p, (struct heads){ true, true, false }, out);
}

/* --- all of it --- */

/* What shapes do not show. */
static enum status check_layout(const struct pretrained *p, const struct model *m,
				struct err *err)
{
	const struct model_config *a = &p->info.cfg, *b = &m->cfg;
	const struct {
		const char *name;
		double folder, model;
	} row[] = {
		{ "layers", a->layers, b->layers }, { "heads", a->heads, b->heads },
		{ "position_offset", a->position_offset, b->position_offset },
		{ "act", a->act, b->act }, { "eps", (double)a->eps, (double)b->eps },
		{ "table_scale", a->table_scale, b->table_scale },
		{ "split_qkv", a->split_qkv, b->split_qkv },
		{ "pre-norm", a->pre_norm, b->pre_norm },
	};

	if (!str_eq(a->kind, b->kind))
		return err_set(err, ST_INVALID, "the folder's model is a '%s', not a '%s'",
			       a->kind, b->kind);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (row[i].folder < row[i].model || row[i].folder > row[i].model)
			return err_set(err, ST_INVALID, "the folder's model has %s %g, not %g",
				       row[i].name, row[i].folder, row[i].model);
	return ST_OK;
}

static enum status load_owner(const struct loading *l, struct param_set *ps,
			      struct pretrained_report *report, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < ps->n && !st; i++) {
		const struct param *ours = &ps->p[i];
		const char *name = base_name(l->m, ours);
		int taken = 0;

		if (ours->owner != l->owner)
			continue;
		st = load_trunk(l->p, ours, name, param_value(ps, i), &taken, err);
		if (!st && !taken && l->unmasks)
			st = load_unmasker(l, ours, name, param_value(ps, i), &taken, err);
		if (!st && !taken)
			st = load_head(l, ours, name, param_value(ps, i), &taken, err);
		if (taken)
			report->taken++;
		else
			tell_fresh(&report->fresh, ours, name);
	}
	return st;
}

enum status pretrained_load(const struct pretrained *p, const struct model *m,
			    struct param_set *ps, const char *const *const *labels,
			    struct pretrained_report *report, struct err *err)
{
	enum status st = check_layout(p, m, err);
	struct loading l = { .p = p, .m = m, .owner = PARAM_SHARED };
	struct heads took = { false, false, false };

	*report = (struct pretrained_report){ .taken = 0 };
	buf_init(&report->fresh);
	buf_init(&report->unused);
	if (!st)
		st = load_owner(&l, ps, report, err);
	for (l.owner = 0; l.owner < m->n_tasks && !st; l.owner++) {
		l.row = head_rows(p, m, l.owner, labels);
		l.pools = begins_pooled(p, m, l.owner);
		l.unmasks = unmasks(p, m, l.owner);
		took.unmasker |= l.unmasks;
		took.head |= l.row != NULL;
		took.pooler |= l.pools;
		st = load_owner(&l, ps, report, err);
		xfree(l.row);
	}
	if (!st)
		tell_unused(p, took, &report->unused);
	return st;
}

void pretrained_report_release(struct pretrained_report *r)
{
	buf_release(&r->fresh);
	buf_release(&r->unused);
}
