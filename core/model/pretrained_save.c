/*
 * pretrained_save.c - tensors by their names, and what is left by ours.
 */
#include "model/pretrained_save.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "model/adapter.h"
#include "model/pretrained_classes.h"
#include "model/pretrained_own.h"

struct saving {
	const struct model *m;
	const struct param_set *ps;
	const struct pretrained_what *what;
	const struct family *family;
	const struct pretrained_class *class;
	struct arena arena;        /* names, and numbers that are not as ours */
	struct st_entry *entry;
	int n;
	size_t cap;
	bool *written;             /* [ps->n] */
	int merged;                /* matrices */
};

/* --- one tensor --- */

/* The pattern with the layer's number in place of %d. */
static void name_of(const char *pattern, int layer, char out[PARAM_NAME])
{
	const char *at = strstr(pattern, "%d");

	if (at)
		str_format(out, PARAM_NAME, "%.*s%d%s", (int)(at - pattern), pattern, layer,
			   at + 2);
	else
		str_copy(out, PARAM_NAME, pattern);
}

static const char *kept(struct saving *s, const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(arena_alloc(&s->arena, n), text, n);
}

static void put(struct saving *s, const char *name, int n_dims, int64_t rows, int64_t cols,
		const float *data)
{
	struct st_entry e = { .name = kept(s, name), .dtype = ST_F32,
			      .n_dims = n_dims, .data = data,
			      .bytes = (size_t)(rows * cols) * sizeof *data };

	e.dim[0] = n_dims == 2 ? rows : cols;
	e.dim[1] = cols;
	ARRAY_GROW(s->entry, s->n, s->cap);
	s->entry[s->n++] = e;
}

static bool is_matrix(const struct param *p)
{
	return p->flags & (PARAM_DENSE | PARAM_ROWS);
}

static float *room(struct saving *s, size_t n)
{
	return arena_alloc(&s->arena, n * sizeof(float));
}

static const float *transposed(struct saving *s, const float *x, int rows, int cols)
{
	float *out = room(s, (size_t)rows * (size_t)cols);

	for (int i = 0; i < rows; i++)
		for (int k = 0; k < cols; k++)
			out[(size_t)k * (size_t)rows + (size_t)i] =
				x[(size_t)i * (size_t)cols + (size_t)k];
	return out;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && str_eq(name + n - k, end);
}

/* Is it added to the residual stream of a gpt (pretrained_save.h)? */
static bool is_added(const char *ours)
{
	static const char *const end[] = { "embed.position", "attention.out.weight",
					   "attention.out.bias", "feed.down.weight",
					   "feed.down.bias" };

	for (size_t i = 0; i < sizeof end / sizeof *end; i++)
		if (ends_in(ours, end[i]))
			return true;
	return false;
}

static const float *unscaled(struct saving *s, const char *ours, const float *x, size_t n)
{
	float by = (float)s->m->cfg.table_scale, *out;

	if (!s->m->trunk->decoder || !(by < 1 || by > 1) || !is_added(ours))
		return x;
	out = room(s, n);
	for (size_t i = 0; i < n; i++)
		out[i] = x[i] / by;
	return out;
}

/* The parameter's values with what adapts them. */
static const float *merged(struct saving *s, int p)
{
	int task = s->what->head ? s->what->head->task : PARAM_SHARED;
	float *out;

	if (!s->m->n_adapted || !is_matrix(&s->ps->p[p]))
		return param_value(s->ps, p);
	out = room(s, param_count(s->ps, p));
	if (!adapter_merge(s->m, s->ps, task, p, out, s->written))
		return param_value(s->ps, p);
	s->merged += !s->written[p]; /* of several parts the first */
	return out;
}

/* Ours under the task's prefix where it is the task's own; -1: there is none. */
static int find(const struct saving *s, const char *ours)
{
	const struct pretrained_task *t = s->what->head;
	char own[PARAM_NAME];
	int p = param_find(s->ps, ours);

	if (p >= 0 || !t)
		return p;
	str_format(own, sizeof own, "tasks.%s.%s", s->m->task[t->task].name, ours);
	return param_find(s->ps, own);
}

/* q, k or v where they are three of ours; `ours` names the one that they would be. */
static int find_part(const struct saving *s, const char *ours, enum how how)
{
	const char *at = strstr(ours, ".qkv.");
	char name[PARAM_NAME];

	if (!at || how < PART_Q)
		return -1;
	str_format(name, sizeof name, "%.*s.%c.%s", (int)(at - ours), ours,
		   "qkv"[how - PART_Q], at + 5);
	return find(s, name);
}

/* False: we have no such parameter. */
static bool put_row(struct saving *s, const struct name_row *row, int layer,
		    const char *prefix)
{
	char ours[PARAM_NAME], theirs[PARAM_NAME], name[2 * PARAM_NAME];
	const struct param *p;
	const float *x;
	int at, rows, cols;
	bool is_part = row->how >= PART_Q;

	name_of(row->ours, layer, ours);
	name_of(row->theirs, layer, theirs);
	at = find(s, ours);
	if (at < 0 && is_part) {
		at = find_part(s, ours, row->how);
		is_part = false;
	}
	if (at < 0)
		return false;
	p = &s->ps->p[at];
	rows = p->rows;
	cols = p->cols;
	x = merged(s, at);
	if (is_part && is_matrix(p))
		rows /= 3;
	else if (is_part)
		cols /= 3;
	if (is_part)
		x += (size_t)(row->how - PART_Q) * (size_t)rows * (size_t)cols;
	x = unscaled(s, ours, x, (size_t)rows * (size_t)cols);
	str_format(name, sizeof name, "%s%s", prefix, theirs);
	if (row->how == TRANSPOSED)
		put(s, name, 2, cols, rows, transposed(s, x, rows, cols));
	else
		put(s, name, is_matrix(p) ? 2 : 1, rows, cols, x);
	s->written[at] = true;
	return true;
}

/* --- the trunk --- */

static bool has_layers(const struct name_row *row)
{
	return strstr(row->ours, "%d") != NULL;
}

/* A class has one trunk: layers of a task's own want to know of which. */
static enum status need_task(const struct saving *s, struct err *err)
{
	const struct model_config *c = &s->m->cfg;

	if (!s->what->head && c->adapter == ADAPTER_LORA && !c->adapter_of_all)
		return err_set(err, ST_INVALID, "each task has adapters of its own: --task "
			       "says whose are merged into the trunk");
	if (c->shared_layers == c->layers || s->what->head)
		return ST_OK;
	return err_set(err, ST_INVALID, "the layers from %d on are each task's own: --task "
		       "says whose", s->m->cfg.shared_layers);
}

static void put_trunk(struct saving *s, bool with_prefix)
{
	const char *prefix = with_prefix ? s->family->prefix : "";

	for (const struct name_row *row = s->family->trunk; row->ours; row++) {
		int n = has_layers(row) ? s->m->cfg.layers : 1;

		for (int i = 0; i < n; i++)
			put_row(s, row, i, prefix);
	}
}

/* --- the head --- */

static bool keeps_units(const struct saving *s)
{
	const struct pretrained_task *t = s->what->head;

	return t && head_of(s->m->trunk, s->m->task[t->task].kind)->keeps_units;
}

/* NULL: the class has it. */
static const char *why_no_head(const struct saving *s)
{
	const struct pretrained_task *t = s->what->head;

	if (s->m->trunk->decoder)
		return NULL; /* it says its answers: the language model is the head */
	if (head_of(s->m->trunk, s->m->task[t->task].kind)->writes)
		return "a decoder of ours has no class there";
	if (head_of(s->m->trunk, s->m->task[t->task].kind)->says_pieces)
		return "a head for hidden pieces is written with no class";
	if (keeps_units(s))
		return t->has_sentences ? "no class there keeps sentences" : NULL;
	if (s->m->cfg.pool != POOL_FIRST)
		return "no class there takes the mean over tokens (model.pool first has one)";
	if (!s->family->head_hidden || s->m->cfg.head_act != s->class->head_act)
		return "its class there has another activation in the head";
	return NULL;
}

/* A number's last layer says (y - mean) / scale: theirs says y. */
static const float *in_unit(struct saving *s, const float *x, int n, bool is_bias)
{
	const struct pretrained_task *t = s->what->head;
	float *out;

	if (t->labels)
		return x;
	out = room(s, (size_t)n);
	for (int i = 0; i < n; i++)
		out[i] = (float)((double)x[i] * t->scale + (is_bias ? t->mean : 0));
	return out;
}

static void put_head_part(struct saving *s, const char *part, const char *theirs,
			  const char *prefix, bool is_last)
{
	for (int bias = 0; bias < 2; bias++) {
		char ours[PARAM_NAME], name[PARAM_NAME];
		const char *end = bias ? "bias" : "weight";
		const struct param *p;
		const float *x;
		int at;

		str_format(ours, sizeof ours, "head.%s.%s", part, end);
		str_format(name, sizeof name, "%s%s.%s", prefix, theirs, end);
		at = find(s, ours);
		p = &s->ps->p[at];
		x = param_value(s->ps, at);
		put(s, name, bias ? 1 : 2, p->rows, p->cols,
		    is_last ? in_unit(s, x, p->rows * p->cols, bias) : x);
		s->written[at] = true;
	}
}

/*
 * A piece's two logits, to drop it and to keep it, of which a softmax is our sigmoid where
 * the first is 0.
 */
static void put_units_head(struct saving *s)
{
	for (int bias = 0; bias < 2; bias++) {
		int at = find(s, bias ? "head.out.bias" : "head.out.weight");
		int n = s->ps->p[at].cols;
		float *both = room(s, 2 * (size_t)n);

		memset(both, 0, (size_t)n * sizeof *both);
		memcpy(both + n, param_value(s->ps, at), (size_t)n * sizeof *both);
		if (bias)
			put(s, "classifier.bias", 1, 1, 2 * n, both);
		else
			put(s, "classifier.weight", 2, 2, n, both);
		s->written[at] = true;
	}
}

static void put_head(struct saving *s)
{
	const struct family *f = s->family;

	if (s->m->trunk->decoder)
		return;
	if (keeps_units(s)) {
		put_units_head(s);
		return;
	}
	put_head_part(s, "hidden", f->head_hidden, f->hidden_has_prefix ? f->prefix : "",
		      false);
	put_head_part(s, "out", f->head_out, "", true);
}

/* --- files --- */

static enum status save(const struct saving *s, const char *folder, const char *name,
			struct err *err)
{
	static const char *const meta[] = { "format", "pt", NULL };
	char path[PATH_MAX];

	if (!str_format(path, sizeof path, "%s/%s", folder, name))
		return err_set(err, ST_INVALID, "%s: the path is too long", folder);
	return safetensors_save(path, s->entry, s->n, meta, err);
}

/* What has no class there, by our names. */
static enum status save_rest(struct saving *s, const char *folder,
			     struct pretrained_saved *out, struct err *err)
{
	s->n = 0;
	for (int i = 0; i < s->ps->n; i++) {
		const struct param *p = &s->ps->p[i];

		if (s->written[i])
			continue;
		put(s, p->name, is_matrix(p) ? 2 : 1, p->rows, p->cols,
		    param_value(s->ps, i));
		buf_addf(&out->names, "%s\n", p->name);
	}
	out->ours = s->n;
	return s->n ? save(s, folder, "tutti.safetensors", err) : ST_OK;
}

static enum status save_theirs(struct saving *s, const char *folder,
			       struct pretrained_saved *out, struct err *err)
{
	bool is_lm = s->m->trunk->decoder != NULL;
	enum status st = need_task(s, err);

	if (st)
		return st;
	if (s->what->head)
		out->why = why_no_head(s);
	out->has_head = s->what->head && !out->why;
	out->class_name = !out->has_head && !is_lm ? s->class->alone :
			  keeps_units(s) && !is_lm ? s->class->with_tokens :
						     s->class->with_head;
	put_trunk(s, out->has_head || is_lm);
	if (out->has_head)
		put_head(s);
	out->merged = s->merged;
	out->theirs = s->n;
	out->lacks_adapters = s->m->cfg.adapter && s->m->cfg.adapter != ADAPTER_LORA;
	st = save(s, folder, "model.safetensors", err);
	if (!st)
		st = pretrained_config_save(folder, s->class, s->m, s->what, out, err);
	return st;
}

enum status pretrained_save(const char *folder, const struct model *m,
			    const struct param_set *ps, const struct pretrained_what *what,
			    struct pretrained_saved *out, struct err *err)
{
	struct saving s = { .m = m, .ps = ps, .what = what };
	enum status st = ST_OK;

	*out = (struct pretrained_saved){ 0 };
	buf_init(&out->names);
	arena_init(&s.arena);
	s.written = xcalloc((size_t)ps->n + 1, sizeof *s.written);
	s.class = pretrained_class_of(m, &out->why);
	if (s.class) {
		s.family = family_find(s.class->family, err);
		st = save_theirs(&s, folder, out, err);
	}
	if (!st)
		st = save_rest(&s, folder, out, err);
	xfree(s.written);
	xfree(s.entry);
	arena_release(&s.arena);
	return st;
}

void pretrained_saved_release(struct pretrained_saved *s)
{
	buf_release(&s->names);
}
