/*
 * plan_write.c - a plan as complete JSON, row by row in the table's order: the
 * same plan gives the same bytes, and reading them gives the same plan.
 */
#include "plan/plan_table.h"

#include <math.h>
#include <string.h>

/* What plan_expand() would take for a variable is written so that it does not. */
static void put_text(struct json_out *o, const char *key, const char *s)
{
	struct buf b;

	buf_init(&b);
	for (; *s; s++) {
		if (str_starts(s, "${"))
			buf_addc(&b, '$');
		buf_addc(&b, *s);
	}
	json_put_str(o, key, buf_str(&b));
	buf_release(&b);
}

static void put_choice(struct json_out *o, const struct plan_field *f,
		       const struct plan_place *p, const char *key, const void *at)
{
	int i = p->size == sizeof(bool) ? *(const bool *)at : *(const int *)at;
	char word[40];

	if (f->type == PLAN_BOOL) {
		json_put_bool(o, key, i != 0);
		return;
	}
	if (!plan_choice_at(f->choices, i, word, sizeof word))
		BUG("'%s' has no choice %d", f->path, i);
	json_put_str(o, key, word);
}

static void put_names(struct json_out *o, const char *key, char *const *names, int n)
{
	if (!n)
		return;
	json_open(o, key, '[');
	for (int i = 0; i < n; i++)
		put_text(o, NULL, names[i]);
	json_close(o, ']');
}

/* There even where it is empty: the field is required. */
static void put_commands(struct json_out *o, const char *key, const struct plan_actor *a)
{
	json_open(o, key, '[');
	for (int i = 0; i < a->n_commands; i++)
		put_text(o, NULL, a->commands[i]);
	json_close(o, ']');
}

static void put_metrics(struct json_out *o, const char *key, const struct plan_task *t)
{
	json_open(o, key, '[');
	for (int i = 0; i < t->n_metrics; i++)
		json_put_str(o, NULL, metric_table[t->metrics[i]].name);
	json_close(o, ']');
}

static void put_args(struct json_out *o, const char *key, const struct plan_method *m)
{
	json_open(o, key, '{');
	for (int i = 0; i < m->n_args; i++) {
		const char *eq = strrchr(m->arg[i].text, '=');
		char name[64];
		double x = 0;

		str_format(name, sizeof name, "%.*s", (int)(eq - m->arg[i].text),
			   m->arg[i].text);
		if (parse_double(eq + 1, &x))
			json_put_num(o, name, x);
		else
			json_put_str(o, name, eq + 1);
	}
	json_close(o, '}');
}

static void put_weights(struct json_out *o, const char *key, const struct plan_task *t)
{
	if (t->n_class_weights < 0)
		json_put_str(o, key, "balanced");
	if (t->n_class_weights <= 0)
		return;
	json_open(o, key, '[');
	for (int i = 0; i < t->n_class_weights; i++)
		json_put_num(o, NULL, t->class_weights[i]);
	json_close(o, ']');
}

static void put_fixed(struct json_out *o, const struct plan_field *f, const char *key)
{
	if (f->type == PLAN_INT)
		json_put_int(o, key, (int64_t)f->min);
	else
		json_put_str(o, key, f->choices);
}

static void put_header(struct json_out *o, const char *key, int header)
{
	if (header < 0)
		json_put_str(o, key, "auto");
	else
		json_put_bool(o, key, header != 0);
}

static void put_share(struct json_out *o, const char *key, double share)
{
	if (share < 0)
		json_put_str(o, key, "auto");
	else
		json_put_num(o, key, share);
}

static void put_number(struct json_out *o, const struct plan_field *f, const char *key,
		       double x)
{
	if (plan_is_derived(f) ? x >= 0 : !plan_is_optional(f) || fabs(x) > 0)
		json_put_num(o, key, x);
}

static void put_long(struct json_out *o, const struct plan_field *f, const char *key,
		     int64_t x)
{
	if (!plan_is_optional(f) || x)
		json_put_int(o, key, x);
}

static void put_span(struct json_out *o, const char *key, const struct plan_span *s)
{
	char number[32], text[40];

	if (s->percent < 0) {
		json_put_int(o, key, s->steps);
		return;
	}
	double_to_text(s->percent, number);
	str_format(text, sizeof text, "%s%%", number);
	json_put_str(o, key, text);
}

/* Left to the model's own part. */
static bool is_open(const struct plan_field *f, const struct plan_place *p, const void *at)
{
	static const char zero[sizeof(double)];

	return plan_is_as(f) && !memcmp(at, zero, p->size);
}

static void put_split(struct json_out *o, const char *key, uint64_t split)
{
	if (split)
		json_put_int(o, key, (int64_t)(split - 1));
}

static void put_range(struct json_out *o, const char *key, const double *x)
{
	if (!(x[0] < x[1]))
		return;
	json_open(o, key, '[');
	json_put_num(o, NULL, x[0]);
	json_put_num(o, NULL, x[1]);
	json_close(o, ']');
}

void plan_put_row(struct json_out *o, int row, const void *base, const char *key)
{
	int n;
	const struct plan_field *f = &plan_fields(&n)[row];
	const struct plan_place *p = &plan_places()[row];
	const void *at = (const char *)base + p->at;
	const struct plan_task *t = base; /* of a task's rows */

	if (is_open(f, p, at))
		return;
	switch (p->slot) {
	case SLOT_FLOAT: json_put_num(o, key, float_short(*(const float *)at)); break;
	case SLOT_FIXED: put_fixed(o, f, key); break;
	case SLOT_INT: json_put_int(o, key, *(const int *)at); break;
	case SLOT_LONG: put_long(o, f, key, *(const int64_t *)at); break;
	case SLOT_SPAN: put_span(o, key, at); break;
	case SLOT_SEED: json_put_int(o, key, (int64_t)*(const uint64_t *)at); break;
	case SLOT_NUM: put_number(o, f, key, *(const double *)at); break;
	case SLOT_SPLIT: put_split(o, key, *(const uint64_t *)at); break;
	case SLOT_RANGE: put_range(o, key, at); break;
	case SLOT_CHOICE: put_choice(o, f, p, key, at); break;
	case SLOT_HEADER: put_header(o, key, *(const int *)at); break;
	case SLOT_SHARE: put_share(o, key, *(const double *)at); break;
	case SLOT_TEXT:
	case SLOT_PATH:
		if (*(const char *)at)
			put_text(o, key, at);
		break;
	case SLOT_LABELS: put_names(o, key, t->labels, t->n_labels); break;
	case SLOT_LABEL_TEXTS:
		put_names(o, key, t->label_texts, t->n_label_texts);
		break;
	case SLOT_WEIGHTS: put_weights(o, key, t); break;
	case SLOT_METRICS: put_metrics(o, key, base); break;
	case SLOT_ARGS: put_args(o, key, at); break;
	case SLOT_COMMANDS: put_commands(o, key, base); break;
	case SLOT_RANGES: plan_put_ranges(o, key, base); break;
	}
}

static void put_task(struct json_out *o, const struct plan_task *t)
{
	int n;
	const struct plan_field *f = plan_fields(&n);
	const struct plan_place *place = plan_places();

	json_open(o, t->name, '{');
	for (int i = 0; i < n; i++)
		if (place[i].kinds & (1U << t->kind))
			plan_put_row(o, i, t, strrchr(f[i].path, '.') + 1);
	json_close(o, '}');
}

static void put_tasks(struct json_out *o, const struct plan *p)
{
	json_open(o, "tasks", '{');
	for (int i = 0; i < p->n_tasks; i++)
		put_task(o, &p->tasks[i]);
	json_close(o, '}');
}

/* Length of the section's name in front of the dot; 0: none. */
static size_t section_len(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot ? (size_t)(dot - path) : 0;
}

/* Of a vocabulary that is trained; one that an init brings has the size it has. */
static bool is_for_training(const char *path)
{
	return str_eq(path, "tokenizer.size");
}

/* Rows of a section stand together: it opens at the first and ends after the last. */
void plan_write(const struct plan *p, struct buf *out)
{
	int n;
	const struct plan_field *f = plan_fields(&n);
	const struct plan_place *place = plan_places();
	struct json_out o;

	json_out_init(&o, out, 2);
	json_open(&o, NULL, '{');
	for (int i = 0; i < n; i++) {
		size_t len = section_len(f[i].path);
		bool opens = len && (!i || strncmp(f[i - 1].path, f[i].path, len + 1));
		bool ends = len && (i + 1 == n ||
				    strncmp(f[i + 1].path, f[i].path, len + 1));
		char section[40];

		if (place[i].kinds) {
			if (opens && place[i].kinds == PLAN_OF_ACTOR)
				plan_put_actors(&o, p);
			else if (opens)
				put_tasks(&o, p);
			continue;
		}
		str_format(section, sizeof section, "%.*s", (int)len, f[i].path);
		if (opens)
			json_open(&o, section, '{');
		if (plan_row_is_of_model(i, p->model.kind, p->model.decoder, model_uses) &&
		    !(plan_has_init(p) && is_for_training(f[i].path)))
			plan_put_row(&o, i, p, f[i].path + (len ? len + 1 : 0));
		if (ends)
			json_close(&o, '}');
	}
	json_close(&o, '}');
	buf_addc(out, '\n');
}
