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

enum status pretrained_floats(const struct pretrained *p, int at, float *out,
			      struct err *err)
{
	const struct st_entry *e = tensors_at(p->tensors, at);
	int64_t n = safetensors_numbers(e);
	enum status st = ST_OK;

	safetensors_floats(e, out);
	if (p->lora)
		st = lora_add(p->lora, e, out, err);
	for (int64_t i = 0; i < n && !st; i++)
		if (!isfinite(out[i]))
			st = err_set(err, ST_INVALID, "tensor '%.80s' has a number that is "
				     "not finite, at place %lld", e->name, (long long)i);
	return st;
}

static void copy_transposed(const struct st_entry *e, const float *from, float *to)
{
	size_t rows = (size_t)e->dim[0], cols = (size_t)e->dim[1];

	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < cols; k++)
			to[k * rows + i] = from[i * cols + k];
}

/* Where its n numbers go: a third has its place in the parameter. */
static float *part_of(float *to, enum how how, size_t n)
{
	return to + (how == PART_K ? n : how == PART_V ? 2 * n : 0);
}

/* Into a parameter, or its third. Shapes are checked. */
static enum status take(const struct pretrained *p, int at, enum how how, float *to,
			struct err *err)
{
	const struct st_entry *e = tensors_at(p->tensors, at);
	size_t n = (size_t)safetensors_numbers(e);
	enum status st;
	float *tmp;

	if (how != TRANSPOSED)
		return pretrained_floats(p, at, part_of(to, how, n), err);
	tmp = xreallocarray(NULL, n + 1, sizeof *tmp);
	st = pretrained_floats(p, at, tmp, err);
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
			st = take(p, at, r->how, to, err);
		++*taken;
	}
	return st;
}

/* --- head --- */

/* LABEL_1, as one is called that nobody has named, is a file's 1, too. */
static int label_at(const struct pretrained_info *info, const char *label)
{
	char unnamed[64];

	for (int k = 0; k < info->n_labels; k++)
		if (str_eq(info->labels[k], label))
			return k;
	str_format(unnamed, sizeof unnamed, "LABEL_%.50s", label);
	for (int k = 0; k < info->n_labels; k++)
		if (str_eq(info->labels[k], unnamed))
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

/* Does the task's head read what the folder's reads? */
static bool is_head_alike(const struct pretrained *p, const struct model *m)
{
	return m->cfg.pool == POOL_FIRST && m->cfg.head_act == p->info.cfg.head_act;
}

/* The task that gets the folder's number: the one of its name, else the only one; or -1. */
static int number_task(const struct pretrained *p, const struct model *m)
{
	int only = -1, n = 0;

	if (!p->info.number || !is_head_alike(p, m))
		return -1;
	for (int i = 0; i < m->n_tasks; i++) {
		if (m->task[i].kind != TASK_REGRESS)
			continue;
		if (str_eq(m->task[i].name, p->info.number))
			return i;
		only = i;
		n++;
	}
	return n == 1 ? only : -1;
}

/* Is the task's head the folder's, but for the order of the labels? */
static int *head_rows(const struct pretrained *p, const struct model *m, int task,
		      const char *const *const *labels)
{
	const struct model_task *t = &m->task[task];
	const struct head_kind *head = p->info.is_multilabel ? &head_multilabel : &head_classify;

	if (!p->info.n_labels || head_of(m->trunk, t->kind) != head || !labels || !labels[task] ||
	    !is_head_alike(p, m))
		return NULL;
	return label_rows(&p->info, labels[task], t->n_labels);
}

static enum status take_rows(const struct pretrained *p, int at, const int *row,
			     const struct param *ours, float *to, struct err *err)
{
	const struct st_entry *e = tensors_at(p->tensors, at);
	size_t n = (size_t)safetensors_numbers(e), labels = (size_t)e->dim[0];
	size_t width = n / labels;
	float *tmp = xreallocarray(NULL, n + 1, sizeof *tmp);
	enum status st;

	BUG_IF(n != (size_t)ours->rows * (size_t)ours->cols);
	st = pretrained_floats(p, at, tmp, err);
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
	bool number;    /* its head is the folder's, of one number */
	bool pools;     /* its head begins as BERT's pooler does */
	bool units;     /* its head is the folder's, of words that are kept */
	const char *const *lm;  /* what the parts of the head for masked words are here, or NULL */
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

	return p->pooler[0] >= 0 && head_of(m->trunk, kind)->problem_type &&
	       is_head_alike(p, m);
}

/* Theirs says y, ours (y - mean) / scale. */
static enum status take_number(const struct loading *l, int part, float *to, struct err *err)
{
	const struct st_entry *e = tensors_at(l->p->tensors, l->p->head[part]);
	const struct model_task *t = &l->m->task[l->owner];
	enum status st = take(l->p, l->p->head[part], AS_IS, to, err);

	for (int64_t i = 0; i < safetensors_numbers(e) && !st; i++)
		to[i] = (float)(((double)to[i] - (part == 3 ? t->mean : 0)) / t->scale);
	return st;
}

/* A sigmoid's one row is what KEEP's has over DROP's. */
static enum status load_units(const struct loading *l, const char *name, float *to, int *taken,
			      struct err *err)
{
	int part = str_eq(name, head_part[2]) ? 0 : str_eq(name, head_part[3]) ? 1 : -1;
	enum status st;
	size_t n;
	float *both;
	int at;

	*taken = l->units && part >= 0;
	if (!*taken)
		return ST_OK;
	at = l->p->units[part];
	n = (size_t)safetensors_numbers(tensors_at(l->p->tensors, at)) / 2;
	both = xreallocarray(NULL, 2 * n + 1, sizeof *both);
	st = pretrained_floats(l->p, at, both, err);
	for (size_t i = 0; i < n && !st; i++)
		to[i] = both[n + i] - both[i];
	xfree(both);
	return st;
}

/* --- the head for masked words --- */

static const char *const mlm_part[LM_PARTS] = {
	"head.transform.weight", "head.transform.bias", "head.norm.weight", "head.norm.bias",
	"head.bias",
};
static const char *const writer_part[LM_PARTS] = {
	"decoder.output.transform.weight", "decoder.output.transform.bias",
	"decoder.output.norm.weight", "decoder.output.norm.bias", "decoder.output.bias",
};

/*
 * What becomes of it in the task: a head for masked words over the table that it was
 * trained with, or a decoder's output layer, which is as wide as the trunk. NULL: nothing.
 */
static const char *const *lm_parts(const struct pretrained *p, const struct model *m, int task)
{
	const struct head_kind *head = head_of(m->trunk, m->task[task].kind);

	if (!p->info.has_lm)
		return NULL;
	if (head == &head_mlm)
		return m->cfg.tied ? mlm_part : NULL;
	return head->writes && m->cfg.from_trunk && m->cfg.embed_dim == m->cfg.dim ?
	       writer_part : NULL;
}

static enum status load_lm(const struct loading *l, const char *name, float *to, int *taken,
			   struct err *err)
{
	*taken = 0;
	for (int i = 0; i < LM_PARTS && l->lm; i++)
		if (str_eq(name, l->lm[i])) {
			*taken = 1;
			return take(l->p, l->p->lm[i], AS_IS, to, err);
		}
	return ST_OK;
}

static enum status load_head(const struct loading *l, const struct param *ours,
			     const char *name, float *to, int *taken, struct err *err)
{
	const struct pretrained *p = l->p;

	*taken = 0;
	for (int i = 0; i < HEAD_PARTS; i++) {
		if (!str_eq(name, head_part[i]) ||
		    !(l->row || l->number || (l->pools && i < 2)))
			continue;
		*taken = 1;
		if (!l->row && !l->number)
			return take(p, p->pooler[i], AS_IS, to, err);
		if (i < 2)
			return take(p, p->head[i], AS_IS, to, err);
		if (l->number)
			return take_number(l, i, to, err);
		return take_rows(p, p->head[i], l->row, ours, to, err);
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
	bool head, pooler, lm, units;
};

static bool is_taken(const struct pretrained *p, int at, struct heads took)
{
	for (int i = 0; i < HEAD_PARTS && took.head; i++)
		if ((p->info.n_labels || p->info.number) && p->head[i] == at)
			return true;
	for (int i = 0; i < LM_PARTS && took.lm; i++)
		if (p->lm[i] == at)
			return true;
	if (took.units && (p->units[0] == at || p->units[1] == at))
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
	tell_unused(p, (struct heads){ true, true, true, true }, out);
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
		if (!st && !taken)
			st = load_head(l, ours, name, param_value(ps, i), &taken, err);
		if (!st && !taken)
			st = load_units(l, name, param_value(ps, i), &taken, err);
		if (!st && !taken)
			st = load_lm(l, name, param_value(ps, i), &taken, err);
		if (taken)
			report->taken++;
		report->is_fresh[i] = !taken;
		if (!taken)
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
	struct heads took = { false, false, false, false };

	*report = (struct pretrained_report){ .head_why = p->info.head_why };
	report->is_fresh = xcalloc((size_t)ps->n + 1, sizeof *report->is_fresh);
	buf_init(&report->fresh);
	buf_init(&report->unused);
	if (!st)
		st = load_owner(&l, ps, report, err);
	for (l.owner = 0; l.owner < m->n_tasks && !st; l.owner++) {
		l.row = head_rows(p, m, l.owner, labels);
		l.number = number_task(p, m) == l.owner;
		l.pools = begins_pooled(p, m, l.owner);
		took.head |= l.row || l.number;
		l.lm = lm_parts(p, m, l.owner);
		l.units = p->info.keeps_words && labels && labels[l.owner] &&
			  head_of(m->trunk, m->task[l.owner].kind)->keeps_units;
		took.units |= l.units;
		took.pooler |= l.pools;
		took.lm |= l.lm != NULL;
		st = load_owner(&l, ps, report, err);
		xfree(l.row);
	}
	if (!st)
		tell_unused(p, took, &report->unused);
	return st;
}

void pretrained_report_release(struct pretrained_report *r)
{
	xfree(r->is_fresh);
	buf_release(&r->fresh);
	buf_release(&r->unused);
}
