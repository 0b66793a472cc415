/*
 * plan_from.c - tasks that read another task's texts: where these are is copied, so that
 * whoever asks a task for its rows need not know.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "data/data_kind.h"
#include "plan/plan_kind.h"

static enum status refuse(struct plan_reader *r, const struct plan_task *t, const char *field,
			  const char *cause)
{
	char path[PLAN_PATH_TEXT];

	str_format(path, sizeof path, "tasks.%s.%s", t->name, field);
	return plan_refuse(r, path, "%s", cause);
}

static enum status find(struct plan_reader *r, const struct plan_task *t, int *at)
{
	const char *near = NULL;
	char cause[160];

	*at = plan_task_find(r->plan, t->from);
	if (*at >= 0 && &r->plan->tasks[*at] == t)
		return refuse(r, t, "from", "a task cannot read its own texts: name another, "
			      "or 'train'");
	if (*at >= 0 && *r->plan->tasks[*at].from)
		return refuse(r, t, "from", "that task reads another one's texts itself: name "
			      "that one");
	if (*at >= 0)
		return ST_OK;
	for (int i = 0; i < r->plan->n_tasks; i++)
		if (plan_edits(r->plan->tasks[i].name, t->from) < 3)
			near = r->plan->tasks[i].name;
	str_format(cause, sizeof cause, "no task '%s' in the plan%s%s%s", t->from,
		   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return refuse(r, t, "from", cause);
}

/* A run's plan says both, the same; what a hand says otherwise is refused. */
static enum status check_files(struct plan_reader *r, const struct plan_task *t,
			       const struct plan_task *of)
{
	bool same_share = !(t->dev_share > of->dev_share || t->dev_share < of->dev_share);

	if (*t->train && !str_eq(t->train, of->train))
		return refuse(r, t, "train", "a task with 'from' has that task's rows: one of "
			      "the two");
	if (*t->dev && !str_eq(t->dev, of->dev))
		return refuse(r, t, "dev", "a task with 'from' has that task's dev rows");
	if (t->dev_share > 0 && !same_share)
		return refuse(r, t, "dev_share", "a task with 'from' has that task's dev rows");
	return ST_OK;
}

/* How the rows are read is that task's affair, too. */
static enum status check_reading(struct plan_reader *r, const struct plan_task *t,
				 const struct plan_task *of)
{
	const struct {
		const char *key;
		bool same;
	} row[] = {
		{ "text", str_eq(t->text, of->text) },
		{ "source", str_eq(t->text, of->text) },
		{ "text_b", str_eq(t->pair, of->pair) },
		{ "format", t->format == of->format },
		{ "header", t->header == of->header },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char path[PLAN_PATH_TEXT], cause[PLAN_PATH_TEXT + 200];

		str_format(path, sizeof path, "tasks.%s.%s", t->name, row[i].key);
		str_format(cause, sizeof cause, "a task with 'from' has the rows of '%s', read as "
			   "they are there: leave it out (--set %s=null)", of->name, path);
		if (!row[i].same && plan_node_at(r->root, path))
			return refuse(r, t, row[i].key, cause);
	}
	return ST_OK;
}

static void copy(struct plan_task *t, const struct plan_task *of)
{
	str_copy(t->train, sizeof t->train, of->train);
	str_copy(t->dev, sizeof t->dev, of->dev);
	str_copy(t->text, sizeof t->text, of->text);
	str_copy(t->pair, sizeof t->pair,
		 data_kind(t->kind)->column[COLUMN_PAIR].key ? of->pair : "");
	t->dev_share = of->dev_share;
	t->format = of->format;
	t->header = of->header;
}

static enum status check_decoder(struct plan_reader *r, int task)
{
	const struct plan_task *t = &r->plan->tasks[task], *of;
	int at = plan_decoder_of(r->plan, task);

	if (!*t->decoder_of)
		return ST_OK;
	if (at < 0)
		return refuse(r, t, "decoder_of", "no such task in the plan");
	of = &r->plan->tasks[at];
	if (at == task || *of->decoder_of || !plan_has_trait(of->kind, FOR_DECODES))
		return refuse(r, t, "decoder_of", "that task has no decoder of its own: name "
			      "one of kind summarize");
	return ST_OK;
}

enum status plan_take_texts(struct plan_reader *r)
{
	for (int i = 0; i < r->plan->n_tasks; i++) {
		struct plan_task *t = &r->plan->tasks[i];
		enum status st = ST_OK;
		int of = -1;

		if (!plan_has_trait(t->kind, FOR_TEXTS))
			continue;
		st = check_decoder(r, i);
		if (!st && !*t->from && !*t->train)
			st = refuse(r, t, "train", "missing 'train', or 'from' and a task whose "
				    "texts it reads");
		if (!st && *t->from)
			st = find(r, t, &of);
		if (!st && of >= 0)
			st = check_files(r, t, &r->plan->tasks[of]);
		if (!st && of >= 0)
			st = check_reading(r, t, &r->plan->tasks[of]);
		if (st)
			return st;
		if (of >= 0)
			copy(t, &r->plan->tasks[of]);
	}
	return ST_OK;
}
