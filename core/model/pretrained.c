/*
 * pretrained.c - a foreign folder opened: its configuration, its tensors held against
 * the parameters they are to become, its labels and its hash.
 *
 * What the tensors must be is not written down a second time: a model of the folder's
 * configuration is declared, without memory for weights, and each of its shared
 * parameters asks for its tensors. What nobody asks for is a known buffer, a head, or
 * refused.
 */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/build.h"
#include "model/pretrained_load.h"

enum { CONFIG_MAX = 4 << 20 };

/* --- config.json --- */

static enum status read_config(struct pretrained *p, const char *path, struct err *err)
{
	const struct json *type;
	enum status st;

	if (json_type(p->config) != JSON_OBJECT)
		return err_set(err, ST_CORRUPT, "'%s' is no JSON object", path);
	type = json_get(p->config, "model_type");
	if (!type || json_type(type) != JSON_STRING)
		return err_set(err, ST_INVALID, "'%s' has no model_type: it is no model of "
			       "`transformers`, or of a version before 2020", path);
	p->family = family_find(json_string(type), err);
	if (!p->family)
		return err_wrap(err, ST_INVALID, "'%s'", path);
	p->info.family = p->family->name;
	str_copy(p->info.cfg.kind, sizeof p->info.cfg.kind, p->family->kind);
	p->info.cfg.pool = POOL_FIRST;
	p->info.cfg.table_scale = 1;
	st = p->family->read(p->config, &p->info, err);
	p->info.cfg.shared_layers = p->info.cfg.layers;
	p->info.max_length = p->info.cfg.max_positions;
	return st ? err_wrap(err, st, "'%s'", path) : ST_OK;
}

static enum status load_config(struct pretrained *p, const char *folder, struct err *err)
{
	enum status st = ST_NOT_FOUND;
	struct buf path;

	buf_init(&path);
	buf_addf(&path, "%s/config.json", folder);
	if (!file_exists(folder))
		err_set(err, st, "there is no folder '%s'", folder);
	else if (!file_exists(buf_str(&path)))
		err_set(err, st, "'%s' has no config.json: it is no folder of a model that "
			"save_pretrained() has written", folder);
	else
		st = file_read(buf_str(&path), CONFIG_MAX, &p->text, err);
	if (!st)
		st = json_parse(buf_str(&p->text), p->text.len, buf_str(&path), &p->config,
				err);
	if (!st)
		st = read_config(p, buf_str(&path), err);
	buf_release(&path);
	return st;
}

/* --- tensors against parameters --- */

/* Files of before 2019 call a norm's weight and bias gamma and beta. */
static int find_old(const struct tensors *t, const char *name)
{
	static const char *const pair[][2] = {
		{ "LayerNorm.weight", "LayerNorm.gamma" }, { "LayerNorm.bias", "LayerNorm.beta" },
	};
	char old[2 * PARAM_NAME];

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(name), end = strlen(pair[i][0]);

		if (n < end || !str_eq(name + n - end, pair[i][0]))
			continue;
		str_format(old, sizeof old, "%.*s%s", (int)(n - end), name, pair[i][1]);
		return tensors_find(t, old);
	}
	return -1;
}

int pretrained_find(const struct pretrained *p, const char *prefix, const char *theirs,
		    int layer, char name[PRETRAINED_NAME])
{
	const char *d = strstr(theirs, "%d");
	int at;

	if (d)
		str_format(name, PRETRAINED_NAME, "%s%.*s%d%s", prefix, (int)(d - theirs),
			   theirs, layer, d + 2);
	else
		str_format(name, PRETRAINED_NAME, "%s%s", prefix, theirs);
	at = tensors_find(p->tensors, name);
	return at < 0 ? find_old(p->tensors, name) : at;
}

static void shape_text(const struct st_entry *e, char out[64])
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < e->n_dims; i++)
		buf_addf(&b, "%s%lld", i ? ", " : "", (long long)e->dim[i]);
	str_copy(out, 64, buf_str(&b));
	buf_release(&b);
}

enum status pretrained_fits(const struct st_entry *e, int rows, int cols, struct err *err)
{
	bool right = e->n_dims == 2 ? e->dim[0] == rows && e->dim[1] == cols :
				      e->n_dims == 1 && rows == 1 && e->dim[0] == cols;
	char is[64], must[64];

	if (!safetensors_has_floats(e))
		return err_set(err, ST_INVALID, "tensor '%.80s' is of type %s: weights are "
			       "read as F32, F16 and BF16", e->name,
			       safetensors_dtype_name(e->dtype));
	if (right)
		return ST_OK;
	shape_text(e, is);
	if (rows == 1)
		str_format(must, sizeof must, "%d", cols);
	else
		str_format(must, sizeof must, "%d, %d", rows, cols);
	return err_set(err, ST_INVALID, "tensor '%.80s' has the shape [%s], where config.json "
		       "asks for [%s]", e->name, is, must);
}

void pretrained_shape(const struct param *ours, enum how how, int *rows, int *cols)
{
	bool part = how == PART_Q || how == PART_K || how == PART_V;

	*rows = how == TRANSPOSED ? ours->cols : ours->rows;
	*cols = how == TRANSPOSED ? ours->rows : ours->cols;
	if (part && *rows > 1)
		*rows /= 3;
	else if (part)
		*cols /= 3;
}

/* One shared parameter: the tensors it wants are there, and marked. */
static enum status check_param(struct pretrained *p, const struct param *ours,
			       struct err *err)
{
	char name[PRETRAINED_NAME];
	int rows, cols, layer, found = 0;
	enum status st = ST_OK;

	for (const struct name_row *r = p->family->trunk; r->ours && !st; r++) {
		int at;

		if (!family_matches(r->ours, ours->name, &layer))
			continue;
		found++;
		at = pretrained_find(p, p->prefix, r->theirs, layer, name);
		if (at < 0)
			return err_set(err, ST_INVALID, "there is no tensor '%s', which "
				       "config.json asks for", name);
		p->used[at] = true;
		pretrained_shape(ours, r->how, &rows, &cols);
		st = pretrained_fits(tensors_at(p->tensors, at), rows, cols, err);
		p->info.parameters += (int64_t)rows * cols;
	}
	BUG_IF(!found);
	return st;
}

static enum status check_params(struct pretrained *p, struct err *err)
{
	/* Of a task that has what every trunk can do: to write with it. */
	struct model_task task = { .name = "any", .kind = TASK_CLASSIFY, .n_labels = 2 };
	struct model_config cfg = p->info.cfg;
	struct param_set ps;
	struct model *m = NULL;
	enum status st;

	if (model_kind_says(cfg.kind))
		task.kind = TASK_SUMMARIZE;
	cfg.max_source = 1;
	cfg.max_target = 2;
	param_set_init(&ps);
	st = model_declare(&cfg, &task, 1, &ps, &m, err);
	for (int i = 0; i < ps.n && !st; i++)
		if (ps.p[i].owner == PARAM_SHARED)
			st = check_param(p, &ps.p[i], err);
	model_free(m);
	param_set_release(&ps);
	return st;
}

/* --- the rest of its tensors --- */

bool pretrained_is_buffer(const struct pretrained *p, const char *name)
{
	size_t n = strlen(p->prefix);
	int layer;

	if (!strncmp(name, p->prefix, n) && n)
		name += n;
	for (int i = 0; p->family->buffers[i]; i++)
		if (family_matches(p->family->buffers[i], name, &layer))
			return true;
	return false;
}

static bool is_head(const char *name)
{
	for (int i = 0; family_heads[i]; i++)
		if (str_starts(name, family_heads[i]))
			return true;
	return false;
}

/*
 * Outside the prefix nothing is of the trunk. Inside, and in a folder that has none, a
 * tensor that nobody asks for means another graph than config.json says.
 */
static enum status check_surplus(const struct pretrained *p, struct err *err)
{
	size_t n = strlen(p->prefix);

	for (int i = 0; i < tensors_count(p->tensors); i++) {
		const char *name = tensors_at(p->tensors, i)->name;

		if (p->used[i] || strncmp(name, p->prefix, n) || is_head(name + n) ||
		    pretrained_is_buffer(p, name))
			continue;
		return err_set(err, ST_INVALID, "tensor '%.80s' is of no place in a '%s' of "
			       "this config.json", name, p->family->name);
	}
	return ST_OK;
}

static void find_prefix(struct pretrained *p)
{
	char name[PRETRAINED_NAME];

	p->prefix = p->family->prefix;
	if (pretrained_find(p, p->prefix, p->family->trunk[0].theirs, 0, name) < 0)
		p->prefix = "";
}

/* --- life --- */

/* The same for one file and for its shards. */
struct hash pretrained_hash(const struct pretrained *p)
{
	struct hasher *h = hasher_new();

	hasher_add_str(h, buf_str(&p->text));
	for (int i = 0; i < tensors_count(p->tensors); i++) {
		const struct st_entry *e = tensors_at(p->tensors, i);

		hasher_add_str(h, e->name);
		hasher_add_str(h, safetensors_dtype_name(e->dtype));
		for (int k = 0; k < e->n_dims; k++)
			hasher_add_u64(h, (uint64_t)e->dim[k]);
		hasher_add(h, e->data, e->bytes);
	}
	if (p->lora)
		lora_hash(p->lora, h);
	return hasher_end(h);
}

/* Its tensors against what config.json says: the trunk's, then the heads'. */
static enum status hold_tensors(struct pretrained *p, struct err *err)
{
	enum status st = ST_OK;

	find_prefix(p);
	p->info.base = p->base;
	if (p->lora) {
		p->info.adapter = lora_text(p->lora);
		st = lora_lay(p->lora, p->family, p->prefix, p->tensors, err);
	}
	p->used = xcalloc((size_t)tensors_count(p->tensors) + 1, sizeof *p->used);
	if (!st)
		st = check_params(p, err);
	if (!st)
		st = check_surplus(p, err);
	return st ? st : pretrained_find_heads(p, err);
}

enum status pretrained_open(const char *folder, struct pretrained **out, struct err *err)
{
	struct pretrained *p = xcalloc(1, sizeof *p);
	enum status st;

	*out = NULL;
	buf_init(&p->text);
	st = lora_open(folder, p->base, &p->lora, err);
	if (!st)
		st = load_config(p, p->base, err);
	if (!st)
		st = tensors_open(p->base, &p->tensors, err);
	if (!st) {
		st = hold_tensors(p, err);
		if (st)
			err_wrap(err, st, "'%s'", folder);
	}
	for (int i = 0; !st && i < tensors_count(p->tensors); i++)
		p->info.bytes += (int64_t)tensors_at(p->tensors, i)->bytes;
	if (st)
		pretrained_close(p);
	else
		*out = p;
	return st;
}

enum status pretrained_base(const char *folder, char out[PATH_MAX], struct err *err)
{
	struct lora *l = NULL;
	enum status st = lora_open(folder, out, &l, err);

	lora_close(l);
	return st;
}

void pretrained_close(struct pretrained *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->info.n_labels; i++)
		xfree(p->labels[i]);
	xfree(p->labels);
	xfree(p->number);
	xfree(p->used);
	buf_release(&p->text);
	tensors_close(p->tensors);
	lora_close(p->lora);
	json_free(p->config);
	xfree(p);
}

const struct pretrained_info *pretrained_info(const struct pretrained *p)
{
	return &p->info;
}
