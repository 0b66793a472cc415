/*
 * ask.c - questions and who answers them.
 */
#include "run/ask.h"

#include <string.h>

#include "base/mem.h"
#include "run/beams.h"
#include "run/evaluate.h"
#include "run/explain.h"

/* "try [TASK] TEXT [ || PAIR]" */
static enum status answer_try(struct session *s, const struct command *c,
			      struct buf *answer, struct err *err)
{
	char *copy = xstrdup(c->arg[0]), *text = copy, *bar;
	size_t word = strcspn(copy, " \t");
	int task = -1;
	enum status st;

	if (copy[word]) {
		char end = copy[word];

		copy[word] = '\0';
		task = plan_task_find(s->plan, copy);
		if (task >= 0)
			text += word + 1;
		else
			copy[word] = end;
	}
	bar = strstr(text, " || ");
	if (bar)
		*bar = '\0';
	st = evaluate_text(s, task, text, bar ? bar + 4 : NULL, answer, err);
	xfree(copy);
	return st;
}

/* "explain TASK TEXT [ || PAIR]" */
static enum status answer_explain(struct session *s, const struct command *c,
				  struct buf *answer, struct err *err)
{
	char *copy = xstrdup(c->n_args ? c->arg[0] : ""), *text, *bar = NULL;
	size_t word = strcspn(copy, " \t");
	enum status st;
	int task;

	text = copy + word + (copy[word] != '\0');
	copy[word] = '\0';
	task = plan_task_find(s->plan, copy);
	if (task >= 0 && s->plan->tasks[task].pair[0])
		bar = strstr(text, " || ");
	if (bar)
		*bar = '\0';
	if (task < 0)
		st = err_set(err, ST_NOT_FOUND, "no task '%.60s': explain TASK TEXT", copy);
	else
		st = explain_text(s, task, text, bar ? bar + 4 : NULL, answer, err);
	xfree(copy);
	return st;
}

static const struct question {
	const char *name;
	enum status (*answer)(struct session *s, const struct command *c,
			      struct buf *answer, struct err *err);
} questions[] = {
	{ "try", answer_try },
	{ "beams", beams_answer },
	{ "explain", answer_explain },
};

enum status ask(struct session *s, const struct command *c, struct buf *answer,
		struct err *err)
{
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		if (str_eq(questions[i].name, c->row->name))
			return questions[i].answer(s, c, answer, err);
	BUG("question '%s' has nobody to answer it", c->row->name);
}
