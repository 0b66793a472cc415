/*
 * plan_read_list.c - fields that hold several: names, ranges, metrics, arguments of methods.
 */
#include "plan/plan_read.h"

#include "base/mem.h"
#include "plan/plan_kind.h"

enum status plan_read_list(struct plan_reader *r, const struct plan_field *f,
			   const char *path, const struct json *n)
{
	int len = json_len(n);

	if (json_type(n) != JSON_ARRAY)
		return plan_refuse_type(r, path, plan_wish(f), n);
	if (len < (int)f->min || len > (int)f->max)
		return plan_refuse(r, path, "%d entries where %d to %d may be", len,
				   (int)f->min, (int)f->max);
	return ST_OK;
}

static enum status add_name(struct plan_reader *r, char **names, int *count,
			    const char *path, const char *what, const char *name)
{
	for (int i = 0; i < *count; i++)
		if (str_eq(names[i], name))
			return plan_refuse(r, path, "%s '%.80s' comes twice", what, name);
	names[(*count)++] = xstrdup(name);
	return ST_OK;
}

enum status plan_read_names(struct plan_reader *r, const struct plan_field *f,
			    char ***names, int *count, const char *path, const char *what,
			    const struct json *n)
{
	enum status st = plan_read_list(r, f, path, n);

	if (st)
		return st;
	*names = xcalloc((size_t)json_len(n), sizeof **names);
	for (n = json_first(n); n && !st; n = json_next(n)) {
		struct buf b;

		buf_init(&b);
		if (json_type(n) != JSON_STRING)
			st = plan_refuse_type(r, path, "a string", n);
		else
			st = plan_expand(r, path, json_string(n), &b);
		if (!st)
			st = add_name(r, *names, count, path, what, buf_str(&b));
		buf_release(&b);
	}
	return st;
}

enum status plan_read_range(struct plan_reader *r, double *at, bool may_equal,
			    const char *path, const struct json *n)
{
	int i = 0;

	if (json_type(n) != JSON_ARRAY || json_len(n) != 2)
		return plan_refuse(r, path, "not two numbers: [least, greatest]");
	for (n = json_first(n); n; n = json_next(n)) {
		if (json_type(n) != JSON_NUMBER)
			return plan_refuse_type(r, path, "a number", n);
		at[i++] = json_number(n);
	}
	return at[0] < at[1] || (may_equal && at[0] <= at[1]) ? ST_OK :
	       plan_refuse(r, path, "no range: %g is not less than %g", at[0], at[1]);
}

enum status plan_read_labels(struct plan_reader *r, const struct plan_field *f,
			     struct plan_task *t, enum plan_slot slot, const char *path,
			     const struct json *n)
{
	if (slot == SLOT_LABELS)
		return plan_read_names(r, f, &t->labels, &t->n_labels, path, "label", n);
	return plan_read_names(r, f, &t->label_texts, &t->n_label_texts, path, "text", n);
}

enum status plan_read_commands(struct plan_reader *r, const struct plan_field *f,
			       struct plan_actor *a, const char *path,
			       const struct json *n)
{
	return plan_read_names(r, f, &a->commands, &a->n_commands, path, "command", n);
}

/* "rouge1, rouge2, rougeL": what there is for a kind of task. */
static void metric_words(enum task_kind k, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < METRICS; i++)
		if (plan_kind_measures(k, (enum metric_id)i))
			buf_addf(&b, "%s%s", b.len ? ", " : "", metric_table[i].name);
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

static enum status add_metric(struct plan_reader *r, struct plan_task *t,
			      const char *path, const char *name)
{
	const struct metric_info *m = metric_find(name);
	char words[160];

	metric_words(t->kind, words, sizeof words);
	if (!m)
		return plan_refuse(r, path, "unknown metric '%.80s' (there is: %s)",
				   name, words);
	if (!plan_kind_measures(t->kind, m->id))
		return plan_refuse(r, path, "metric '%s' does not fit a %s task (there "
				   "is: %s)", name, task_kind_name(t->kind), words);
	for (int i = 0; i < t->n_metrics; i++)
		if (t->metrics[i] == m->id)
			return plan_refuse(r, path, "metric '%s' comes twice", name);
	t->metrics[t->n_metrics++] = m->id;
	return ST_OK;
}

enum status plan_read_metrics(struct plan_reader *r, struct plan_task *t,
			      const char *path, const struct json *n)
{
	enum status st = ST_OK;

	for (n = json_first(n); n && !st; n = json_next(n)) {
		struct buf b;

		buf_init(&b);
		st = plan_read_string(r, path, "a string", n, &b);
		if (!st)
			st = add_metric(r, t, path, b.s);
		buf_release(&b);
	}
	return st;
}

enum status plan_read_args(struct plan_reader *r, const struct plan_field *f,
			   struct plan_method *m, const char *path,
			   const struct json *n)
{
	if (json_type(n) != JSON_OBJECT)
		return plan_refuse_type(r, path, "an object of numbers or words", n);
	if (json_len(n) > (int)f->max)
		return plan_refuse(r, path, "more than %d entries", (int)f->max);
	for (n = json_first(n); n; n = json_next(n)) {
		bool is_word = json_type(n) == JSON_STRING;
		char number[32] = "";

		if (!is_word && json_type(n) != JSON_NUMBER)
			return plan_refuse_type(r, path, "an object of numbers or words", n);
		if (!is_word)
			double_to_text(json_number(n), number);
		if (!str_format(m->arg[m->n_args].text, sizeof m->arg->text, "%s=%s",
				json_key(n), is_word ? json_string(n) : number))
			return plan_refuse(r, path, "name too long: '%.40s...'",
					   json_key(n));
		m->n_args++;
	}
	return ST_OK;
}
