/*
 * pretrained_lora_config.c - what adapter_config.json says: settings that are read, those
 * that change nothing of what is merged, and words for all others. See pretrained_lora.h.
 */
#include "model/pretrained_lora.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

enum { CONFIG_MAX = 1 << 20, RANK_MAX = 4096 };

const char *lora_config_word(const struct lora_config *c, const char *key)
{
	const struct json *j = json_get(c->json, key);

	return j && json_type(j) == JSON_STRING ? json_string(j) : "";
}

static enum status not_read(const char *what, struct err *err)
{
	return err_set(err, ST_INVALID, "an adapter of peft with %s is not read here"
		       LORA_MERGE_IT, what);
}

/* --- settings --- */

/*
 * Read, or without a word in what is merged: where the adapter came from, how it was
 * trained and begun, and which modules it is in, which its tensors show.
 */
static const char *const known[] = {
	"r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "bias", "task_type",
	"peft_type", "base_model_name_or_path", "target_modules", "modules_to_save",
	"init_lora_weights", "auto_mapping", "corda_config", "ensure_weight_tying", "eva_config",
	"exclude_modules", "fan_in_fan_out", "inference_mode", "layers_pattern",
	"layers_to_transform", "loftq_config", "lora_dropout", "lora_ga_config", "megatron_core",
	"peft_version", "qalora_group_size", "revision",
};

static bool is_known(const char *key)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(known[i], key))
			return true;
	return false;
}

/* Off, or nothing: null, false, 0, "", [], {}. */
static bool is_empty(const struct json *j)
{
	switch (json_type(j)) {
	case JSON_NULL: return true;
	case JSON_BOOL: return !json_bool(j);
	case JSON_NUMBER: return !(fabs(json_number(j)) > 0);
	case JSON_STRING: return !*json_string(j);
	default: return !json_len(j);
	}
}

/* Ways to begin that leave the model's own matrices as they are. */
static bool begins_plain(const struct json *init)
{
	static const char *const plain[] = { "gaussian", "eva", "orthogonal" };

	if (!init || json_type(init) == JSON_NULL || json_type(init) == JSON_BOOL)
		return true;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (json_type(init) == JSON_STRING && str_eq(json_string(init), plain[i]))
			return true;
	return false;
}

static enum status check_settings(const struct lora_config *c, struct err *err)
{
	const char *type = lora_config_word(c, "peft_type"), *bias = lora_config_word(c, "bias");
	char what[80];

	if (!str_eq(type, "LORA")) {
		str_format(what, sizeof what, "peft_type '%.30s'", type);
		return not_read(what, err);
	}
	if (*bias && !str_eq(bias, "none") && !str_eq(bias, "all") && !str_eq(bias, "lora_only")) {
		str_format(what, sizeof what, "bias '%.30s'", bias);
		return not_read(what, err);
	}
	if (!begins_plain(json_get(c->json, "init_lora_weights"))) {
		str_format(what, sizeof what, "init_lora_weights '%.30s', which changes the model "
			   "itself,", lora_config_word(c, "init_lora_weights"));
		return not_read(what, err);
	}
	for (const struct json *j = json_first(c->json); j; j = json_next(j))
		if (!is_known(json_key(j)) && !is_empty(j)) {
			str_format(what, sizeof what, "%.60s", json_key(j));
			return not_read(what, err);
		}
	return ST_OK;
}

static bool is_true(const struct json *c, const char *key)
{
	const struct json *j = json_get(c, key);

	return j && json_type(j) == JSON_BOOL && json_bool(j);
}

static bool read_rank(const struct json *j, int *rank)
{
	int64_t r;

	if (!j || !json_int(j, &r) || r < 1 || r > RANK_MAX)
		return false;
	*rank = (int)r;
	return true;
}

static bool read_alpha(const struct json *j, double *alpha)
{
	*alpha = j && json_type(j) == JSON_NUMBER ? json_number(j) : NAN;
	return isfinite(*alpha);
}

static enum status no_rank(const char *what, struct err *err)
{
	return err_set(err, ST_INVALID, "%s is no rank from 1 to %d", what, RANK_MAX);
}

enum status lora_config_read(const char *path, struct lora_config *c, struct err *err)
{
	enum status st;

	*c = (struct lora_config){ .json = NULL };
	buf_init(&c->file);
	st = file_read(path, CONFIG_MAX, &c->file, err);
	if (!st)
		st = json_parse(buf_str(&c->file), c->file.len, path, &c->json, err);
	if (!st && json_type(c->json) != JSON_OBJECT)
		st = err_set(err, ST_CORRUPT, "'%s' is no JSON object", path);
	if (!st)
		st = check_settings(c, err);
	if (!st && !read_rank(json_get(c->json, "r"), &c->rank))
		st = no_rank("r", err);
	if (!st && !read_alpha(json_get(c->json, "lora_alpha"), &c->alpha))
		st = err_set(err, ST_INVALID, "lora_alpha is no number");
	if (!st)
		c->has_root = is_true(c->json, "use_rslora");
	return st;
}

void lora_config_release(struct lora_config *c)
{
	json_free(c->json);
	buf_release(&c->file);
}

/* --- ranks that differ --- */

/* As the end of the name, where a part begins; peft's dot stands for any character. */
static bool is_end_of(const char *pattern, const char *name)
{
	size_t n = strlen(name), k = strlen(pattern);

	if (!k || k > n || (k < n && name[n - k - 1] != '.'))
		return false;
	for (size_t i = 0; i < k; i++)
		if (pattern[i] != '.' && pattern[i] != name[n - k + i])
			return false;
	return true;
}

/* *out: the first of the setting's that is for this module; NULL: none is. */
static enum status pattern_of(const struct lora_config *c, const char *key, const char *module,
			      const struct json **out, struct err *err)
{
	const struct json *j = json_get(c->json, key);
	char what[160];

	*out = NULL;
	if (!j || json_type(j) != JSON_OBJECT)
		return ST_OK;
	for (j = json_first(j); j; j = json_next(j)) {
		if (strpbrk(json_key(j), "\\^$*+?()[]{}|")) {
			str_format(what, sizeof what, "a regular expression ('%.80s') as %s",
				   json_key(j), key);
			return not_read(what, err);
		}
		if (!is_end_of(json_key(j), module))
			continue;
		*out = j;
		return ST_OK;
	}
	return ST_OK;
}

enum status lora_config_of(const struct lora_config *c, const char *module, int *rank,
			   double *scale, struct err *err)
{
	const struct json *of_rank, *of_alpha;
	double alpha = c->alpha;
	enum status st = pattern_of(c, "rank_pattern", module, &of_rank, err);

	*rank = c->rank;
	if (!st)
		st = pattern_of(c, "alpha_pattern", module, &of_alpha, err);
	if (st)
		return st;
	if (of_rank && !read_rank(of_rank, rank))
		return no_rank("a rank_pattern", err);
	if (of_alpha && !read_alpha(of_alpha, &alpha))
		return err_set(err, ST_INVALID, "an alpha_pattern is no number");
	*scale = alpha / (c->has_root ? sqrt((double)*rank) : (double)*rank);
	return ST_OK;
}

/* --- words --- */

void lora_config_text(const struct lora_config *c, struct buf *out)
{
	const struct json *of = json_get(c->json, "target_modules");
	const struct json *ranks = json_get(c->json, "rank_pattern");
	int n = 0;

	buf_addf(out, "lora of rank %d, alpha %g", c->rank, c->alpha);
	if (ranks && !is_empty(ranks))
		buf_adds(out, " and others");
	if (of && json_type(of) == JSON_STRING)
		buf_addf(out, ", in %.60s", json_string(of));
	for (of = of && json_type(of) == JSON_ARRAY ? json_first(of) : NULL; of;
	     of = json_next(of))
		if (json_type(of) == JSON_STRING && n++ < 8)
			buf_addf(out, "%s%.40s", n == 1 ? ", in " : ", ", json_string(of));
}
