/*
 * command_ask.c - the commands that ask: each answers with one JSON object. Looking
 * changes no bit (I10).
 */
#include <string.h>

#include "ask/beams.h"
#include "ask/evaluate.h"
#include "ask/explain.h"
#include "base/mem.h"
#include "command/command.h"
#include "session/session.h"

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

const struct command_row command_try = {
	.name = "try", .arg = { ARG_TEXT }, .usage = "try [TASK] TEXT",
	.help = "what the tasks say of a text",
	.more = "All tasks, or the one named by the first word. For pairs ' || ' "
		"stands between the two texts.",
	.flags = CMD_ASKS,
	.ask = answer_try,
};

const struct command_row command_beams = {
	.name = "beams", .arg = { ARG_TEXT }, .usage = "beams TASK TEXT",
	.help = "the best summaries the search finds",
	.more = "With their scores: the log probability, normalised for length. The "
		"weights are those of this moment. The search gives up after a "
		"twelfth of a second, so that no step waits for it.",
	.flags = CMD_ASKS,
	.ask = beams_answer,
};

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

const struct command_row command_explain = {
	.name = "explain", .arg = { ARG_TEXT }, .usage = "explain TASK TEXT",
	.help = "which tokens of a text made a task's answer",
	.more = "Gradient x input and occlusion of each token, for a task that "
		"classifies or predicts a number. For pairs ' || ' stands between the "
		"two texts.",
	.flags = CMD_ASKS,
	.ask = answer_explain,
};
