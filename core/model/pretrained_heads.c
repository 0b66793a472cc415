/*
 * pretrained_heads.c - what heads a foreign folder has, and which of them are ours.
 */
#include <string.h>

#include "base/mem.h"
#include "model/build.h"
#include "model/pretrained_load.h"

/* The class that config.json says, or NULL. */
static const char *class_of(const struct json *config)
{
	const struct json *a = json_get(config, "architectures");

	a = a && json_type(a) == JSON_ARRAY ? json_first(a) : NULL;
	return a && json_type(a) == JSON_STRING ? json_string(a) : NULL;
}

static bool is_class(const struct json *config, const char *end)
{
	const char *class = class_of(config);
	size_t n = class ? strlen(class) : 0, k = strlen(end);

	return n >= k && str_eq(class + n - k, end);
}

/* Is it a model with answers to whole texts, by its config.json or its adapter's? */
static bool reads_texts(const struct pretrained *p)
{
	return (p->lora && lora_reads_texts(p->lora)) || !class_of(p->config) ||
	       is_class(p->config, "ForSequenceClassification");
}

static bool says_problem(const struct json *config, const char *type)
{
	const struct json *j = json_get(config, "problem_type");

	return j && json_type(j) == JSON_STRING && str_eq(json_string(j), type);
}

/*
 * Why a head of n outputs is none of ours; NULL: it is one. Without a problem_type,
 * `transformers` takes one output for a number and more for labels.
 */
static const char *why_no_head(const struct json *config, int64_t n)
{
	const struct json *j = json_get(config, "problem_type");
	const char *problem = j && json_type(j) == JSON_STRING ? json_string(j) : NULL;

	if (n > HEAD_LABELS_MAX)
		return "its head has more outputs than a task may have labels";
	if (!problem)
		return NULL;
	if (str_eq(problem, head_multilabel.problem_type))
		return NULL;
	if (str_eq(problem, "regression"))
		return n == 1 ? NULL : "its head gives a text several numbers (regression): "
				       "a task here gives one";
	if (str_eq(problem, "single_label_classification"))
		return n > 1 ? NULL : "its head has one label alone";
	return "the problem_type of its config.json is none that we know";
}

/* What the number is called: its id2label, as `transformers` has it. */
static void read_number(struct pretrained *p)
{
	const struct json *j = json_get(p->config, "id2label");

	j = j && json_type(j) == JSON_OBJECT ? json_get(j, "0") : NULL;
	p->number = xstrdup(j && json_type(j) == JSON_STRING ? json_string(j) : "LABEL_0");
	p->info.number = p->number;
}

/*
 * Of id2label, which `transformers` leaves out when there are two that have no names. A head
 * that an adapter has brought may have others than the model's, which peft does not keep.
 */
static enum status read_labels(struct pretrained *p, int n, struct err *err)
{
	const struct json *j = json_get(p->config, "id2label");
	char key[32];

	if (j && p->lora && json_type(j) == JSON_OBJECT && json_len(j) != n)
		j = NULL;
	if (j && (json_type(j) != JSON_OBJECT || json_len(j) != n))
		return err_set(err, ST_INVALID, "id2label of config.json does not have the %d "
			       "labels that the head has", n);
	p->labels = xcalloc((size_t)n, sizeof *p->labels);
	for (int k = 0; k < n; k++) {
		const struct json *label;

		str_format(key, sizeof key, "%d", k);
		label = j ? json_get(j, key) : NULL;
		if (j && (!label || json_type(label) != JSON_STRING))
			return err_set(err, ST_INVALID, "id2label of config.json has no "
				       "text for label %d", k);
		str_format(key, sizeof key, "LABEL_%d", k);
		p->labels[k] = xstrdup(j ? json_string(label) : key);
		p->info.n_labels = k + 1;
	}
	p->info.labels = (const char *const *)p->labels;
	return ST_OK;
}

/*
 * The head of a class for pieces that is as an extract task's is written: two rows, DROP
 * and KEEP. Others' labels of pieces are of no task here.
 */
static enum status find_units(struct pretrained *p, struct err *err)
{
	static const char *const part[] = { "classifier.weight", "classifier.bias" };
	const struct json *j = json_get(p->config, "id2label");
	const struct json *drop = NULL, *keep = NULL;
	enum status st = ST_OK;

	if (j && json_type(j) == JSON_OBJECT && json_len(j) == 2) {
		drop = json_get(j, "0");
		keep = json_get(j, "1");
	}
	p->units[0] = p->units[1] = -1;
	if (!is_class(p->config, "ForTokenClassification") || !keep || !drop ||
	    json_type(keep) != JSON_STRING || json_type(drop) != JSON_STRING ||
	    !str_eq(json_string(keep), "KEEP") || !str_eq(json_string(drop), "DROP"))
		return ST_OK;
	for (int i = 0; i < 2 && !st; i++) {
		p->units[i] = tensors_find(p->tensors, part[i]);
		if (p->units[i] < 0)
			st = err_set(err, ST_INVALID, "there is no tensor '%s' for its labels "
				     "DROP and KEEP", part[i]);
		else
			st = pretrained_fits(tensors_at(p->tensors, p->units[i]), i ? 1 : 2,
					     i ? 2 : p->info.cfg.dim, err);
	}
	p->info.keeps_words = !st;
	return st;
}

/* BERT's dense layer over [CLS], which was trained with the trunk. */
static enum status find_pooler(struct pretrained *p, struct err *err)
{
	const struct family *f = p->family;
	char name[PRETRAINED_NAME], part[64];
	int C = p->info.cfg.dim;
	enum status st = ST_OK;

	p->pooler[0] = p->pooler[1] = -1;
	for (int i = 0; i < 2 && f->hidden_has_prefix && !st; i++) {
		str_format(part, sizeof part, "%s.%s", f->head_hidden, i ? "bias" : "weight");
		p->pooler[i] = pretrained_find(p, p->prefix, part, 0, name);
		if (p->pooler[i] >= 0)
			st = pretrained_fits(tensors_at(p->tensors, p->pooler[i]), i ? 1 : C, C,
					     err);
	}
	if (!st && (p->pooler[0] < 0) != (p->pooler[1] < 0))
		st = err_set(err, ST_INVALID, "of tensors %s%s.weight and .bias there is one "
			     "alone", p->prefix, f->head_hidden);
	return st;
}

/* Are pieces said with the table that they are read with, as ours are? */
static bool is_tied(const struct pretrained *p)
{
	const struct json *j = json_get(p->config, "tie_word_embeddings");

	return !(j && json_type(j) == JSON_BOOL && !json_bool(j)) &&
	       (!p->lora || lora_keeps_table(p->lora));
}

/*
 * The head for masked words: all of it, or none. A folder may well have a bias alone, which
 * is of no use behind another transform.
 */
static enum status find_lm(struct pretrained *p, struct err *err)
{
	const struct family *f = p->family;
	const char *const part[] = { f->lm_dense, f->lm_dense, f->lm_norm, f->lm_norm };
	char name[PRETRAINED_NAME], full[96];
	const struct model_config *c = &p->info.cfg;
	int E = c->embed_dim > 0 ? c->embed_dim : c->dim, found = 0;
	bool is_ours = f->lm_dense && (f->lm_act == ACT_NONE || f->lm_act == c->act) &&
		       is_tied(p);
	enum status st = ST_OK;

	for (int i = 0; i < LM_PARTS; i++) {
		p->lm[i] = -1;
		if (!is_ours)
			continue;
		if (i < 4)
			str_format(full, sizeof full, "%s.%s", part[i], i % 2 ? "bias" : "weight");
		p->lm[i] = pretrained_find(p, "", i < 4 ? full : f->lm_bias, 0, name);
		found += p->lm[i] >= 0;
	}
	for (int i = 0; i < LM_PARTS && found < LM_PARTS; i++)
		p->lm[i] = -1;
	p->info.has_lm = p->lm[0] >= 0;
	for (int i = 0; i < LM_PARTS && !st && p->info.has_lm; i++)
		st = pretrained_fits(tensors_at(p->tensors, p->lm[i]), i ? 1 : E,
				     i == 4 ? c->vocab : i ? E : c->dim, err);
	return st;
}

static enum status find_head(struct pretrained *p, struct err *err)
{
	const struct family *f = p->family;
	char name[PRETRAINED_NAME], part[64];
	const struct st_entry *bias;
	int C = p->info.cfg.dim, n;
	enum status st = ST_OK;

	if (!f->head_out || !reads_texts(p))
		return ST_OK;
	for (int i = 0; i < HEAD_PARTS; i++) {
		bool hidden = i < 2;

		str_format(part, sizeof part, "%s.%s", hidden ? f->head_hidden : f->head_out,
			   i % 2 ? "bias" : "weight");
		p->head[i] = pretrained_find(p, hidden && f->hidden_has_prefix ? p->prefix : "",
					     part, 0, name);
		if (p->head[i] < 0)
			return ST_OK;
	}
	bias = tensors_at(p->tensors, p->head[3]);
	if (bias->n_dims != 1 || bias->dim[0] < 1)
		return ST_OK;
	p->info.head_why = why_no_head(p->config, bias->dim[0]);
	if (p->info.head_why)
		return ST_OK;
	n = (int)bias->dim[0];
	p->info.is_multilabel = says_problem(p->config, head_multilabel.problem_type);
	for (int i = 0; i < HEAD_PARTS && !st; i++)
		st = pretrained_fits(tensors_at(p->tensors, p->head[i]),
				     i % 2 ? 1 : i ? n : C, i == 3 ? n : C, err);
	if (!st && n == 1 && !p->info.is_multilabel)
		read_number(p);
	else if (!st)
		st = read_labels(p, n, err);
	return st;
}

enum status pretrained_find_heads(struct pretrained *p, struct err *err)
{
	enum status st = find_pooler(p, err);

	if (!st)
		st = find_lm(p, err);
	if (!st)
		st = find_units(p, err);
	return st ? st : find_head(p, err);
}
