/*
 * pretrained_lora.c - see pretrained_lora.h.
 */
#include "model/pretrained_lora.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"

enum { CONFIG_MAX = 1 << 20, RANK_MAX = 4096 };

#define CONFIG "adapter_config.json"
#define WEIGHTS "adapter_model.safetensors"
#define ABOVE "base_model.model."
#define LORA_A ".lora_A.weight"
#define LORA_B ".lora_B.weight"
#define MERGE_IT "; merge it with peft, model.merge_and_unload().save_pretrained(DIR), and take DIR"

struct change {
	const char *module; /* borrowed: the name of A from the module on */
	size_t len;
	const struct st_entry *a, *b;
	bool is_used;
};

struct lora {
	struct buf config; /* adapter_config.json */
	struct json *json;
	struct safetensors *file;
	int rank, n;
	double alpha, scale;
	size_t cap;
	struct change *change;
	const char *prefix; /* of the trunk's tensors; borrowed */
	struct buf text;
};

/* --- adapter_config.json --- */

static const char *string_at(const struct json *c, const char *key)
{
	const struct json *j = json_get(c, key);

	return j && json_type(j) == JSON_STRING ? json_string(j) : "";
}

static bool is_true(const struct json *c, const char *key)
{
	const struct json *j = json_get(c, key);

	return j && json_type(j) == JSON_BOOL && json_bool(j);
}

static bool has_members(const struct json *c, const char *key)
{
	const struct json *j = json_get(c, key);

	return j && json_type(j) == JSON_OBJECT && json_len(j) > 0;
}

static enum status not_read(const char *what, struct err *err)
{
	return err_set(err, ST_INVALID, "an adapter of peft with %s is not read here" MERGE_IT,
		       what);
}

static enum status check_kind(const struct json *c, struct err *err)
{
	const char *type = string_at(c, "peft_type"), *bias = string_at(c, "bias");
	char what[64];

	if (!str_eq(type, "LORA")) {
		str_format(what, sizeof what, "peft_type '%.30s'", type);
		return not_read(what, err);
	}
	if (is_true(c, "use_dora"))
		return not_read("use_dora", err);
	if (*bias && !str_eq(bias, "none"))
		return not_read("biases", err);
	if (is_true(c, "fan_in_fan_out"))
		return not_read("fan_in_fan_out, as GPT-2's,", err);
	if (has_members(c, "rank_pattern") || has_members(c, "alpha_pattern"))
		return not_read("ranks that differ (rank_pattern, alpha_pattern)", err);
	return ST_OK;
}

static enum status read_rank(struct lora *l, struct err *err)
{
	const struct json *r = json_get(l->json, "r"), *alpha = json_get(l->json, "lora_alpha");
	int64_t rank = 0;

	if (!r || !json_int(r, &rank) || rank < 1 || rank > RANK_MAX)
		return err_set(err, ST_INVALID, "r is no rank from 1 to %d", RANK_MAX);
	l->rank = (int)rank;
	l->alpha = alpha && json_type(alpha) == JSON_NUMBER ? json_number(alpha) : NAN;
	if (!isfinite(l->alpha))
		return err_set(err, ST_INVALID, "lora_alpha is no number");
	l->scale = l->alpha / (is_true(l->json, "use_rslora") ? sqrt((double)rank) :
								 (double)rank);
	return ST_OK;
}

static void say_text(struct lora *l)
{
	const struct json *of = json_get(l->json, "target_modules");
	int n = 0;

	buf_addf(&l->text, "lora of rank %d, alpha %g", l->rank, l->alpha);
	if (of && json_type(of) == JSON_STRING)
		buf_addf(&l->text, ", in %.60s", json_string(of));
	for (of = of && json_type(of) == JSON_ARRAY ? json_first(of) : NULL; of;
	     of = json_next(of))
		if (json_type(of) == JSON_STRING && n++ < 8)
			buf_addf(&l->text, "%s%.40s", n == 1 ? ", in " : ", ", json_string(of));
}

static bool is_model(const char *folder)
{
	char path[PATH_MAX];

	return str_format(path, sizeof path, "%s/config.json", folder) && file_exists(path);
}

/* The folder that it names: absolute, or beside the adapter's, or from where we stand. */
static enum status find_base(const struct lora *l, const char *folder, char base[PATH_MAX],
			     struct err *err)
{
	const char *name = string_at(l->json, "base_model_name_or_path");

	if (*name && *name != '/' && str_format(base, PATH_MAX, "%s/%s", folder, name) &&
	    is_model(base))
		return ST_OK;
	if (*name && str_copy(base, PATH_MAX, name) && is_model(base))
		return ST_OK;
	return err_set(err, ST_NOT_FOUND, "it is an adapter of peft (%.200s) for the model "
		       "'%.100s', which is no folder here: say that model's folder as "
		       "base_model_name_or_path in its " CONFIG, buf_str(&l->text), name);
}

/* --- its tensors --- */

static struct change *change_of(struct lora *l, const char *module, size_t len)
{
	for (int i = 0; i < l->n; i++)
		if (l->change[i].len == len && !memcmp(l->change[i].module, module, len))
			return &l->change[i];
	ARRAY_GROW(l->change, l->n, l->cap);
	l->change[l->n] = (struct change){ .module = module, .len = len };
	return &l->change[l->n++];
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && str_eq(s + n - k, end);
}

static void take_names(struct lora *l)
{
	for (int i = 0; i < safetensors_count(l->file); i++) {
		const struct st_entry *e = safetensors_at(l->file, i);
		const char *module = e->name + (str_starts(e->name, ABOVE) ? strlen(ABOVE) : 0);
		struct change *c;

		if (!ends_with(module, LORA_A) && !ends_with(module, LORA_B))
			continue;
		c = change_of(l, module, strlen(module) - strlen(LORA_A));
		*(ends_with(module, LORA_A) ? &c->a : &c->b) = e;
	}
}

static enum status check_pairs(const struct lora *l, struct err *err)
{
	for (int i = 0; i < l->n; i++) {
		const struct change *c = &l->change[i];

		if (!c->a || !c->b)
			return err_set(err, ST_INVALID, "of '%.*s' there is lora_%s alone",
				       (int)c->len, c->module, c->a ? "A" : "B");
	}
	return l->n ? ST_OK : err_set(err, ST_INVALID, "there is no tensor '...%s'", LORA_A);
}

static enum status read_folder(struct lora *l, const char *path, const char *folder,
			       struct err *err)
{
	char weights[PATH_MAX];
	enum status st = file_read(path, CONFIG_MAX, &l->config, err);

	if (!st)
		st = json_parse(buf_str(&l->config), l->config.len, path, &l->json, err);
	if (!st && json_type(l->json) != JSON_OBJECT)
		st = err_set(err, ST_CORRUPT, "'%s' is no JSON object", path);
	if (!st)
		st = check_kind(l->json, err);
	if (!st)
		st = read_rank(l, err);
	if (st)
		return st;
	say_text(l);
	if (!str_format(weights, sizeof weights, "%s/" WEIGHTS, folder))
		return err_set(err, ST_INVALID, "path too long");
	if (!file_exists(weights))
		return err_set(err, ST_NOT_FOUND, "there is no " WEIGHTS " beside " CONFIG);
	st = safetensors_open(weights, false, &l->file, err);
	if (!st)
		take_names(l);
	return st ? st : check_pairs(l, err);
}

enum status lora_open(const char *folder, char base[PATH_MAX], struct lora **out,
		      struct err *err)
{
	char path[PATH_MAX];
	struct lora *l;
	enum status st;

	*out = NULL;
	if (!str_copy(base, PATH_MAX, folder) ||
	    !str_format(path, sizeof path, "%s/" CONFIG, folder))
		return err_set(err, ST_INVALID, "'%.100s...': the path is too long", folder);
	if (!file_exists(path))
		return ST_OK;
	l = xcalloc(1, sizeof *l);
	buf_init(&l->config);
	buf_init(&l->text);
	l->prefix = "";
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
	safetensors_close(l->file);
	json_free(l->json);
	buf_release(&l->config);
	buf_release(&l->text);
	xfree(l->change);
	xfree(l);
}

/* --- its changes --- */

void lora_of_trunk(struct lora *l, const char *prefix)
{
	l->prefix = prefix;
}

/* "encoder.layer.0.attention.self.query.weight", with the trunk's prefix or without. */
static struct change *find(const struct lora *l, const char *name)
{
	size_t n = strlen(name), end = strlen(".weight"), skip = strlen(l->prefix);

	if (n <= end || !str_eq(name + n - end, ".weight"))
		return NULL;
	n -= end;
	for (int i = 0; i < l->n; i++) {
		struct change *c = &l->change[i];
		size_t from = c->len > skip && !strncmp(c->module, l->prefix, skip) ? skip : 0;

		if (c->len - from == n && !memcmp(c->module + from, name, n))
			return c;
	}
	return NULL;
}

static enum status check_shape(const struct st_entry *e, int rows, int cols, struct err *err)
{
	if (!safetensors_has_floats(e))
		return err_set(err, ST_INVALID, "tensor '%.100s' is of type %s", e->name,
			       safetensors_dtype_name(e->dtype));
	if (e->n_dims == 2 && e->dim[0] == rows && e->dim[1] == cols)
		return ST_OK;
	return err_set(err, ST_INVALID, "tensor '%.100s' is not [%d, %d], as r and its matrix "
		       "have it", e->name, rows, cols);
}

enum status lora_use(struct lora *l, const char *name, int rows, int cols, bool is_transposed,
		     struct err *err)
{
	struct change *c = find(l, name);
	enum status st;

	if (!c)
		return ST_OK;
	if (is_transposed)
		return not_read("matrices that are transposed, as GPT-2's,", err);
	c->is_used = true;
	st = check_shape(c->a, l->rank, cols, err);
	return st ? st : check_shape(c->b, rows, l->rank, err);
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

enum status lora_add(struct lora *l, const char *name, int rows, int cols, float *w,
		     struct err *err)
{
	const struct change *c = find(l, name);
	float *a = NULL, *b = NULL;
	int r = l->rank;
	enum status st;

	if (!c)
		return ST_OK;
	BUG_IF(!c->is_used);
	st = read_floats(c->a, &a, err);
	if (!st)
		st = read_floats(c->b, &b, err);
	for (int i = 0; i < rows && !st; i++)
		for (int j = 0; j < cols; j++) {
			size_t at = (size_t)i * (size_t)cols + (size_t)j;
			double sum = 0;

			for (int k = 0; k < r; k++)
				sum += (double)b[i * r + k] * (double)a[k * cols + j];
			w[at] = (float)((double)w[at] + l->scale * sum);
		}
	xfree(a);
	xfree(b);
	return st;
}

enum status lora_check_used(const struct lora *l, struct err *err)
{
	for (int i = 0; i < l->n; i++)
		if (!l->change[i].is_used)
			return err_set(err, ST_INVALID, "the adapter changes '%.*s', which is "
				       "no matrix of the trunk" MERGE_IT, (int)l->change[i].len,
				       l->change[i].module);
	return ST_OK;
}

const char *lora_text(const struct lora *l)
{
	return buf_str(&l->text);
}

void lora_others(const struct lora *l, struct buf *out)
{
	for (int i = 0; i < safetensors_count(l->file); i++) {
		const char *name = safetensors_at(l->file, i)->name;

		if (!ends_with(name, LORA_A) && !ends_with(name, LORA_B))
			buf_addf(out, "%s\n", name);
	}
}

void lora_hash(const struct lora *l, struct hasher *h)
{
	hasher_add_str(h, buf_str(&l->config));
	for (int i = 0; i < safetensors_count(l->file); i++) {
		const struct st_entry *e = safetensors_at(l->file, i);

		hasher_add_str(h, e->name);
		hasher_add_str(h, safetensors_dtype_name(e->dtype));
		for (int k = 0; k < e->n_dims; k++)
			hasher_add_u64(h, (uint64_t)e->dim[k]);
		hasher_add(h, e->data, e->bytes);
	}
}
