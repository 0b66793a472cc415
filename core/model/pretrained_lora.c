/*
 * pretrained_lora.c - see pretrained_lora.h.
 */
#include "model/pretrained_lora.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#define WEIGHTS "adapter_model.safetensors"
#define ABOVE "base_model.model."

/* The two halves of a change; a table's have [r, rows] and [cols, r]. */
static const struct half {
	const char *end;
	bool is_b, is_table;
} halves[] = {
	{ ".lora_A.weight", false, false }, { ".lora_B.weight", true, false },
	{ ".lora_embedding_A", false, true }, { ".lora_embedding_B", true, true },
};

struct change {
	char *module;              /* as the tensors of peft call it */
	const struct st_entry *a, *b;
	bool is_table, is_transposed;
	int rank;
	double scale;
	const struct st_entry *of; /* the model's tensor; borrowed */
};

/* A tensor that stands in place of one of the model's, or beside them. */
struct whole {
	char *name;                /* as the model has it */
	struct st_entry e;
};

struct lora {
	struct lora_config config;
	struct safetensors *file;
	int n, n_whole;
	size_t cap, cap_whole;
	struct change *change;
	struct whole *whole;
	bool keeps_table;
	struct buf text;
};

static bool is_model(const char *folder)
{
	char path[PATH_MAX];

	return str_format(path, sizeof path, "%s/config.json", folder) && file_exists(path);
}

/* The folder that it names: absolute, or beside the adapter's, or from where we stand. */
static enum status find_base(const struct lora *l, const char *folder, char base[PATH_MAX],
			     struct err *err)
{
	const char *name = lora_config_word(&l->config, "base_model_name_or_path");

	if (*name && *name != '/' && str_format(base, PATH_MAX, "%s/%s", folder, name) &&
	    is_model(base))
		return ST_OK;
	if (*name && str_copy(base, PATH_MAX, name) && is_model(base))
		return ST_OK;
	return err_set(err, ST_NOT_FOUND, "it is an adapter of peft (%.200s) for the model "
		       "'%.100s', which is no folder here: say that model's folder as "
		       "base_model_name_or_path in its " LORA_CONFIG, buf_str(&l->text), name);
}

/* --- its tensors --- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && str_eq(s + n - k, end);
}

static struct change *change_of(struct lora *l, const char *module, size_t len)
{
	for (int i = 0; i < l->n; i++)
		if (strlen(l->change[i].module) == len &&
		    !memcmp(l->change[i].module, module, len))
			return &l->change[i];
	ARRAY_GROW(l->change, l->n, l->cap);
	l->change[l->n] = (struct change){ .module = xstrndup(module, len) };
	return &l->change[l->n++];
}

/* Without what peft wraps around a module: "a.base_layer.bias" is "a.bias". */
static bool unwrap(const char *name, const char *wrap, char out[PRETRAINED_NAME])
{
	const char *at = strstr(name, wrap);

	return at && str_format(out, PRETRAINED_NAME, "%.*s%s", (int)(at - name), name,
				at + strlen(wrap));
}

static bool has_tensor(const struct lora *l, const char *name)
{
	char full[PRETRAINED_NAME + sizeof ABOVE];

	str_format(full, sizeof full, ABOVE "%s", name);
	return safetensors_find(l->file, full) || safetensors_find(l->file, name);
}

/* A module that peft has a copy of beside itself is written with both, and plainly. */
static void add_whole(struct lora *l, const struct st_entry *e, const char *name)
{
	char plain[PRETRAINED_NAME];

	if (strstr(name, ".original_module."))
		return;
	if (unwrap(name, ".modules_to_save", plain) && has_tensor(l, plain))
		return;
	if (!unwrap(name, ".modules_to_save", plain) && !unwrap(name, ".base_layer", plain))
		str_copy(plain, sizeof plain, name);
	ARRAY_GROW(l->whole, l->n_whole, l->cap_whole);
	l->whole[l->n_whole++] = (struct whole){ .name = xstrdup(plain), .e = *e };
}

static enum status add_tensor(struct lora *l, const struct st_entry *e, struct err *err)
{
	const char *name = e->name + (str_starts(e->name, ABOVE) ? strlen(ABOVE) : 0);

	for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
		struct change *c;

		if (!ends_with(name, halves[i].end))
			continue;
		c = change_of(l, name, strlen(name) - strlen(halves[i].end));
		c->is_table = halves[i].is_table;
		*(halves[i].is_b ? &c->b : &c->a) = e;
		return ST_OK;
	}
	if (strlen(name) >= PRETRAINED_NAME || strstr(name, ".lora_"))
		return err_set(err, ST_INVALID, "an adapter of peft with a tensor '%.80s' is "
			       "not read here" LORA_MERGE_IT, name);
	add_whole(l, e, name);
	return ST_OK;
}

static enum status check_pair(struct lora *l, struct change *c, struct err *err)
{
	if (!c->a || !c->b)
		return err_set(err, ST_INVALID, "of '%s' there is lora_%s alone", c->module,
			       c->a ? "A" : "B");
	return lora_config_of(&l->config, c->module, &c->rank, &c->scale, err);
}

static enum status take_tensors(struct lora *l, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < safetensors_count(l->file) && !st; i++)
		st = add_tensor(l, safetensors_at(l->file, i), err);
	for (int i = 0; i < l->n && !st; i++)
		st = check_pair(l, &l->change[i], err);
	if (!st && !l->n)
		st = err_set(err, ST_INVALID, "there is no tensor '...%s'", halves[0].end);
	if (l->n_whole)
		buf_addf(&l->text, ", with %d tensor%s of its own", l->n_whole,
			 l->n_whole > 1 ? "s" : "");
	return st;
}

static enum status read_folder(struct lora *l, const char *path, const char *folder,
			       struct err *err)
{
	char weights[PATH_MAX];
	enum status st = lora_config_read(path, &l->config, err);

	if (st)
		return st;
	lora_config_text(&l->config, &l->text);
	if (!str_format(weights, sizeof weights, "%s/" WEIGHTS, folder))
		return err_set(err, ST_INVALID, "path too long");
	if (!file_exists(weights))
		return err_set(err, ST_NOT_FOUND, "there is no " WEIGHTS " beside " LORA_CONFIG);
	st = safetensors_open(weights, false, &l->file, err);
	return st ? st : take_tensors(l, err);
}

enum status lora_open(const char *folder, char base[PATH_MAX], struct lora **out,
		      struct err *err)
{
	char path[PATH_MAX];
	struct lora *l;
	enum status st;

	*out = NULL;
	if (!str_copy(base, PATH_MAX, folder) ||
	    !str_format(path, sizeof path, "%s/" LORA_CONFIG, folder))
		return err_set(err, ST_INVALID, "'%.100s...': the path is too long", folder);
	if (!file_exists(path))
		return ST_OK;
	l = xcalloc(1, sizeof *l);
	l->keeps_table = true;
	buf_init(&l->text);
	st = read_folder(l, path, folder, err);
	if (!st)
		st = find_base(l, folder, base, err);
	if (!st) {
		*out = l;
		return ST_OK;
	}
	lora_close(l);
	return err_wrap(err, st, "'%s'", folder);
}

void lora_close(struct lora *l)
{
	if (!l)
		return;
	for (int i = 0; i < l->n; i++)
		xfree(l->change[i].module);
	for (int i = 0; i < l->n_whole; i++)
		xfree(l->whole[i].name);
	safetensors_close(l->file);
	lora_config_release(&l->config);
	buf_release(&l->text);
	xfree(l->change);
	xfree(l->whole);
	xfree(l);
}

/* --- among the model's --- */

struct model_names {
	const struct family *f;
	const char *prefix;
	const struct tensors *t;
};

/*
 * Where the model has the tensor, or -1; `out` is what it is, or would be, called there:
 * with the trunk's prefix, or without.
 */
static int place_of(const struct model_names *m, const char *name, char out[PRETRAINED_NAME])
{
	size_t n = strlen(m->f->prefix);
	const char *bare = !strncmp(name, m->f->prefix, n) ? name + n : name;
	int at = tensors_find(m->t, name);

	str_copy(out, PRETRAINED_NAME, name);
	if (at >= 0)
		return at;
	str_format(out, PRETRAINED_NAME, "%s%s", m->prefix, bare);
	at = tensors_find(m->t, out);
	if (at < 0 && (*m->prefix || bare == name))
		str_copy(out, PRETRAINED_NAME, name);
	return at;
}

/* Its name within the trunk. */
static const char *bare_name(const struct model_names *m, const char *name)
{
	size_t n = strlen(m->prefix);

	return strncmp(name, m->prefix, n) ? name : name + n;
}

/* A table that is the output layer, too, would have to be two. */
static enum status check_table(struct lora *l, const struct model_names *m, const char *name,
			       struct err *err)
{
	static const char *const output[] = { "decoder.weight", "vocab_projector.weight",
					      "generator_lm_head.weight" };
	const char *bare = bare_name(m, name);
	bool is_table = str_eq(bare, m->f->trunk[0].theirs);

	for (size_t i = 0; i < sizeof output / sizeof *output; i++)
		is_table |= ends_with(name, output[i]);
	if (is_table)
		l->keeps_table = false;
	if (str_eq(bare, "lm_head.weight") || (is_table && str_eq(m->f->kind, "gpt")))
		return err_set(err, ST_INVALID, "the adapter changes '%s', and what it reads "
			       "pieces with is what it says them with: one table here"
			       LORA_MERGE_IT, name);
	return ST_OK;
}

static bool is_transposed(const struct model_names *m, const char *name)
{
	int layer;

	for (const struct name_row *r = m->f->trunk; r->ours; r++)
		if (family_matches(r->theirs, bare_name(m, name), &layer))
			return r->how == TRANSPOSED;
	return false;
}

static enum status check_half(const struct st_entry *e, int64_t rows, int64_t cols,
			      struct err *err)
{
	if (!safetensors_has_floats(e))
		return err_set(err, ST_INVALID, "tensor '%.100s' is of type %s", e->name,
			       safetensors_dtype_name(e->dtype));
	if (e->n_dims == 2 && e->dim[0] == rows && e->dim[1] == cols)
		return ST_OK;
	return err_set(err, ST_INVALID, "tensor '%.100s' is not [%lld, %lld], as its rank and "
		       "its matrix have it", e->name, (long long)rows, (long long)cols);
}

static enum status lay_change(struct lora *l, struct change *c, const struct model_names *m,
			      struct err *err)
{
	char full[PRETRAINED_NAME], name[PRETRAINED_NAME];
	int64_t in, out;
	enum status st;
	int at;

	str_format(full, sizeof full, "%s.weight", c->module);
	at = place_of(m, full, name);
	if (at < 0 || tensors_at(m->t, at)->n_dims != 2)
		return err_set(err, ST_INVALID, "the adapter changes '%s', which is no matrix "
			       "of the model" LORA_MERGE_IT, c->module);
	st = check_table(l, m, name, err);
	c->of = tensors_at(m->t, at);
	c->is_transposed = is_transposed(m, name);
	in = c->of->dim[c->is_transposed || c->is_table ? 0 : 1];
	out = c->of->dim[c->is_transposed || c->is_table ? 1 : 0];
	if (!st)
		st = check_half(c->a, c->rank, in, err);
	return st ? st : check_half(c->b, out, c->rank, err);
}

enum status lora_lay(struct lora *l, const struct family *f, const char *prefix,
		     struct tensors *t, struct err *err)
{
	const struct model_names m = { f, prefix, t };
	char name[PRETRAINED_NAME];
	enum status st = ST_OK;

	for (int i = 0; i < l->n_whole && !st; i++) {
		struct whole *w = &l->whole[i];

		place_of(&m, w->name, name);
		xfree(w->name);
		w->e.name = w->name = xstrdup(name);
		tensors_put(t, &w->e);
		st = check_table(l, &m, name, err);
	}
	for (int i = 0; i < l->n && !st; i++)
		st = lay_change(l, &l->change[i], &m, err);
	return st;
}

static enum status read_floats(const struct st_entry *e, float **out, struct err *err)
{
	int64_t n = safetensors_numbers(e);

	*out = xreallocarray(NULL, (size_t)n + 1, sizeof **out);
	safetensors_floats(e, *out);
	for (int64_t i = 0; i < n; i++)
		if (!isfinite((*out)[i]))
			return err_set(err, ST_INVALID, "tensor '%.100s' has a number that is "
				       "not finite", e->name);
	return ST_OK;
}

/* [out, in] += scale B A, or its transposed. */
static void add_product(const struct change *c, const float *a, const float *b, float *w)
{
	bool turned = c->is_transposed || c->is_table;
	int64_t rows = c->of->dim[0], cols = c->of->dim[1], r = c->rank;
	int64_t in = turned ? rows : cols;

	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < cols; j++) {
			const float *of_b = b + (turned ? j : i) * r;
			const float *of_a = a + (turned ? i : j);
			double sum = 0;

			for (int64_t k = 0; k < r; k++)
				sum += (double)of_b[k] * (double)of_a[k * in];
			w[i * cols + j] = (float)((double)w[i * cols + j] + c->scale * sum);
		}
}

enum status lora_add(const struct lora *l, const struct st_entry *e, float *w,
		     struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < l->n && !st; i++) {
		const struct change *c = &l->change[i];
		float *a = NULL, *b = NULL;

		if (c->of != e)
			continue;
		st = read_floats(c->a, &a, err);
		if (!st)
			st = read_floats(c->b, &b, err);
		if (!st)
			add_product(c, a, b, w);
		xfree(a);
		xfree(b);
	}
	return st;
}

/* --- what it is --- */

bool lora_reads_texts(const struct lora *l)
{
	return str_eq(lora_config_word(&l->config, "task_type"), "SEQ_CLS");
}

bool lora_keeps_table(const struct lora *l)
{
	return l->keeps_table;
}

const char *lora_text(const struct lora *l)
{
	return buf_str(&l->text);
}

void lora_hash(const struct lora *l, struct hasher *h)
{
	hasher_add_str(h, buf_str(&l->config.file));
	for (int i = 0; i < safetensors_count(l->file); i++) {
		const struct st_entry *e = safetensors_at(l->file, i);

		hasher_add_str(h, e->name);
		hasher_add_str(h, safetensors_dtype_name(e->dtype));
		for (int k = 0; k < e->n_dims; k++)
			hasher_add_u64(h, (uint64_t)e->dim[k]);
		hasher_add(h, e->data, e->bytes);
	}
}
