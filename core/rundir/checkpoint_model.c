/*
 * checkpoint_model.c - the model as config.json has it, and what is of another one there:
 * weights that do not fit a plan are no damage when they were never meant for it.
 */
#include "rundir/checkpoint_own.h"

#include <string.h>

/* Nothing where there is none: such files are what they were. */
static void put_adapter(struct json_out *o, const struct model_config *m)
{
	if (m->adapter == ADAPTER_NONE)
		return;
	json_put_str(o, "adapter", m->adapter == ADAPTER_LORA ? "lora" : "bottleneck");
	json_put_int(o, "adapter_rank", m->adapter_rank);
	if (m->adapter == ADAPTER_LORA) {
		json_put_num(o, "adapter_alpha", m->adapter_alpha);
		json_put_str(o, "adapter_of", m->adapter_of);
	}
	json_put_str(o, "adapter_per", m->adapter_of_all ? "all" : "task");
	json_put_str(o, "adapter_trunk", m->adapter_and_trunk ? "trained" : "frozen");
}

void checkpoint_put_model(struct json_out *o, const struct session *s)
{
	static const char *const pool[] = { [POOL_FIRST] = "first", [POOL_MEAN] = "mean",
					    [POOL_ATTENTION] = "attention" };
	const struct model_config *m = model_config(s->model); /* as it was settled */

	json_put_str(o, "kind", m->kind);
	json_put_str(o, "decoder", m->decoder);
	json_put_int(o, "vocab", m->vocab);
	json_put_int(o, "dim", m->dim);
	json_put_int(o, "layers", m->layers);
	json_put_int(o, "heads", m->heads);
	json_put_int(o, "ff", m->ff);
	json_put_int(o, "shared_layers", m->shared_layers);
	json_put_int(o, "decoder_layers", m->decoder_layers);
	json_put_int(o, "max_source", m->max_source);
	json_put_int(o, "max_target", m->max_target);
	json_put_str(o, "norm", m->pre_norm ? "pre" : "post");
	json_put_str(o, "pool", pool[m->pool]);
	json_put_bool(o, "copy", m->copy);
	json_put_bool(o, "tied", m->tied);
	json_put_str(o, "decoder_init", m->from_trunk ? "trunk" : "random");
	json_put_str(o, "predict_from", m->from_mask ? "mask" : "last");
	put_adapter(o, m);
}

/* --- against the plan's --- */

enum { CONFIG_MAX = 1 << 20 };

static void take_threshold(struct session *s, const struct json *task)
{
	const struct json *name = json_get(task, "name"), *x = json_get(task, "threshold");
	int i = name && json_type(name) == JSON_STRING ?
			plan_task_find(s->plan, json_string(name)) : -1;

	if (i >= 0 && s->plan->tasks[i].threshold < 0 && x && json_type(x) == JSON_NUMBER &&
	    json_number(x) >= 0 && json_number(x) <= 1)
		s->task[i].threshold = json_number(x);
}

void checkpoint_take_thresholds(struct session *s, const char *folder)
{
	char path[PATH_MAX];
	struct json *doc = NULL;

	if (checkpoint_path(folder, checkpoint_file_name(NULL, FILE_CONFIG), path, NULL) ||
	    json_load(path, CONFIG_MAX, &doc, NULL))
		return;
	for (const struct json *t = json_first(json_get(doc, "tasks")); t; t = json_next(t))
		take_threshold(s, t);
	json_free(doc);
}

/* The model of a session as config.json would have it; caller frees. */
static struct json *model_of(const struct session *s)
{
	struct json *doc = NULL;
	struct json_out o;
	struct buf b;

	buf_init(&b);
	json_out_init(&o, &b, 0);
	json_open(&o, NULL, '{');
	checkpoint_put_model(&o, s);
	json_close(&o, '}');
	BUG_IF(json_parse(b.s, b.len, "model", &doc, NULL));
	buf_release(&b);
	return doc;
}

/* As it is read by a person: "bilstm", "128", "true". */
static void value_text(const struct json *n, char out[JSON_DIGITS])
{
	str_copy(out, JSON_DIGITS, json_type_name(json_type(n)));
	if (json_type(n) == JSON_STRING)
		str_format(out, JSON_DIGITS, "%.40s", json_string(n));
	else if (json_type(n) == JSON_NUMBER)
		json_number_text(n, out);
	else if (json_type(n) == JSON_BOOL)
		str_copy(out, JSON_DIGITS, json_bool(n) ? "true" : "false");
}

/* Fields that both have and have otherwise; of another kind, that alone. */
static void differences(const struct json *was, const struct json *is, struct buf *out)
{
	for (const struct json *n = json_first(is); n; n = json_next(n)) {
		const struct json *other = json_get(was, json_key(n));
		char a[JSON_DIGITS], b[JSON_DIGITS];

		if (!other)
			continue;
		value_text(other, a);
		value_text(n, b);
		if (str_eq(a, b))
			continue;
		buf_addf(out, "%s%s %s, where the plan has %s", out->len ? "; " : "",
			 json_key(n), a, b);
		if (str_eq(json_key(n), "kind"))
			return;
	}
}

enum status checkpoint_other_model(const struct session *s, const char *folder,
				   enum status st, struct err *err)
{
	char path[PATH_MAX];
	struct json *was = NULL, *is;
	struct buf b;

	if (checkpoint_path(folder, checkpoint_file_name(NULL, FILE_CONFIG), path, NULL) ||
	    json_load(path, CONFIG_MAX, &was, NULL))
		return st;
	is = model_of(s);
	buf_init(&b);
	differences(was, is, &b);
	if (b.len)
		st = err_set(err, ST_INVALID, "of another model: %.600s", buf_str(&b));
	buf_release(&b);
	json_free(is);
	json_free(was);
	return st;
}
